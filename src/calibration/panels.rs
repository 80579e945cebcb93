//! The labels of each comparison: who chose what, and what most of them chose.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::comparisons::ComparisonTable;
use super::drawn_weights::DrawnWeights;
use super::part::Part;
use super::reply_choice::category;
use crate::input::{Disagreement, Labels};
use crate::trial::Side;
use crate::vote::Preference;

/// The labels of one comparison.
#[derive(Debug, Clone)]
pub(crate) struct Panel {
    /// The comparison's row in the table.
    pub(crate) row: u32,
    judgements: Range<u32>,
    /// What more than half of its annotators chose, or of those who decided it where these disagreed.
    pub(crate) label: Option<Preference>,
    /// The probability with which it was drawn for labelling, where that is known.
    pub(crate) probability: Option<f64>,
}

/// What one annotator chose by a criterion of the rubric, and by all of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CriterionChoice {
    pub(crate) by_it: Preference,
    pub(crate) by_all: Preference,
}

/// The labels of every labelled comparison of a table.
#[derive(Debug, Default)]
pub(crate) struct LabelPanels {
    /// By item, then by comparison.
    pub(crate) panels: Vec<Panel>,
    /// The place of the panel of each labelled row.
    by_row: HashMap<u32, u32>,
    judgements: Vec<(u32, Preference)>,
    /// What annotators chose by each criterion of the rubric, by row.
    pub(crate) by_criterion: BTreeMap<String, BTreeMap<u32, Vec<CriterionChoice>>>,
    /// What people chose who decided a comparison once more, by row and by who had disagreed. It may be a comparison
    /// without a panel.
    pub(crate) decided: BTreeMap<(u32, Disagreement), Vec<Preference>>,
    /// In the order of their names.
    pub(crate) annotators: Vec<Arc<str>>,
    /// The weights of the labelled comparisons of all parts.
    drawn: DrawnWeights,
    /// Labels whose id is unknown.
    pub(crate) unknown_ids: u64,
    /// Labels of two systems that are not compared on their item.
    pub(crate) other_pairs: u64,
    /// Labels of comparisons of the other part.
    pub(crate) other_part: u64,
    /// Lines without a winner yet.
    pub(crate) blank: u64,
}

impl LabelPanels {
    /// Joins labels to their comparisons; with a part, only those of items in it.
    pub(crate) fn join(labels: &Labels, comparisons: &ComparisonTable, part: Option<Part>) -> Self {
        let mut annotators: Vec<Arc<str>> = Vec::new();
        let mut numbers: HashMap<Arc<str>, u32> = HashMap::new();
        for label in &labels.labels {
            numbers.entry(Arc::clone(&label.annotator)).or_insert_with(|| {
                annotators.push(Arc::clone(&label.annotator));
                0
            });
        }
        annotators.sort();
        for (number, annotator) in annotators.iter().enumerate() {
            numbers.insert(Arc::clone(annotator), number as u32);
        }
        // A run of one part alone has no items of the other.
        let is_of_other = |id: &&String| part.is_some_and(|part| part != Part::of(id));
        let of_other = labels.unmatched_ids.iter().filter(is_of_other).count() as u64;
        let mut joined = Self {
            unknown_ids: labels.unmatched as u64 - of_other,
            other_part: of_other,
            blank: labels.blank as u64,
            ..Self::default()
        };
        let mut found: Vec<(u32, u32, Preference, Option<f64>)> = Vec::new();
        let mut counted = HashSet::new();
        for label in &labels.labels {
            let item = comparisons.items.number(&label.id);
            let between = [&*label.between[0], &*label.between[1]];
            if let Some(probability) = label.probability
                && counted.insert((item, between))
            {
                joined.drawn.add(probability);
            }
            if part.is_some_and(|part| part != Part::of(&label.id)) {
                joined.other_part += 1;
                continue;
            }
            let Some(row) = item.and_then(|item| comparisons.row(item, between)) else {
                joined.other_pairs += 1;
                continue;
            };
            let preference = Preference::of_winner(label.winner.as_ref(), &label.between);
            for (criterion, winner) in &label.details.criteria {
                let by_it = Preference::of_winner(winner.as_ref(), &label.between);
                let of_criterion = joined.by_criterion.entry(criterion.clone()).or_default();
                let choice = CriterionChoice { by_it, by_all: preference };
                of_criterion.entry(row).or_default().push(choice);
            }
            found.push((row, numbers[&label.annotator], preference, label.probability));
        }
        joined.decided = decisions(labels, comparisons, part);
        found.sort_by_key(|(row, annotator, ..)| {
            (comparisons.rows[*row as usize].item, *row, *annotator)
        });
        for of_row in found.chunk_by(|one, other| one.0 == other.0) {
            let start = joined.judgements.len() as u32;
            joined
                .judgements
                .extend(of_row.iter().map(|(_, annotator, choice, _)| (*annotator, *choice)));
            let probability = of_row.iter().find_map(|one| one.3);
            let choices: Vec<Preference> = of_row.iter().map(|(_, _, choice, _)| *choice).collect();
            let row = of_row[0].0;
            // Those who decided where the judge disagreed are left out: to correct only such labels would favour it.
            let deciders = joined.decided.get(&(row, Disagreement::People));
            let deciders = deciders.map_or(&[][..], Vec::as_slice);
            joined.by_row.insert(row, joined.panels.len() as u32);
            joined.panels.push(Panel {
                row,
                judgements: start..joined.judgements.len() as u32,
                label: Preference::settled(&choices, deciders),
                probability,
            });
        }
        joined.annotators = annotators;
        joined
    }

