//! Numbers on the scales of metrics, and names: what every part of a page writes alike.

use unicode_width::UnicodeWidthStr as _;

use crate::metrics::{Better, MetricReport, Scale, SystemScore};
use crate::report::names::told_apart;
use crate::report::page::shown;
use crate::stats::Estimate;

/// How numbers that stand beside each other are written: all alike, so that they can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    /// With so many decimals.
    Decimals(usize),
    /// With a power of ten: what is too large or too small for decimals.
    Power,
}

impl Digits {
    /// Those of shares and of what else lies between 0 and 1.
    pub(super) const SHARE: Self = Self::Decimals(3);

    /// Chooses them for estimates on the scale of a metric: four digits of the largest number, and as many more
    /// as it takes to see two digits of the width of every interval, or of a value that has none; but no more
    /// than three decimals, and one on a scale to 100.
    pub(super) fn of<'a>(scale: Scale, beside: impl Iterator<Item = &'a Estimate>) -> Self {
        let most = match scale {
            Scale::Unit => return Self::SHARE,
            Scale::Hundred => 1.0,
            Scale::Open => 3.0,
        };
        let (mut largest, mut least) = (0.0_f64, f64::INFINITY);
        for estimate in beside {
            let numbers = [estimate.value, estimate.low, estimate.high];
            largest = numbers.into_iter().flatten().map(f64::abs).fold(largest, f64::max);
            let width = match (estimate.low, estimate.high) {
                (Some(low), Some(high)) => high - low,
                _ => estimate.value.map_or(0.0, f64::abs),
            };
            least = if width > 0.0 { least.min(width) } else { least };
        }
        if scale == Scale::Open && largest != 0.0 && !(1e-3..1e6).contains(&largest) {
            return Self::Power;
        }
        let decimals = (3.0 - largest.log10().floor()).max(1.0 - least.log10().floor());
        Self::Decimals(decimals.clamp(0.0, most) as usize)
    }

    /// Writes a number.
    pub(super) fn number(self, value: f64) -> String {
        let written = match self {
            Self::Decimals(decimals) => format!("{value:.decimals$}"),
            Self::Power => format!("{value:.2e}"),
        };
        // What rounds to nothing has no sign.
        match written.strip_prefix('-') {
            Some(positive) if positive.chars().all(|char| matches!(char, '0' | '.')) => {
                positive.to_owned()
            }
            _ => written,
        }
    }

    pub(super) fn value(self, value: Option<f64>) -> String {
        value.map_or("–".to_owned(), |value| self.number(value))
    }

    pub(super) fn interval(self, estimate: &Estimate) -> String {
        match (estimate.low, estimate.high) {
            (Some(low), Some(high)) => format!("{} – {}", self.number(low), self.number(high)),
            _ if estimate.value.is_some() => "no interval".to_owned(),
            _ => String::new(),
        }
    }
}

/// Writes a number that stands for itself.
pub(super) fn number(scale: Scale, value: f64) -> String {
    let alone = Estimate { value: Some(value), ..Estimate::undefined(0) };
    Digits::of(scale, std::iter::once(&alone)).number(value)
}

/// Returns over how many items scores are: from the fewest to the most, where systems differ.
pub(super) fn items_of(systems: &[SystemScore], written: fn(u64) -> String) -> String {
    let numbers = || systems.iter().map(|system| system.score.n);
    let [fewest, most] = [numbers().min(), numbers().max()].map(Option::unwrap_or_default);
    let most_written = written(most);
    if fewest == most { most_written } else { format!("{}–{most_written}", written(fewest)) }
}

/// Returns a metric's name, with an arrow where lower is better.
pub(super) fn titled(report: &MetricReport) -> String {
    with_arrow(report, shown(&report.metric))
}

/// Returns the names of metrics in at most `most` columns each, with an arrow where lower is better.
pub(super) fn titles<'a>(
    metrics: impl Iterator<Item = &'a MetricReport> + Clone,
    most: usize,
) -> Vec<String> {
    let names: Vec<String> = metrics.clone().map(|report| shown(&report.metric)).collect();
    let short = told_apart(&names, most.saturating_sub(ARROW.width()));
    let title = |(report, short)| {
        let whole = titled(report);
        if whole.width() <= most { whole } else { with_arrow(report, short) }
    };
    metrics.zip(short).map(title).collect()
}

/// After the name of a metric of which lower is better.
const ARROW: &str = " ↓";

fn with_arrow(report: &MetricReport, name: String) -> String {
    if report.better == Some(Better::Lower) { name + ARROW } else { name }
}

/// Returns names as a sentence lists them.
pub(super) fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| shown(name)).collect();
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

    fn beside(scale: Scale, estimates: &[(f64, f64, f64)]) -> Vec<String> {
        let estimates: Vec<Estimate> = estimates
            .iter()
            .map(|(value, low, high)| Estimate::new(*value, Interval { low: *low, high: *high }, 9))
            .collect();
        let digits = Digits::of(scale, estimates.iter());
        let cell = |one: &Estimate| format!("{} {}", digits.value(one.value), digits.interval(one));
        estimates.iter().map(cell).collect()
    }

    #[test]
    fn larger_numbers_have_fewer_decimals_and_all_beside_them_as_few() {
        let found = beside(Scale::Open, &[(5080.25, 5061.0, 5100.0), (1.25, -9.5, 12.0)]);
        assert_eq!(found, ["5080 5061 – 5100", "1 -10 – 12"]);
        let found = beside(Scale::Open, &[(16.917, 16.375, 17.5)]);
        assert_eq!(found, ["16.92 16.38 – 17.50"]);
        assert_eq!(beside(Scale::Hundred, &[(1637.5, 1588.4, 1699.9)]), ["1638 1588 – 1700"]);
        assert_eq!(beside(Scale::Hundred, &[(15.2, 11.94, 128.0)]), ["15.2 11.9 – 128.0"]);
        assert_eq!(beside(Scale::Unit, &[(1.0, -0.0004, 1.0)]), ["1.000 0.000 – 1.000"]);
    }

    #[test]
    fn an_interval_is_never_rounded_away_where_three_decimals_can_show_it() {
        let found = beside(Scale::Open, &[(5000.013, 5000.008, 5000.019), (1.0, 1.0, 900.0)]);
        assert_eq!(found, ["5000.013 5000.008 – 5000.019", "1.000 1.000 – 900.000"]);
        let alone = Estimate { value: Some(0.25), ..Estimate::undefined(9) };
        let wide = Estimate::new(4000.0, Interval { low: 3000.0, high: 5000.0 }, 9);
        assert_eq!(Digits::of(Scale::Open, [alone, wide].iter()), Digits::Decimals(2));
    }

    #[test]
    fn what_is_too_large_or_too_small_has_a_power_of_ten() {
        for (value, written) in [
            (0.0, "0.000"),
            (-0.001, "-0.001"),
            (0.000_999, "9.99e-4"),
            (999_999.0, "999999"),
            (-1e6, "-1.00e6"),
            (f64::MAX, "1.80e308"),
        ] {
            assert_eq!(number(Scale::Open, value), written);
        }
    }
}
