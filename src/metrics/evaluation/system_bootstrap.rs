//! Scores of systems and their differences on common resamples of the items.

use super::issue::EstimateIssue;
use crate::stats::{Bootstrap, Estimate, Interval, StatError};

/// The confidence of every interval.
pub(super) const CONFIDENCE: f64 = 0.95;
/// The share of resamples on which an estimate may be undefined without a warning.
const MAX_UNDEFINED: f64 = 0.05;

/// The resampled scores of some systems on the items to which all of them responded.
///
/// Differences are computed on demand, because with many systems there are far more pairs than scores.
pub(super) struct SystemBootstrap {
    /// By system, then by statistic: the score of a metric or a field.
    pub(super) bootstrap: Bootstrap,
    pub(super) statistics: usize,
    pub(super) items: u64,
    /// By system: the sums over all items.
    pub(super) totals: Vec<Vec<f64>>,
}

impl SystemBootstrap {
    fn index(&self, statistic: usize, system: usize) -> usize {
        system * self.statistics + statistic
    }

    /// Returns the value of a score, or `None` if it is undefined.
    pub(super) fn value(&self, statistic: usize, system: usize) -> Option<f64> {
        self.bootstrap.value(self.index(statistic, system))
    }

    /// Returns the score of a system over `n` items.
    pub(super) fn score(&self, statistic: usize, system: usize, n: u64) -> EstimateWithIssue {
        if self.items == 0 {
            return (Estimate::undefined(0), None);
        }
        let index = self.index(statistic, system);
        let Some(value) = self.bootstrap.value(index) else {
            return (Estimate::undefined(n), self.overflow(system));
        };
        let interval = self.bootstrap.bca_of_score(index, CONFIDENCE);
        with_issue(value, n, interval, self.bootstrap.undefined(index))
    }

    /// Returns the score of the first system minus that of the second.
    pub(super) fn difference(&self, statistic: usize, of: [usize; 2]) -> EstimateWithIssue {
        if self.items == 0 {
            return (Estimate::undefined(0), None);
        }
        let indices = of.map(|system| self.index(statistic, system));
        let Some(value) = self.bootstrap.difference(indices) else {
            let both = indices.iter().all(|index| self.bootstrap.value(*index).is_some());
            let issue = if both {
                Some(EstimateIssue::Overflow)
            } else {
                of.into_iter().find_map(|system| self.overflow(system))
            };
            return (Estimate::undefined(self.items), issue);
        };
        let interval = self.bootstrap.bca_of_difference(indices, CONFIDENCE);
        with_issue(value, self.items, interval, self.bootstrap.undefined_difference(indices))
    }

    /// Returns the issue of a system without a score if its sums have overflowed.
    fn overflow(&self, system: usize) -> Option<EstimateIssue> {
        let finite = self.totals[system].iter().all(|sum| sum.is_finite());
        (!finite).then_some(EstimateIssue::Overflow)
    }
}

/// Returns an estimate with its issue; `undefined` is the share of resamples on which it is undefined.
fn with_issue(
    value: f64,
    n: u64,
    interval: Result<Interval, StatError>,
    undefined: f64,
) -> EstimateWithIssue {
    let issue = match interval {
        Ok(_) => (undefined > MAX_UNDEFINED).then_some(EstimateIssue::Unstable(undefined)),
        Err(error) => EstimateIssue::from_error(error),
    };
    (Estimate::of(Some(value), interval.ok(), n), issue)
}

/// An estimate, and what is missing from or unreliable about it.
pub(super) type EstimateWithIssue = (Estimate, Option<EstimateIssue>);
