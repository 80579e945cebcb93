//! What is still to be asked: the plan less what the run already holds.

use std::collections::HashMap;

use super::attempt::{Attempt, Ending};
use super::read::{RunFile, VerdictRecord};
use crate::error::Result;
use crate::trial::Order;
use crate::verdict::{Ballot, Outcome};

/// Which trials a command asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Those not answered yet, or failed for a reason that may have passed.
    Open,
    /// Only those that failed or could not be read (`--retry-failed`).
    Failed,
}

/// One trial that is to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenTrial {
    /// Which response is shown first.
    pub order: Order,
    /// Which repeat.
    pub repeat: u32,
    /// Attempts that are stored already.
    pub attempts: u32,
    /// Stored replies that could not be read and count against asking again.
    pub unreadable: u32,
}

/// A comparison with trials that are to be asked.
#[derive(Debug, Clone)]
pub struct Open {
    /// Its place in the plan.
    pub index: usize,
    /// Its row in the run file.
    pub row: i64,
    /// How its trials stand: for each order, each repeat.
    pub ballots: [Vec<Ballot>; 2],
    /// The trials to ask.
    pub trials: Vec<OpenTrial>,
}

/// Returns everything as open: the plan of a run that does not exist yet.
pub fn everything(comparisons: usize, repeat: u32) -> Vec<Open> {
    let trials: Vec<OpenTrial> = Order::BOTH
        .into_iter()
        .flat_map(|order| (0..repeat).map(move |repeat| (order, repeat)))
        .map(|(order, repeat)| OpenTrial { order, repeat, attempts: 0, unreadable: 0 })
        .collect();
    let pending = vec![Ballot::Pending; repeat as usize];
    (0..comparisons)
        .map(|index| Open {
            index,
            row: 0,
            ballots: [pending.clone(), pending.clone()],
            trials: trials.clone(),
        })
        .collect()
}

/// Returns, for each of `judges`, the comparisons of a plan that have trials to ask.
///
/// `rows` are the plan's comparisons in the run file. A judge is given by its row, with how often an
/// unreadable reply of it is asked again.
///
/// # Errors
///
/// The run file cannot be read.
pub fn outstanding(
    run: &RunFile,
    rows: &[i64],
    again: Again,
    judges: &[(i64, u32)],
) -> Result<Vec<Vec<Open>>> {
    let index: HashMap<i64, usize> = rows.iter().enumerate().map(|(at, row)| (*row, at)).collect();
    let mut open: Vec<Vec<Open>> = judges.iter().map(|_| Vec::new()).collect();
    let place = |row: i64| run.judges().iter().position(|judge| judge.row == row);
    let places: Vec<Option<usize>> = judges.iter().map(|(row, _)| place(*row)).collect();
    run.for_each(|record| {
        let Some(&at) = index.get(&record.row) else { return Ok(()) };
        for ((place, (_, asks_again)), open) in places.iter().zip(judges).zip(&mut open) {
            let Some(one) = place.and_then(|place| record.judged.get(place)) else { continue };
            let trials = open_trials(one, again, *asks_again);
            if !trials.is_empty() {
                let ballots = |at: usize| -> Vec<Ballot> {
                    one.orders[at].trials.iter().map(|trial| trial.ballot).collect()
                };
                open.push(Open {
                    index: at,
                    row: record.row,
                    ballots: [ballots(0), ballots(1)],
                    trials,
                });
            }
        }
        Ok(())
    })?;
    for open in &mut open {
        open.sort_by_key(|open| open.index);
    }
    Ok(open)
}

fn open_trials(judged: &VerdictRecord, again: Again, asks_again: u32) -> Vec<OpenTrial> {
    let wanted_outcome = matches!(judged.verdict.outcome, Outcome::Failed | Outcome::Unparsed);
    if again == Again::Failed && !wanted_outcome {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for judged_order in &judged.orders {
        for (repeat, trial) in (0..).zip(&judged_order.trials) {
            let unreadable = replies(&trial.attempts);
            let wanted = match (again, trial.ballot) {
                (_, Ballot::Cast(_)) => false,
                (Again::Failed, _) | (Again::Open, Ballot::Pending) => true,
                (Again::Open, Ballot::Unreadable) => unreadable <= asks_again,
                (Again::Open, Ballot::Failed) => failed_in_passing(&trial.attempts),
            };
            if wanted {
                trials.push(OpenTrial {
                    order: judged_order.order,
                    repeat,
                    attempts: trial.attempts.last().map_or(0, |attempt| attempt.number),
                    // Asked for by name, an unreadable trial gets all its chances again.
                    unreadable: if again == Again::Failed { 0 } else { unreadable },
                });
            }
        }
    }
    trials
}

fn replies(attempts: &[Attempt]) -> u32 {
    attempts.iter().filter(|attempt| attempt.ending == Ending::Reply).count() as u32
}

fn failed_in_passing(attempts: &[Attempt]) -> bool {
    let last = attempts.iter().rev().find(|attempt| {
        matches!(attempt.ending, Ending::Reply | Ending::Refused | Ending::Exhausted)
    });
    last.is_some_and(|attempt| attempt.ending == Ending::Exhausted)
}
