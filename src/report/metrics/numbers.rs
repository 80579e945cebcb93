//! Formats numbers on the scales of metrics, and the names of metrics.

use unicode_width::UnicodeWidthStr as _;

use crate::metrics::{Better, MetricReport, Scale, SystemScore};
use crate::report::short_names::shorten_unique;
use crate::report::text_report::printable;
use crate::stats::Estimate;

/// The common format of numbers that are compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    /// With this number of decimals.
    Decimals(usize),
    /// In scientific notation, for numbers that are too large or too small for decimals.
    Scientific,
}

impl Digits {
    /// The format of shares and other numbers from 0 to 1.
    pub(super) const SHARE: Self = Self::Decimals(3);

    /// Chooses the format for estimates on the scale of a metric.
    ///
    /// It shows four digits of the largest number, and more if needed to show two digits of the width of every
    /// interval, or of a value without interval; but at most three decimals, or one on a scale to 100.
    pub(super) fn of<'a>(scale: Scale, estimates: impl Iterator<Item = &'a Estimate>) -> Self {
        let max_decimals = match scale {
            Scale::Unit | Scale::Similarity => return Self::SHARE,
            Scale::Hundred => 1.0,
            Scale::Unbounded => 3.0,
        };
        let (mut largest, mut narrowest) = (0.0_f64, f64::INFINITY);
        for estimate in estimates {
            let numbers = [estimate.value, estimate.low, estimate.high];
            largest = numbers.into_iter().flatten().map(f64::abs).fold(largest, f64::max);
            let width = match (estimate.low, estimate.high) {
                (Some(low), Some(high)) => high - low,
                _ => estimate.value.map_or(0.0, f64::abs),
            };
            narrowest = if width > 0.0 { narrowest.min(width) } else { narrowest };
        }
        if scale == Scale::Unbounded && largest != 0.0 && !(1e-3..1e6).contains(&largest) {
            return Self::Scientific;
        }
        let decimals = (3.0 - largest.log10().floor()).max(1.0 - narrowest.log10().floor());
        Self::Decimals(decimals.clamp(0.0, max_decimals) as usize)
    }

    /// Formats a number.
    pub(super) fn number(self, value: f64) -> String {
        let written = match self {
            Self::Decimals(decimals) => format!("{value:.decimals$}"),
            Self::Scientific => format!("{value:.2e}"),
        };
        // A number that rounds to 0 has no sign.
        match written.strip_prefix('-') {
            Some(positive) if positive.chars().all(|char| matches!(char, '0' | '.')) => {
                positive.to_owned()
            }
            _ => written,
        }
    }

    /// Formats a value; a dash if it is undefined.
    pub(super) fn value(self, value: Option<f64>) -> String {
        value.map_or("–".to_owned(), |value| self.number(value))
    }

    /// Formats the interval of an estimate; empty if the estimate has no value.
    pub(super) fn interval(self, estimate: &Estimate) -> String {
        match (estimate.low, estimate.high) {
            (Some(low), Some(high)) => format!("{} – {}", self.number(low), self.number(high)),
            _ if estimate.value.is_some() => "no interval".to_owned(),
            _ => String::new(),
        }
    }
}

/// Formats a single number.
pub(super) fn number(scale: Scale, value: f64) -> String {
    let alone = Estimate { value: Some(value), ..Estimate::undefined(0) };
    Digits::of(scale, std::iter::once(&alone)).number(value)
}

/// Returns the number of items of scores: a range from the fewest to the most if it differs between systems.
pub(super) fn items_of(systems: &[SystemScore], format: fn(u64) -> String) -> String {
    let numbers = || systems.iter().map(|system| system.score.n);
    let [fewest, most] = [numbers().min(), numbers().max()].map(Option::unwrap_or_default);
    if fewest == most { format(most) } else { format!("{}–{}", format(fewest), format(most)) }
}

/// Returns the name of a metric, with an arrow if lower is better.
pub(super) fn title(report: &MetricReport) -> String {
    with_arrow(report, printable(&report.metric))
}

/// Returns the names of metrics in at most `max` columns each, with an arrow if lower is better.
pub(super) fn titles<'a>(
    metrics: impl Iterator<Item = &'a MetricReport> + Clone,
    max: usize,
) -> Vec<String> {
    let names: Vec<String> = metrics.clone().map(|report| printable(&report.metric)).collect();
    let short = shorten_unique(&names, max.saturating_sub(ARROW.width()));
    let fitting = |(report, short)| {
        let whole = title(report);
        if whole.width() <= max { whole } else { with_arrow(report, short) }
    };
    metrics.zip(short).map(fitting).collect()
}

/// Follows the name of a metric for which lower is better.
const ARROW: &str = " ↓";

fn with_arrow(report: &MetricReport, name: String) -> String {
    if report.better == Some(Better::Lower) { name + ARROW } else { name }
}

/// Returns names as a list in a sentence: "a, b and c".
pub(super) fn join_names(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| printable(name)).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Digits, number};
    use crate::metrics::Scale;
    use crate::stats::{Estimate, Interval};

    fn formatted(scale: Scale, estimates: &[(f64, f64, f64)]) -> Vec<String> {
        let estimates: Vec<Estimate> = estimates
            .iter()
            .map(|(value, low, high)| Estimate::new(*value, Interval { low: *low, high: *high }, 9))
            .collect();
        let digits = Digits::of(scale, estimates.iter());
        let cell = |one: &Estimate| format!("{} {}", digits.value(one.value), digits.interval(one));
        estimates.iter().map(cell).collect()
    }

    #[test]
    fn larger_numbers_have_fewer_decimals_and_all_numbers_have_the_same() {
        let cells = formatted(Scale::Unbounded, &[(5080.25, 5061.0, 5100.0), (1.25, -9.5, 12.0)]);
        assert_eq!(cells, ["5080 5061 – 5100", "1 -10 – 12"]);
        let cells = formatted(Scale::Unbounded, &[(16.917, 16.375, 17.5)]);
        assert_eq!(cells, ["16.92 16.38 – 17.50"]);
        assert_eq!(formatted(Scale::Hundred, &[(1637.5, 1588.4, 1699.9)]), ["1638 1588 – 1700"]);
        assert_eq!(formatted(Scale::Hundred, &[(15.2, 11.94, 128.0)]), ["15.2 11.9 – 128.0"]);
        assert_eq!(formatted(Scale::Unit, &[(1.0, -0.0004, 1.0)]), ["1.000 0.000 – 1.000"]);
    }

    #[test]
    fn an_interval_is_visible_if_three_decimals_can_show_it() {
        let cells =
            formatted(Scale::Unbounded, &[(5000.013, 5000.008, 5000.019), (1.0, 1.0, 900.0)]);
        assert_eq!(cells, ["5000.013 5000.008 – 5000.019", "1.000 1.000 – 900.000"]);
        let alone = Estimate { value: Some(0.25), ..Estimate::undefined(9) };
        let wide = Estimate::new(4000.0, Interval { low: 3000.0, high: 5000.0 }, 9);
        assert_eq!(Digits::of(Scale::Unbounded, [alone, wide].iter()), Digits::Decimals(2));
    }

    #[test]
    fn numbers_too_large_or_too_small_are_in_scientific_notation() {
        for (value, written) in [
            (0.0, "0.000"),
            (-0.001, "-0.001"),
            (0.000_999, "9.99e-4"),
            (999_999.0, "999999"),
            (-1e6, "-1.00e6"),
            (f64::MAX, "1.80e308"),
        ] {
            assert_eq!(number(Scale::Unbounded, value), written);
        }
    }
}
