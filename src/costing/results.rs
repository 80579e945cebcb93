//! All ways to answer a question, with what is known of the judges.

use serde::Serialize;

use super::people::PeopleFacts;
use super::pilot::PilotFacts;
use super::question::{CostQuestion, PlannedPair};
use super::ways::{Amount, Way};
use crate::error::Warning;

/// The version of the documented JSON of [`CostReport`].
pub const SCHEMA: u32 = 1;

/// What is known of a judge.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct JudgeFacts {
    /// Its name.
    pub judge: String,
    /// What a comparison costs, in USD; `None` if that is unknown.
    pub usd_per_comparison: Option<Amount>,
    /// Requests for each comparison.
    pub requests_per_comparison: f64,
    /// Of the comparisons, how many its pilot has answered.
    pub answered: u64,
    /// What its pilot shows.
    pub pilot: Option<PilotFacts>,
    /// What the labels so far say of it.
    pub people: Option<PeopleFacts>,
    /// The half width of people's win rate with the labels so far, if the judge has judged all items; `None` without labels.
    pub half_width_with_labels: Option<f64>,
}

/// What it would take, where no way answers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Needed {
    /// The fewest comparisons with which a way would answer; `None` if that is not what is missing.
    pub comparisons: Option<u64>,
    /// The smallest margin that a way reaches with the comparisons that there are; `None` if none gives an interval.
    pub margin: Option<f64>,
}

/// The ways to answer a question.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CostReport {
    /// The version of this document.
    pub schema: u32,
    /// What is to be known.
    pub question: CostQuestion,
    /// The error of each pair's interval: that of the question divided by the number of pairs.
    pub error_of_pair: f64,
    /// Items with comparisons of the system.
    pub items: u64,
    /// Their comparisons.
    pub comparisons: u64,
    /// The pairs of systems, in byte order of the others.
    pub pairs: Vec<PlannedPair>,
    /// Comparisons that have a label, of those in the pilots.
    pub labelled: u64,
    /// What an hour of people costs, in USD; `None` if it is not counted.
    pub hourly_rate_usd: Option<f64>,
    /// Seconds that a label takes.
    pub seconds_per_label: f64,
    /// The seed of order and simulation.
    pub seed: u64,
    /// The judges, in the order they were given.
    pub judges: Vec<JudgeFacts>,
    /// The ways: those of each judge, then cascades, then labels alone.
    pub ways: Vec<Way>,
    /// The place of the cheapest way that says what people prefer; `None` if none does.
    pub cheapest_for_people: Option<usize>,
    /// The place of the cheapest way that says what a judge, or people, prefer; `None` if none does.
    pub cheapest: Option<usize>,
    /// What it would take, where no way answers, or none says what people prefer.
    pub needed: Option<Needed>,
    /// What changes how these numbers may be used.
    pub warnings: Vec<Warning>,
}
