//! What is observed of each annotator, whatever they label: one score for each answer, by measure.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::calibration::weighted_scores::WeightedScores;
use crate::input::SkipReason;
use crate::stats::{Estimate, quantile};
use crate::vote::choice_of_most;

/// The most annotators that are listed: those with the most labels.
pub(super) const MOST_ANNOTATORS: usize = 50;

/// What annotators are compared by. Which of them there are depends on what was labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LabellingMeasure {
    /// The share of labels that took longer than the median of all labels.
    Pace,
    /// The share of comparisons, or responses, that were skipped.
    Skipped,
    /// Agreement with each of the others who labelled the same; named only if it is less than theirs.
    Others,
    /// The share of repeats with the same choice.
    SelfConsistency,
    /// The share of choices for the left response, in comparisons.
    Left,
    /// The share of ties, in comparisons.
    Ties,
    /// Where grades lie on their scale on average: 0 is the lowest step, 1 the highest.
    Steps,
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

/// What is observed of one annotator.
#[derive(Default)]
pub(crate) struct AnnotatorObservations {
    pub(crate) labelled: u64,
    /// How often something was skipped, by reason.
    pub(super) skipped: BTreeMap<SkipReason, u64>,
    /// Seconds by pace; shares by all others.
    scores: BTreeMap<LabellingMeasure, WeightedScores>,
}

/// What several annotators chose who labelled the same.
pub(super) struct ObservedPanel {
    /// The number of its item.
    pub(super) item: u32,
    /// The place of each annotator and the category of the choice, in the order of the annotators.
    pub(super) choices: Vec<(usize, usize)>,
}

/// What is observed of all annotators.
pub(crate) struct Observations {
    /// In the order of their names.
    pub(super) annotators: Vec<(Arc<str>, AnnotatorObservations)>,
    pub(super) panels: Vec<ObservedPanel>,
    /// How many categories there are to choose from.
    pub(super) categories: usize,
}

impl AnnotatorObservations {
    /// Adds a score.
    pub(crate) fn add(&mut self, measure: LabellingMeasure, item: u32, score: f64) {
        self.scores.entry(measure).or_default().push(score, item, 1.0);
    }

    /// Returns the scores by a measure; `None` without any.
    pub(super) fn scores(&self, measure: LabellingMeasure) -> Option<&WeightedScores> {
        self.scores.get(&measure)
    }

    /// Returns the mean of the scores by a measure; `None` without any.
    pub(crate) fn share(&self, measure: LabellingMeasure) -> Option<Estimate> {
        self.scores(measure).map(WeightedScores::share)
    }

    /// Returns the median time of a label; `None` where no label has one.
    pub(crate) fn pace(&self) -> Option<Pace> {
        self.scores(LabellingMeasure::Pace).and_then(|seconds| pace(&seconds.scores.values))
    }

    /// Returns how often something was skipped for a reason.
    pub(crate) fn skipped_for(&self, reason: SkipReason) -> u64 {
        self.skipped.get(&reason).copied().unwrap_or_default()
    }
}

impl Observations {
    /// Returns the observations with how far the others agree with each label.
    pub(super) fn new(
        mut annotators: Vec<(Arc<str>, AnnotatorObservations)>,
        panels: Vec<ObservedPanel>,
    ) -> Self {
        for panel in &panels {
            for (annotator, category) in &panel.choices {
                let agreement = agreement_of_others(&panel.choices, *annotator, *category);
                if let Some(agreement) = agreement {
                    let found = &mut annotators[*annotator].1;
                    found.add(LabellingMeasure::Others, panel.item, agreement);
                }
            }
        }
        let chosen = panels.iter().flat_map(|panel| &panel.choices).map(|(_, category)| *category);
        let categories = chosen.max().map_or(0, |largest| largest + 1);
        Self { annotators, panels, categories }
    }

    /// Returns the annotators that are listed, those with the most labels first, and how many are left out.
    pub(crate) fn listed(&self) -> (Vec<(&Arc<str>, &AnnotatorObservations)>, u64) {
        let listed = self.by_labels().into_iter().take(MOST_ANNOTATORS);
        let listed = listed.map(|at| (&self.annotators[at].0, &self.annotators[at].1)).collect();
        (listed, self.annotators.len().saturating_sub(MOST_ANNOTATORS) as u64)
    }

    /// Returns the places of all annotators, those with the most labels first.
    pub(super) fn by_labels(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.annotators.len()).collect();
        places.sort_by_key(|at| std::cmp::Reverse(self.annotators[*at].1.labelled));
        places
    }
}

/// Returns the median of some times.
pub(super) fn pace(seconds: &[f64]) -> Option<Pace> {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median_seconds = quantile(&sorted, 0.5).ok()?;
    Some(Pace { median_seconds, n: sorted.len() as u64 })
}

/// Returns the reason of each number that is undefined, by its name.
pub(crate) fn undefined_reasons<const N: usize>(
    numbers: [(&'static str, bool, &'static str); N],
) -> BTreeMap<&'static str, &'static str> {
    let undefined = numbers.into_iter().filter(|(_, is_defined, _)| !is_defined);
    undefined.map(|(name, _, reason)| (name, reason)).collect()
}

/// Returns how far all other annotators of a panel agree with one of them: 1 or 0 by what most of them chose, and without
/// a majority the share of them that chose the same; `None` if there are none.
fn agreement_of_others(
    choices: &[(usize, usize)],
    annotator: usize,
    category: usize,
) -> Option<f64> {
    let others = choices.iter().filter(|(other, _)| *other != annotator);
    let others: Vec<usize> = others.map(|(_, category)| *category).collect();
    if others.is_empty() {
        return None;
    }
    if let Some(most) = choice_of_most(&others) {
        return Some(f64::from(most == category));
    }
    let same = others.iter().filter(|other| **other == category).count();
    Some(same as f64 / others.len() as f64)
}
