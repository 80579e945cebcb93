//! Which criterion flips, which one goes with people, which one decides the vote.

use serde::Serialize;

use crate::stats::Estimate;

/// The votes on one criterion.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CriterionReport {
    /// The criterion.
    pub name: String,
    /// Replies with a readable vote on it.
    pub votes: u64,
    /// Comparisons on which its two orders name different systems.
    pub flipped: u64,
    /// Comparisons on which one of its orders is a tie and the other names a system.
    pub split: u64,
    /// How often both orders prefer the same by this criterion.
    pub consistency: Estimate,
    /// How often it votes as the whole reply does.
    pub with_vote: Estimate,
    /// The same over replies whose criteria do not all vote alike: only these show which criterion decides.
    pub when_divided: Estimate,
    /// How often it agrees with people, over every reply to a labelled comparison, where a reply without a vote
    /// on it is wrong; `None` without labels.
    pub agreement: Option<Estimate>,
}
