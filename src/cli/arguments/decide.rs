//! The rule by which both orders of a comparison become a verdict.

use clap::ValueEnum;

/// The rule by which both orders of a comparison become a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RuleName {
    /// Kept where both orders agree
    BothOrders,
    /// Kept where the mean of both orders' probabilities has one answer in the lead by a threshold
    Margin,
}
