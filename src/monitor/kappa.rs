//! κ of the judge with people, in the baseline and now.

use std::collections::BTreeMap;

use super::entry::{Entry, EntryScale, EntryUnit};
use super::matched::Both;
use crate::calibration::{RESAMPLES, SEED, sampled_difference, sampled_estimate};
use crate::diff::PairedEstimates;
use crate::grading::{Categories, headline_kappa};
use crate::stats::{Clusters, Table, bootstrap, stratified_kappa};
use crate::vote::Grade;

/// What replies and people choose among, and how κ is computed of tables of it.
enum Choices<'a> {
    /// The two systems of a comparison, a tie, and no readable vote, which no person uses; κ is stratified by pair of
    /// systems.
    Votes {
        /// The place of the table of each pair.
        places: BTreeMap<&'a [String], usize>,
    },
    /// The grades of a scale; κ is that of [`calibrate_grades`](crate::grading::calibrate_grades).
    Grades { scale: &'a EntryScale, categories: Categories },
}

/// The categories of a comparison.
const VOTES: usize = 4;

impl<'a> Choices<'a> {
    fn of(entry: &'a Entry, units: impl Iterator<Item = &'a EntryUnit>) -> Self {
        if let Some(scale) = &entry.run.scale {
            let steps = scale.steps.len();
            // An empty category changes nothing.
            return Self::Grades { scale, categories: Categories { steps, count: steps + 1 } };
        }
        let mut places = BTreeMap::new();
        for unit in units {
            let next = places.len();
            places.entry(unit.systems.as_slice()).or_insert(next);
        }
        Self::Votes { places }
    }

    /// Returns how many categories there are.
    fn number(&self) -> usize {
        match self {
            Self::Votes { .. } => VOTES,
            Self::Grades { categories, .. } => categories.count + 1,
        }
    }

    /// Returns how many cells all tables have.
    fn cells(&self) -> usize {
        let tables = match self {
            Self::Votes { places } => places.len(),
            Self::Grades { .. } => 1,
        };
        tables * self.number() * self.number()
    }

    /// Returns the cell of one choice and the label.
    fn cell(&self, unit: &EntryUnit, choice: Option<&str>, label: &str) -> usize {
        let start = match self {
            Self::Votes { places } => places.get(unit.systems.as_slice()).copied().unwrap_or(0),
            Self::Grades { .. } => 0,
        };
        let number = self.number();
        let category = |choice| self.category(unit, choice);
        start * number * number + category(choice) * number + category(Some(label))
    }

    fn category(&self, unit: &EntryUnit, choice: Option<&str>) -> usize {
        match (self, choice) {
            (_, None) => self.number() - 1,
            (Self::Votes { .. }, Some(choice)) => {
                unit.systems.iter().position(|system| system == choice).unwrap_or(2)
            }
            (Self::Grades { scale, categories }, Some(choice)) => {
                match scale.steps.iter().position(|step| step == choice) {
                    Some(step) => step,
                    None if choice == Grade::CANNOT_ASSESS => categories.steps,
                    // No step of the scale, which only a history that was written by hand has.
                    None => self.number() - 1,
                }
            }
        }
    }

    fn kappa(&self, cells: &[f64]) -> Option<f64> {
        match self {
            Self::Votes { .. } => {
                let tables =
                    cells.chunks(VOTES * VOTES).filter_map(|cells| Table::new(VOTES, cells).ok());
                stratified_kappa(tables).ok()
            }
            Self::Grades { categories, .. } => headline_kappa(*categories, cells),
        }
    }
}

/// Returns κ of every reply in both entries, of what has unchanged texts and a label; both are resampled together, item by
/// item. `after` is the later entry.
pub(super) fn kappa(after: &Entry, labelled: &[(Both<'_>, &str)]) -> PairedEstimates {
    let choices = Choices::of(after, labelled.iter().map(|((_, after), _)| *after));
    let width = choices.cells();
    let mut by_item: BTreeMap<u32, Vec<(u32, f64)>> = BTreeMap::new();
    for ((before, after), label) in labelled {
        let cells = by_item.entry(after.item).or_default();
        for (side, one) in [(0, before), (1, after)] {
            let said: Vec<Option<&str>> = match one.orders.as_slice() {
                [] => vec![one.verdict.as_deref()],
                orders => orders.iter().map(Option::as_deref).collect(),
            };
            let cell = |choice| (side * width + choices.cell(one, choice, label)) as u32;
            cells.extend(said.into_iter().map(|choice| (cell(choice), 1.0)));
        }
    }
    let mut clusters = Clusters::new(2 * width);
    for cells in by_item.values_mut() {
        clusters.push(cells);
    }
    let sampled = bootstrap(&clusters, RESAMPLES, SEED, |sums| {
        let side = |side: usize| choices.kappa(&sums[side * width..(side + 1) * width]);
        vec![side(0), side(1)]
    });
    let n = labelled.len() as u64;
    let of = |at: usize| sampled_estimate((&sampled, at), n);
    PairedEstimates::new(of(0), of(1), sampled_difference((&sampled, [1, 0]), n))
}
