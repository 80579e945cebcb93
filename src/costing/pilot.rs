//! What a pilot run says of a judge: scores, outcomes, requests and tokens of the comparisons that have the system.

use std::collections::BTreeMap;

use serde::Serialize;

use super::question::PlannedPair;
use super::simulation::SimulatedScores;
use super::ways::Amount;
use crate::error::{Error, Result};
use crate::input::Price;
use crate::judge::Usage;
use crate::stats::{Estimate, Interval, clustered_mean, clustered_share};
use crate::store::{AttemptResult, RunFile};
use crate::trial::Side;
use crate::verdict::{Ballot, OrderAveraged, Outcome};

/// What a pilot shows of one pair of systems.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PilotRate {
    /// The other system.
    pub other: String,
    /// How often the system wins by the judge, over both orders.
    pub win_rate: Estimate,
    /// The standard deviation of the scores of its comparisons, with one win and one loss added.
    pub deviation: f64,
}

/// What a pilot shows of a judge.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PilotFacts {
    /// The run file.
    pub run: String,
    /// Comparisons that were asked to their end.
    pub comparisons: u64,
    /// Of those, how many failed.
    pub failed: u64,
    /// The share of kept verdicts.
    pub coverage: Estimate,
    /// The share of orders without a readable vote, of comparisons that did not fail.
    pub unreadable: f64,
    /// Requests for each trial: above 1 where replies could not be read, or requests failed.
    pub requests_per_trial: f64,
    /// The tokens of a reply; undefined where the run does not have them.
    pub reply_tokens: Estimate,
    /// Whether its items are those that are asked first, so that a part of all items begins with them.
    pub is_first_part: bool,
    /// Each pair of systems.
    pub pairs: Vec<PilotRate>,
}

/// One comparison of a pilot.
#[derive(Debug, Clone)]
pub(super) struct Observed {
    pub(super) id: String,
    /// The place of the other system.
    pub(super) other: usize,
    /// The score of the system if it had lost, and won, whatever could not be read; `None` if the comparison failed.
    pub(super) bounds: Option<[f64; 2]>,
    /// What the verdict is worth to the system, if it was kept.
    pub(super) kept: Option<f64>,
    /// Orders without a readable vote.
    unreadable: u64,
    requests: u64,
    /// Tokens of its replies; `None` if a reply has none.
    usage: Option<Vec<Usage>>,
}

impl Observed {
    /// Returns the order-averaged score; `None` if the comparison failed.
    pub(super) fn score(&self) -> Option<f64> {
        self.bounds.map(|[low, high]| f64::midpoint(low, high))
    }

    /// Returns what its replies cost; `None` if their tokens are unknown.
    pub(super) fn usd(&self, price: Price) -> Option<f64> {
        let usage = self.usage.as_ref()?;
        Some(usage.iter().map(|usage| usage.cost(price)).sum())
    }
}

/// A pilot run of one judge.
#[derive(Debug)]
pub(super) struct Pilot {
    pub(super) observed: Vec<Observed>,
    /// Trials of each comparison.
    pub(super) trials: f64,
    pub(super) facts: PilotFacts,
}

impl Pilot {
    /// Reads what a judge of a run, by its place, says of the comparisons of a system with the others.
    ///
    /// # Errors
    ///
    /// The run cannot be read, or none of its comparisons has been asked.
    pub(super) fn read(
        run: &RunFile,
        judge: usize,
        system: &str,
        pairs: &[PlannedPair],
    ) -> Result<Self> {
        let mut observed = Vec::new();
        run.for_each(|record| {
            let [a, b] = &record.between;
            let (side, other) = match (*a == system, *b == system) {
                (true, _) => (Side::A, b),
                (_, true) => (Side::B, a),
                _ => return Ok(()),
            };
            let Some(other) = pairs.iter().position(|pair| pair.other == *other) else {
                return Ok(());
            };
            let judged = &record.judged[judge];
            let [a_first, b_first] = judged.orders.as_slice() else { return Ok(()) };
            let ballots = [a_first.ballot, b_first.ballot];
            if ballots.contains(&Ballot::Pending) {
                return Ok(());
            }
            let found = OrderAveraged::of(ballots, side);
            let attempts = || {
                let trials = judged.orders.iter().flat_map(|order| &order.trials);
                trials.flat_map(|trial| &trial.attempts)
            };
            let replies = attempts().filter(|attempt| attempt.result == AttemptResult::Replied);
            let is_kept = judged.verdict.outcome == Outcome::Kept;
            observed.push(Observed {
                id: record.id.clone(),
                other,
                bounds: found.map(|found| [found.score - found.slack, found.score + found.slack]),
                kept: judged.verdict.winner.filter(|_| is_kept).map(|winner| winner.worth(side)),
                unreadable: found.map_or(0, |found| found.unreadable),
                requests: attempts().count() as u64,
                usage: replies.map(|attempt| attempt.reply.usage).collect(),
            });
            Ok(())
        })?;
        if observed.iter().all(|one| one.bounds.is_none()) {
            return Err(Error::input(format!(
                "{}: the pilot has no answered comparison of `{system}` with another of the systems",
                run.path().display()
            ))
            .hint("name a run in which the judge has answered comparisons of these systems"));
        }
        let trials = 2.0 * f64::from(run.manifest().repeat);
        let facts = facts(run, &observed, pairs, trials);
        Ok(Self { observed, trials, facts })
    }

