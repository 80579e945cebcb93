//! The contingency tables of all pairs of systems on resamples of the items.

use std::collections::BTreeMap;

use super::table_layout::TableLayout;
use crate::stats::{Clusters, KappaSums, StatError, Table};

/// What each item adds to the tables of pairs: cells of a [`TableLayout`] with their weights.
#[derive(Debug, Default)]
pub(super) struct ItemCells(Vec<Vec<(u32, f64)>>);

impl ItemCells {
    /// Adds an item, unless it has no cells, and takes them.
    pub(super) fn push(&mut self, cells: &mut Vec<(u32, f64)>) {
        if !cells.is_empty() {
            self.0.push(std::mem::take(cells));
        }
    }

    /// Returns the tables of all items together.
    pub(super) fn totals(&self, layout: &TableLayout) -> Vec<f64> {
        let mut totals = vec![0.0; layout.width];
        for (cell, weight) in self.0.iter().flatten() {
            totals[*cell as usize] += weight;
        }
        totals
    }
}

/// The tables as clusters by item.
///
/// The labels of most pairs of many systems are of one item each. The table of such a pair on a resample is a multiple of
/// what it is, and so is what it adds to a stratified κ: these pairs have three sums together instead of a table each.
pub(super) struct ResampledTables {
    pub(super) clusters: Clusters,
    layout: TableLayout,
}

impl ResampledTables {
    /// `pairs` are those with labels of several items, ascending; the others have labels of one item, or none.
    pub(super) fn new(items: &ItemCells, all: &TableLayout, pairs: &[usize]) -> Self {
        let layout = TableLayout::new(pairs.iter().map(|pair| all.sizes[*pair]).collect());
        let sums = layout.width as u32;
        let mut clusters = Clusters::new(layout.width + 3);
        for cells in &items.0 {
            let mut adds = Vec::new();
            let mut alone: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
            for (cell, weight) in cells {
                let (pair, within) = all.place(*cell);
                if let Ok(place) = pairs.binary_search(&pair) {
                    adds.push((layout.start(place) + within as u32, *weight));
                } else {
                    let size = all.sizes[pair];
                    alone.entry(pair).or_insert_with(|| vec![0.0; size * size])[within] += weight;
                }
            }
            let mut found = KappaSums::default();
            for (pair, cells) in &alone {
                // A table of weights that are no numbers adds nothing: no resample has a κ then.
                let added = Table::new(all.sizes[*pair], cells).and_then(|table| found.add(&table));
                debug_assert!(added.is_ok(), "weights are finite");
            }
            let KappaSums { observations, beyond, possible } = found;
            let found = [observations, beyond, possible];
            adds.extend((sums..).zip(found).filter(|(_, sum)| *sum != 0.0));
            clusters.push(&mut adds);
        }
        Self { clusters, layout }
    }

    /// Returns the table of one of the pairs on a resample.
    pub(super) fn table<'a>(&self, sums: &'a [f64], place: usize) -> Result<Table<'a>, StatError> {
        self.layout.table(sums, place)
    }

    /// Returns the stratified κ of all pairs on a resample.
    pub(super) fn kappa(&self, sums: &[f64]) -> Option<f64> {
        let [observations, beyond, possible] = *sums.get(self.layout.width..)? else { return None };
        let mut found = KappaSums { observations, beyond, possible };
        for table in self.layout.all(sums) {
            found.add(&table).ok()?;
        }
        found.kappa().ok()
    }
}
