//! What is known of each annotator of comparisons: besides what is observed of all annotators, how often they choose the
//! left response and a tie, and what they choose between equal responses and by criterion.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::answers::{Answers, Asked};
use super::differences::{LabellingDifference, differences};
use super::observations::{AnnotatorObservations, LabellingMeasure, Pace, undefined_reasons};
use crate::calibration::labelled::LabelledComparisons;
use crate::calibration::panels::CriterionChoice;
use crate::calibration::part::Part;
use crate::calibration::reply_choice::category;
use crate::input::{LabelSide, Labels, SkipReason};
use crate::stats::Estimate;
use crate::summary::ItemScores;
use crate::vote::Preference;

/// All measures, in the order in which they are compared.
const MEASURES: [LabellingMeasure; 6] = [
    LabellingMeasure::Pace,
    LabellingMeasure::Skipped,
    LabellingMeasure::Others,
    LabellingMeasure::SelfConsistency,
    LabellingMeasure::Left,
    LabellingMeasure::Ties,
];

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

    pub(in crate::calibration) fn add(&mut self, reason: SkipReason) {
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

/// What is observed only where responses are side by side.
#[derive(Debug, Clone, Copy, Default)]
struct Sides {
    /// Whether any label says which response was on the left.
    are_known: bool,
    equal_pairs: Option<EqualPairCounts>,
}

/// Returns what is known of the annotators of a table, whose rows are of a part.
pub(in crate::calibration) fn labelling(
    read: &Labels,
    labelled: LabelledComparisons<'_>,
    part: Option<Part>,
) -> LabellingReport {
    let (answers, sides) = answers(read, labelled, part);
    let found = answers.finish();
    let (differences, differences_tested) = differences(&found, &MEASURES);
    let (listed, annotators_left_out) = found.listed();
    let report = |(name, one): (&Arc<str>, &AnnotatorObservations)| {
        report(name, one, sides.get(name).copied().unwrap_or_default())
    };
    LabellingReport {
        annotators: listed.into_iter().map(report).collect(),
        annotators_left_out,
        differences,
        differences_tested,
        criteria: criteria(labelled),
    }
}

/// Collects what the labels of a table say.
fn answers(
    read: &Labels,
    labelled: LabelledComparisons<'_>,
    part: Option<Part>,
) -> (Answers, BTreeMap<Arc<str>, Sides>) {
    let table = labelled.comparisons;
    let asked = |id: &Arc<str>, between: &[Arc<str>; 2]| {
        let row = table.labelled_row((id, between), part)?;
        Some(Asked { item: table.rows[row as usize].item, row })
    };
    let (mut answers, mut sides) = (Answers::default(), BTreeMap::<Arc<str>, Sides>::new());
    for label in &read.labels {
        let Some(asked) = asked(&label.id, &label.between) else { continue };
        let choice = category(Preference::of_winner(label.winner.as_ref(), &label.between));
        let found = answers.add_label(asked, &label.annotator, choice, label.details.seconds);
        found.add(LabellingMeasure::Ties, asked.item, f64::from(label.winner.is_none()));
        if let Some(left) = &label.details.left {
            sides.entry(Arc::clone(&label.annotator)).or_default().are_known = true;
            if let Some(winner) = &label.winner {
                found.add(LabellingMeasure::Left, asked.item, f64::from(winner == left));
            }
        }
    }
    for skipped in &read.skipped {
        let Some(asked) = asked(&skipped.id, &skipped.between) else { continue };
        answers.add_skipped(asked, &skipped.annotator, skipped.reason);
    }
    for repeat in &read.repeats {
        let Some(asked) = asked(&repeat.id, &repeat.between) else { continue };
        let choice = category(Preference::of_winner(repeat.winner.as_ref(), &repeat.between));
        answers.add_repeat(asked, &repeat.annotator, choice);
    }
    for equal in &read.equal_pairs {
        let is_of_run = table.items.number(&equal.id).is_some();
        if is_of_run && part.is_none_or(|part| part == Part::of(&equal.id)) {
            answers.of(&equal.annotator);
            let of_annotator = sides.entry(Arc::clone(&equal.annotator)).or_default();
            of_annotator.equal_pairs.get_or_insert_default().add(equal.side);
        }
    }
    (answers, sides)
}

fn report(name: &str, one: &AnnotatorObservations, sides: Sides) -> AnnotatorLabelling {
    let skipped = SkippedCounts {
        unclear: one.skipped_for(SkipReason::Unclear),
        both_wrong: one.skipped_for(SkipReason::BothWrong),
        cannot_judge: one.skipped_for(SkipReason::CannotJudge),
    };
    let no_left = match (sides.are_known, one.labelled) {
        (_, 0) => "there is no label",
        (true, _) => "every label with a side is a tie",
        (false, _) => "no label says which response was on the left",
    };
    let (pace, others) = (one.pace(), one.share(LabellingMeasure::Others));
    let self_consistency = one.share(LabellingMeasure::SelfConsistency);
    let (left, ties) = (one.share(LabellingMeasure::Left), one.share(LabellingMeasure::Ties));
    let Sides { equal_pairs, .. } = sides;
    AnnotatorLabelling {
        annotator: name.to_owned(),
        labelled: one.labelled,
        skipped,
        undefined: undefined_reasons([
            ("pace", pace.is_some(), "no label has a time"),
            ("others", others.is_some(), "nobody else labelled any of these comparisons"),
            ("self_consistency", self_consistency.is_some(), "no label has a repeat"),
            ("left", left.is_some(), no_left),
            ("ties", ties.is_some(), "there is no label"),
            ("equal_pairs", equal_pairs.is_some(), "no pair of equal responses has an answer"),
        ]),
        pace,
        others,
        self_consistency,
        left,
        ties,
        equal_pairs,
    }
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
