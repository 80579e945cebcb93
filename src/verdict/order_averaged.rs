//! What a comparison is worth to a side on average over both orders, whether or not they agree.

use super::Ballot;
use crate::trial::{Order, Side};

/// What a comparison is worth to one side, averaged over its orders.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct OrderAveraged {
    /// A win is 1, a tie or an order without a readable vote ½.
    pub(crate) score: f64,
    /// How much lower or higher the score would be if the side lost, or won, every order without a readable vote.
    pub(crate) slack: f64,
    /// Orders without a readable vote.
    pub(crate) unreadable: u64,
}

impl OrderAveraged {
    /// Averages both orders of one judge, the order with A first before the other. `None` while an order is pending or
    /// if it has failed.
    pub(crate) fn of(ballots: [Ballot; 2], side: Side) -> Option<Self> {
        let (mut score, mut unreadable) = (0.0, 0);
        for (ballot, order) in ballots.into_iter().zip(Order::BOTH) {
            score += match ballot {
                Ballot::Cast(vote) => vote.under(order).worth(side),
                Ballot::Unreadable => {
                    unreadable += 1;
                    0.5
                }
                Ballot::Failed | Ballot::Pending => return None,
            };
        }
        Some(Self { score: score / 2.0, slack: unreadable as f64 / 4.0, unreadable })
    }

    /// Averages over the judges that answered a comparison; `None` without any.
    pub(crate) fn mean(judges: impl Iterator<Item = Self>) -> Option<Self> {
        let (mut sum, mut n) = (Self { score: 0.0, slack: 0.0, unreadable: 0 }, 0.0);
        for judge in judges {
            sum.score += judge.score;
            sum.slack += judge.slack;
            sum.unreadable += judge.unreadable;
            n += 1.0;
        }
        (n > 0.0).then(|| Self { score: sum.score / n, slack: sum.slack / n, ..sum })
    }
}
