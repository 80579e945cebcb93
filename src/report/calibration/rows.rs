//! The numbers of a calibration in rows: those that every reader needs, in the order of their questions.

use crate::calibration::{Calibration, CorrectionBasis, Finding, WinRates};
use crate::report::text_report::percent;
use crate::stats::Estimate;

/// How a number is written: a share in per cent, a difference of shares in points, or a plain number.
#[derive(Clone, Copy)]
pub(in crate::report) enum NumberFormat {
    Percent,
    Points,
    Plain,
}

impl NumberFormat {
    pub(in crate::report) fn value(self, value: Option<f64>) -> String {
        match (self, value) {
            (Self::Percent, value) => percent(value),
            (_, None) => "–".to_owned(),
            (Self::Points, Some(value)) => signed(&format!("{:.1}", value * 100.0)),
            (Self::Plain, Some(value)) => signed(&format!("{value:.3}")),
        }
    }

    /// Returns the interval of an estimate; nothing where it has no value.
    pub(in crate::report) fn interval(self, estimate: &Estimate) -> String {
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

/// Writes the sign of negative numbers as a minus, which is as wide as a dash and cannot be taken for a hyphen; a number
/// that is rounded to 0 has none.
fn signed(numbers: &str) -> String {
    let written = numbers.split(' ').map(|number| {
        let is_zero = number.starts_with('-') && number.bytes().all(|byte| b"-0.".contains(&byte));
        if is_zero { number[1..].to_owned() } else { number.replace('-', "−") }
    });
    written.collect::<Vec<_>>().join(" ")
}

/// A number with its label and what it means in a few words.
pub(super) struct NumberRow<'a> {
    pub(super) label: &'static str,
    pub(super) format: NumberFormat,
    pub(super) estimate: &'a Estimate,
    pub(super) note: &'static str,
}

/// Returns the numbers that say how far the judge can be trusted.
pub(super) fn main_rows(results: &Calibration) -> Vec<NumberRow<'_>> {
    let Calibration { kept, orders, human, .. } = results;
    let share =
        |label, estimate, note| NumberRow { label, format: NumberFormat::Percent, estimate, note };
    let mut rows = vec![
        share("agreement, every reply", &orders.agreement, "replies"),
        share("agreement, kept verdicts", &kept.agreement, selected(results)),
        NumberRow {
            label: "Cohen's κ, every reply",
            format: NumberFormat::Plain,
            estimate: &orders.cohen_kappa,
            note: "0 chance, 1 perfect",
        },
    ];
    if let Some(human) = human {
        rows.push(share("people with each other", &human.ceiling, "one against the rest"));
        rows.push(share("judge in their place", &human.judge, "same comparisons"));
    }
    rows.push(share("coverage", &results.coverage, "kept / planned"));
    rows
}

/// Returns the win rates of a pair of systems, each with what it estimates.
pub(super) fn win_rate_rows(rates: &WinRates) -> Vec<NumberRow<'_>> {
    let share =
        |label, estimate, note| NumberRow { label, format: NumberFormat::Percent, estimate, note };
    let mut rows = Vec::new();
    match rates.ppi_basis {
        // It is the mean label then.
        Some(CorrectionBasis::EveryLabel | CorrectionBasis::EveryAnswered) => {
            rows.push(share("labels", &rates.ppi, "what people prefer"));
        }
        Some(CorrectionBasis::KnownProbabilities) => {
            rows.push(share("corrected with labels", &rates.ppi, "what people prefer"));
        }
        Some(CorrectionBasis::AsIfRandom | CorrectionBasis::IncompleteSample) => {
            rows.push(share("corrected with labels", &rates.ppi, "people, if at random"));
        }
        Some(CorrectionBasis::OnlyKept) | None => {}
    }
    if let Some(corrected) = &rates.rogan_gladen {
        rows.push(share("by error rates", corrected, "what people prefer"));
    }
    // A jury has no order-averaged rate.
    if rates.order_averaged.value.is_some() || rates.kept.value.is_none() {
        rows.push(share("order-averaged", &rates.order_averaged, "what the judge prefers"));
    }
    rows.push(share("kept verdicts only", &rates.kept, "if both orders agree"));
    rows
}

/// Returns what was selected by keeping only verdicts on which both orders agree.
fn selected(results: &Calibration) -> &'static str {
    let selection = results.findings.iter().find_map(|finding| match finding {
        Finding::KeptSelection { difference } => Some(*difference),
        _ => None,
    });
    match selection {
        Some(difference) if difference > 0.0 => "the easy comparisons",
        Some(_) => "the misleading ones",
        None => "",
    }
}
