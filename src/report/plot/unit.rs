//! What the numbers of a plot are, and how they are written at its axis and in its table.

use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, usd};
use crate::stats::Estimate;

/// What the numbers of a plot are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Shares from 0 to 1, written in per cent.
    Percent,
    /// Differences of shares from −1 to 1, written in percentage points.
    Points,
    /// Numbers without a unit, such as a coefficient.
    Plain,
    /// Steps of a scale, counted from 1.
    Step,
    /// Whole numbers of things.
    Count,
    /// Durations in milliseconds.
    Milliseconds,
    /// Amounts in USD.
    Usd,
    /// Amounts in USD for one of something, written for 1,000 of it.
    UsdPerThousand,
}

impl Unit {
    /// Returns a value as it is written in a table; a dash if it is undefined.
    pub(super) fn value(self, value: Option<f64>) -> String {
        let written = |write: fn(f64) -> String| value.map_or("–".to_owned(), write);
        match self {
            Self::Percent => NumberFormat::Percent.value(value),
            Self::Points => NumberFormat::Points.value(value),
            Self::Plain => NumberFormat::Plain.value(value),
            Self::Step => NumberFormat::Step.value(value),
            Self::Count => written(whole),
            Self::Milliseconds => written(|value| format!("{} ms", whole(value))),
            Self::Usd => written(usd),
            Self::UsdPerThousand => {
                let sign = if value.is_some() { "$" } else { "" };
                format!("{sign}{}", NumberFormat::UsdPerThousand.value(value))
            }
        }
    }

    /// Returns the interval of an estimate; nothing where it has no value.
    pub(super) fn interval(self, estimate: &Estimate) -> String {
        match (self, estimate.value, estimate.low, estimate.high) {
            (Self::Percent, ..) => NumberFormat::Percent.interval(estimate),
            (Self::Points, ..) => NumberFormat::Points.interval(estimate),
            (Self::Plain, ..) => NumberFormat::Plain.interval(estimate),
            (Self::Step, ..) => NumberFormat::Step.interval(estimate),
            (Self::UsdPerThousand, ..) => NumberFormat::UsdPerThousand.interval(estimate),
            (_, None, ..) => String::new(),
            (_, _, Some(low), Some(high)) => {
                format!("{} – {}", self.value(Some(low)), self.value(Some(high)))
            }
            _ => "no interval".to_owned(),
        }
    }

    /// Returns a round number as it is written at an axis, where a number has so many decimals.
    pub(super) fn tick(self, value: f64, decimals: usize) -> String {
        let number = match self {
            Self::Percent => format!("{:.*} %", decimals.saturating_sub(2), value * 100.0),
            Self::Points => format!("{:.*}", decimals.saturating_sub(2), value * 100.0),
            Self::Count | Self::Milliseconds if decimals == 0 => return self.value(Some(value)),
            Self::Plain | Self::Step | Self::Count => format!("{value:.decimals$}"),
            Self::Milliseconds => format!("{value:.decimals$} ms"),
            Self::Usd => format!("${value:.decimals$}"),
            Self::UsdPerThousand => format!("${:.*}", decimals.saturating_sub(3), value * 1000.0),
        };
        number.replace('-', "−")
    }
}

fn whole(value: f64) -> String {
    let sign = if value <= -0.5 { "−" } else { "" };
    format!("{sign}{}", count(value.abs().round() as u64))
}

#[cfg(test)]
mod tests {
    use super::Unit;
    use crate::stats::{Estimate, Interval};

    #[test]
    fn values_and_ticks_have_their_unit() {
        let estimate = Estimate::new(0.51, Interval { low: 0.4701, high: 0.55 }, 100);
        let written = |unit: Unit| (unit.value(estimate.value), unit.interval(&estimate));
        assert_eq!(written(Unit::Percent), ("51.0 %".into(), "47.0 – 55.0".into()));
        assert_eq!(written(Unit::Plain), ("0.510".into(), "0.470 – 0.550".into()));
        assert_eq!(written(Unit::Usd), ("$0.51".into(), "$0.47 – $0.55".into()));
        assert_eq!(Unit::Milliseconds.value(Some(12_345.4)), "12,345 ms");
        assert_eq!(Unit::Count.value(None), "–");
        assert_eq!(Unit::Count.interval(&Estimate::undefined(0)), "");
        assert_eq!(Unit::Count.interval(&Estimate::of(Some(1.0), None, 1)), "no interval");
        assert_eq!(Unit::Percent.tick(0.2, 1), "20 %");
        assert_eq!(Unit::Percent.tick(0.125, 3), "12.5 %");
        assert_eq!(Unit::Points.tick(-0.1, 1), "−10");
        assert_eq!(Unit::Plain.tick(-0.25, 2), "−0.25");
        assert_eq!(Unit::Milliseconds.tick(1000.0, 0), "1,000 ms");
        assert_eq!(Unit::Usd.tick(0.005, 3), "$0.005");
        assert_eq!(Unit::UsdPerThousand.tick(0.005, 3), "$5");
        assert_eq!(Unit::UsdPerThousand.tick(0.000_15, 5), "$0.15");
        assert_eq!(Unit::UsdPerThousand.value(None), "–");
    }
}
