//! The pairs of systems of an entry, and what a comparison is worth to one of them.

use std::collections::BTreeSet;

use super::entry::{Entry, EntryComparison};
use crate::trial::{Direction, Side};

/// A pair of systems of an entry with the side whose wins are counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) between: [String; 2],
    pub(super) side: Side,
}

impl Pair {
    /// Returns the system whose wins are counted.
    pub(super) fn system(&self) -> &str {
        &self.between[usize::from(self.side == Side::B)]
    }
}

/// Returns the pairs of systems of an entry.
pub(super) fn pairs(entry: &Entry) -> BTreeSet<Pair> {
    let direction =
        Direction { baseline: entry.run.baseline_system.as_deref(), listed: &entry.run.listed };
    let pair = |one: &EntryComparison| Pair {
        side: direction.counted(&one.between),
        between: one.between.clone(),
    };
    entry.comparisons.iter().map(pair).collect()
}

/// Returns what a comparison is worth to a side.
pub(super) fn worth(comparison: &EntryComparison, side: Side) -> Option<f64> {
    let score = comparison.score?;
    Some(if side == Side::B { score } else { 1.0 - score })
}
