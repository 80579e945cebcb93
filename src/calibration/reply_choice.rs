//! What a reply says of the two systems of its comparison.

use crate::trial::{Order, Side};
use crate::verdict::Ballot;
use crate::vote::{Preference, Vote};

/// What one reply, or one order after its repeats, says of the two systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReplyChoice {
    /// It prefers one of them, or neither.
    Preferred(Preference),
    /// It has no readable vote.
    Unreadable,
    /// There is no reply: the trial is pending or has failed.
    Absent,
}

impl ReplyChoice {
    pub(crate) fn of(ballot: Ballot, order: Order) -> Self {
        match ballot {
            Ballot::Cast(vote) => Self::Preferred(Vote::under(vote, order)),
            Ballot::Unreadable => Self::Unreadable,
            Ballot::Failed | Ballot::Pending => Self::Absent,
        }
    }

    /// Returns how far a reply agrees with a label, or with people without a majority, by the weight of each
    /// preference. An unreadable reply is wrong; `None` without a reply.
    pub(super) fn agreement(self, weights: &[f64; 3]) -> Option<f64> {
        match self {
            Self::Preferred(preference) => Some(weights[category(preference)]),
            Self::Unreadable => Some(0.0),
            Self::Absent => None,
        }
    }
}

/// Returns the number of a preference among the categories of its pair: A, B, tie.
pub(crate) fn category(preference: Preference) -> usize {
    match preference {
        Preference::For(Side::A) => 0,
        Preference::For(Side::B) => 1,
        Preference::Tie => 2,
    }
}
