//! The numbers of a run: outcomes, coverage, win rates, position, cost.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Result;
use crate::stats::{Estimate, clustered_share};
use crate::store::{AttemptResult, ComparisonRecord, RunFile, VerdictRecord};
use crate::trial::Side;
use crate::verdict::{Ballot, Outcome};
use crate::vote::{Preference, Vote};

/// Everything the end of `judge` tells.
#[derive(Debug, Serialize)]
pub struct RunSummary {
    /// The rubric's name.
    pub rubric: String,
    /// The rubric's version.
    pub version: String,
    /// The seed of the orders.
    pub seed: u64,
    /// How often each order is asked.
    pub repeat: u32,
    /// Each judge; the last one is the jury, where there are several.
    pub judges: Vec<JudgeSummary>,
}

/// The numbers of one judge, or of the jury.
#[derive(Debug, Serialize)]
pub struct JudgeSummary {
    /// The judge's name.
    pub judge: String,
    /// Comparisons planned.
    pub planned: u64,
    /// How they ended; adds up to `planned`.
    pub outcomes: Map<String, Value>,
    /// Kept of planned.
    pub coverage: Estimate,
    /// One for each pair of systems.
    pub win_rates: Vec<WinRate>,
    /// What the presentation order did; `None` for a jury.
    pub position: Option<Position>,
    /// Tokens of all replies this run paid for; `None` for a jury.
    pub tokens: Option<Tokens>,
    /// What the run has cost, in USD; `None` where a price or a token count is not known.
    pub cost_usd: Option<f64>,
    /// Replies stored, copied ones included.
    pub replies: u64,
    /// Of those, copied from another run.
    pub reused: u64,
}

/// How often one system of a pair wins; a tie is half a win.
#[derive(Debug, Serialize)]
pub struct WinRate {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The system whose wins are counted: the later name, or the one that is not the baseline.
    pub system: String,
    /// Over both orders of every comparison that was answered, without selection; an unreadable reply is
    /// half a win.
    pub order_averaged: Estimate,
    /// Over kept verdicts alone.
    pub kept: Estimate,
    /// Kept verdicts for the system.
    pub wins: u64,
    /// Kept verdicts that are ties.
    pub ties: u64,
}

/// What the presentation order did; every trial counts.
#[derive(Debug, Serialize)]
pub struct Position {
    /// Kept of kept, flipped and split.
    pub consistency: Estimate,
    /// Flips that chose the response shown first twice.
    pub primacy: u64,
    /// Flips that chose the response shown second twice.
    pub recency: u64,
    /// Replies that chose the response shown first.
    pub first_picks: u64,
    /// Replies that chose the response shown second.
    pub second_picks: u64,
    /// Replies that chose neither.
    pub ties: u64,
    /// Trials whose reply could not be read.
    pub unparsed: u64,
    /// The share of `first_picks` in all readable replies.
    pub first_share: Estimate,
}

/// Token counts, as the servers gave them.
#[derive(Debug, Serialize)]
pub struct Tokens {
    /// Of the prompts.
    pub prompt: u64,
    /// Of the replies.
    pub completion: u64,
    /// Replies without a count.
    pub unknown: u64,
}

#[derive(Default)]
struct Counts {
    outcomes: BTreeMap<Outcome, u64>,
    kept: Clustered,
    consistent: Clustered,
    first: Clustered,
    pairs: BTreeMap<[String; 2], Pair>,
    picks: [u64; 3],
    unparsed: u64,
    primacy: u64,
    recency: u64,
    tokens: [u64; 3],
    cost: f64,
    cost_unknown: bool,
    replies: u64,
    reused: u64,
}

/// Scores with the item each belongs to.
#[derive(Default)]
struct Clustered {
    scores: Vec<f64>,
    items: Vec<u32>,
}

impl Clustered {
    fn push(&mut self, score: f64, item: u32) {
        self.scores.push(score);
        self.items.push(item);
    }

    fn estimate(&self) -> Estimate {
        clustered_share(&self.scores, &self.items)
    }
}

#[derive(Default)]
struct Pair {
    averaged: Clustered,
    kept: Clustered,
    wins: u64,
    ties: u64,
}

/// Computes the numbers of a run in one pass, which `also` looks at too.
///
/// # Errors
///
/// The run file cannot be read.
pub fn summarise(run: &RunFile, mut also: impl FnMut(&ComparisonRecord)) -> Result<RunSummary> {
    let names: Vec<&str> = run.judges().iter().map(|judge| judge.record.name.as_str()).collect();
    let several = names.len() > 1;
    let mut counts: Vec<Counts> =
        (0..names.len() + usize::from(several)).map(|_| Counts::default()).collect();
    let baseline = run.manifest().baseline.as_deref();
    run.for_each(|record| {
        also(&record);
        let item = record.item as u32;
        let side = Side::counted(&record.between, baseline);
        for (counts, judged) in counts.iter_mut().zip(&record.judged) {
            counts.add_verdict(judged, &record.between, side, item);
            counts.add_orders(judged, &record.between, side, item);
        }
        if several && let Some(counts) = counts.last_mut() {
            counts.add_verdict(&record.jury(), &record.between, side, item);
        }
        Ok(())
    })?;
    let jury = several.then_some("jury");
    let judges = names
        .into_iter()
        .chain(jury)
        .zip(counts)
        .map(|(name, counts)| counts.summary(name, several && name == "jury", baseline))
        .collect();
    Ok(RunSummary {
        rubric: run.rubric().name.clone(),
        version: run.rubric().version.clone(),
        seed: run.manifest().seed,
        repeat: run.manifest().repeat,
        judges,
    })
}

