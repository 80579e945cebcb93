//! The state of a trial while it is asked, and the records of its attempts.

use std::time::Duration;

use tokio_util::sync::DropGuard;

use super::health::ThrottledTrial;
use super::reservation::Reservation;
use super::retry::RetryCounts;
use super::subject::TrialEnd;
use super::worker::JudgeWorker;
use crate::judge::Reply;
use crate::store::{Attempt, AttemptResult, Request, TrialKey};
use crate::trial::Subject;

/// A trial that is being asked.
pub(super) struct TrialState<'a> {
    pub(super) subject: &'a Subject,
    pub(super) key: TrialKey,
    pub(super) request: &'a Request,
    /// The number of the last attempt, those of earlier sessions included; 0 if there is none.
    pub(super) last_attempt: u32,
    /// Replies that could not be read and count against asking again.
    pub(super) unreadable: u32,
    /// The message of the last error.
    pub(super) last_error: Option<String>,
    /// What is set aside for the next request, until it is sent.
    pub(super) reservation: Option<Reservation<'a>>,
    /// USD that requests of unknown cost may have cost and that no stored attempt contains yet.
    pub(super) possible_cost: f64,
    /// How often it was refused since [`Session::ask`](super::Session::ask) began.
    pub(super) refusals: u32,
    /// Whether another trial has succeeded after one of its refusals.
    pub(super) is_blamed: bool,
    /// When it was throttled.
    pub(super) throttled: Option<ThrottledTrial>,
    /// The number of its last request among those sent since asking began.
    pub(super) request_number: u64,
    /// The most tokens of the reply to its last request, where that is lower than usual to limit the cost.
    pub(super) lowered_limit: Option<u64>,
    /// Whether it goes before first attempts when it is asked again.
    pub(super) goes_first: bool,
    /// Errors since [`Session::ask`](super::Session::ask) began; earlier ones do not count.
    pub(super) counts: RetryCounts,
    /// The longest time after which one of its requests was given up because others took much less time; zero if none was.
    pub(super) given_up_after: Duration,
    /// Dropped as soon as its first request was answered in any way: others wait for that.
    pub(super) unanswered: Option<DropGuard>,
    /// Whether it ends because it is decided; `false` if it is left as it is.
    pub(super) is_decided: bool,
}

impl TrialState<'_> {
    /// Leaves the trial as it is and returns its end so far.
    pub(super) fn leave(&mut self) -> TrialEnd {
        self.is_decided = false;
        if self.unreadable > 0 { TrialEnd::Unreadable } else { TrialEnd::Pending }
    }

    /// Returns the record of an attempt, with the possible cost that no record contains yet.
    pub(super) fn attempt(
        &mut self,
        result: AttemptResult,
        reply: Reply,
        error: Option<String>,
        cost: Option<f64>,
        latency: Duration,
    ) -> Attempt {
        Attempt {
            key: self.key,
            // A trial can end before its first request.
            number: self.last_attempt.max(1),
            result,
            request: self.request.digest,
            reply,
            error,
            cost,
            possible_cost: std::mem::take(&mut self.possible_cost),
            latency_ms: latency.as_secs_f64() * 1000.0,
            batched: false,
            reused: false,
        }
    }

    /// Returns the record of an attempt without an answer.
    pub(super) fn unanswered(&mut self, result: AttemptResult, error: String) -> Attempt {
        self.attempt(result, Reply::default(), Some(error), None, Duration::ZERO)
    }
}

/// Stores what a request may have cost if its future is dropped before the answer arrives.
pub(super) struct InFlightGuard<'w> {
    worker: &'w JudgeWorker<'w>,
    attempt: Option<Attempt>,
}

impl<'w> InFlightGuard<'w> {
    /// Returns a guard for a request of at most `max_request_cost` USD.
    pub(super) fn new(
        worker: &'w JudgeWorker<'w>,
        state: &TrialState<'_>,
        max_request_cost: f64,
    ) -> Self {
        Self { worker, attempt: attempt_in_flight(state, max_request_cost) }
    }

    /// Adds a further request for the same trial, of at most `max_request_cost` USD.
    pub(super) fn add_request(&mut self, state: &TrialState<'_>, max_request_cost: f64) {
        match &mut self.attempt {
            Some(attempt) => {
                attempt.number = state.last_attempt;
                attempt.possible_cost += max_request_cost;
            }
            None => self.attempt = attempt_in_flight(state, max_request_cost),
        }
    }

    /// Records that the answer has arrived.
    pub(super) fn disarm(mut self) {
        self.attempt = None;
    }
}

/// Returns the record of a request that is dropped before its answer arrives; `None` if it costs nothing.
fn attempt_in_flight(state: &TrialState<'_>, max_request_cost: f64) -> Option<Attempt> {
    let possible_cost = state.possible_cost + max_request_cost;
    (possible_cost > 0.0).then(|| Attempt {
        key: state.key,
        number: state.last_attempt,
        result: AttemptResult::Retried,
        request: state.request.digest,
        reply: Reply::default(),
        error: Some("aborted before the answer arrived; its cost is unknown".to_owned()),
        cost: None,
        possible_cost,
        latency_ms: 0.0,
        batched: false,
        reused: false,
    })
}

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        if let Some(attempt) = self.attempt.take() {
            self.worker.context.sink.store_now(attempt);
        }
    }
}
