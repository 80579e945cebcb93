//! What is known of each annotator: how many comparisons they labelled and how fast, how often they agree with the others
//! and with their own earlier choice, and how often they choose the left response.
//!
//! These numbers describe annotators and compare them; they do not say who is right. An annotator who differs from the
//! others may be careless, or may be the only one who knows the subject. No other number of a calibration depends on them.
//! They are about people and not about the run, so every label counts equally, whatever its probability.

mod differences;
mod observations;

pub use differences::{LabellingDifference, LabellingMeasure};

use std::collections::BTreeMap;

use serde::Serialize;

use super::labelled::LabelledComparisons;
use super::panels::CriterionChoice;
use super::part::Part;
use super::weighted_scores::WeightedScores;
use crate::input::{LabelSide, Labels, SkipReason};
use crate::stats::{Estimate, quantile};
use crate::summary::ItemScores;
use crate::vote::Preference;
use observations::Observations;

/// The most annotators that are listed: those with the most labels.
const MOST_ANNOTATORS: usize = 50;

/// What is known of each annotator, and where they differ.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LabellingReport {
    /// The annotators with the most labels first.
    pub annotators: Vec<AnnotatorLabelling>,
    /// Annotators with few labels that are not listed.
    pub annotators_left_out: u64,
    /// Where one of them differs from the others, the most certain first.
    pub differences: Vec<LabellingDifference>,
    /// How many differences were tested; the p-values are adjusted for them.
    pub differences_tested: u64,
    /// What people chose by each criterion, by its name; empty where nobody said it.
    pub criteria: Vec<CriterionLabels>,
}

/// How one annotator labelled.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AnnotatorLabelling {
    /// The annotator's name.
    pub annotator: String,
    /// The comparisons that this annotator labelled.
    pub labelled: u64,
    /// Those that this annotator skipped, by reason.
    pub skipped: SkippedCounts,
    /// The median time of a label; `None` where no label has one.
    pub pace: Option<Pace>,
    /// How often most of the others prefer what this annotator does, over the comparisons that they labelled too; where
    /// the others have no majority, the share of them that does. `None` without such a comparison.
    pub others: Option<Estimate>,
    /// How often the choice was the same when a comparison was shown once more; `None` where no label has a repeat.
    pub self_consistency: Option<Estimate>,
    /// How often the left response was chosen, of the labels that say which response was on the left and are no tie;
    /// `None` without such a label.
    pub left: Option<Estimate>,
    /// The share of labels that are a tie; `None` without a label.
    pub ties: Option<Estimate>,
    /// The choices between two copies of one response; `None` where no such pair has an answer.
    pub equal_pairs: Option<EqualPairCounts>,
    /// Why a number above is null, by its name.
    pub undefined: BTreeMap<&'static str, &'static str>,
}

/// How many comparisons were skipped, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct SkippedCounts {
    /// The prompt or a response cannot be understood.
    pub unclear: u64,
    /// Neither response is acceptable.
    pub both_wrong: u64,
    /// It takes knowledge that the annotator does not have.
    pub cannot_judge: u64,
}

/// How long a label took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Pace {
    /// The median, in seconds.
    pub median_seconds: f64,
    /// The labels with a time.
    pub n: u64,
}

/// The choices between two copies of one response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct EqualPairCounts {
    /// The one on the left.
    pub left: u64,
    /// The one on the right.
    pub right: u64,
    /// Neither.
    pub tie: u64,
}

/// What people chose by one criterion of the rubric.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CriterionLabels {
    /// The criterion, as the label file names it.
    pub name: String,
    /// Labels with a choice by it.
    pub labels: u64,
    /// Of those, ties.
    pub ties: u64,
    /// How often the choice by it is the choice by all.
    pub with_choice: Estimate,
}

impl SkippedCounts {
    /// Returns how many comparisons were skipped, whatever the reason.
    pub fn total(&self) -> u64 {
        self.unclear + self.both_wrong + self.cannot_judge
    }

    pub(super) fn add(&mut self, reason: SkipReason) {
        match reason {
            SkipReason::Unclear => self.unclear += 1,
            SkipReason::BothWrong => self.both_wrong += 1,
            SkipReason::CannotJudge => self.cannot_judge += 1,
        }
    }
}

