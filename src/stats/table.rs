//! The contingency table of two raters, from which all their agreement statistics are computed.

use super::StatError;

/// A square table of how often two raters chose each pair of categories.
///
/// `cells[i·k + j]` is how often the first rater (here: the judge) chose category `i` where the second
/// (people) chose `j`. The categories are all that could be chosen, also those that never were: an empty
/// category changes AC1, PABAK and weights. Cells may be fractional, for labels that are divided between
/// categories. The order of the categories matters to weighted statistics alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Table<'a> {
    categories: usize,
    cells: &'a [f64],
}

impl<'a> Table<'a> {
    /// Returns a view of `cells` as a table, row by row.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if there are not `categories²` cells, no category at all, or a cell is
    /// negative or not finite.
    pub fn new(categories: usize, cells: &'a [f64]) -> Result<Self, StatError> {
        let square = categories > 0 && cells.len() == categories * categories;
        if square && cells.iter().all(|cell| cell.is_finite() && *cell >= 0.0) {
            Ok(Self { categories, cells })
        } else {
            Err(StatError::OutOfRange)
        }
    }

    /// Returns the number of categories, `k`.
    pub fn categories(&self) -> usize {
        self.categories
    }

    /// Returns how often the first rater chose `i` where the second chose `j`.
    ///
    /// # Panics
    ///
    /// `i` or `j` is not a category.
    pub fn cell(&self, i: usize, j: usize) -> f64 {
        assert!(i < self.categories && j < self.categories, "no such category");
        self.cells[i * self.categories + j]
    }

    /// Returns the number of observations.
    pub fn total(&self) -> f64 {
        self.cells.iter().sum()
    }

    /// Returns how often the two raters chose the same category.
    pub fn diagonal(&self) -> f64 {
        self.cells.iter().step_by(self.categories + 1).sum()
    }

    /// Returns how often the first rater chose `i`.
    pub fn row(&self, i: usize) -> f64 {
        self.cells[i * self.categories..(i + 1) * self.categories].iter().sum()
    }

    /// Returns how often the second rater chose `j`.
    pub fn column(&self, j: usize) -> f64 {
        self.cells.iter().skip(j).step_by(self.categories).sum()
    }

    /// Returns the share of observations on which both raters chose the same category.
    ///
    /// # Errors
    ///
    /// [`StatError::Empty`] without observations.
    pub fn agreement(&self) -> Result<f64, StatError> {
        let n = self.total();
        if n > 0.0 { Ok(self.diagonal() / n) } else { Err(StatError::Empty) }
    }
}
