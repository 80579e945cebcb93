//! What was asked: attempts, errors, tokens, cost and latencies, also over time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use crate::error::Result;
use crate::grading::JudgeGrades;
use crate::stats::quantile;
use crate::store::{AttemptNumbers, AttemptResult, JudgeChoice, RunFile, StoredJudge, TrialKey};
use crate::summary::{JudgeSummary, TokenCounts};

/// What the judge was asked; of a jury, what all its judges were asked.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct RequestReport {
    /// Attempts that are stored, without those that were copied from another run: every one that got an answer,
    /// and the error that ended a trial.
    pub attempts: u64,
    /// Replies stored, copied ones included.
    pub replies: u64,
    /// Of those, copied from another run.
    pub reused: u64,
    /// Attempts at a trial after its first one, also those that are not stored.
    pub retries: u64,
    /// Attempts that ended with an error, by HTTP status, the most frequent first.
    pub errors: Vec<ErrorCount>,
    /// Tokens of all replies that this run paid for.
    pub tokens: TokenCounts,
    /// The share of the prompts' tokens that servers read from their caches, of the replies with a count; `None` where
    /// they report none.
    pub cached_share: Option<f64>,
    /// What the replies have cost, in USD; `None` where a price or a token count is not known.
    pub cost_usd: Option<f64>,
    /// How long replies took; `None` without a server.
    pub latency_ms: Option<Latencies>,
    /// At most 20 segments with equally many attempts, in the order in which these were stored.
    pub segments: Vec<RequestSegment>,
}

/// Attempts that ended with the same kind of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ErrorCount {
    /// The HTTP status; `None` where no response arrived.
    pub status: Option<u16>,
    /// How many attempts.
    pub attempts: u64,
}

/// How long replies took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Latencies {
    /// The median.
    pub p50: f64,
    /// Nine in ten took at most so long.
    pub p90: f64,
    /// 99 in 100 took at most so long.
    pub p99: f64,
    /// The longest.
    pub max: f64,
    /// How many replies were measured.
    pub n: u64,
}

/// Consecutive attempts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RequestSegment {
    /// Attempts that are stored.
    pub attempts: u64,
    /// Attempts at a trial after its first one, also those that are not stored.
    pub retries: u64,
    /// The median latency of the replies; `None` without any, or without a server.
    pub latency_ms_p50: Option<f64>,
    /// What the replies have cost, in USD; `None` where a price or a token count is not known.
    pub cost_usd: Option<f64>,
}

/// What the replies of a judge add up to, whatever it was asked about.
pub(super) struct ReplyTotals {
    replies: u64,
    reused: u64,
    tokens: Option<TokenCounts>,
    cost_usd: Option<f64>,
}

impl ReplyTotals {
    /// Returns those of a judge of comparisons.
    pub(super) fn of(judge: &JudgeSummary) -> Self {
        let JudgeSummary { replies, reused, tokens, cost_usd, .. } = *judge;
        Self { replies, reused, tokens, cost_usd }
    }

    /// Returns those of a judge that grades.
    pub(super) fn of_grades(judge: &JudgeGrades) -> Self {
        let JudgeGrades { replies, reused, tokens, cost_usd, .. } = *judge;
        Self { replies, reused, tokens, cost_usd }
    }
}

/// The most segments.
const SEGMENTS: usize = 20;

/// Computes what a judge was asked, or all judges of a jury; `totals` are those of the judges of the run.
///
/// # Errors
///
/// The run cannot be read.
pub(super) fn requests(
    run: &RunFile,
    choice: JudgeChoice,
    totals: &[ReplyTotals],
) -> Result<RequestReport> {
    let totals = match choice {
        JudgeChoice::One(at) if !run.reads_final_verdicts() => &totals[at..=at],
        // Of a jury and of a cascade, those of all judges come first.
        _ => totals,
    };
    let judges: Vec<(&StoredJudge, &ReplyTotals)> =
        run.judges_of(choice).iter().zip(totals).collect();
    let mut log = AttemptLog::of(&judges);
    run.for_each_attempt(|attempt| log.add(&attempt))?;
    let attempts = &log.attempts;
    let tokens = tokens(&judges);
    Ok(RequestReport {
        attempts: attempts.len() as u64,
        replies: judges.iter().map(|(_, judge)| judge.replies).sum(),
        reused: judges.iter().map(|(_, judge)| judge.reused).sum(),
        retries: attempts.iter().map(|attempt| u64::from(attempt.retries)).sum(),
        errors: log.errors(),
        tokens,
        cached_share: tokens.cached_share(),
        cost_usd: judges.iter().map(|(_, judge)| judge.cost_usd).sum(),
        latency_ms: latencies(attempts),
        segments: segments(attempts),
    })
}