    /// Returns whether the labelled comparisons represent so many by their probabilities.
    pub(crate) fn represent(&self, comparisons: f64) -> bool {
        self.drawn.represent(comparisons)
    }

    /// Returns how many labels are of comparisons that are not in the table.
    pub(crate) fn unmatched(&self) -> u64 {
        self.unknown_ids + self.other_pairs
    }

    /// Returns the panel of a row; `None` where nobody labelled it.
    pub(crate) fn panel(&self, row: u32) -> Option<&Panel> {
        self.by_row.get(&row).map(|at| &self.panels[*at as usize])
    }

    /// Returns who chose what in a panel, in the order of the annotators.
    pub(crate) fn judgements(&self, panel: &Panel) -> &[(u32, Preference)] {
        &self.judgements[panel.judgements.start as usize..panel.judgements.end as usize]
    }

    /// Returns the weight of each preference in a panel, adding up to 1: all of it on the label, or without a
    /// majority an equal part for each annotator's choice.
    pub(crate) fn weights(&self, panel: &Panel) -> [f64; 3] {
        weights_of(panel.label, self.judgements(panel).iter().map(|(_, choice)| *choice))
    }

    /// Returns the same for what annotators chose by one criterion; `None` where nobody said that.
    pub(crate) fn weights_by_criterion(&self, row: u32, criterion: &str) -> Option<[f64; 3]> {
        let choices = self.by_criterion.get(criterion)?.get(&row)?;
        let choices: Vec<Preference> = choices.iter().map(|choice| choice.by_it).collect();
        Some(weights_of(Preference::majority(&choices), choices.iter().copied()))
    }

    /// Returns whether anybody chose by criterion.
    pub(crate) fn has_criteria(&self) -> bool {
        !self.by_criterion.is_empty()
    }

    /// Returns what a comparison is worth to one side by its panel, from 0 to 1; a tie is one half.
    pub(crate) fn worth(&self, panel: &Panel, side: Side) -> f64 {
        let weights = self.weights(panel);
        let preferences = [Preference::For(Side::A), Preference::For(Side::B), Preference::Tie];
        let worth = preferences.map(|choice| weights[category(choice)] * choice.worth(side));
        worth.iter().sum::<f64>().min(1.0)
    }

    /// Returns the panels of each item, item by item.
    pub(crate) fn by_item<'a>(
        &'a self,
        comparisons: &'a ComparisonTable,
    ) -> impl Iterator<Item = &'a [Panel]> {
        self.panels.chunk_by(|one, other| {
            comparisons.rows[one.row as usize].item == comparisons.rows[other.row as usize].item
        })
    }
}

/// Returns the weight of each preference: all of it on the label, or without one an equal part for each choice.
fn weights_of(
    label: Option<Preference>,
    choices: impl ExactSizeIterator<Item = Preference>,
) -> [f64; 3] {
    let mut weights = [0.0; 3];
    if let Some(label) = label {
        weights[category(label)] = 1.0;
        return weights;
    }
    let n = choices.len() as f64;
    for choice in choices {
        weights[category(choice)] += 1.0 / n;
    }
    weights
}

/// Returns what people chose who decided a comparison once more, by row and by who had disagreed.
fn decisions(
    labels: &Labels,
    comparisons: &ComparisonTable,
    part: Option<Part>,
) -> BTreeMap<(u32, Disagreement), Vec<Preference>> {
    let mut decided: BTreeMap<_, Vec<Preference>> = BTreeMap::new();
    for (label, why) in &labels.adjudicated {
        let row = comparisons.labelled_row((&label.id, &label.between), part);
        if let Some(row) = row {
            let choice = Preference::of_winner(label.winner.as_ref(), &label.between);
            decided.entry((row, *why)).or_default().push(choice);
        }
    }
    decided
}
