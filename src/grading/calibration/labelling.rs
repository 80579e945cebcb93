//! What is known of each annotator of single responses: besides what is observed of all annotators, where their grades lie
//! on the scale, and how often they could not assess a response.
//!
//! As with comparisons, these numbers describe annotators and do not say who is right, no other number depends on them,
//! and every label counts equally. An annotator with a lower mean step may be stricter, or may have got worse responses:
//! the difference from the others is paired by item, and so says more where they grade the same items.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::categories::Categories;
use super::panels::LabelledGrades;
use crate::calibration::{
    AnnotatorObservations, Answers, Asked, LabellingDifference, LabellingMeasure, Pace,
    differences, undefined_reasons,
};
use crate::grading::systems::scaled;
use crate::input::{Grade, GradeLabels, SkipReason};
use crate::stats::Estimate;
use crate::summary::ItemScores;

/// All measures, in the order in which they are compared.
const MEASURES: [LabellingMeasure; 5] = [
    LabellingMeasure::Pace,
    LabellingMeasure::Skipped,
    LabellingMeasure::Others,
    LabellingMeasure::SelfConsistency,
    LabellingMeasure::Steps,
];

/// What is known of each annotator of single responses, and where they differ.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeLabellingReport {
    /// The annotators with the most labels first.
    pub annotators: Vec<GradeAnnotatorLabelling>,
    /// Annotators with few labels that are not listed.
    pub annotators_left_out: u64,
    /// Where one of them differs from the others, the most certain first.
    pub differences: Vec<LabellingDifference>,
    /// How many differences were tested; the p-values are adjusted for them.
    pub differences_tested: u64,
}

/// How one annotator labelled single responses.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeAnnotatorLabelling {
    /// The annotator's name.
    pub annotator: String,
    /// The responses that this annotator labelled.
    pub labelled: u64,
    /// Those that this annotator skipped, by reason.
    pub skipped: SkippedGradeCounts,
    /// The median time of a label; `None` where no label has one.
    pub pace: Option<Pace>,
    /// How often most of the others give the grade that this annotator does, over the responses that they labelled too;
    /// where the others have no majority, the share of them that does. `None` without such a response.
    pub others: Option<Estimate>,
    /// How often the grade was the same when a response was shown once more; `None` where no label has a repeat.
    pub self_consistency: Option<Estimate>,
    /// The mean step of the labels that are a step, from 1 for the worst to the number of steps; `None` without such a label.
    pub mean_step: Option<Estimate>,
    /// The share of labels that say that the response cannot be assessed; `None` without a label.
    pub cannot_assess: Option<Estimate>,
    /// Why a number above is null, by its name.
    pub undefined: BTreeMap<&'static str, &'static str>,
}

/// How many responses were skipped, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct SkippedGradeCounts {
    /// The prompt or the response cannot be understood.
    pub unclear: u64,
    /// It takes knowledge that the annotator does not have.
    pub cannot_judge: u64,
}

impl SkippedGradeCounts {
    /// Returns how many responses were skipped, whatever the reason.
    pub fn total(&self) -> u64 {
        self.unclear + self.cannot_judge
    }
}

impl GradeLabellingReport {
    /// Returns whether it has more than the grades: times, repeats or skipped responses, or a difference between annotators.
    pub fn has_details(&self) -> bool {
        let has_details = |one: &GradeAnnotatorLabelling| {
            one.pace.is_some() || one.self_consistency.is_some() || one.skipped.total() > 0
        };
        !self.differences.is_empty() || self.annotators.iter().any(has_details)
    }
}

/// Whether each label of an annotator says that the response cannot be assessed.
type CannotAssess = BTreeMap<Arc<str>, ItemScores>;

/// Returns what is known of the annotators of the responses of a table.
pub(super) fn labelling(
    read: &GradeLabels,
    labelled: LabelledGrades<'_>,
    categories: Categories,
) -> GradeLabellingReport {
    let (answers, cannot_assess) = answers(read, labelled, categories);
    let found = answers.finish();
    let (differences, differences_tested) = differences(&found, &MEASURES);
    let (listed, annotators_left_out) = found.listed();
    let best = labelled.table.best_step();
    let report = |(name, one): (&Arc<str>, &AnnotatorObservations)| {
        report(name, one, best, cannot_assess.get(name).map(ItemScores::estimate))
    };
    GradeLabellingReport {
        annotators: listed.into_iter().map(report).collect(),
        annotators_left_out,
        differences,
        differences_tested,
    }
}

/// Collects what the labels of a table say.
fn answers(
    read: &GradeLabels,
    labelled: LabelledGrades<'_>,
    categories: Categories,
) -> (Answers, CannotAssess) {
    let table = labelled.table;
    let rows = table.row_index();
    // Responses of another part have no row.
    let asked = |item: u32, system: &str| {
        let row = rows.get(&(item, table.system_number(system)?)).copied()?;
        Some(Asked { item, row })
    };
    let (mut answers, mut cannot_assess) = (Answers::default(), CannotAssess::new());
    for label in &read.labels {
        let Some(asked) = asked(label.item, &label.system) else { continue };
        let category = categories.number(label.grade);
        let found = answers.add_label(asked, &label.annotator, category, label.seconds);
        if let Some(step) = label.grade.step() {
            let place = f64::from(step) / table.best_step();
            found.add(LabellingMeasure::Steps, asked.item, place);
        }
        let is_beside = f64::from(label.grade == Grade::CannotAssess);
        let of_annotator = cannot_assess.entry(Arc::clone(&label.annotator)).or_default();
        of_annotator.push(is_beside, asked.item);
    }
    for skipped in &read.skipped {
        let Some(asked) = asked(skipped.item, &skipped.system) else { continue };
        answers.add_skipped(asked, &skipped.annotator, skipped.reason);
    }
    for repeat in &read.repeats {
        let Some(asked) = asked(repeat.item, &repeat.system) else { continue };
        answers.add_repeat(asked, &repeat.annotator, categories.number(repeat.grade));
    }
    (answers, cannot_assess)
}

fn report(
    name: &str,
    one: &AnnotatorObservations,
    best: f64,
    cannot_assess: Option<Estimate>,
) -> GradeAnnotatorLabelling {
    let (pace, others) = (one.pace(), one.share(LabellingMeasure::Others));
    let self_consistency = one.share(LabellingMeasure::SelfConsistency);
    let mean_step = one.share(LabellingMeasure::Steps).map(|place| scaled(place, best, 1.0));
    let no_step = match one.labelled {
        0 => "there is no label",
        _ => "every label says that the response cannot be assessed",
    };
    GradeAnnotatorLabelling {
        annotator: name.to_owned(),
        labelled: one.labelled,
        skipped: SkippedGradeCounts {
            unclear: one.skipped_for(SkipReason::Unclear),
            cannot_judge: one.skipped_for(SkipReason::CannotJudge),
        },
        undefined: undefined_reasons([
            ("pace", pace.is_some(), "no label has a time"),
            ("others", others.is_some(), "nobody else labelled any of these responses"),
            ("self_consistency", self_consistency.is_some(), "no label has a repeat"),
            ("mean_step", mean_step.is_some(), no_step),
            ("cannot_assess", cannot_assess.is_some(), "there is no label"),
        ]),
        pace,
        others,
        self_consistency,
        mean_step,
        cannot_assess,
    }
}
