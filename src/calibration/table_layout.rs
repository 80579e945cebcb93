//! Where the contingency table of each pair of systems lies in one vector of sums.

use crate::stats::{StatError, Table};

/// The layout of one table per pair of systems, one after another in a vector that a bootstrap resamples.
pub(super) struct TableLayout {
    /// The number of categories of each pair.
    pub(super) sizes: Vec<usize>,
    starts: Vec<usize>,
    /// The length of the vector.
    pub(super) width: usize,
}

impl TableLayout {
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

    /// Returns the place of the cell in which the judge chose one category and people another.
    pub(super) fn cell(&self, pair: usize, judge: usize, people: usize) -> u32 {
        (self.starts[pair] + judge * self.sizes[pair] + people) as u32
    }

    /// Returns the place of the first cell of a pair.
    pub(super) fn start(&self, pair: usize) -> u32 {
        self.starts[pair] as u32
    }

    /// Returns the pair of a cell, and its place in the table of that pair.
    pub(super) fn place(&self, cell: u32) -> (usize, usize) {
        let cell = cell as usize;
        let pair = self.starts.partition_point(|start| *start <= cell) - 1;
        (pair, cell - self.starts[pair])
    }

    /// Returns the table of one pair.
    pub(super) fn table<'a>(&self, sums: &'a [f64], pair: usize) -> Result<Table<'a>, StatError> {
        let (start, size) = (self.starts[pair], self.sizes[pair]);
        Table::new(size, &sums[start..start + size * size])
    }

    /// Returns the tables of all pairs.
    pub(super) fn all<'a>(&'a self, sums: &'a [f64]) -> impl Iterator<Item = Table<'a>> {
        (0..self.sizes.len()).filter_map(|pair| self.table(sums, pair).ok())
    }
}
