//! What the verdicts of a run decide.

use serde::Serialize;

use super::sequence::ComparisonSequence;
use crate::error::Result;
use crate::stats::{Estimate, MeanFinding};
use crate::store::RunFile;

/// What the verdicts of a run decide of the question that ends it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Decision {
    /// The system whose win rates are decided.
    pub system: String,
    /// The number with which they are compared.
    pub than: f64,
    /// How near to the number a win rate is equivalent to it; `None` where that is no answer.
    pub margin: Option<f64>,
    /// The probability that any finding is wrong, at most.
    pub error: f64,
    /// Comparisons that could have been asked.
    pub available: u64,
    /// Comparisons of the run.
    pub planned: u64,
    /// The system with each other one, in byte order of the others.
    pub pairs: Vec<PairDecision>,
}

/// What the verdicts decide of one pair of systems.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PairDecision {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// Where the win rate of the system lies; `None` while that is open.
    pub finding: Option<MeanFinding>,
    /// Its order-averaged win rate over the items that were looked at, with the interval that holds at every look with the
    /// error of the test: it excludes the number, or lies within the margin, exactly if that was found. An order without a
    /// readable vote is half a win in the value, a loss in the low end and a win in the high one; a comparison that failed is
    /// only in the interval. Without a score it is undefined.
    pub win_rate: Estimate,
    /// The error of the test, which is that of the interval: smaller where several pairs are decided.
    pub error: f64,
    /// The same rate with the 95 % interval that holds at every look.
    #[serde(skip)]
    pub(crate) at_95_percent: Estimate,
    /// Comparisons of the pair, those included that ended after it was decided.
    pub comparisons: u64,
}

impl PairDecision {
    /// Returns the win rate of one of the two systems, with the interval of the test.
    pub fn win_rate_of(&self, system: &str, decision: &Decision) -> Estimate {
        of_system(self.win_rate, system, decision)
    }

    /// Returns the same with the 95 % interval.
    pub(crate) fn win_rate_at_95_percent(&self, system: &str, decision: &Decision) -> Estimate {
        of_system(self.at_95_percent, system, decision)
    }
}

fn of_system(rate: Estimate, system: &str, decision: &Decision) -> Estimate {
    let Estimate { value, low, high, n } = rate;
    if system == decision.system {
        return rate;
    }
    let complement = |share: Option<f64>| share.map(|share| 1.0 - share);
    Estimate { value: complement(value), low: complement(high), high: complement(low), n }
}

impl Decision {
    /// Returns what is decided of two systems, in byte order of their names; `None` if they are no pair of the question.
    pub fn pair(&self, between: &[String; 2]) -> Option<&PairDecision> {
        self.pairs.iter().find(|pair| pair.between == *between)
    }
}

/// Returns what the verdicts of a run decide; `None` if nothing was to be decided.
///
/// # Errors
///
/// The run file cannot be read.
pub fn decide(run: &RunFile) -> Result<Option<Decision>> {
    let Some(question) = &run.manifest().until_decided else { return Ok(None) };
    let (mut keys, mut ballots) = (Vec::new(), Vec::new());
    run.for_each(|record| {
        let is_about = record.between.contains(&question.system);
        if is_about {
            let orders = record.judged.iter().map(|judged| match judged.orders.as_slice() {
                [a_first, b_first] => Some([a_first.ballot, b_first.ballot]),
                _ => None,
            });
            ballots.push((record.row, orders.collect::<Vec<_>>()));
            keys.push(record.key());
        }
        Ok(())
    })?;
    let planned = keys.len() as u64;
    let judges = run.judges().len();
    let mut sequence = ComparisonSequence::new(keys, question, judges, run.manifest().seed)?;
    for (row, orders) in ballots {
        for (judge, orders) in orders.into_iter().enumerate() {
            if let Some(orders) = orders {
                sequence.record(row, judge, orders);
            }
        }
    }
    sequence.look()?;
    let pairs =
        (0..sequence.others().len()).map(|at| pair_decision(&sequence, at, &question.system));
    Ok(Some(Decision {
        system: question.system.clone(),
        than: question.than,
        margin: question.margin,
        error: question.error,
        available: question.available.max(planned),
        planned,
        pairs: pairs.collect(),
    }))
}

fn pair_decision(sequence: &ComparisonSequence, at: usize, system: &str) -> PairDecision {
    let mut between = [system.to_owned(), sequence.others()[at].clone()];
    between.sort();
    let (means, scores) = (sequence.means(), sequence.scores(at));
    let n = means.n(at);
    let estimate = |error: f64| match means.interval_at(at, error) {
        Ok(interval) if !scores.is_empty() => {
            let value = scores.iter().sum::<f64>() / scores.len() as f64;
            Estimate::of(Some(value), Some(interval), n)
        }
        _ => Estimate::undefined(n),
    };
    let error = means.error_of(at);
    PairDecision {
        between,
        finding: means.decided(at).map(|decided| decided.finding),
        win_rate: estimate(error),
        error,
        at_95_percent: estimate(0.05),
        comparisons: sequence.comparisons_with(at),
    }
}
