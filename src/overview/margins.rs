//! How many verdicts would have to change to change the winner.

use serde::Serialize;

/// How many verdicts of a pair of systems would have to change to change the winner.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Margin {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The system whose wins are counted.
    pub system: String,
    /// By order-averaged scores; `None` where no reply could be read, and for a jury.
    pub order_averaged: Option<Reversals>,
    /// By kept verdicts; `None` where there are none.
    pub kept: Option<Reversals>,
    /// What the comparisons without a kept verdict could change; `None` if there are none.
    pub dropped: Option<DroppedMargin>,
}

/// The least number of comparisons that, reversed, change the winner or leave none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reversals {
    /// Comparisons to reverse; 0 if neither system is ahead.
    pub reversals: u64,
    /// Of so many comparisons.
    pub of: u64,
}

/// What the comparisons without a kept verdict could change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DroppedMargin {
    /// Comparisons without a kept verdict.
    pub comparisons: u64,
    /// The share of them that the counted system must win for a win rate of ½ over all comparisons; `None` if no
    /// share gives ½, so that they cannot change the winner.
    pub tipping_share: Option<f64>,
}
