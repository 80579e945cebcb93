//! Scores of systems and their differences on the same resamples of the items.

use super::flaws::Flaw;
use crate::stats::{Bootstrap, Estimate, Interval, StatError};

/// The confidence of every interval.
pub(super) const CONFIDENCE: f64 = 0.95;
/// The share of resamples on which a number may be undefined before that is worth a warning.
const UNSTABLE: f64 = 0.05;

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
        if self.items == 0 {
            return (Estimate::undefined(0), None);
        }
        let place = self.place(statistic, system);
        let Some(value) = self.bootstrap.value(place) else {
            return (Estimate::undefined(n), self.overflow(system));
        };
        let interval = self.bootstrap.bca_of_score(place, CONFIDENCE);
        flawed(value, n, interval, self.bootstrap.undefined(place))
    }

    /// Returns the score of the first system minus that of the second, and what it lacks.
    pub(super) fn difference(&self, statistic: usize, of: [usize; 2]) -> Flawed {
        if self.items == 0 {
            return (Estimate::undefined(0), None);
        }
        let places = of.map(|system| self.place(statistic, system));
        let Some(value) = self.bootstrap.difference(places) else {
            let both = places.iter().all(|place| self.bootstrap.value(*place).is_some());
            let flaw = if both {
                Some(Flaw::TooLarge)
            } else {
                of.into_iter().find_map(|system| self.overflow(system))
            };
            return (Estimate::undefined(self.items), flaw);
        };
        let interval = self.bootstrap.bca_of_difference(places, CONFIDENCE);
        flawed(value, self.items, interval, self.bootstrap.undefined_difference(places))
    }

    /// Returns why a system has no score, if it is that its sums are no numbers any more.
    fn overflow(&self, system: usize) -> Option<Flaw> {
        let finite = self.totals[system].iter().all(|sum| sum.is_finite());
        (!finite).then_some(Flaw::TooLarge)
    }
}

fn flawed(value: f64, n: u64, interval: Result<Interval, StatError>, undefined: f64) -> Flawed {
    let flaw = match interval {
        Ok(_) => (undefined > UNSTABLE).then_some(Flaw::Unstable(undefined)),
        Err(error) => Flaw::of(error),
    };
    (Estimate::of(Some(value), interval.ok(), n), flaw)
}

/// A number, and what it lacks, if anything.
pub(super) type Flawed = (Estimate, Option<Flaw>);
