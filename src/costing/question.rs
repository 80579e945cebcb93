//! What is to be known, and the comparisons that could answer it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::trial::sample_rank;

/// How often a system wins against each other one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostQuestion {
    /// The system.
    pub system: String,
    /// How near each win rate is to be known: half the width of its interval, between 0 and ½.
    pub margin: f64,
    /// The probability that any of them is further off, between 0 and 1; for all pairs of systems together.
    pub error: f64,
}

/// What is assumed and charged, beside the judges.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CostOptions {
    /// How often each order is asked.
    pub repeat: u32,
    /// The seed, which decides the order in which items are asked, and of the simulation.
    pub seed: u64,
    /// How often the system wins, where no pilot says it; `None` for one half plus the margin.
    pub win_rate: Option<f64>,
    /// What an hour of people costs, in USD; `None` if it is not to be counted.
    pub hourly_rate: Option<f64>,
    /// Seconds that a label takes.
    pub seconds_per_label: f64,
}

impl Default for CostOptions {
    fn default() -> Self {
        Self { repeat: 1, seed: 0, win_rate: None, hourly_rate: None, seconds_per_label: 36.0 }
    }
}

/// The system with another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedPair {
    /// The other system.
    pub other: String,
    /// Comparisons of the two.
    pub comparisons: u64,
}

/// The comparisons that could be judged: those that have the system of the question.
#[derive(Debug, Clone, Default)]
pub struct PlannedComparisons {
    /// The rank of each item in the order in which items are asked, with its id.
    items: Vec<([u8; 32], String)>,
    pairs: BTreeMap<String, u64>,
}

impl PlannedComparisons {
    /// Adds an item by its id and the systems that respond to it, if the system and another one are among them.
    pub fn add(&mut self, id: &str, systems: &[String], system: &str, seed: u64) {
        if systems.len() < 2 || !systems.iter().any(|one| one == system) {
            return;
        }
        self.items.push((sample_rank(seed, id), id.to_owned()));
        for other in systems.iter().filter(|other| *other != system) {
            *self.pairs.entry(other.clone()).or_default() += 1;
        }
    }

    /// Returns how many items there are.
    pub fn items(&self) -> u64 {
        self.items.len() as u64
    }

    /// Returns how many comparisons there are.
    pub fn comparisons(&self) -> u64 {
        self.pairs.values().sum()
    }

    /// Returns the pairs of systems, in byte order of the others.
    pub(super) fn pairs(&self) -> Vec<PlannedPair> {
        let pair = |(other, comparisons): (&String, &u64)| PlannedPair {
            other: other.clone(),
            comparisons: *comparisons,
        };
        self.pairs.iter().map(pair).collect()
    }

    /// Returns whether some items are those that are asked first.
    pub(super) fn begins_with(&self, is_one: impl Fn(&str) -> bool) -> bool {
        let (one, other): (Vec<_>, Vec<_>) = self.items.iter().partition(|(_, id)| is_one(id));
        let last = one.iter().map(|(rank, _)| rank).max();
        let first = other.iter().map(|(rank, _)| rank).min();
        last.is_some() && first.is_none_or(|first| last < Some(first))
    }
}

/// Checks that every number is in its range.
pub(super) fn check(question: &CostQuestion, options: &CostOptions) -> Result<()> {
    let inside = |number: f64, most: f64| number > 0.0 && number < most;
    let wrong = [
        ("the margin must lie between 0 and 0.5", !inside(question.margin, 0.5)),
        ("the error must lie between 0 and 1", !inside(question.error, 1.0)),
        (
            "the assumed win rate must lie between 0 and 1",
            options.win_rate.is_some_and(|rate| !inside(rate, 1.0)),
        ),
        (
            "the hourly rate must be 0 or more",
            options.hourly_rate.is_some_and(|rate| !(rate.is_finite() && rate >= 0.0)),
        ),
        (
            "the seconds of a label must be above 0",
            !(options.seconds_per_label.is_finite() && options.seconds_per_label > 0.0),
        ),
    ];
    match wrong.into_iter().find(|(_, is_wrong)| *is_wrong) {
        Some((message, _)) => Err(Error::usage(message)),
        None => Ok(()),
    }
}
