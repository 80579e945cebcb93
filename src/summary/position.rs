//! What the presentation order did to a judge. Every trial counts, labelled or not.

use serde::Serialize;

use super::item_scores::ItemScores;
use crate::stats::{Estimate, binomial_test_half};
use crate::verdict::{Ballot, Outcome, reconcile};
use crate::vote::Vote;

/// What the presentation order did to a judge.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PositionSummary {
    /// Kept of kept, flipped and split.
    pub consistency: Estimate,
    /// Flips that chose the response shown first twice.
    pub primacy: u64,
    /// Flips that chose the response shown second twice.
    pub recency: u64,
    /// Exact two-sided p-value of the hypothesis that primacy and recency are equally likely; 1 without a flip. It
    /// assumes that flips are independent, so with several comparisons of an item it is somewhat too small.
    pub p_value: f64,
    /// Replies that chose the response shown first.
    pub first_picks: u64,
    /// Replies that chose the response shown second.
    pub second_picks: u64,
    /// Replies that chose neither.
    pub ties: u64,
    /// Trials whose reply could not be read.
    pub unparsed: u64,
    /// The share of `first_picks` in all readable replies of a known order.
    pub first_share: Estimate,
    /// Readable replies of which nobody knows which response was shown first; no other number here counts them. A tie is
    /// one in either order: if only ties are of unknown order, they are among `ties` in place of here.
    pub order_unknown: u64,
}

/// Counts of votes by position, over any number of comparisons and judges.
#[derive(Debug, Default)]
pub(crate) struct PositionCounts {
    picks: [u64; 3],
    pub(crate) unparsed: u64,
    /// Votes of an unknown order: those that choose a response, and ties.
    unknown: [u64; 2],
    pub(crate) primacy: u64,
    pub(crate) recency: u64,
    consistent: ItemScores,
}

impl PositionCounts {
    /// Counts one reply; a trial that is pending or has failed has none. A vote of an unknown order has no position.
    pub(crate) fn add_reply(&mut self, ballot: Ballot, is_order_unknown: bool) {
        match ballot {
            Ballot::Cast(vote) if is_order_unknown => {
                self.unknown[usize::from(vote == Vote::Tie)] += 1;
            }
            Ballot::Cast(vote) => self.picks[vote as usize] += 1,
            Ballot::Unreadable => self.unparsed += 1,
            Ballot::Failed | Ballot::Pending => {}
        }
    }

    /// Counts the two orders of a comparison, each after its repeats, the one with A first before the other. Both must be
    /// known.
    pub(crate) fn add_orders(&mut self, [a_first, b_first]: [Ballot; 2], item: u32) {
        let consistent = match reconcile(a_first, b_first).outcome {
            Outcome::Kept => 1.0,
            Outcome::Flipped | Outcome::Split => 0.0,
            _ => return,
        };
        self.consistent.push(consistent, item);
        match (a_first, b_first) {
            (Ballot::Cast(Vote::First), Ballot::Cast(Vote::First)) => self.primacy += 1,
            (Ballot::Cast(Vote::Second), Ballot::Cast(Vote::Second)) => self.recency += 1,
            _ => {}
        }
    }

    /// Returns how many replies chose this position, or a tie.
    ///
    /// Ties of an unknown order count where no other vote is of one: without the others they would be a selection.
    pub(crate) fn picks(&self, vote: Vote) -> u64 {
        let is_counted = vote == Vote::Tie && self.unknown[0] == 0;
        self.picks[vote as usize] + if is_counted { self.unknown[1] } else { 0 }
    }

    /// Returns how many votes are left out because their order is not known.
    pub(crate) fn order_unknown(&self) -> u64 {
        if self.unknown[0] == 0 { 0 } else { self.unknown.iter().sum() }
    }

    /// Returns the p-value of primacy and recency being equally likely; 1 without a flip.
    pub(crate) fn p_value(&self) -> f64 {
        binomial_test_half(self.primacy, self.primacy + self.recency).unwrap_or(1.0)
    }

    /// Returns the position consistency: kept of kept, flipped and split.
    pub(crate) fn consistency(&self) -> Estimate {
        self.consistent.estimate()
    }
}