impl Counts {
    fn add_verdict(
        &mut self,
        judged: &VerdictRecord,
        between: &[String; 2],
        side: Side,
        item: u32,
    ) {
        let verdict = judged.verdict;
        *self.outcomes.entry(verdict.outcome).or_default() += 1;
        let kept = verdict.outcome == Outcome::Kept;
        self.kept.push(f64::from(u8::from(kept)), item);
        if matches!(verdict.outcome, Outcome::Kept | Outcome::Flipped | Outcome::Split) {
            self.consistent.push(f64::from(u8::from(kept)), item);
        }
        let pair = self.pairs.entry(between.clone()).or_default();
        if let Some(winner) = verdict.winner {
            let score = winner.worth(side);
            pair.kept.push(score, item);
            pair.wins += u64::from(score > 0.5);
            pair.ties += u64::from(winner == Preference::Tie);
        }
    }

    fn add_orders(&mut self, judged: &VerdictRecord, between: &[String; 2], side: Side, item: u32) {
        let answered = |outcome| !matches!(outcome, Outcome::Pending | Outcome::Failed);
        if answered(judged.verdict.outcome) {
            let scores = judged
                .orders
                .iter()
                .map(|order| order.preference().map_or(0.5, |preference| preference.worth(side)));
            let mean = scores.sum::<f64>() / judged.orders.len() as f64;
            self.pairs.entry(between.clone()).or_default().averaged.push(mean, item);
        }
        if judged.verdict.outcome == Outcome::Flipped {
            match judged.orders.first().map(|order| order.ballot) {
                Some(Ballot::Cast(Vote::First)) => self.primacy += 1,
                _ => self.recency += 1,
            }
        }
        for trial in judged.orders.iter().flat_map(|order| &order.trials) {
            match trial.ballot {
                Ballot::Cast(vote) => {
                    self.picks[vote as usize] += 1;
                    self.first.push(f64::from(u8::from(vote == Vote::First)), item);
                }
                Ballot::Unreadable => self.unparsed += 1,
                Ballot::Pending | Ballot::Failed => {}
            }
            for attempt in &trial.attempts {
                if attempt.result != AttemptResult::Replied {
                    continue;
                }
                self.replies += 1;
                self.reused += u64::from(attempt.reused);
                let paid = attempt.paid_usage();
                self.tokens[0] += paid.prompt;
                self.tokens[1] += paid.completion;
                if !attempt.reused {
                    self.tokens[2] += u64::from(attempt.reply.usage.is_none());
                    self.cost += attempt.cost.unwrap_or(0.0);
                    self.cost_unknown |= attempt.cost.is_none();
                }
            }
        }
    }

    fn summary(self, name: &str, jury: bool, baseline: Option<&str>) -> JudgeSummary {
        let all: &[Outcome] = if jury { &Outcome::JURY } else { &Outcome::SINGLE };
        let outcome = |outcome: &Outcome| {
            (
                outcome.as_str().to_owned(),
                Value::from(self.outcomes.get(outcome).copied().unwrap_or(0)),
            )
        };
        let outcomes = all.iter().map(outcome).collect();
        let win_rates = self
            .pairs
            .iter()
            .map(|(between, pair)| WinRate {
                between: between.clone(),
                system: match Side::counted(between, baseline) {
                    Side::A => between[0].clone(),
                    Side::B => between[1].clone(),
                },
                order_averaged: pair.averaged.estimate(),
                kept: pair.kept.estimate(),
                wins: pair.wins,
                ties: pair.ties,
            })
            .collect();
        let position = Position {
            consistency: self.consistent.estimate(),
            primacy: self.primacy,
            recency: self.recency,
            first_picks: self.picks[Vote::First as usize],
            second_picks: self.picks[Vote::Second as usize],
            ties: self.picks[Vote::Tie as usize],
            unparsed: self.unparsed,
            first_share: self.first.estimate(),
        };
        let [prompt, completion, unknown] = self.tokens;
        JudgeSummary {
            judge: name.to_owned(),
            planned: self.kept.scores.len() as u64,
            outcomes,
            coverage: self.kept.estimate(),
            win_rates,
            position: (!jury).then_some(position),
            tokens: (!jury).then_some(Tokens { prompt, completion, unknown }),
            cost_usd: (!jury && !self.cost_unknown).then_some(self.cost),
            replies: self.replies,
            reused: self.reused,
        }
    }
}
