//! Means over items that were drawn with different probabilities.
//!
//! [`monitor sample`](crate::traffic) draws as equally as possible from groups of different sizes. What holds for the
//! traffic is a mean in which each item has the inverse of its probability as its weight.

use super::entry::EntryItem;
use crate::stats::{Estimate, Interval, wilson};

/// A weighted mean of values in `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct WeightedMean {
    pub(super) mean: f64,
    /// How many items of equal weight say as much: `(Σw)²/Σw²` (Kish 1965).
    pub(super) effective: f64,
    n: u64,
}

impl WeightedMean {
    /// Returns the mean of values with their weights; `None` without any.
    pub(super) fn of(values: &[(f64, f64)]) -> Option<Self> {
        let (mut sum, mut weights, mut squares) = (0.0, 0.0, 0.0);
        for (value, weight) in values {
            sum += value * weight;
            weights += weight;
            squares += weight * weight;
        }
        (weights > 0.0).then(|| Self {
            mean: (sum / weights).clamp(0.0, 1.0),
            effective: weights * weights / squares,
            n: values.len() as u64,
        })
    }

    /// Returns the interval of Wilson for the effective number of items.
    pub(super) fn interval(&self, confidence: f64) -> Option<Interval> {
        wilson(self.mean * self.effective, self.effective, confidence).ok()
    }

    /// Returns the mean with an interval; `n` is the number of items.
    pub(super) fn estimate(&self, confidence: f64) -> Estimate {
        Estimate::of(Some(self.mean), self.interval(confidence), self.n)
    }
}

/// Returns the weights of items: 1 if none of them has a known probability; `None` if only some have, since these and the
/// others cannot be weighted against each other.
pub(super) fn weights<'a>(items: impl IntoIterator<Item = &'a EntryItem>) -> Option<Vec<f64>> {
    let known: Vec<Option<f64>> = items.into_iter().map(|item| item.weight).collect();
    if known.iter().all(Option::is_none) {
        return Some(vec![1.0; known.len()]);
    }
    known.into_iter().collect()
}
