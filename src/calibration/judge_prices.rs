//! What each judge of a run costs, by what its stored replies have cost.

use std::collections::HashSet;

use crate::error::Result;
use crate::store::{AttemptResult, RunFile, TrialKey};

/// What the replies of a judge add up to.
#[derive(Debug, Default)]
struct Paid {
    usd: f64,
    /// Trials with a reply that was paid for.
    trials: HashSet<TrialKey>,
    /// Whether the cost of some reply is not known.
    is_unknown: bool,
}

/// Returns what a comparison costs with each judge of a run, in USD: what its replies have cost on average, in both orders
/// with all repeats, replies without a readable vote included. `None` where a price or a number of tokens is not known, or
/// where no reply was paid for because all were copied from other runs.
///
/// # Errors
///
/// The run cannot be read.
pub(super) fn usd_per_comparison(run: &RunFile) -> Result<Vec<Option<f64>>> {
    let judges = run.judges();
    let mut paid: Vec<Paid> = judges.iter().map(|_| Paid::default()).collect();
    run.for_each_attempt(|attempt| {
        let place = judges.iter().position(|judge| judge.row == attempt.key.judge);
        let is_paid = attempt.result == AttemptResult::Replied && !attempt.reused;
        let Some(paid) = place.filter(|_| is_paid).map(|place| &mut paid[place]) else { return };
        match attempt.cost {
            Some(usd) => paid.usd += usd,
            None => paid.is_unknown = true,
        }
        paid.trials.insert(attempt.key);
    })?;
    let trials = 2.0 * f64::from(run.manifest().repeat);
    let of_judge = |paid: &Paid| {
        let is_known = !paid.is_unknown && !paid.trials.is_empty();
        is_known.then(|| paid.usd / paid.trials.len() as f64 * trials)
    };
    Ok(paid.iter().map(of_judge).collect())
}
