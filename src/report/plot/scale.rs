//! Linear scales from values to pixels, and round numbers for their ticks.

/// Maps a domain of values to a range of pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    domain: [f64; 2],
    pixels: [f64; 2],
}

impl Scale {
    /// Returns a scale that maps the ends of `domain` to those of `pixels`, which may run downwards.
    pub(super) fn new(domain: [f64; 2], pixels: [f64; 2]) -> Self {
        Self { domain: widened(domain), pixels }
    }

    /// Returns the pixel of a value; one outside of the domain is mapped to the nearest end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let [low, high] = self.domain;
        let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
        self.pixels[0] + share * (self.pixels[1] - self.pixels[0])
    }

    /// Returns whether a value lies below (`Less`), in (`Equal`) or above (`Greater`) the domain.
    pub(super) fn side(&self, value: f64) -> std::cmp::Ordering {
        // A value that is equal to an end but for rounding lies in the domain.
        let slack = (self.domain[1] - self.domain[0]) * 1e-9;
        if value < self.domain[0] - slack {
            std::cmp::Ordering::Less
        } else if value > self.domain[1] + slack {
            std::cmp::Ordering::Greater
        } else {
            std::cmp::Ordering::Equal
        }
    }

    /// Returns the ends of the range of pixels.
    pub(super) fn pixels(&self) -> [f64; 2] {
        self.pixels
    }
}

/// Round numbers at equal distances.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ticks {
    /// The numbers, ascending.
    pub(super) values: Vec<f64>,
    /// How many decimals they have.
    pub(super) decimals: usize,
}

impl Ticks {
    /// Returns at most `most` ticks inside a domain.
    pub(super) fn inside(domain: [f64; 2], most: usize) -> Self {
        let [low, high] = widened(domain);
        let step = Step::for_span(high - low, most);
        step.ticks((low / step.size() - 1e-9).ceil(), (high / step.size() + 1e-9).floor())
    }

    /// Returns at most `most` ticks, of which the first and the last enclose the domain.
    pub(super) fn around(domain: [f64; 2], most: usize) -> Self {
        let [low, high] = widened(domain);
        let mut step = Step::for_span(high - low, most.max(2));
        loop {
            let first = (low / step.size() + 1e-9).floor();
            let last = (high / step.size() - 1e-9).ceil();
            if last - first < most.max(3) as f64 {
                return step.ticks(first, last);
            }
            // The ticks at the ends lie outside of the domain, so that there may be one too many.
            step = step.next();
        }
    }

    /// Returns the first and the last tick.
    pub(super) fn ends(&self) -> [f64; 2] {
        let end = |value: Option<&f64>| value.copied().unwrap_or(0.0);
        [end(self.values.first()), end(self.values.last())]
    }
}

/// The distance between ticks: 1, 2 or 5 times a power of ten.
#[derive(Debug, Clone, Copy)]
struct Step {
    mantissa: f64,
    exponent: i32,
}

impl Step {
    /// Returns the smallest step with which at most `most` ticks lie in any domain of this length.
    fn for_span(span: f64, most: usize) -> Self {
        let least = span / most.saturating_sub(1).max(1) as f64;
        let exponent = least.log10().floor() as i32;
        let scaled = least / 10_f64.powi(exponent);
        let mantissa = [1.0, 2.0, 5.0].into_iter().find(|mantissa| *mantissa >= scaled - 1e-9);
        match mantissa {
            Some(mantissa) => Self { mantissa, exponent },
            None => Self { mantissa: 1.0, exponent: exponent + 1 },
        }
    }

    /// Returns the next larger step.
    fn next(self) -> Self {
        match self.mantissa {
            1.0 => Self { mantissa: 2.0, ..self },
            2.0 => Self { mantissa: 5.0, ..self },
            _ => Self { mantissa: 1.0, exponent: self.exponent + 1 },
        }
    }

    fn size(self) -> f64 {
        self.mantissa * 10_f64.powi(self.exponent)
    }

    /// Returns the multiples of the step from the `first` to the `last`.
    fn ticks(self, first: f64, last: f64) -> Ticks {
        let tick = |number: i64| {
            let number = number as f64 * self.mantissa;
            // A division by a power of ten is exact where a multiplication with its inverse is not.
            if self.exponent < 0 {
                number / 10_f64.powi(-self.exponent)
            } else {
                number * 10_f64.powi(self.exponent)
            }
        };
        let values = (first as i64..=last as i64).map(tick).collect();
        Ticks { values, decimals: (-self.exponent).max(0) as usize }
    }
}

