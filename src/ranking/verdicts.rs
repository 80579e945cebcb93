//! Reading the verdicts of runs of comparisons.

use std::collections::HashMap;

use super::reader::{Reader, check_judges};
use super::votes::{Ending, JudgedComparison, JudgedComparisons};
use crate::error::{Error, Result};
use crate::store::{BallotRecord, RunFile};
use crate::trial::{Order, Side};
use crate::verdict::{Ballot, Outcome, single_order};
use crate::vote::Preference;

/// Reads the chosen judges of runs, all of them if none is named. With a baseline, the wins of the other system of a pair
/// are counted.
///
/// # Errors
///
/// A run cannot be read, or is not about the same items as the others; no run has one of the judges; a comparison was
/// judged twice by one judge; there is no such baseline, or no comparison.
pub(super) fn read_verdicts(
    runs: &[RunFile],
    judges: &[String],
    baseline: Option<&str>,
) -> Result<JudgedComparisons> {
    check_judges(runs.iter(), judges)?;
    let mut verdicts = Verdicts::default();
    for run in runs {
        let chosen = verdicts.reader.begin(run, judges)?;
        verdicts.add(run, &chosen, baseline)?;
    }
    verdicts.reader.finish(baseline)
}

/// What is read of verdicts.
#[derive(Default)]
struct Verdicts {
    reader: Reader,
    /// The run of each comparison, by item, systems and judge.
    known: HashMap<(u32, [u32; 2], u32), usize>,
}

impl Verdicts {
    fn add(
        &mut self,
        run: &RunFile,
        chosen: &[(usize, u32)],
        baseline: Option<&str>,
    ) -> Result<()> {
        if chosen.is_empty() {
            return Ok(());
        }
        let mut direction = run.manifest().direction();
        if baseline.is_some() {
            direction.baseline = baseline;
        }
        let mut result = Ok(());
        run.for_each_ballots(|ballots| {
            let side = direction.counted(&ballots.between);
            for (at, judge) in chosen {
                if result.is_ok() {
                    result = self.add_comparison(&ballots, *at, *judge, side);
                }
            }
        })?;
        result
    }

    fn add_comparison(
        &mut self,
        ballots: &BallotRecord,
        at: usize,
        judge: u32,
        counted: Side,
    ) -> Result<()> {
        let BallotRecord { id, between, .. } = ballots;
        let reader = &mut self.reader;
        let item = reader.items.number(id);
        let numbers = between.each_ref().map(|system| reader.systems.number(system));
        let run = reader.paths.len() - 1;
        if let Some(earlier) = self.known.insert((item, numbers, judge), run) {
            let [a, b] = between;
            let [before, now] = [earlier, run].map(|run| &reader.paths[run]);
            let name = reader.judge_name(judge);
            return Err(Error::input(format!(
                "{now}: item {id}, {a} and {b}: {name} has judged this comparison in {before} too"
            ))
            .detail("the same verdict would count twice")
            .hint(
                "leave out one of the runs; several votes of one judge are repeats within a run",
            ));
        }
        reader.count_side(numbers, counted);
        let orders = ballots.orders(at);
        let longer = reader.longer(id, between.each_ref().map(String::as_str));
        reader.rows.push(JudgedComparison {
            item,
            between: numbers,
            judge,
            ending: ending(ballots, at, orders),
            votes: [(orders[0], Order::AFirst), (orders[1], Order::BFirst)]
                .map(|(ballot, order)| preference(ballot, order).map(|one| one.worth(Side::A))),
            unknown_orders: ballots.unknown_orders(at),
            soft: soft_score(ballots, at),
            longer,
        });
        Ok(())
    }
}

fn preference(ballot: Ballot, order: Order) -> Option<Preference> {
    match ballot {
        Ballot::Cast(vote) => Some(vote.under(order)),
        Ballot::Unreadable | Ballot::Failed | Ballot::Pending => None,
    }
}

fn ending(ballots: &BallotRecord, judge: usize, orders: [Ballot; 2]) -> Ending {
    let verdict = ballots.verdict(judge);
    let [one, other] =
        [(orders[0], Order::AFirst), (orders[1], Order::BFirst)].map(|(a, b)| preference(a, b));
    match (verdict.winner, single_order(orders[0], orders[1])) {
        (Some(winner), _) => Ending::Kept(winner),
        (None, Some(vote)) => Ending::OneOrder(vote),
        (None, None) if one.is_some() && other.is_some() => Ending::Inconsistent,
        (None, None) => Ending::Missing { pending: verdict.outcome == Outcome::Pending },
    }
}

/// Returns the probability of side A, a tie as one half; `None` if no reply has one: shares of repeats are votes.
fn soft_score(ballots: &BallotRecord, judge: usize) -> Option<f64> {
    let has_probability = ballots.of(judge).iter().any(|(_, probability)| probability.is_some());
    let distribution = ballots.distribution_of_known_orders(judge).filter(|_| has_probability);
    distribution.map(|found| found.a + found.tie / 2.0)
}
