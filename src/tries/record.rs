//! One try with its numbers.

use serde::{Deserialize, Serialize};

use super::inputs::TryInputs;
use crate::calibration::{Calibration, Part};
use crate::diff::RunDiff;
use crate::stats::Estimate;
use crate::summary::JudgeSummary;

/// One try of a rubric, as a line of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Try {
    /// Its number among the tries of this rubric, from 1.
    #[serde(rename = "try")]
    pub number: u64,
    /// The rubric's name.
    pub rubric: String,
    /// The rubric's version.
    pub version: String,
    /// The judge, or `jury`.
    pub judge: String,
    /// The half of the items.
    pub part: Part,
    /// The run file; in the file of the history, relative to it.
    pub run: String,
    /// The label file, likewise.
    pub labels: String,
    /// When it ended, in seconds since 1970.
    pub at: u64,
    /// Digests of what it was made of.
    pub inputs: TryInputs,
    /// Comparisons judged.
    pub comparisons: u64,
    /// Of those, with at least one label.
    pub labelled: u64,
    /// How often replies agree with people.
    pub agreement: Estimate,
    /// Cohen's κ over every reply.
    pub cohen_kappa: Estimate,
    /// How often kept verdicts agree with people.
    pub kept_agreement: Estimate,
    /// The share of kept verdicts.
    pub coverage: Estimate,
    /// How often both orders prefer the same response.
    pub consistency: Estimate,
    /// Replies stored, copied ones included.
    pub replies: u64,
    /// Of those, copied from other runs.
    pub reused: u64,
    /// What it cost, in USD; `None` where a price is not known.
    pub cost_usd: Option<f64>,
    /// What differs from the try or run that it was compared with; `None` if there was none.
    pub changes: Option<TryChanges>,
    /// How often the test part had been looked at with this rubric, this time included; `None` for the dev part.
    pub looks: Option<u64>,
}

/// A try that begins, as a line of the history. Whether a line has `begun` or `try` says which of the two it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunTry {
    /// Its number among the tries of this rubric, from 1.
    pub begun: u64,
    /// The rubric's name.
    pub rubric: String,
    /// The half of the items.
    pub part: Part,
    /// The run file.
    pub run: String,
    /// Digests of what it is made of.
    pub inputs: TryInputs,
    /// When it began, in seconds since 1970.
    pub at: u64,
}

/// What differs between a try and the run that it was compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TryChanges {
    /// That run.
    pub against: String,
    /// The number of the try that it belongs to; `None` for another run.
    #[serde(rename = "against_try")]
    pub against_number: Option<u64>,
    /// What was changed: fields of the rubric, prompts, fields of the judge, `labels`.
    pub changed: Vec<String>,
    /// Comparisons of both.
    pub comparisons: u64,
    /// Verdicts that were kept for another winner.
    pub reversed: u64,
    /// Comparisons that were not kept before and are now.
    pub gained: u64,
    /// Comparisons that were kept before and are not now.
    pub lost: u64,
    /// Agreement of every reply minus what it was, on the comparisons of both with today's labels.
    pub agreement_difference: Option<Estimate>,
}

impl Try {
    /// Returns a try with the numbers of its run, which are those of the judge or of the jury.
    pub fn new(
        begun: &BegunTry,
        version: &str,
        numbers: &Calibration,
        judges: &[JudgeSummary],
    ) -> Self {
        let of_all = |number: fn(&JudgeSummary) -> u64| -> u64 {
            judges.iter().filter(|judge| !judge.is_jury()).map(number).sum()
        };
        let costs = judges.iter().filter(|judge| !judge.is_jury()).map(|judge| judge.cost_usd);
        Self {
            number: begun.begun,
            rubric: begun.rubric.clone(),
            version: version.to_owned(),
            judge: numbers.judge.clone(),
            part: begun.part,
            run: begun.run.clone(),
            labels: String::new(),
            at: begun.at,
            inputs: begun.inputs.clone(),
            comparisons: numbers.planned,
            labelled: numbers.labelled,
            agreement: numbers.orders.agreement,
            cohen_kappa: numbers.orders.cohen_kappa,
            kept_agreement: numbers.kept.agreement,
            coverage: numbers.coverage,
            consistency: numbers.position.consistency,
            replies: of_all(|judge| judge.replies),
            reused: of_all(|judge| judge.reused),
            cost_usd: costs.sum(),
            changes: None,
            looks: numbers.looks,
        }
    }

    /// Returns the try with another path of each file.
    pub(super) fn with_files(mut self, path: impl Fn(&str) -> String) -> Self {
        self.run = path(&self.run);
        self.labels = path(&self.labels);
        if let Some(changes) = &mut self.changes {
            changes.against = path(&changes.against);
        }
        self
    }
}

impl BegunTry {
    /// Returns the try with another path of its run.
    pub(super) fn with_files(mut self, path: impl Fn(&str) -> String) -> Self {
        self.run = path(&self.run);
        self
    }
}

impl TryChanges {
    /// Returns what a comparison of two runs found; `labels` says whether the labels have changed since.
    pub fn of(diff: &RunDiff, against_number: Option<u64>, labels: bool) -> Self {
        let mut changed = diff.changed.clone();
        if labels {
            changed.push("labels".to_owned());
        }
        if diff.only_before + diff.only_after + diff.texts_changed > 0 {
            changed.push("items".to_owned());
        }
        Self {
            against: diff.runs[0].clone(),
            against_number,
            changed,
            comparisons: diff.comparisons,
            reversed: diff.outcomes.verdicts_reversed,
            gained: diff.outcomes.kept_gained,
            lost: diff.outcomes.kept_lost,
            agreement_difference: diff.agreement.as_ref().map(|agreement| agreement.difference),
        }
    }
}