    /// Returns what a trial costs at a price, in USD, with the 95 % interval; `None` if a reply has no tokens.
    pub(super) fn usd(&self, price: Price) -> Option<Amount> {
        let costs = self.observed.iter().map(|one| one.usd(price));
        let costs = costs.collect::<Option<Vec<f64>>>()?;
        Amount::mean(&costs, &self.items()).map(|usd| usd.times(1.0 / self.trials))
    }

    /// Returns the share of comparisons that did not fail.
    pub(super) fn usable(&self) -> f64 {
        let PilotFacts { comparisons, failed, .. } = self.facts;
        (comparisons - failed) as f64 / comparisons as f64
    }

    /// Returns the scores of its items, to draw from.
    pub(super) fn scores(&self, pairs: usize) -> SimulatedScores {
        let mut items: BTreeMap<&str, Vec<Option<[f64; 2]>>> = BTreeMap::new();
        for one in &self.observed {
            let of_item = items.entry(&one.id).or_insert_with(|| vec![None; pairs]);
            // What failed lies anywhere between 0 and 1.
            of_item[one.other] = Some(one.bounds.unwrap_or([0.0, 1.0]));
        }
        SimulatedScores::Pilot(items.into_values().collect())
    }

    /// Returns the item of each comparison.
    pub(super) fn items(&self) -> Vec<&str> {
        self.observed.iter().map(|one| one.id.as_str()).collect()
    }
}

fn facts(run: &RunFile, observed: &[Observed], pairs: &[PlannedPair], trials: f64) -> PilotFacts {
    let items: Vec<&str> = observed.iter().map(|one| one.id.as_str()).collect();
    let kept: Vec<f64> =
        observed.iter().map(|one| f64::from(u8::from(one.kept.is_some()))).collect();
    let answered = observed.iter().filter(|one| one.bounds.is_some());
    let orders = answered.clone().count() as f64 * 2.0;
    let unreadable: u64 = answered.map(|one| one.unreadable).sum();
    let requests: u64 = observed.iter().map(|one| one.requests).sum();
    let n = observed.len() as u64;
    PilotFacts {
        run: run.path().display().to_string(),
        comparisons: n,
        failed: observed.iter().filter(|one| one.bounds.is_none()).count() as u64,
        coverage: clustered_share(&kept, &items),
        unreadable: unreadable as f64 / orders,
        requests_per_trial: (requests as f64 / (n as f64 * trials)).max(1.0),
        reply_tokens: reply_tokens(observed),
        is_first_part: false,
        pairs: pairs
            .iter()
            .enumerate()
            .filter_map(|(at, pair)| {
                let of_pair = observed.iter().filter(|one| one.other == at);
                let answered = of_pair.filter_map(|one| Some((one.score()?, one.id.as_str())));
                let (scores, items): (Vec<f64>, Vec<&str>) = answered.unzip();
                (!scores.is_empty()).then(|| PilotRate {
                    other: pair.other.clone(),
                    win_rate: clustered_share(&scores, &items),
                    deviation: deviation(&scores),
                })
            })
            .collect(),
    }
}

fn reply_tokens(observed: &[Observed]) -> Estimate {
    let (mut tokens, mut items) = (Vec::new(), Vec::new());
    for one in observed {
        let Some(usage) = &one.usage else { return Estimate::undefined(0) };
        for usage in usage {
            tokens.push(usage.completion as f64);
            items.push(one.id.as_str());
        }
    }
    let n = tokens.len() as u64;
    match clustered_mean(&tokens, &items, 0.95) {
        Ok((mean, interval)) => {
            let interval = interval.map(|found| Interval { low: found.low.max(0.0), ..found });
            Estimate::of(Some(mean), interval, n)
        }
        Err(_) => Estimate::undefined(n),
    }
}

/// Returns the standard deviation of scores with one win and one loss added.
pub(super) fn deviation(scores: &[f64]) -> f64 {
    let n = scores.len() as f64 + 2.0;
    let mean = (scores.iter().sum::<f64>() + 1.0) / n;
    let added = mean.powi(2) + (1.0 - mean).powi(2);
    let squares: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
    ((squares + added) / (n - 1.0)).sqrt()
}
