//! Scores of comparisons with a weight each, for labels that were drawn with unequal probabilities.

use super::intervals::CONFIDENCE;
use crate::stats::{Estimate, Weighted, paired_difference, weighted_mean, weighted_share};
use crate::summary::ItemScores;

/// Scores with the item and the weight of each.
#[derive(Debug, Default, Clone)]
pub(crate) struct WeightedScores {
    pub(crate) scores: ItemScores,
    weights: Vec<f64>,
}

impl WeightedScores {
    /// Returns scores that all have the same weight.
    pub(crate) fn with_equal_weights(scores: ItemScores) -> Self {
        let weights = vec![1.0; scores.values.len()];
        Self { scores, weights }
    }

    pub(crate) fn push(&mut self, value: f64, item: u32, weight: f64) {
        self.scores.push(value, item);
        self.weights.push(weight);
    }

    /// Adds all scores of another list.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.scores.values.extend(&other.scores.values);
        self.scores.items.extend(&other.scores.items);
        self.weights.extend(&other.weights);
    }

    /// Returns the scores as statistics take them, with the items as clusters.
    pub(crate) fn weighted(&self) -> Weighted<'_, u32> {
        let ItemScores { values, items } = &self.scores;
        Weighted { values, weights: &self.weights, clusters: items }
    }

    /// Returns the mean of scores in `[0, 1]` minus that of others, paired and clustered by item; undefined where either
    /// has none. Its n is the number of these scores.
    pub(crate) fn minus(&self, other: &Self) -> Estimate {
        paired_difference(&other.weighted(), &self.weighted(), CONFIDENCE).map_or_else(
            |_| Estimate::undefined(self.n()),
            |(value, interval)| Estimate::new(value, interval, self.n()),
        )
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
