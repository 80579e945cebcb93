//! The votes of both orders, reconciled into one verdict; and the verdicts of several judges into a
//! jury's. The same for grades, of both directions of the scale.
//!
//! Everything here is a small pure function with an exhaustive table in its tests. Two missing votes
//! never agree.

mod cascade;
mod grade;
mod margin;
mod order_averaged;

use serde::Serialize;

pub use cascade::{CascadeRule, GivenBy};
pub(crate) use cascade::{CheapAnswer, written as written_rule};
pub use grade::{GradeVerdict, grade_of_repeats, jury_grade, reconcile_grades};
pub use margin::{DecisionRule, Distribution, WeightedBallot};
pub(crate) use order_averaged::OrderAveraged;

use crate::trial::Order;
use crate::vote::{Preference, Vote, choice_of_most};

/// How a comparison, or the grading of a response, ended. The outcomes of a judge add up to what was planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Both orders agree; a tie is a winner like any other. Of grades: both directions of the scale agree.
    Kept,
    /// The orders name different systems.
    Flipped,
    /// One order says tie, the other names a system.
    Split,
    /// Of grades: the directions of the scale give different ones.
    Changed,
    /// An order has no readable vote.
    Unparsed,
    /// An order was refused for good, or its attempts are used up.
    Failed,
    /// Not asked yet, or the endpoint is down.
    Pending,
    /// A jury without a majority of all its judges for one winner.
    Hung,
    /// By [`DecisionRule::Margin`]: no answer leads by the threshold.
    Undecided,
}

impl Outcome {
    /// Every outcome of a single judge, in the order of reports.
    pub const SINGLE: [Self; 6] =
        [Self::Kept, Self::Flipped, Self::Split, Self::Unparsed, Self::Failed, Self::Pending];

    /// Every outcome of a single judge whose verdicts are decided by their margin, in the order of reports.
    pub const BY_MARGIN: [Self; 5] =
        [Self::Kept, Self::Undecided, Self::Unparsed, Self::Failed, Self::Pending];

    /// Every outcome of grades by a single judge, in the order of reports.
    pub const GRADES: [Self; 5] =
        [Self::Kept, Self::Changed, Self::Unparsed, Self::Failed, Self::Pending];

    /// Every outcome of a jury, in the order of reports.
    pub const JURY: [Self; 3] = [Self::Kept, Self::Hung, Self::Pending];

    /// Returns the word for it in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Flipped => "flipped",
            Self::Split => "split",
            Self::Changed => "changed",
            Self::Unparsed => "unparsed",
            Self::Failed => "failed",
            Self::Pending => "pending",
            Self::Hung => "hung",
            Self::Undecided => "undecided",
        }
    }
}

/// How one trial, or one order after its repeats, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ballot<C = Vote> {
    /// Not asked yet, or the endpoint is down.
    Pending,
    /// Refused for good, or its attempts are used up.
    Failed,
    /// Answered, but no vote could be read.
    Unreadable,
    /// A choice: a vote or a grade.
    Cast(C),
}

/// Returns the ballot of an order from those of its repeats.
///
/// Pending and failed repeats come first, in this order. Else the choice is that of more than half of all
/// repeats, the unreadable ones counted among them; without such a majority it is unreadable, as it is
/// without any repeat at all.
pub fn majority<C: Copy + PartialEq>(repeats: &[Ballot<C>]) -> Ballot<C> {
    for absent in [Ballot::Pending, Ballot::Failed] {
        if repeats.contains(&absent) {
            return absent;
        }
    }
    choice_of_most(repeats).unwrap_or(Ballot::Unreadable)
}

/// A comparison's end: its outcome, and the winner if it was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// How the comparison ended.
    pub outcome: Outcome,
    /// What both orders, or most judges, prefer; `None` unless kept.
    pub winner: Option<Preference>,
}

impl Verdict {
    fn without_winner(outcome: Outcome) -> Self {
        Self { outcome, winner: None }
    }
}

/// Reconciles the ballots of the two orders of one comparison.
///
/// Precedence: pending, failed, unparsed, then what the two preferences say.
pub fn reconcile(a_first: Ballot, b_first: Ballot) -> Verdict {
    let both = [a_first, b_first];
    for (ballot, outcome) in [
        (Ballot::Pending, Outcome::Pending),
        (Ballot::Failed, Outcome::Failed),
        (Ballot::Unreadable, Outcome::Unparsed),
    ] {
        if both.contains(&ballot) {
            return Verdict::without_winner(outcome);
        }
    }
    let (Ballot::Cast(a_first), Ballot::Cast(b_first)) = (a_first, b_first) else {
        return Verdict::without_winner(Outcome::Unparsed);
    };
    match (a_first.under(Order::AFirst), b_first.under(Order::BFirst)) {
        (one, other) if one == other => Verdict { outcome: Outcome::Kept, winner: Some(one) },
        (Preference::Tie, _) | (_, Preference::Tie) => Verdict::without_winner(Outcome::Split),
        _ => Verdict::without_winner(Outcome::Flipped),
    }
}

/// Returns the vote of the one order that was asked, by system; `None` unless the other one is pending. Nothing confirms
/// it: it is no verdict.
pub fn single_order(a_first: Ballot, b_first: Ballot) -> Option<Preference> {
    match (a_first, b_first) {
        (Ballot::Cast(vote), Ballot::Pending) => Some(vote.under(Order::AFirst)),
        (Ballot::Pending, Ballot::Cast(vote)) => Some(vote.under(Order::BFirst)),
        _ => None,
    }
}

/// Reconciles the ballots of both orders with their repeats: [`majority`] within each order, then
/// [`reconcile`].
pub fn verdict_of_repeats(a_first: &[Ballot], b_first: &[Ballot]) -> Verdict {
    reconcile(majority(a_first), majority(b_first))
}

/// Returns a jury's verdict from those of all its judges.
///
/// Kept when more than half of all judges kept the same winner, which no judge still to come can
/// overturn; else pending while one of them is; else hung.
pub fn jury(verdicts: &[Verdict]) -> Verdict {
    let winners: Vec<Option<Preference>> = verdicts.iter().map(|verdict| verdict.winner).collect();
    if let Some(winner @ Some(_)) = choice_of_most(&winners) {
        return Verdict { outcome: Outcome::Kept, winner };
    }
    if verdicts.iter().any(|verdict| verdict.outcome == Outcome::Pending) {
        return Verdict::without_winner(Outcome::Pending);
    }
    Verdict::without_winner(Outcome::Hung)
}
