//! How long the answers of one model took in this command, and which requests were given up or sent twice.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::time_limit::{AdaptiveLimit, RecentLatencies};
use crate::stats::quantile;

/// How long the replies of a model took in one command, and which requests were given up or hedged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LatencyTail {
    /// How many replies were measured.
    pub n: u64,
    /// The quantiles of their latencies; `None` without any reply.
    pub quantiles: Option<LatencyQuantiles>,
    /// The requests that were given up.
    pub given_up: GivenUpCounts,
    /// Requests beside which a second one was sent, since they were late.
    pub hedged: u64,
    /// Of those, the requests whose reply was that to the second one.
    pub hedges_won: u64,
}

/// How long replies took, from sending the request to reading the reply to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LatencyQuantiles {
    /// Half of them took at most so long.
    pub median: Duration,
    /// 95 in 100 took at most so long.
    pub p95: Duration,
    /// 99 in 100 took at most so long.
    pub p99: Duration,
    /// The longest.
    pub longest: Duration,
}

/// How many requests were given up, by the limit that they reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GivenUpCounts {
    /// The limit that follows from the latencies of others.
    pub adaptive: u64,
    /// The time limit of a request.
    pub timeout: u64,
    /// The time limit of a trial.
    pub total_timeout: u64,
}

impl GivenUpCounts {
    /// Returns how many requests were given up.
    pub fn all(self) -> u64 {
        self.adaptive + self.timeout + self.total_timeout
    }
}

/// The limit at which a request was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeLimit {
    /// That which follows from the latencies of others.
    Adaptive,
    /// That of a request.
    Request,
    /// That of a trial.
    Trial,
}

/// What is known of the latencies of one model; shared by all its trials.
#[derive(Debug, Default)]
pub(super) struct LatencyLog {
    state: Mutex<LogState>,
}

#[derive(Debug, Default)]
struct LogState {
    recent: RecentLatencies,
    /// Of all replies, in milliseconds; single precision is enough for quantiles.
    replies: Vec<f32>,
    given_up: GivenUpCounts,
    hedged: u64,
    hedges_won: u64,
}

impl LatencyLog {
    /// Records that a request is sent that is not a second one.
    pub(super) fn record_sent(&self) {
        self.state().recent.record_sent();
    }

    /// Records the reply to the request with that number, with a prompt of so many bytes.
    pub(super) fn record_reply(&self, number: u64, latency: Duration, prompt_bytes: u64) {
        let mut state = self.state();
        state.recent.record_reply(number, latency, prompt_bytes);
        state.replies.push((latency.as_secs_f64() * 1000.0) as f32);
    }

    /// Records that a request was given up.
    pub(super) fn record_given_up(
        &self,
        limit: TimeLimit,
        number: u64,
        waited: Duration,
        prompt_bytes: u64,
    ) {
        let mut state = self.state();
        state.recent.record_given_up(number, waited, prompt_bytes);
        let given_up = &mut state.given_up;
        match limit {
            TimeLimit::Adaptive => given_up.adaptive += 1,
            TimeLimit::Request => given_up.timeout += 1,
            TimeLimit::Trial => given_up.total_timeout += 1,
        }
    }

    /// Returns the adaptive limit, as [`RecentLatencies::limit`] does.
    pub(super) fn limit(
        &self,
        prompt_bytes: u64,
        timeout: Duration,
        given_up_after: Duration,
    ) -> Option<AdaptiveLimit> {
        self.state().recent.limit(prompt_bytes, timeout, given_up_after)
    }

    /// Returns whether others overtook the request with that number.
    pub(super) fn is_overtaken(&self, number: u64) -> bool {
        self.state().recent.is_overtaken(number)
    }

    /// Returns how long to wait before a second request is sent; `None` while too few answers were seen.
    pub(super) fn second_after(&self, prompt_bytes: u64) -> Option<Duration> {
        self.state().recent.second_after(prompt_bytes)
    }

    /// Returns whether there may be one more second request.
    pub(super) fn may_begin_second(&self) -> bool {
        self.state().recent.may_begin_second()
    }

    /// Counts a second request, unless there are too many; returns whether it may be sent.
    pub(super) fn begin_second(&self) -> bool {
        let mut state = self.state();
        let may_begin = state.recent.begin_second();
        state.hedged += u64::from(may_begin);
        may_begin
    }

    /// Records that the reply to a second request came first.
    pub(super) fn record_hedge_won(&self) {
        self.state().hedges_won += 1;
    }

    /// Returns what the command reports; `None` where nothing was answered or given up.
    pub(super) fn into_tail(self) -> Option<LatencyTail> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let LogState { replies, given_up, hedged, hedges_won, .. } = state;
        let mut sorted: Vec<f64> = replies.into_iter().map(f64::from).collect();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len() as u64;
        let at = |share| {
            let milliseconds = quantile(&sorted, share).ok()?;
            Duration::try_from_secs_f64(milliseconds / 1000.0).ok()
        };
        let quantiles = || {
            let [median, p95, p99, longest] = [at(0.5)?, at(0.95)?, at(0.99)?, at(1.0)?];
            Some(LatencyQuantiles { median, p95, p99, longest })
        };
        let quantiles = quantiles();
        (n > 0 || given_up.all() > 0).then_some(LatencyTail {
            n,
            quantiles,
            given_up,
            hedged,
            hedges_won,
        })
    }

    fn state(&self) -> MutexGuard<'_, LogState> {
        // No code panics while it holds this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
