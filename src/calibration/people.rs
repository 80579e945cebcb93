//! What people said of each comparison: who chose what, and what most of them chose.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::digest::{Digest, category};
use super::part::Part;
use crate::input::Labels;
use crate::trial::Side;
use crate::vote::Preference;

/// The labels of one comparison.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    /// The comparison.
    pub(super) row: u32,
    judgements: Range<u32>,
    /// What more than half of its annotators chose.
    pub(super) label: Option<Preference>,
    /// With which probability it was drawn for labelling, where that is known.
    pub(super) probability: Option<f64>,
}

/// Every label that speaks of a comparison of the digest.
#[derive(Debug, Default)]
pub(super) struct People {
    /// By item, then by comparison.
    pub(super) panels: Vec<Panel>,
    judgements: Vec<(u32, Preference)>,
    /// In the order of their names.
    pub(super) annotators: Vec<Arc<str>>,
    /// How many comparisons the labelled ones of all parts stand for, by their probabilities.
    pub(super) stand_for: f64,
    /// Labels of comparisons that are not in the run.
    pub(super) unmatched: u64,
    /// Labels of comparisons of the other part.
    pub(super) other_part: u64,
    /// Lines that wait for their label.
    pub(super) blank: u64,
}

impl People {
    /// Joins labels to the comparisons they speak of.
    pub(super) fn join(labels: &Labels, digest: &Digest, part: Option<Part>) -> Self {
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
        let mut people = Self {
            unmatched: labels.unmatched as u64,
            blank: labels.blank as u64,
            ..Self::default()
        };
        let mut found: Vec<(u32, u32, Preference, Option<f64>)> = Vec::new();
        let mut stand_for = HashSet::new();
        for label in &labels.labels {
            let item = digest.roster.number(&label.id);
            let between = [&*label.between[0], &*label.between[1]];
            if let Some(probability) = label.probability
                && stand_for.insert((item, between))
            {
                people.stand_for += 1.0 / probability;
            }
            if part.is_some_and(|part| part != Part::of(&label.id)) {
                people.other_part += 1;
                continue;
            }
            let Some(row) = item.and_then(|item| digest.row(item, between)) else {
                people.unmatched += 1;
                continue;
            };
            let preference = match &label.winner {
                None => Preference::Tie,
                Some(winner) if *winner == label.between[0] => Preference::For(Side::A),
                Some(_) => Preference::For(Side::B),
            };
            found.push((row, numbers[&label.annotator], preference, label.probability));
        }
        found.sort_by_key(|(row, annotator, ..)| {
            (digest.rows[*row as usize].item, *row, *annotator)
        });
        for of_row in found.chunk_by(|one, other| one.0 == other.0) {
            let start = people.judgements.len() as u32;
            people
                .judgements
                .extend(of_row.iter().map(|(_, annotator, choice, _)| (*annotator, *choice)));
            let probability = of_row.iter().find_map(|one| one.3);
            people.panels.push(Panel {
                row: of_row[0].0,
                judgements: start..people.judgements.len() as u32,
                label: most(of_row),
                probability,
            });
        }
        people.annotators = annotators;
        people
    }

    /// Returns who chose what in a panel, in the order of the annotators.
    pub(super) fn judgements(&self, panel: &Panel) -> &[(u32, Preference)] {
        &self.judgements[panel.judgements.start as usize..panel.judgements.end as usize]
    }

    /// Returns what a panel says, as weights of preferences that add up to 1: its label, or without a
    /// majority each annotator's choice.
    pub(super) fn weights(&self, panel: &Panel) -> [f64; 3] {
        let mut weights = [0.0; 3];
        if let Some(label) = panel.label {
            weights[category(label)] = 1.0;
            return weights;
        }
        let judgements = self.judgements(panel);
        for (_, choice) in judgements {
            weights[category(*choice)] += 1.0 / judgements.len() as f64;
        }
        weights
    }

    /// Returns the panels of each item, item by item.
    pub(super) fn by_item<'a>(&'a self, digest: &'a Digest) -> impl Iterator<Item = &'a [Panel]> {
        self.panels.chunk_by(|one, other| {
            digest.rows[one.row as usize].item == digest.rows[other.row as usize].item
        })
    }
}

/// Returns what more than half of all choices are.
fn most(choices: &[(u32, u32, Preference, Option<f64>)]) -> Option<Preference> {
    [Preference::For(Side::A), Preference::For(Side::B), Preference::Tie].into_iter().find(
        |preference| {
            choices.iter().filter(|choice| choice.2 == *preference).count() * 2 > choices.len()
        },
    )
}
