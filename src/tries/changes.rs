//! What differs between a try and the run that it was compared with.

use serde::{Deserialize, Serialize};

use crate::diff::{GradeDiff, RunDiff};
use crate::stats::Estimate;

/// What differs between a try and the run that it was compared with. `C` counts which verdicts or grades changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TryChanges<C> {
    /// That run.
    pub against: String,
    /// The number of the try that it belongs to; `None` for another run.
    #[serde(rename = "against_try")]
    pub against_number: Option<u64>,
    /// What was changed: fields of the rubric, prompts, fields of the judge, `labels`, `items`.
    pub changed: Vec<String>,
    /// How many verdicts or grades changed.
    #[serde(flatten)]
    pub counts: C,
    /// Agreement of every reply minus what it was, on what both have asked about and with today's labels.
    pub agreement_difference: Option<Estimate>,
}

/// How many verdicts changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VerdictChanges {
    /// Comparisons of both.
    pub comparisons: u64,
    /// Verdicts that were kept for another winner.
    pub reversed: u64,
    /// Comparisons that were not kept before and are now.
    pub gained: u64,
    /// Comparisons that were kept before and are not now.
    pub lost: u64,
}

/// How many grades changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GradedChanges {
    /// Responses of both.
    pub responses: u64,
    /// Grades that were kept before and are kept now, and differ.
    pub regraded: u64,
    /// Of those, higher now.
    pub raised: u64,
    /// Of those, lower now; the others could not be assessed before or now.
    pub lowered: u64,
    /// Responses without a kept grade before that have one now.
    pub gained: u64,
    /// Responses with a kept grade before that have none now.
    pub lost: u64,
    /// κ of every reply minus what it was, as `agreement_difference`.
    pub kappa_difference: Option<Estimate>,
}

impl TryChanges<VerdictChanges> {
    /// Returns what a comparison of two runs found; `labels` says whether the labels have changed since.
    pub fn of_verdicts(diff: &RunDiff, against_number: Option<u64>, labels: bool) -> Self {
        let others = diff.only_before + diff.only_after + diff.texts_changed;
        Self {
            against: diff.runs[0].clone(),
            against_number,
            changed: changed(&diff.changed, labels, others > 0),
            counts: VerdictChanges {
                comparisons: diff.comparisons,
                reversed: diff.outcomes.verdicts_reversed,
                gained: diff.outcomes.kept_gained,
                lost: diff.outcomes.kept_lost,
            },
            agreement_difference: diff.agreement.as_ref().map(|agreement| agreement.difference),
        }
    }
}

impl TryChanges<GradedChanges> {
    /// Returns what a comparison of two runs of grades found; `labels` says whether the labels have changed since.
    pub fn of_grades(diff: &GradeDiff, against_number: Option<u64>, labels: bool) -> Self {
        let others = diff.only_before + diff.only_after + diff.texts_changed;
        Self {
            against: diff.runs[0].clone(),
            against_number,
            changed: changed(&diff.changed, labels, others > 0),
            counts: GradedChanges {
                responses: diff.responses,
                regraded: diff.changes.grades_changed,
                raised: diff.changes.raised,
                lowered: diff.changes.lowered,
                gained: diff.changes.kept_gained,
                lost: diff.changes.kept_lost,
                kappa_difference: diff.kappa.as_ref().map(|kappa| kappa.difference),
            },
            agreement_difference: diff.agreement.as_ref().map(|agreement| agreement.difference),
        }
    }
}

/// Returns what was changed: the fields of the manifests, then labels and items.
fn changed(fields: &[String], labels: bool, items: bool) -> Vec<String> {
    let others = [("labels", labels), ("items", items)];
    let others = others.iter().filter(|(_, is_changed)| *is_changed);
    fields.iter().cloned().chain(others.map(|(name, _)| (*name).to_owned())).collect()
}
