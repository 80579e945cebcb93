//! What all runs say of every comparison, without any text.

use std::collections::HashMap;

use super::results::RankedJudge;
use crate::error::Warning;
use crate::trial::Side;
use crate::vote::Preference;

/// How a comparison ended, for counting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ending {
    /// Both orders agree.
    Kept(Preference),
    /// One order has this vote, and the other one was not asked.
    OneOrder(Preference),
    /// Both orders have a vote, not the same.
    Inconsistent,
    /// Neither of these; whether an order is still to be asked.
    Missing { pending: bool },
}

/// One comparison by one judge. Scores are those of side A, whose name comes first in byte order.
#[derive(Debug, Clone, Copy)]
pub(super) struct JudgedComparison {
    /// The place of the item's id among all, in byte order.
    pub(super) item: u32,
    /// The numbers of the two systems, A first: its name comes first in byte order.
    pub(super) between: [u32; 2],
    /// The number of the judge.
    pub(super) judge: u32,
    /// How it ended.
    pub(super) ending: Ending,
    /// What each order that has a vote says, A shown first before the other.
    pub(super) votes: [Option<f64>; 2],
    /// Whether nobody knows which response was shown first, for each of these.
    pub(super) unknown_orders: [bool; 2],
    /// The mean probability over the orders that have one; a tie is one half.
    pub(super) soft: Option<f64>,
    /// By how many characters the response of A is longer.
    pub(super) longer: f64,
}

impl JudgedComparison {
    /// Returns the mean of the votes.
    pub(super) fn score(&self) -> Option<f64> {
        let votes: Vec<f64> = self.votes.into_iter().flatten().collect();
        (!votes.is_empty()).then(|| votes.iter().sum::<f64>() / votes.len() as f64)
    }

    /// Returns the result, if the comparison is decided.
    pub(super) fn decided(&self) -> Option<Preference> {
        match self.ending {
            Ending::Kept(preference) | Ending::OneOrder(preference) => Some(preference),
            Ending::Inconsistent | Ending::Missing { .. } => None,
        }
    }
}

/// Every comparison of several runs, in an order that does not depend on that of the runs.
#[derive(Debug)]
pub(super) struct JudgedComparisons {
    /// In byte order.
    pub(super) systems: Vec<String>,
    pub(super) judges: Vec<RankedJudge>,
    /// The ids of the items, in byte order.
    pub(super) items: Vec<String>,
    /// By item, systems and judge.
    pub(super) rows: Vec<JudgedComparison>,
    /// For each pair of systems that was compared, the side whose wins are counted.
    pub(super) counted: HashMap<[u32; 2], Side>,
    /// What is to know of the runs: those without a chosen judge, and judges of one name that differ.
    pub(super) notes: Vec<Warning>,
}
