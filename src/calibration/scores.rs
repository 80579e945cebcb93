//! What is added up over comparisons: a table for each pair of systems, and scores with their items.

use super::agreement::CONFIDENCE;
use crate::stats::{Estimate, StatError, Table, clustered_share, weighted_mean, weighted_share};

/// Where the table of each pair lies in one vector of sums.
pub(super) struct Tables {
    pub(super) sizes: Vec<usize>,
    starts: Vec<usize>,
    pub(super) width: usize,
}

impl Tables {
    pub(super) fn new(sizes: Vec<usize>) -> Self {
        let mut width = 0;
        let starts = sizes
            .iter()
            .map(|size| {
                let start = width;
                width += size * size;
                start
            })
            .collect();
        Self { sizes, starts, width }
    }

    pub(super) fn cell(&self, pair: usize, judge: usize, people: usize) -> u32 {
        (self.starts[pair] + judge * self.sizes[pair] + people) as u32
    }

    pub(super) fn table<'a>(&self, sums: &'a [f64], pair: usize) -> Result<Table<'a>, StatError> {
        let (start, size) = (self.starts[pair], self.sizes[pair]);
        Table::new(size, &sums[start..start + size * size])
    }

    pub(super) fn all<'a>(&'a self, sums: &'a [f64]) -> impl Iterator<Item = Table<'a>> {
        (0..self.sizes.len()).filter_map(|pair| self.table(sums, pair).ok())
    }
}

/// Scores with the item each belongs to, and what each counts.
#[derive(Debug, Default, Clone)]
pub(super) struct Scores {
    pub(super) values: Vec<f64>,
    pub(super) items: Vec<u32>,
    weights: Vec<f64>,
}

impl Scores {
    pub(super) fn push(&mut self, value: f64, item: u32) {
        self.push_weighted(value, item, 1.0);
    }

    pub(super) fn push_weighted(&mut self, value: f64, item: u32, weight: f64) {
        self.values.push(value);
        self.items.push(item);
        self.weights.push(weight);
    }

    /// Returns the mean of scores in `[0, 1]`.
    pub(super) fn estimate(&self) -> Estimate {
        let equal = |pair: &[f64]| pair[0].to_bits() == pair[1].to_bits();
        if self.weights.windows(2).all(equal) {
            clustered_share(&self.values, &self.items)
        } else {
            weighted_share(&self.values, &self.weights, &self.items)
        }
    }

    /// Returns the mean of scores of any size.
    pub(super) fn mean(&self) -> Estimate {
        let found = weighted_mean(&self.values, &self.weights, &self.items, CONFIDENCE);
        let n = self.values.len() as u64;
        found.map_or_else(
            |_| Estimate::undefined(n),
            |(mean, interval)| Estimate::of(Some(mean), interval, n),
        )
    }
}
