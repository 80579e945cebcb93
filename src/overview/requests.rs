//! What was asked: attempts, errors, tokens, cost and latencies, also over time.

use serde::Serialize;

use crate::summary::TokenCounts;

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
