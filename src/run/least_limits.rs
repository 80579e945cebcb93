//! The least limits with which a session asks one more comparison.
//!
//! A comparison is asked whole or not at all: both orders, every repeat, and every judge of a jury. Each judge
//! reserves the worst case of all its requests before it sends the first, so with less than that nothing is sent,
//! however often the command is repeated.

use super::outstanding::{AskSelection, Outstanding, RetryScope};
use super::prefetch::ReadySubject;
use super::reservation::affords;
use super::session::Session;
use super::tokens::max_request_cost;
use crate::error::Result;

/// The least amounts are rounded up to this part of a USD.
const PARTS_OF_USD: f64 = 1e6;

/// What the next comparison needs, and what the run has cost already.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LeastLimits {
    /// USD that the run may have cost so far, over all its sessions.
    pub spent: f64,
    /// For each judge with something to ask, what its next comparison needs.
    judges: Vec<JudgeNeeds>,
}

/// What a judge's next comparison needs.
#[derive(Debug, Clone, Copy, PartialEq)]
struct JudgeNeeds {
    requests: u64,
    /// The most that one of them can cost, in USD.
    max_request_cost: f64,
}

impl LeastLimits {
    /// Returns the requests of one comparison: all open orders and repeats of all judges.
    pub fn requests(&self) -> u64 {
        self.judges.iter().map(|judge| judge.requests).sum()
    }

    /// Returns the number of judges with something to ask.
    pub fn judges(&self) -> usize {
        self.judges.len()
    }

    /// Returns the most that one comparison can cost, in USD.
    pub fn comparison_cost(&self) -> f64 {
        self.judges.iter().map(|judge| judge.requests as f64 * judge.max_request_cost).sum()
    }

    /// Returns whether a comparison can be asked when the whole run may cost `max_cost` USD.
    pub fn fits_cost(&self, max_cost: f64) -> bool {
        let mut left = max_cost - self.spent;
        self.judges.iter().all(|judge| {
            let requests = judge.requests as f64;
            let fits = affords(left / requests, judge.max_request_cost);
            left -= requests * judge.max_request_cost;
            fits
        })
    }

    /// Returns the least cost of the whole run, in USD, with which a comparison can be asked, rounded up to a
    /// millionth.
    pub fn least_cost(&self) -> f64 {
        let exact = (self.spent + self.comparison_cost()) * PARTS_OF_USD;
        // An amount that needs no rounding may lie above itself by its last digit.
        (exact - 1e-3).ceil().max(0.0) / PARTS_OF_USD
    }
}

impl Session {
    /// Returns the least limits with which [`Session::ask`] asks a comparison, as the run is now; `None` if there
    /// is nothing to ask.
    ///
    /// # Errors
    ///
    /// The run file cannot be read, or a prompt cannot be rendered.
    pub fn least_limits(&self, scope: RetryScope) -> Result<Option<LeastLimits>> {
        let mut judges = Vec::new();
        for phase in self.phases() {
            for at in phase {
                judges.extend(self.needs(at, scope)?);
            }
            // The judges of a later phase are asked about what these have answered.
            if !judges.is_empty() {
                break;
            }
        }
        if judges.is_empty() {
            return Ok(None);
        }
        Ok(Some(LeastLimits { spent: self.spent()?, judges }))
    }

    /// Returns what the first comparison that a judge would be asked needs; the others come after it.
    fn needs(&self, judge: usize, scope: RetryScope) -> Result<Option<JudgeNeeds>> {
        let rows = self.rows_to_ask(judge, scope)?;
        let (judge, (row, _)) = (&self.task.judges[judge], &self.opened.judges[judge]);
        let selection = AskSelection {
            rows,
            scope,
            judge: *row,
            max_parse_retries: judge.max_parse_retries(),
            repeat: self.opened.repeat,
            order: None,
        };
        let mut outstanding = Outstanding::new(self.any_run()?, selection)?;
        while let Some(page) = outstanding.next_page()? {
            let Some(open) = page.open.into_iter().next() else { continue };
            let ready = ReadySubject::render(open, &judge.renderer)?;
            let costs =
                ready.messages().map(|messages| max_request_cost(&judge.settings, messages));
            let max_request_cost = costs.fold(0.0, f64::max);
            let requests = ready.open.trials.len() as u64;
            return Ok(Some(JudgeNeeds { requests, max_request_cost }));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_cost_fits_and_a_millionth_less_does_not() {
        for spent in [0.0, 0.02, 0.12, 0.1 + 0.2, 7.31, 1.0 / 3.0] {
            for max_request_cost in [0.1, 0.000_000_4, 0.015_37, 2.0 / 3.0, 1.1] {
                for (requests, judges) in [(2, 1), (1, 1), (6, 1), (2, 3)] {
                    let judges = vec![JudgeNeeds { requests, max_request_cost }; judges];
                    let limits = LeastLimits { spent, judges };
                    let least = limits.least_cost();
                    assert!(limits.fits_cost(least), "{limits:?}: {least}");
                    assert!(!limits.fits_cost(least - 1e-6), "{limits:?}: {least}");
                    assert!(limits.fits_cost(format!("{least:.6}").parse().unwrap()), "{limits:?}");
                }
            }
        }
    }

    #[test]
    fn a_judge_that_costs_nothing_needs_no_budget() {
        let judges = vec![JudgeNeeds { requests: 2, max_request_cost: 0.0 }];
        let limits = LeastLimits { spent: 0.0, judges };
        assert!(limits.fits_cost(0.0));
        assert_eq!((limits.least_cost(), limits.requests()), (0.0, 2));
    }
}
