//! How the numbers of a report are written, with their intervals: shares, differences of shares, plain numbers.

use crate::stats::Estimate;

/// How a number is written: a share in per cent, a difference of shares in points, or a plain number.
#[derive(Clone, Copy)]
pub(super) enum NumberFormat {
    Percent,
    Points,
    Plain,
}

impl NumberFormat {
    pub(super) fn value(self, value: Option<f64>) -> String {
        match (self, value) {
            (Self::Percent, value) => percent(value),
            (_, None) => "–".to_owned(),
            (Self::Points, Some(value)) => signed(&format!("{:.1}", value * 100.0)),
            (Self::Plain, Some(value)) => signed(&format!("{value:.3}")),
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
            _ => "no interval".to_owned(),
        }
    }
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
