//! The comparisons of a question, with what follows from it for each of them.

use super::question::{CostOptions, CostQuestion, PlannedPair};

/// What is planned.
#[derive(Debug)]
pub(super) struct Planned<'a> {
    pub(super) question: &'a CostQuestion,
    pub(super) options: &'a CostOptions,
    pub(super) items: u64,
    pub(super) comparisons: u64,
    pub(super) pairs: Vec<PlannedPair>,
}

impl Planned<'_> {
    /// Returns how many trials a comparison has.
    pub(super) fn trials(&self) -> f64 {
        2.0 * f64::from(self.options.repeat)
    }

    /// Returns the error of the interval of one pair, so that that of all is the error of the question.
    pub(super) fn error_of_pair(&self) -> f64 {
        self.question.error / self.pairs.len().max(1) as f64
    }

    /// Returns the confidence of the interval of one pair.
    pub(super) fn confidence(&self) -> f64 {
        1.0 - self.error_of_pair()
    }

    /// Returns the win rate that is assumed without a pilot.
    pub(super) fn win_rate(&self) -> f64 {
        self.options.win_rate.unwrap_or((0.5 + self.question.margin).min(0.999))
    }
}
