//! Scores in `[0, 1]`, each with the item it belongs to.

use crate::stats::{Estimate, clustered_share};

/// Scores with the number of the item each belongs to.
///
/// Comparisons of one item are not independent, so intervals are clustered by item.
#[derive(Debug, Default, Clone)]
pub(crate) struct ItemScores {
    pub(crate) values: Vec<f64>,
    pub(crate) items: Vec<u32>,
}

impl ItemScores {
    pub(crate) fn push(&mut self, value: f64, item: u32) {
        self.values.push(value);
        self.items.push(item);
    }

    /// Returns how many scores there are.
    pub(crate) fn n(&self) -> u64 {
        self.values.len() as u64
    }

    /// Returns the mean of the scores; undefined without any.
    pub(crate) fn estimate(&self) -> Estimate {
        clustered_share(&self.values, &self.items)
    }
}
