//! The first thing to say about a judge.

use serde::Serialize;

/// What a calibration comes to: the first of these that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Conclusion {
    /// There are fewer than 30 labelled comparisons.
    TooFewLabels,
    /// The interval of κ over every reply does not exclude 0, or there is none.
    MayBeChance,
    /// The labels do not show that a simple rule is worse.
    NoBetterThanTrivial,
    /// Better than chance, but it follows the order, or its kept verdicts agree more often than all its
    /// replies do.
    NotAsGoodAsKept,
    /// It agrees with people at least as well as they do with each other.
    LikePeople,
    /// It agrees with people beyond chance and more often than a simple rule.
    BeyondChance,
}
