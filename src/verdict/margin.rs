//! Averaging before deciding: what both orders of a comparison say on average, and a verdict where one answer
//! leads the others by enough.
//!
//! The default rule compares two votes and does not see how sure each of them was. Where both orders give a
//! distribution over the answers (one system, the other, a tie), a preference for a position raises one system in
//! one order and the other system in the other, so the mean of the two is nearer to what the judge thinks of the
//! responses. How far its likeliest answer leads says how clear the comparison is.
//!
//! - **Of a reply** with log probabilities: the probabilities of the two answers, divided by their sum. A reply
//!   without them puts everything on its vote.
//! - **Of an order**: the mean over its readable replies. A single reply without log probabilities is a vote and no
//!   distribution; several repeats give the shares of their votes. As in the default rule, an order that is pending
//!   or failed in one repeat has none.
//! - **Of a comparison**: the mean of its two orders, by system; none unless both have one.
//! - **The margin**: the probability of the likeliest answer minus that of the next one. A tie is an answer like
//!   any other. Where two answers are equally likely, the margin is 0 and neither of them wins.
//! - **The verdict**: the likeliest answer, if the margin is above 0 and at least the threshold.
//!
//! Margins are rounded to six decimals, so that shares that are equal but for rounding have the same margin, and a
//! threshold that was printed decides like the one that was computed.
//!
//! A distribution follows from the stored replies alone. It is computed when it is needed and never stored.

use serde::{Serialize, Serializer};

use super::{Ballot, Outcome, Verdict, verdict_of_repeats};
use crate::trial::{Order, Side};
use crate::vote::{Preference, Vote};

/// A ballot with the probability that its reply gave to the response shown first, where it gave one.
pub type WeightedBallot = (Ballot, Option<f64>);

/// How likely each answer to a comparison is, over both orders. The three add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distribution {
    /// The system on side A.
    pub a: f64,
    /// The system on side B.
    pub b: f64,
    /// A tie.
    pub tie: f64,
}

impl Distribution {
    /// Returns the mean distribution of both orders, each with its repeats; `None` unless both have one.
    pub fn of_orders(a_first: &[WeightedBallot], b_first: &[WeightedBallot]) -> Option<Self> {
        let (one, other) =
            (Self::of_order(Order::AFirst, a_first)?, Self::of_order(Order::BFirst, b_first)?);
        Some(Self {
            a: f64::midpoint(one.a, other.a),
            b: f64::midpoint(one.b, other.b),
            tie: f64::midpoint(one.tie, other.tie),
        })
    }

    /// Returns the mean distribution of the orders that have one, where an order that was not asked has none; `None`
    /// without any.
    pub fn of_known_orders(a_first: &[WeightedBallot], b_first: &[WeightedBallot]) -> Option<Self> {
        let orders =
            [Self::of_order(Order::AFirst, a_first), Self::of_order(Order::BFirst, b_first)];
        match orders {
            [Some(_), Some(_)] => Self::of_orders(a_first, b_first),
            [one, other] => one.or(other),
        }
    }

    fn of_order(order: Order, repeats: &[WeightedBallot]) -> Option<Self> {
        let is_absent =
            |(ballot, _): &WeightedBallot| matches!(ballot, Ballot::Pending | Ballot::Failed);
        if repeats.iter().any(is_absent) || matches!(repeats, [(_, None)]) {
            return None;
        }
        let (mut first, mut second, mut tie) = (0.0, 0.0, 0.0);
        for (ballot, probability) in repeats {
            match (ballot, probability) {
                (Ballot::Cast(_), Some(of_first)) => {
                    first += of_first;
                    second += 1.0 - of_first;
                }
                (Ballot::Cast(Vote::First), None) => first += 1.0,
                (Ballot::Cast(Vote::Second), None) => second += 1.0,
                (Ballot::Cast(Vote::Tie), None) => tie += 1.0,
                _ => {}
            }
        }
        let readable = first + second + tie;
        if readable <= 0.0 {
            return None;
        }
        let (a, b) = match order.first() {
            Side::A => (first, second),
            Side::B => (second, first),
        };
        Some(Self { a: a / readable, b: b / readable, tie: tie / readable })
    }

    /// Returns by how much the likeliest answer leads the next one, from 0 to 1.
    pub fn margin(&self) -> f64 {
        self.leader().map_or(0.0, |(_, margin)| margin)
    }

    /// Returns the likeliest answer with the margin; `None` where the margin is 0.
    pub fn leader(&self) -> Option<(Preference, f64)> {
        let mut answers = [
            (Preference::For(Side::A), self.a),
            (Preference::For(Side::B), self.b),
            (Preference::Tie, self.tie),
        ];
        answers.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let [(likeliest, most), (_, next), _] = answers;
        let margin = ((most - next) * 1e6).round() / 1e6;
        (margin > 0.0).then_some((likeliest, margin))
    }
}

/// How the ballots of both orders become a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum DecisionRule {
    /// A verdict is kept where both orders agree.
    #[default]
    BothOrders,
    /// A verdict is kept where the margin of the mean distribution of both orders reaches a threshold.
    Margin {
        /// The least margin of a kept verdict, from 0 to 1.
        threshold: f64,
    },
}

impl DecisionRule {
    /// Returns the word for it in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BothOrders => "both-orders",
            Self::Margin { .. } => "margin",
        }
    }

    /// Returns the verdict on a comparison from the ballots of both orders with their repeats.
    ///
    /// By the margin, the precedence is as in [`reconcile`](super::reconcile): pending, failed, unparsed (an order
    /// without any readable vote), then kept or undecided.
    pub fn decide(self, a_first: &[WeightedBallot], b_first: &[WeightedBallot]) -> Verdict {
        let both = [a_first, b_first];
        let Self::Margin { threshold } = self else {
            let [a_first, b_first] =
                both.map(|order| order.iter().map(|(ballot, _)| *ballot).collect::<Vec<_>>());
            return verdict_of_repeats(&a_first, &b_first);
        };
        let any = |wanted| both.iter().any(|order| order.iter().any(|(one, _)| *one == wanted));
        let is_readable =
            |order: &&[WeightedBallot]| order.iter().any(|(one, _)| matches!(one, Ballot::Cast(_)));
        if any(Ballot::Pending) || both.iter().any(|order| order.is_empty()) {
            return Verdict::without_winner(Outcome::Pending);
        }
        if any(Ballot::Failed) {
            return Verdict::without_winner(Outcome::Failed);
        }
        if !both.iter().all(is_readable) {
            return Verdict::without_winner(Outcome::Unparsed);
        }
        let leader = Distribution::of_orders(a_first, b_first).and_then(|mean| mean.leader());
        match leader.filter(|(_, margin)| *margin >= threshold) {
            Some((winner, _)) => Verdict { outcome: Outcome::Kept, winner: Some(winner) },
            None => Verdict::without_winner(Outcome::Undecided),
        }
    }
}

impl Serialize for DecisionRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
