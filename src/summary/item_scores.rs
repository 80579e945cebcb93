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

    /// Returns `rate`, the mean of the scores, with the interval that holds wherever each score lies: from as much lower as
    /// its slack to as much higher.
    pub(crate) fn either_way(&self, rate: Estimate, slack: &[f64]) -> Estimate {
        if slack.iter().all(|slack| *slack == 0.0) {
            return rate;
        }
        let shifted = |sign: f64| {
            let scores = self.values.iter().zip(slack);
            // Means over judges are exact only up to rounding.
            let scores = scores.map(|(score, slack)| (score + sign * slack).clamp(0.0, 1.0));
            clustered_share(&scores.collect::<Vec<f64>>(), &self.items)
        };
        Estimate { low: shifted(-1.0).low, high: shifted(1.0).high, ..rate }
    }

    /// Returns the mean of the scores; undefined without any.
    pub(crate) fn estimate(&self) -> Estimate {
        clustered_share(&self.values, &self.items)
    }
}
