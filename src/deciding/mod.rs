//! Whether the verdicts of a run answer the question that ends it: on which side of a number the win rate of one system
//! against each other one lies.
//!
//! Items are looked at in a random order, which the seed of the run and their ids give; a pilot is drawn by the same one.
//! After each item every pair of systems is tested, by bets whose error does not grow with the number of looks
//! ([`SequentialMeans`](crate::stats::SequentialMeans)). The observation of an item is the order-averaged score of its
//! comparison, the mean over the judges of a jury. What could not be read or has failed is 0 for the lower end and 1 for
//! the upper one: it must not be decided by leaving it out.
//!
//! An item counts as soon as the comparisons of all pairs that are still undecided have ended, and no later item counts
//! before it. Otherwise fast replies would count more often than slow ones.
//!
//! This module computes what is decided from a run file or from ballots as they arrive. It asks nothing:
//! [`run`](crate::run) stops asking by what it says.
//!
//! ```text
//! RunFile | [Ballot; 2] ─→ ComparisonSequence ─SequentialMeans→ Decision(PairDecision)
//! ```

mod decision;
mod sequence;

pub use decision::{Decision, PairDecision, decide};
pub(crate) use sequence::ComparisonSequence;
