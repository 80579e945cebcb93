//! How the numbers of a report are written, with their intervals: shares, differences of shares, plain numbers, steps,
//! prices, whole numbers.

use super::quantities::count;
use crate::stats::Estimate;

/// How a number is written: a share in per cent, a difference of shares in points, a plain number, an amount in USD for
/// one of something as that for 1,000 of it, a number rounded to a whole one that is not negative, or a step of a scale,
/// counted from 1.
#[derive(Clone, Copy)]
pub(super) enum NumberFormat {
    Percent,
    Points,
    Plain,
    UsdPerThousand,
    /// The same with so many decimals.
    UsdPerThousandWith(usize),
    Whole,
    Step,
}

impl NumberFormat {
    pub(super) fn value(self, value: Option<f64>) -> String {
        match (self, value) {
            (Self::Percent, value) => percent(value),
            (_, None) => "–".to_owned(),
            (Self::Points, Some(value)) => signed(&format!("{:.1}", value * 100.0)),
            (Self::Plain, Some(value)) => signed(&format!("{value:.3}")),
            (Self::UsdPerThousand, Some(value)) => {
                Self::UsdPerThousandWith(price_decimals(value)).value(Some(value))
            }
            (Self::UsdPerThousandWith(decimals), Some(value)) => {
                format!("{:.decimals$}", value * 1000.0)
            }
            (Self::Whole, Some(value)) => count(value.round() as u64),
            (Self::Step, Some(value)) => format!("{value:.2}"),
        }
    }

    /// Returns the interval of an estimate; nothing where it has no value.
    pub(super) fn interval(self, estimate: &Estimate) -> String {
        match (self, estimate.value, estimate.low, estimate.high) {
            (_, None, ..) => String::new(),
            (Self::Percent | Self::Points, _, Some(low), Some(high)) => {
                signed(&format!("{:.1} – {:.1}", low * 100.0, high * 100.0))
            }
            (Self::Plain, _, Some(low), Some(high)) => signed(&format!("{low:.3} – {high:.3}")),
            (Self::Step, _, Some(low), Some(high)) => format!("{low:.2} – {high:.2}"),
            (Self::UsdPerThousand, Some(value), Some(_), Some(_)) => {
                Self::UsdPerThousandWith(price_decimals(value)).interval(estimate)
            }
            (Self::UsdPerThousandWith(decimals), _, Some(low), Some(high)) => {
                format!("{:.decimals$} – {:.decimals$}", low * 1000.0, high * 1000.0)
            }
            (Self::Whole, value, Some(_), Some(_)) if value.is_some() => {
                format!("{} – {}", self.value(estimate.low), self.value(estimate.high))
            }
            _ => "no interval".to_owned(),
        }
    }
}

/// Returns how many decimals the price of 1,000 has: two, or three significant digits.
pub(super) fn price_decimals(of_one: f64) -> usize {
    let digits = 2.0 - (of_one * 1000.0).log10().floor();
    // A price of 0 has no logarithm.
    if digits.is_finite() { digits.clamp(2.0, 9.0) as usize } else { 2 }
}

/// Returns a share in percent with one decimal; a dash if it is undefined.
pub(super) fn percent(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{:.1} %", value * 100.0))
}

/// Writes the sign of negative numbers as a minus, which is as wide as a dash and cannot be taken for a hyphen; a number
/// that is rounded to 0 has none.
fn signed(numbers: &str) -> String {
    let written = numbers.split(' ').map(|number| {
        let is_zero = number.starts_with('-') && number.bytes().all(|byte| b"-0.".contains(&byte));
        if is_zero { number[1..].to_owned() } else { number.replace('-', "−") }
    });
    written.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::NumberFormat;
    use crate::stats::{Estimate, Interval};

    #[test]
    fn prices_have_three_significant_digits_or_two_decimals() {
        let price = |of_one: f64| NumberFormat::UsdPerThousand.value(Some(of_one));
        assert_eq!([0.0, 1.234_56, 0.012_345].map(price), ["0.00", "1234.56", "12.35"]);
        assert_eq!([0.001_236, 0.000_123_4, 1.234e-7].map(price), ["1.24", "0.123", "0.000123"]);
        let estimate = Estimate::new(0.000_05, Interval { low: 0.0, high: 0.000_123 }, 9);
        assert_eq!(NumberFormat::UsdPerThousand.interval(&estimate), "0.0000 – 0.1230");
        let alone = Estimate::of(Some(0.0), None, 9);
        assert_eq!(NumberFormat::UsdPerThousand.interval(&alone), "no interval");
    }

    #[test]
    fn steps_have_two_decimals() {
        let estimate = Estimate::new(2.346, Interval { low: 1.0, high: 3.5 }, 9);
        assert_eq!(NumberFormat::Step.value(estimate.value), "2.35");
        assert_eq!(NumberFormat::Step.interval(&estimate), "1.00 – 3.50");
    }

    #[test]
    fn whole_numbers_are_rounded() {
        let estimate = Estimate::new(1234.5, Interval { low: 999.5, high: 1500.4 }, 9);
        assert_eq!(NumberFormat::Whole.value(estimate.value), "1,235");
        assert_eq!(NumberFormat::Whole.interval(&estimate), "1,000 – 1,500");
    }
}
