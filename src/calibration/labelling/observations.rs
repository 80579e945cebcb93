//! What is known of each annotator: one score for each label, by measure.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{EqualPairCounts, SkippedCounts};
use crate::calibration::labelled::LabelledComparisons;
use crate::calibration::part::Part;
use crate::calibration::weighted_scores::WeightedScores;
use crate::input::Labels;
use crate::vote::Preference;

/// What is known of all annotators.
pub(super) struct Observations {
    /// In the order of their names.
    pub(super) annotators: Vec<AnnotatorObservations>,
}

/// What is known of one annotator.
#[derive(Default)]
pub(super) struct AnnotatorObservations {
    pub(super) name: Arc<str>,
    pub(super) labelled: u64,
    pub(super) skipped_by_reason: SkippedCounts,
    /// Whether any label says which response was on the left.
    pub(super) has_sides: bool,
    pub(super) equal_pairs: Option<EqualPairCounts>,
    /// Seconds of each label that has them.
    pub(super) seconds: WeightedScores,
    /// Whether each comparison that was decided or skipped was skipped.
    pub(super) skipped: WeightedScores,
    /// Whether each label is a tie.
    pub(super) ties: WeightedScores,
    /// Whether each label that is no tie and has a side is for the left response.
    pub(super) left: WeightedScores,
    /// Whether each label that was asked for again had the same choice.
    pub(super) same_again: WeightedScores,
    /// How far the others agree with each label.
    pub(super) others: WeightedScores,
}

impl Observations {
    /// Collects what the labels of a table say, with the part that its rows are of.
    pub(super) fn of(read: &Labels, labelled: LabelledComparisons<'_>, part: Option<Part>) -> Self {
        let table = labelled.comparisons;
        let mut found: BTreeMap<Arc<str>, AnnotatorObservations> = BTreeMap::new();
        let place = |id: &Arc<str>, between: &[Arc<str>; 2]| {
            let row = table.labelled_row((id, between), part)?;
            Some((row, table.rows[row as usize].item))
        };
        let mut first: HashMap<(u32, &str), &Option<Arc<str>>> = HashMap::new();
        for label in &read.labels {
            let Some((row, item)) = place(&label.id, &label.between) else { continue };
            first.insert((row, &label.annotator), &label.winner);
            let of_annotator = entry(&mut found, &label.annotator);
            of_annotator.labelled += 1;
            of_annotator.skipped.push(0.0, item, 1.0);
            of_annotator.ties.push(f64::from(label.winner.is_none()), item, 1.0);
            if let Some(seconds) = label.details.seconds {
                of_annotator.seconds.push(seconds, item, 1.0);
            }
            if let Some(left) = &label.details.left {
                of_annotator.has_sides = true;
                if let Some(winner) = &label.winner {
                    of_annotator.left.push(f64::from(winner == left), item, 1.0);
                }
            }
        }
        for skipped in &read.skipped {
            let Some((_, item)) = place(&skipped.id, &skipped.between) else { continue };
            let of_annotator = entry(&mut found, &skipped.annotator);
            of_annotator.skipped_by_reason.add(skipped.reason);
            of_annotator.skipped.push(1.0, item, 1.0);
        }
        for repeat in &read.repeats {
            let Some((row, item)) = place(&repeat.id, &repeat.between) else { continue };
            if let Some(winner) = first.get(&(row, &repeat.annotator)) {
                let is_same = **winner == repeat.winner;
                entry(&mut found, &repeat.annotator).same_again.push(f64::from(is_same), item, 1.0);
            }
        }
        for equal in &read.equal_pairs {
            let is_of_run = table.items.number(&equal.id).is_some();
            if is_of_run && part.is_none_or(|part| part == Part::of(&equal.id)) {
                let counts = &mut entry(&mut found, &equal.annotator).equal_pairs;
                counts.get_or_insert_default().add(equal.side);
            }
        }
        let mut found = Self { annotators: found.into_values().collect() };
        found.add_agreement(labelled);
        found
    }

    /// Adds how far the others agree with each label.
    fn add_agreement(&mut self, labelled: LabelledComparisons<'_>) {
        let numbers = self.numbers(labelled);
        for panel in &labelled.labels.panels {
            let judgements = labelled.labels.judgements(panel);
            let item = labelled.comparisons.rows[panel.row as usize].item;
            for (annotator, choice) in judgements {
                let agreement = agreement_of_others(judgements, *annotator, *choice);
                if let (Some(agreement), Some(at)) = (agreement, numbers[*annotator as usize]) {
                    self.annotators[at].others.push(agreement, item, 1.0);
                }
            }
        }
    }

    /// Returns the place of each annotator of the panels among those that are known.
    pub(super) fn numbers(&self, labelled: LabelledComparisons<'_>) -> Vec<Option<usize>> {
        let place = |name: &Arc<str>| {
            self.annotators.binary_search_by(|one| one.name.as_ref().cmp(name.as_ref())).ok()
        };
        labelled.labels.annotators.iter().map(place).collect()
    }

    /// Returns the places of all annotators, those with the most labels first.
    pub(super) fn listed(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.annotators.len()).collect();
        places.sort_by_key(|at| std::cmp::Reverse(self.annotators[*at].labelled));
        places
    }
}

fn entry<'a>(
    found: &'a mut BTreeMap<Arc<str>, AnnotatorObservations>,
    name: &Arc<str>,
) -> &'a mut AnnotatorObservations {
    found.entry(Arc::clone(name)).or_insert_with(|| AnnotatorObservations {
        name: Arc::clone(name),
        ..AnnotatorObservations::default()
    })
}

/// Returns how far all other annotators of a comparison agree with one of them; `None` if there are none.
fn agreement_of_others(
    judgements: &[(u32, Preference)],
    annotator: u32,
    choice: Preference,
) -> Option<f64> {
    let others = judgements.iter().filter(|(other, _)| *other != annotator);
    let others: Vec<Preference> = others.map(|(_, choice)| *choice).collect();
    if others.is_empty() {
        return None;
    }
    if let Some(most) = Preference::majority(&others) {
        return Some(f64::from(most == choice));
    }
    let same = others.iter().filter(|other| **other == choice).count();
    Some(same as f64 / others.len() as f64)
}
