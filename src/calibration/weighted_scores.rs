//! Scores of comparisons with a weight each, for labels that were drawn with unequal probabilities.

use super::intervals::CONFIDENCE;
use crate::stats::{Estimate, weighted_mean, weighted_share};
use crate::summary::ItemScores;

/// Scores with the item and the weight of each.
#[derive(Debug, Default, Clone)]
pub(crate) struct WeightedScores {
    pub(crate) scores: ItemScores,
    weights: Vec<f64>,
}

impl WeightedScores {
    pub(crate) fn push(&mut self, value: f64, item: u32, weight: f64) {
        self.scores.push(value, item);
        self.weights.push(weight);
    }

    /// Returns how many scores there are.
    pub(crate) fn n(&self) -> u64 {
        self.scores.n()
    }

    /// Returns the mean of scores in `[0, 1]`; undefined without any.
    pub(crate) fn share(&self) -> Estimate {
        let equal = |pair: &[f64]| pair[0].to_bits() == pair[1].to_bits();
        if self.weights.windows(2).all(equal) {
            self.scores.estimate()
        } else {
            weighted_share(&self.scores.values, &self.weights, &self.scores.items)
        }
    }

    /// Returns the mean of scores of any size, such as differences; undefined without any.
    pub(crate) fn mean(&self) -> Estimate {
        let ItemScores { values, items } = &self.scores;
        weighted_mean(values, &self.weights, items, CONFIDENCE).map_or_else(
            |_| Estimate::undefined(self.n()),
            |(mean, interval)| Estimate::of(Some(mean), interval, self.n()),
        )
    }
}