/// Returns the smallest domain that holds all finite values; `None` if there is none.
pub(super) fn extent(values: impl IntoIterator<Item = f64>) -> Option<[f64; 2]> {
    values.into_iter().filter(|value| value.is_finite()).fold(None, |extent, value| match extent {
        None => Some([value, value]),
        Some([low, high]) => Some([f64::min(low, value), f64::max(high, value)]),
    })
}

/// Returns the domain itself, or one around it if it has no length or its ends are no numbers.
fn widened([low, high]: [f64; 2]) -> [f64; 2] {
    let span = high - low;
    if !span.is_finite() {
        [0.0, 1.0]
    } else if span > f64::max(low.abs(), high.abs()) * 1e-9 {
        [low, high]
    } else if low == 0.0 {
        [0.0, 1.0]
    } else {
        let half = low.abs() / 2.0;
        [low - half, low + half]
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{Scale, Ticks, extent};

    #[test]
    fn a_scale_maps_the_domain_to_pixels_and_clamps() {
        let scale = Scale::new([0.2, 0.8], [100.0, 400.0]);
        let pixels = [0.2, 0.5, 0.8, 0.1, 7.0].map(|value| scale.at(value).round() as u32);
        assert_eq!(pixels, [100, 250, 400, 100, 400]);
        let down = Scale::new([0.0, 10.0], [200.0, 0.0]);
        assert_eq!([0.0, 2.5, 10.0].map(|value| down.at(value) as u32), [200, 150, 0]);
    }

    #[test]
    fn a_value_is_inside_or_on_one_side() {
        let scale = Scale::new([0.1, 0.3], [0.0, 1.0]);
        assert_eq!(scale.side(0.1 + 0.2), Ordering::Equal);
        assert_eq!(scale.side(0.0999), Ordering::Less);
        assert_eq!(scale.side(0.31), Ordering::Greater);
    }

    #[test]
    fn ticks_are_round_numbers() {
        let ticks = Ticks::inside([0.0, 1.0], 6);
        assert_eq!(ticks.values, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(ticks.decimals, 1);
        assert_eq!(Ticks::inside([0.33, 0.71], 5).values, [0.4, 0.5, 0.6, 0.7]);
        assert_eq!(Ticks::around([0.33, 0.71], 6).values, [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]);
        assert_eq!(Ticks::around([-0.04, 0.31], 6).values, [-0.1, 0.0, 0.1, 0.2, 0.3, 0.4]);
        let thousands = Ticks::around([0.0, 12_345.0], 5);
        assert_eq!(thousands.values, [0.0, 5_000.0, 10_000.0, 15_000.0]);
        assert_eq!(thousands.decimals, 0);
    }

    #[test]
    fn ticks_are_exact_and_no_more_than_asked_for() {
        for span in 1..500 {
            let domain = [f64::from(span) / -7.0, f64::from(span) / 3.0];
            for most in 2..9 {
                let inside = Ticks::inside(domain, most);
                assert!(inside.values.len() <= most, "{domain:?} {most}: {inside:?}");
                let around = Ticks::around(domain, most);
                assert!(around.values.len() <= most.max(3), "{domain:?} {most}: {around:?}");
                let [low, high] = around.ends();
                assert!(low <= domain[0] && domain[1] <= high, "{domain:?}: {around:?}");
                for value in &around.values {
                    let written: f64 = format!("{value:.*}", around.decimals).parse().unwrap();
                    assert!((written - value).abs() < 1e-12, "{domain:?}: {around:?}");
                }
            }
        }
    }

    #[test]
    fn a_domain_without_length_or_numbers_still_has_a_scale() {
        assert_eq!(Scale::new([0.5, 0.5], [0.0, 100.0]).at(0.5).round() as u32, 50);
        assert_eq!(Ticks::around([0.0, 0.0], 3).ends().map(|end| end as u32), [0, 1]);
        assert!(Ticks::around([f64::NAN, f64::INFINITY], 3).values.len() >= 2);
        assert!(Scale::new([3.0, f64::NEG_INFINITY], [0.0, 9.0]).at(0.5).is_finite());
    }

    #[test]
    fn the_extent_leaves_out_what_is_no_number() {
        assert_eq!(extent([0.4, f64::NAN, 0.1, f64::INFINITY]), Some([0.1, 0.4]));
        assert_eq!(extent([f64::NAN]), None);
    }
}