fn tokens(judges: &[(&StoredJudge, &ReplyTotals)]) -> TokenCounts {
    let mut sum = TokenCounts::default();
    for tokens in judges.iter().filter_map(|(_, judge)| judge.tokens) {
        sum.prompt += tokens.prompt;
        sum.cached += tokens.cached;
        sum.cache_written += tokens.cache_written;
        sum.counted += tokens.counted;
        sum.completion += tokens.completion;
        sum.reasoning += tokens.reasoning;
        sum.unknown += tokens.unknown;
    }
    sum
}

/// The attempts of some judges, without those that were copied.
struct AttemptLog {
    judges: HashSet<i64>,
    /// The judges whose latency is that of a server.
    measured: HashSet<i64>,
    /// The number of the last attempt at each trial.
    last: HashMap<TrialKey, u32>,
    errors: BTreeMap<Option<u16>, u64>,
    attempts: Vec<Asked>,
}

/// What is kept of an attempt.
struct Asked {
    /// Attempts at the same trial since the one stored before, or all but the first.
    retries: u32,
    /// What it was, if it is a reply.
    reply: Option<ReplyNumbers>,
}

struct ReplyNumbers {
    latency_ms: Option<f64>,
    cost: Option<f64>,
}

impl AttemptLog {
    fn of(judges: &[(&StoredJudge, &ReplyTotals)]) -> Self {
        let measured = judges.iter().filter(|(judge, _)| judge.record.has_latency());
        Self {
            judges: judges.iter().map(|(judge, _)| judge.row).collect(),
            measured: measured.map(|(judge, _)| judge.row).collect(),
            last: HashMap::new(),
            errors: BTreeMap::new(),
            attempts: Vec::new(),
        }
    }

    fn add(&mut self, attempt: &AttemptNumbers) {
        let judge = attempt.key.judge;
        if !self.judges.contains(&judge) {
            return;
        }
        let before = self.last.insert(attempt.key, attempt.number).unwrap_or(1);
        if attempt.reused {
            return;
        }
        let is_reply = attempt.result == AttemptResult::Replied;
        if !is_reply {
            *self.errors.entry(attempt.status).or_default() += 1;
        }
        self.attempts.push(Asked {
            retries: attempt.number.saturating_sub(before),
            reply: is_reply.then(|| ReplyNumbers {
                latency_ms: attempt.latency_ms.filter(|_| self.measured.contains(&judge)),
                cost: attempt.cost,
            }),
        });
    }

    /// Returns the errors, the most frequent first.
    fn errors(&self) -> Vec<ErrorCount> {
        let count = |(status, attempts): (&Option<u16>, &u64)| ErrorCount {
            status: *status,
            attempts: *attempts,
        };
        let mut errors: Vec<ErrorCount> = self.errors.iter().map(count).collect();
        errors.sort_by_key(|error| (Reverse(error.attempts), error.status));
        errors
    }
}

/// Returns the latencies of the replies among some attempts, in ascending order.
fn sorted_latencies(attempts: &[Asked]) -> Vec<f64> {
    let replies = attempts.iter().filter_map(|attempt| attempt.reply.as_ref());
    let mut latencies: Vec<f64> = replies.filter_map(|reply| reply.latency_ms).collect();
    latencies.sort_by(f64::total_cmp);
    latencies
}

fn latencies(attempts: &[Asked]) -> Option<Latencies> {
    let sorted = sorted_latencies(attempts);
    let at = |share| quantile(&sorted, share).ok();
    Some(Latencies {
        p50: at(0.5)?,
        p90: at(0.9)?,
        p99: at(0.99)?,
        max: at(1.0)?,
        n: sorted.len() as u64,
    })
}

fn segments(attempts: &[Asked]) -> Vec<RequestSegment> {
    let (n, most) = (attempts.len(), SEGMENTS.min(attempts.len()));
    let segment = |at: usize| {
        let attempts = &attempts[at * n / most..(at + 1) * n / most];
        let replies = || attempts.iter().filter_map(|attempt| attempt.reply.as_ref());
        RequestSegment {
            attempts: attempts.len() as u64,
            retries: attempts.iter().map(|attempt| u64::from(attempt.retries)).sum(),
            latency_ms_p50: quantile(&sorted_latencies(attempts), 0.5).ok(),
            cost_usd: replies().map(|reply| reply.cost).sum(),
        }
    };
    (0..most).map(segment).collect()
}
