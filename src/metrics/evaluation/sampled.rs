//! Scores of systems and their differences on the same resamples of the items.

use super::flaws::Flaw;
use crate::stats::{Bootstrap, Estimate, Interval, StatError};

/// The confidence of every interval.
pub(super) const CONFIDENCE: f64 = 0.95;

/// Systems on the items that all of them have answered.
///
/// Differences are taken when they are asked for: of many systems there are far more pairs than scores.
pub(super) struct Sampled {
    /// By system, then by statistic: the score of a metric or a field.
    pub(super) bootstrap: Bootstrap,
    pub(super) statistics: usize,
    pub(super) items: u64,
    /// By system: what its items add up to.
    pub(super) totals: Vec<Vec<f64>>,
}

impl Sampled {
    fn place(&self, statistic: usize, system: usize) -> usize {
        system * self.statistics + statistic
    }

    /// Returns the value of a score, `None` where it is undefined.
    pub(super) fn value(&self, statistic: usize, system: usize) -> Option<f64> {
        self.bootstrap.value(self.place(statistic, system))
    }

    /// Returns the score of a system, over `n` items, and what it lacks.
    pub(super) fn score(&self, statistic: usize, system: usize, n: u64) -> Flawed {
        let place = self.place(statistic, system);
        let value = self.bootstrap.value(place);
        self.flawed(value, n, self.bootstrap.bca_of_score(place, CONFIDENCE))
    }

    /// Returns the score of the first system minus that of the second, and what it lacks.
    pub(super) fn difference(&self, statistic: usize, of: [usize; 2]) -> Flawed {
        let places = of.map(|system| self.place(statistic, system));
        let value = self.bootstrap.difference(places);
        self.flawed(value, self.items, self.bootstrap.bca_of_difference(places, CONFIDENCE))
    }

    fn flawed(&self, value: Option<f64>, n: u64, interval: Result<Interval, StatError>) -> Flawed {
        if self.items == 0 {
            return (Estimate::undefined(0), None);
        }
        let flaw = interval.err().filter(|_| value.is_some()).and_then(Flaw::of);
        (Estimate::of(value, interval.ok(), n), flaw)
    }
}

/// A number, and what it lacks, if anything.
pub(super) type Flawed = (Estimate, Option<Flaw>);
