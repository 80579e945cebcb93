//! The numbers of a calibration in rows: those that every reader needs, in the order of their questions.

use crate::calibration::{Calibration, CorrectionBasis, Finding, WinRates};
use crate::report::number_format::NumberFormat;
use crate::report::wording::{
    HAD_THEY_BEEN_READ, ONE_ORDER, UNCONFIRMED, UNREADABLE_EITHER_WAY, kept_condition,
};
use crate::stats::Estimate;

/// A number with its label and what it means in a few words.
pub(in crate::report) struct NumberRow<'a> {
    pub(in crate::report) label: &'static str,
    pub(in crate::report) format: NumberFormat,
    pub(in crate::report) estimate: &'a Estimate,
    pub(in crate::report) note: &'static str,
}

/// Returns the numbers that say how far the judge can be trusted.
pub(in crate::report) fn main_rows(results: &Calibration) -> Vec<NumberRow<'_>> {
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
        let label = if results.is_jury() { "jury in their place" } else { "judge in their place" };
        rows.push(share(label, &human.judge, "same comparisons"));
    }
    rows.push(share("coverage", &results.coverage, "kept / planned"));
    rows
}

/// Returns the win rates of a pair of systems, each with what it estimates. The order-averaged one of a jury is the mean
/// over its judges.
pub(in crate::report) fn win_rate_rows(rates: &WinRates, is_jury: bool) -> Vec<NumberRow<'_>> {
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
    let preferred = if is_jury { "what its judges prefer" } else { "what the judge prefers" };
    rows.push(share("order-averaged", &rates.order_averaged, preferred));
    if rates.unreadable_orders > 0 {
        rows.push(share(UNREADABLE_EITHER_WAY, &rates.unreadable_bounds, HAD_THEY_BEEN_READ));
    }
    rows.push(share("kept verdicts only", &rates.kept, kept_condition(is_jury)));
    rows.extend(rates.one_order.as_ref().map(|votes| share(ONE_ORDER, votes, UNCONFIRMED)));
    rows
}

/// Returns that kept verdicts are a selection, where their agreement differs much from that of all replies.
fn selected(results: &Calibration) -> &'static str {
    let is_selection = |finding: &Finding| matches!(finding, Finding::KeptSelection { .. });
    if results.findings.iter().any(is_selection) { "a selection" } else { "" }
}
