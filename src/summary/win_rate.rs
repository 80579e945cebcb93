//! How often one system of a pair wins, by the judge alone; a tie is half a win.

use serde::Serialize;

use super::item_scores::ItemScores;
use crate::stats::Estimate;
use crate::trial::{Order, Side};
use crate::verdict::Ballot;
use crate::vote::Preference;

/// How often one system of a pair wins; a tie is half a win.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct WinRate {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The system whose wins are counted: see [`Direction`](crate::trial::Direction).
    pub system: String,
    /// Over both orders of every comparison that was answered, kept or not; an order without a readable
    /// vote is half a win. Undefined where no reply to any of these comparisons could be read, and for a
    /// jury.
    pub order_averaged: Estimate,
    /// Over kept verdicts alone.
    pub kept: Estimate,
    /// Kept verdicts for the system.
    pub wins: u64,
    /// Kept verdicts that are ties.
    pub ties: u64,
}

/// Returns what a comparison is worth to one side, averaged over both orders of one judge, the order with A
/// first before the other: a win is 1, a tie or an order without a readable vote ½. `None` while an order is
/// pending or if it has failed.
pub(crate) fn order_averaged_score([a_first, b_first]: [Ballot; 2], side: Side) -> Option<f64> {
    let score = |ballot, order| match ballot {
        Ballot::Cast(vote) => Some(vote.under(order).worth(side)),
        Ballot::Unreadable => Some(0.5),
        Ballot::Failed | Ballot::Pending => None,
    };
    Some(f64::midpoint(score(a_first, Order::AFirst)?, score(b_first, Order::BFirst)?))
}

/// The scores behind the win rates of one pair of systems.
#[derive(Debug, Default)]
pub(crate) struct WinRateScores {
    order_averaged: ItemScores,
    /// Whether any reply behind `order_averaged` could be read.
    readable: bool,
    kept: ItemScores,
    pub(crate) wins: u64,
    pub(crate) ties: u64,
}

impl WinRateScores {
    /// Adds the order-averaged score of a comparison; `readable` says whether any reply to it has a vote.
    pub(crate) fn add_order_averaged(&mut self, score: f64, readable: bool, item: u32) {
        self.order_averaged.push(score, item);
        self.readable |= readable;
    }

    /// Adds a kept verdict, as it is worth to `side`.
    pub(crate) fn add_kept(&mut self, winner: Preference, side: Side, item: u32) {
        let score = winner.worth(side);
        self.kept.push(score, item);
        self.wins += u64::from(score > 0.5);
        self.ties += u64::from(winner == Preference::Tie);
    }

    /// Adds what both orders of one judge say, if they were answered, the order with A first before the other.
    pub(crate) fn add_orders(
        &mut self,
        orders: [Ballot; 2],
        readable: bool,
        side: Side,
        item: u32,
    ) {
        if let Some(score) = order_averaged_score(orders, side) {
            self.add_order_averaged(score, readable, item);
        }
    }

    /// Returns the win rate of the system on `side`.
    pub(crate) fn win_rate(&self, between: &[String; 2], side: Side) -> WinRate {
        WinRate {
            between: between.clone(),
            system: match side {
                Side::A => between[0].clone(),
                Side::B => between[1].clone(),
            },
            order_averaged: self.order_averaged(),
            kept: self.kept(),
            wins: self.wins,
            ties: self.ties,
        }
    }

    /// Returns the order-averaged win rate. Without one readable reply every score would be the ½ of an
    /// unreadable order, which says nothing about the systems: then it is undefined.
    pub(crate) fn order_averaged(&self) -> Estimate {
        if self.readable {
            self.order_averaged.estimate()
        } else {
            Estimate::undefined(self.order_averaged.n())
        }
    }

    /// Returns the win rate over kept verdicts.
    pub(crate) fn kept(&self) -> Estimate {
        self.kept.estimate()
    }
}
