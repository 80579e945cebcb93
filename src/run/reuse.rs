//! Copying replies from another run: a request that was answered there is not paid for again.

use std::collections::HashMap;

use super::attempt::{Attempt, Ending, TrialKey};
use super::identity::Requests;
use super::outstanding::Open;
use super::read::RunFile;
use crate::error::Result;
use crate::trial::Comparison;

/// Returns copies of the stored replies that answer trials in `open`: those whose request and repeat are
/// equal, with how many trials they answer.
///
/// Model, messages and parameters are in the request's digest; `by_schema` is what this judge would send
/// now. Where a reply came from is of no matter.
///
/// # Errors
///
/// The other run cannot be read, or a prompt cannot be rendered.
pub fn reusable(
    from: &RunFile,
    judge: i64,
    requests: &Requests<'_>,
    by_schema: bool,
    plan: &[Comparison],
    open: &[Open],
) -> Result<(Vec<Attempt>, u64)> {
    let mut answered: HashMap<([u8; 32], u32), (i64, Vec<Attempt>)> = HashMap::new();
    from.for_each(|record| {
        let attempts = record.judged.into_iter().flat_map(|judged| judged.orders);
        let attempts = attempts.flat_map(|order| order.trials).flat_map(|trial| trial.attempts);
        for attempt in attempts {
            if attempt.ending != Ending::Reply || attempt.reply.by_schema != by_schema {
                continue;
            }
            let key = (attempt.request, attempt.key.repeat);
            let (source, list) = answered.entry(key).or_insert((attempt.key.judge, Vec::new()));
            // Two judges with the same request are two sources; one is enough.
            if *source == attempt.key.judge {
                list.push(attempt);
            }
        }
        Ok(())
    })?;
    let mut copied = Vec::new();
    let mut trials = 0;
    for open in open {
        for trial in open.trials.iter().filter(|trial| trial.attempts == 0) {
            let (_, digest) = requests.request(&plan[open.index], trial.order)?;
            let Some((_, attempts)) = answered.get(&(digest, trial.repeat)) else { continue };
            let key =
                TrialKey { comparison: open.row, judge, order: trial.order, repeat: trial.repeat };
            for (number, attempt) in (1..).zip(attempts) {
                copied.push(Attempt {
                    key,
                    number,
                    reused: true,
                    cost: None,
                    unsettled: 0.0,
                    ..attempt.clone()
                });
            }
            trials += 1;
        }
    }
    Ok((copied, trials))
}
