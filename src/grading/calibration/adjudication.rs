//! Responses whose grade was decided once more, because people disagreed or because the judge disagreed with them.
//!
//! What it changes is as for comparisons ([`AdjudicationReport`]): only decisions between people change a label.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::panels::LabelledGrades;
use crate::calibration::{AdjudicationReport, Decision, DecisionContext, adjudication_report};
use crate::vote::{Grade, choice_of_most};

/// Reports what was decided; `None` where nobody decided anything about these responses.
pub(super) fn adjudication(labelled: LabelledGrades<'_>) -> Option<AdjudicationReport> {
    let labels = labelled.labels;
    let decisions = labels.decided.iter().map(|((at, why), grades)| {
        let row = &labelled.table.rows[*at as usize];
        let known = labels.panel(*at).map(|panel| {
            let first: Vec<Grade> =
                labels.judgements(panel).iter().map(|(_, grade)| *grade).collect();
            DecisionContext { first: choice_of_most(&first), label: panel.label, kept: row.grade }
        });
        Decision { item: row.item, why: *why, decided: choice_of_most(grades), known }
    });
    adjudication_report(decisions)
}

/// Serializes a report with the word for what was decided: the key `responses` in place of `comparisons`.
#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
pub(super) fn of_responses<S: Serializer>(
    report: &Option<AdjudicationReport>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut value = serde_json::to_value(report).map_err(serde::ser::Error::custom)?;
    for part in ["people", "judge"] {
        let Some(Value::Object(fields)) = value.get_mut(part) else { continue };
        let named = std::mem::take(fields).into_iter().map(|(key, value)| match key.as_str() {
            "comparisons" => ("responses".to_owned(), value),
            _ => (key, value),
        });
        *fields = named.collect();
    }
    value.serialize(serializer)
}