impl EqualPairCounts {
    fn add(&mut self, side: LabelSide) {
        match side {
            LabelSide::Left => self.left += 1,
            LabelSide::Right => self.right += 1,
            LabelSide::Tie => self.tie += 1,
        }
    }
}

impl LabellingReport {
    /// Returns whether it has more than the choices: times, sides, repeats or skipped comparisons, or a difference between
    /// annotators.
    pub fn has_details(&self) -> bool {
        let has_details = |one: &AnnotatorLabelling| {
            one.pace.is_some()
                || one.left.is_some()
                || one.self_consistency.is_some()
                || one.equal_pairs.is_some()
                || one.skipped.total() > 0
        };
        !self.differences.is_empty() || self.annotators.iter().any(has_details)
    }
}

/// Returns what is known of the annotators of a table.
pub(super) fn labelling(
    read: &Labels,
    labelled: LabelledComparisons<'_>,
    part: Option<Part>,
) -> LabellingReport {
    let found = Observations::of(read, labelled, part);
    let listed = found.listed();
    let (differences, differences_tested) = differences::differences(&found, labelled, &listed);
    let annotators = listed.iter().take(MOST_ANNOTATORS).map(|at| report(&found, *at));
    LabellingReport {
        annotators: annotators.collect(),
        annotators_left_out: listed.len().saturating_sub(MOST_ANNOTATORS) as u64,
        differences,
        differences_tested,
        criteria: criteria(labelled),
    }
}

fn report(found: &Observations, at: usize) -> AnnotatorLabelling {
    let one = &found.annotators[at];
    let share = |scores: &WeightedScores| Some(scores.share()).filter(|share| share.n > 0);
    let mut report = AnnotatorLabelling {
        annotator: one.name.to_string(),
        labelled: one.labelled,
        skipped: one.skipped_by_reason,
        pace: pace(&one.seconds.scores.values),
        others: share(&one.others),
        self_consistency: share(&one.same_again),
        left: share(&one.left),
        ties: share(&one.ties),
        equal_pairs: one.equal_pairs,
        undefined: BTreeMap::new(),
    };
    let left = match (one.has_sides, one.labelled) {
        (_, 0) => "there is no label",
        (true, _) => "every label with a side is a tie",
        (false, _) => "no label says which response was on the left",
    };
    let reasons = [
        ("pace", report.pace.is_none(), "no label has a time"),
        ("others", report.others.is_none(), "nobody else labelled any of these comparisons"),
        ("self_consistency", report.self_consistency.is_none(), "no label has a repeat"),
        ("left", report.left.is_none(), left),
        ("ties", report.ties.is_none(), "there is no label"),
        ("equal_pairs", report.equal_pairs.is_none(), "no pair of equal responses has an answer"),
    ];
    let reasons = reasons.into_iter().filter(|(_, is_undefined, _)| *is_undefined);
    report.undefined.extend(reasons.map(|(name, _, reason)| (name, reason)));
    report
}

/// Returns the median of some times.
fn pace(seconds: &[f64]) -> Option<Pace> {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median_seconds = quantile(&sorted, 0.5).ok()?;
    Some(Pace { median_seconds, n: sorted.len() as u64 })
}

/// Returns what people chose by each criterion.
fn criteria(labelled: LabelledComparisons<'_>) -> Vec<CriterionLabels> {
    let of_criterion = |(name, by_row): (&String, &BTreeMap<u32, Vec<CriterionChoice>>)| {
        let (mut ties, mut with_choice) = (0, ItemScores::default());
        for (row, choices) in by_row {
            let item = labelled.comparisons.rows[*row as usize].item;
            for CriterionChoice { by_it, by_all } in choices {
                ties += u64::from(*by_it == Preference::Tie);
                with_choice.push(f64::from(by_it == by_all), item);
            }
        }
        CriterionLabels {
            name: name.clone(),
            labels: with_choice.n(),
            ties,
            with_choice: with_choice.estimate(),
        }
    };
    labelled.labels.by_criterion.iter().map(of_criterion).collect()
}
