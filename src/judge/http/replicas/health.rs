//! The health of one replica, and how many requests in flight it sustains.
//!
//! A replica that fails rests for a second, and twice as long after each further failure, up to half a minute, or as
//! long as it asks for. Then one request tries it. Requests that were on their way when it failed are the same
//! failure, and their answers say nothing about later.

use std::time::Duration;

use tokio::time::Instant;

use super::placement::{Candidate, Fitness};
use crate::judge::{CallError, CallErrorKind};

/// The first rest of a replica that failed; it doubles up to [`MAX_REST`].
const FIRST_REST: Duration = Duration::from_secs(1);
const MAX_REST: Duration = Duration::from_secs(30);
/// The rest of a replica that has ended: longer than any command runs.
const RETIREMENT: Duration = Duration::from_hours(24 * 365);
/// The factor by which an overload lowers the limit of a replica.
const DECREASE: f64 = 0.7;
/// The longest rest of our own where a replica asks for a shorter one.
const MAX_REST_BEYOND_HINT: Duration = Duration::from_secs(10);
/// So many connections that are dropped in a row are a failure. Fewer are connections that the server closed just
/// as they were used again.
const MAX_DROPS: u32 = 3;

/// What is known about a replica.
#[derive(Debug, Clone, Default)]
pub(super) struct Health {
    in_flight: usize,
    /// Requests sent so far.
    departures: u64,
    /// The most requests in flight; `None` until it was overloaded.
    limit: Option<f64>,
    /// Failures in a row.
    failures: u32,
    /// Dropped connections in a row.
    drops: u32,
    /// The value of `departures` when it failed last.
    failed_at: u64,
    /// When it may be tried again, if it has failed.
    resting_until: Option<Instant>,
    /// Whether a request is trying it after a rest.
    is_tried: bool,
    /// Its last failure, in a sentence.
    message: String,
}

/// A request in flight at a replica.
#[derive(Debug, Clone, Copy)]
pub(super) struct Departure {
    number: u64,
    /// Whether it tries a replica after a rest.
    is_trial: bool,
    pub(super) at: Instant,
}

impl Health {
    /// Returns whether it may be sent a request now.
    pub(super) fn serves(&self, now: Instant) -> bool {
        self.resting_until.is_none_or(|until| until <= now && !self.is_tried)
    }

    /// Returns what placement has to know.
    pub(super) fn candidate(&self, now: Instant) -> Candidate {
        let has_room = self.limit.is_none_or(|limit| (self.in_flight as f64) < limit);
        let fitness = match (self.serves(now), has_room) {
            (true, true) => Fitness::Free,
            (true, false) => Fitness::Full,
            (false, _) => Fitness::Resting(self.failures),
        };
        Candidate { fitness, in_flight: self.in_flight }
    }

    /// Returns its last failure, unless it has answered since.
    pub(super) fn failure(&self) -> Option<&str> {
        (self.failures > 0).then_some(self.message.as_str())
    }

    /// Returns how long it rests.
    pub(super) fn rest(&self, now: Instant) -> Duration {
        self.resting_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// Records that a request is sent.
    pub(super) fn depart(&mut self, now: Instant) -> Departure {
        let is_trial = self.resting_until.is_some_and(|until| until <= now) && !self.is_tried;
        self.is_tried |= is_trial;
        self.in_flight += 1;
        self.departures += 1;
        Departure { number: self.departures, is_trial, at: now }
    }

    /// Records that a request has ended, whether it was answered or not.
    pub(super) fn arrive(&mut self, departure: Departure) {
        self.in_flight -= 1;
        if departure.is_trial {
            self.is_tried = false;
        }
    }

    /// Records an answer that is no failure of the replica.
    pub(super) fn record_answer(&mut self, departure: Departure) {
        self.drops = 0;
        if departure.number > self.failed_at {
            (self.failures, self.resting_until) = (0, None);
        }
        if let Some(limit) = &mut self.limit {
            *limit += 1.0 / *limit;
        }
    }

    /// Records an error, if it may be that of this replica alone; returns whether it is one.
    pub(super) fn record_error(
        &mut self,
        now: Instant,
        departure: Departure,
        error: &CallError,
    ) -> bool {
        match error.kind {
            CallErrorKind::ConnectionDropped => {
                self.drops += 1;
                if self.drops < MAX_DROPS && self.failures == 0 {
                    return false;
                }
            }
            CallErrorKind::Unreachable
            | CallErrorKind::Throttled
            | CallErrorKind::Transient
            | CallErrorKind::NoCompletion => {}
            // A wrong model, key or address may be that of one replica; any other refusal may be that of the
            // prompt, which all would give.
            CallErrorKind::EndpointRejected
                if error.account || matches!(error.status, Some(404 | 405)) => {}
            _ => return false,
        }
        let is_overload = error.kind == CallErrorKind::Throttled
            || (error.kind == CallErrorKind::Transient && error.status.is_none());
        self.fail(now, departure, &error.message, is_overload, error.retry_after);
        true
    }

    /// Records that it has ended for good.
    pub(super) fn retire(&mut self, now: Instant, message: &str) {
        self.failures = u32::MAX;
        // No answer and no error to a request that is still in flight changes that.
        self.failed_at = u64::MAX;
        self.resting_until = Some(now + RETIREMENT);
        message.clone_into(&mut self.message);
    }

    /// Records that it gave no answer in time.
    pub(super) fn record_silence(&mut self, now: Instant, departure: Departure) {
        let waited = now.saturating_duration_since(departure.at).as_secs_f64();
        self.fail(now, departure, &format!("no answer within {waited:.1} s"), true, None);
    }

    fn fail(
        &mut self,
        now: Instant,
        departure: Departure,
        message: &str,
        is_overload: bool,
        asked: Option<Duration>,
    ) {
        if departure.number <= self.failed_at {
            // The same failure, which may come with a longer wait.
            if let (Some(until), Some(asked)) = (&mut self.resting_until, asked) {
                *until = (*until).max(now + asked);
            }
            return;
        }
        self.failures += 1;
        self.failed_at = self.departures;
        let own = FIRST_REST * 2_u32.saturating_pow(self.failures.min(10) - 1);
        let rest = match asked {
            Some(asked) => asked.max(own.min(MAX_REST_BEYOND_HINT)),
            None => own.min(MAX_REST),
        };
        self.resting_until = Some(now + rest);
        message.clone_into(&mut self.message);
        if is_overload {
            self.limit = Some((self.in_flight as f64 * DECREASE).max(1.0));
        }
    }
}
