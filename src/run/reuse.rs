//! Copying replies from another run: a request that was answered there is not paid for again.

use std::collections::HashMap;

use super::attempt::{Attempt, Ending, TrialKey};
use super::identity::Requests;
use super::outstanding::Open;
use super::read::RunFile;
use crate::error::Result;
use crate::trial::{Comparison, Order};

/// The replies to one trial of the other run.
struct Source {
    id: String,
    order: Order,
    attempts: Vec<Attempt>,
}

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
    let mut answered: HashMap<([u8; 32], u32), Vec<Source>> = HashMap::new();
    from.for_each(|record| {
        let orders = record.judged.into_iter().flat_map(|judged| judged.orders);
        for trial in orders.flat_map(|order| order.trials) {
            let same_form = |attempt: &Attempt| {
                attempt.ending == Ending::Reply && attempt.reply.by_schema == by_schema
            };
            let attempts: Vec<Attempt> = trial.attempts.into_iter().filter(same_form).collect();
            if let Some(first) = attempts.first() {
                let (key, order) = ((first.request, first.key.repeat), first.key.order);
                let source = Source { id: record.id.clone(), order, attempts };
                answered.entry(key).or_default().push(source);
            }
        }
        Ok(())
    })?;
    let mut copied = Vec::new();
    let mut trials = 0;
    for open in open {
        let comparison = &plan[open.index];
        for trial in open.trials.iter().filter(|trial| trial.unreadable == 0) {
            let (_, digest) = requests.request(comparison, trial.order)?;
            let Some(sources) = answered.get(&(digest, trial.repeat)) else { continue };
            // Two trials may have the same request, say where two responses are equal: its own comes first.
            let own =
                |source: &&Source| source.id == comparison.item.id && source.order == trial.order;
            let Some(source) = sources.iter().find(own).or(sources.first()) else { continue };
            let key =
                TrialKey { comparison: open.row, judge, order: trial.order, repeat: trial.repeat };
            for (number, attempt) in (trial.attempts + 1..).zip(&source.attempts) {
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
