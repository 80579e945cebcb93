//! How often one system of a pair wins, by the judge alone; a tie is half a win.

use serde::Serialize;

use super::item_scores::ItemScores;
use crate::stats::Estimate;
use crate::trial::Side;
use crate::verdict::{Ballot, OrderAveraged, single_order};
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
    /// The same with the interval that holds whatever the orders without a readable vote would have chosen: from the
    /// low end if the system had lost all of them to the high end if it had won them.
    pub unreadable_bounds: Estimate,
    /// Where asking ended when the question about it was decided: the order-averaged win rate over the items that were looked
    /// at until then, of a jury the mean over its judges, with the interval that holds at every look. The other intervals
    /// are those of a number of comparisons that is fixed before, and too narrow here. `None` elsewhere.
    pub at_every_look: Option<Estimate>,
    /// Orders behind `order_averaged` without a readable vote; with repeats also those whose votes have no majority.
    pub unreadable_orders: u64,
    /// Over kept verdicts alone.
    pub kept: Estimate,
    /// Kept verdicts for the system.
    pub wins: u64,
    /// Kept verdicts that are ties.
    pub ties: u64,
    /// Over comparisons that were asked in one order only, by their votes alone, which no second order confirms; `None`
    /// without any, and for a jury.
    pub one_order: Option<Estimate>,
}

/// The scores behind the win rates of one pair of systems.
#[derive(Debug, Default)]
pub(crate) struct WinRateScores {
    order_averaged: ItemScores,
    /// The slack of each score.
    slack: Vec<f64>,
    pub(crate) unreadable_orders: u64,
    /// Whether any reply behind `order_averaged` could be read.
    readable: bool,
    kept: ItemScores,
    pub(crate) wins: u64,
    pub(crate) ties: u64,
    one_order: ItemScores,
}

impl WinRateScores {
    /// Adds the order-averaged score of a comparison; `readable` says whether any reply to it has a vote.
    pub(crate) fn add_order_averaged(&mut self, found: OrderAveraged, readable: bool, item: u32) {
        self.order_averaged.push(found.score, item);
        self.slack.push(found.slack);
        self.unreadable_orders += found.unreadable;
        self.readable |= readable;
    }

    /// Adds a kept verdict, as it is worth to `side`.
    pub(crate) fn add_kept(&mut self, winner: Preference, side: Side, item: u32) {
        let score = winner.worth(side);
        self.kept.push(score, item);
        self.wins += u64::from(score > 0.5);
        self.ties += u64::from(winner == Preference::Tie);
    }

    /// Adds what the vote of a comparison that was asked in one order only is worth to the counted system.
    pub(crate) fn add_one_order(&mut self, score: f64, item: u32) {
        self.one_order.push(score, item);
    }

    /// Adds what the orders of one judge say, both if they were answered, or the only one that was asked; the order with A
    /// first stands before the other.
    pub(crate) fn add_orders(
        &mut self,
        orders: [Ballot; 2],
        readable: bool,
        side: Side,
        item: u32,
    ) {
        if let Some(score) = OrderAveraged::of(orders, side) {
            self.add_order_averaged(score, readable, item);
        } else if let Some(vote) = single_order(orders[0], orders[1]) {
            self.add_one_order(vote.worth(side), item);
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
            unreadable_bounds: self.unreadable_bounds(),
            at_every_look: None,
            unreadable_orders: self.unreadable_orders,
            kept: self.kept(),
            wins: self.wins,
            ties: self.ties,
            one_order: self.one_order(),
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

    /// Returns the order-averaged win rate with the interval that holds whatever the orders without a readable vote would
    /// have chosen.
    pub(crate) fn unreadable_bounds(&self) -> Estimate {
        let rate = self.order_averaged();
        if rate.value.is_none() {
            return rate;
        }
        self.order_averaged.either_way(rate, &self.slack)
    }

    /// Returns the win rate by the votes of comparisons that were asked in one order only; `None` without any.
    pub(crate) fn one_order(&self) -> Option<Estimate> {
        (self.one_order.n() > 0).then(|| self.one_order.estimate())
    }

    /// Returns the win rate over kept verdicts.
    pub(crate) fn kept(&self) -> Estimate {
        self.kept.estimate()
    }
}
