//! Decides what happens to a trial after an error.
//!
//! The decision depends on the kind of error, on how often errors have occurred to the trial, on the judge's
//! limits, and on what is known about the endpoint; errors of earlier commands do not count. It neither waits
//! nor stores anything; it only updates the trial's error counts. The trial applies it.

use std::time::Duration;

use super::refusal::Throttling;
use crate::input::JudgeSettings;
use crate::judge::{CallError, CallErrorKind};

/// The most parameters that are changed in turn before the request itself counts as rejected; a server can
/// object to the token limit's name and size, the temperature, the JSON schema, the system role, the stream and
/// a field of `extra`, each once, and one repeat is spare.
const MAX_PARAMETER_CHANGES: u32 = 8;
/// Failures of replicas that use no attempt, since another replica may answer.
const MAX_REPLICA_FAILURES: u32 = 8;
/// Dropped connections of a trial that use no attempt.
const MAX_FREE_DROPS: u32 = 3;
/// The longest wait that a server can ask for after a transient error.
const MAX_HINT: Duration = Duration::from_mins(1);

/// How often each group of errors has occurred to a trial, those of earlier commands left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RetryCounts {
    /// Errors that use an attempt.
    pub(super) failures: u32,
    /// Dropped connections that use none.
    pub(super) free_drops: u32,
    /// Throttling and outages, which concern every trial of the judge: all of them wait.
    pub(super) endpoint_waits: u32,
    /// Changes of the request's parameters.
    pub(super) parameter_changes: u32,
    /// Failures of single replicas since the last time that all of them were down.
    pub(super) replica_failures: u32,
}

impl RetryCounts {
    /// Returns whether no error has occurred.
    pub(super) fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether a parameter may still be changed.
    pub(super) fn may_change_parameter(&self) -> bool {
        self.parameter_changes < MAX_PARAMETER_CHANGES
    }

    /// Counts an error; returns whether it uses an attempt.
    fn record(&mut self, kind: CallErrorKind) -> bool {
        match kind {
            CallErrorKind::UnsupportedParameter => self.parameter_changes += 1,
            CallErrorKind::Throttled | CallErrorKind::Unreachable => {
                self.endpoint_waits += 1;
                // However long all replicas are down, finding that out again uses no attempt.
                self.replica_failures = 0;
            }
            CallErrorKind::ConnectionDropped if self.free_drops < MAX_FREE_DROPS => {
                self.free_drops += 1;
            }
            CallErrorKind::ReplicaFailed { .. } if self.replica_failures < MAX_REPLICA_FAILURES => {
                self.replica_failures += 1;
            }
            _ => {
                self.failures += 1;
                return true;
            }
        }
        false
    }
}

/// The judge's limits that bound retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RetryLimits {
    /// The most attempts of a trial, and the most outages in a row of an endpoint that has never replied.
    pub(super) max_attempts: u32,
    /// The longest time that a trial may take, waiting included.
    pub(super) total_timeout: Duration,
}

impl RetryLimits {
    /// Returns the limits of a judge.
    pub(super) fn of(settings: &JudgeSettings) -> Self {
        Self { max_attempts: settings.max_attempts, total_timeout: settings.total_timeout }
    }
}

/// What is known about the endpoint when an error occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct EndpointState {
    /// It has replied to the running command.
    pub(super) has_replied: bool,
    /// How often in a row it could not be reached, this time included.
    pub(super) unreachable_in_a_row: u32,
    /// How often the trial and others were throttled, this time included.
    pub(super) throttling: Throttling,
}

/// What happens to a trial after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is asked again.
    Retry(RetryDelay),
    /// It was refused; what happens to other trials shows who is to blame.
    Hold,
    /// It has failed, since its attempts are used up.
    Exhaust,
    /// It stays as it is: the recording has no reply, and asking again cannot help.
    NoReplyRecorded,
    /// It stays as it is, and so do all other trials of the judge.
    StopJudge(StopReason),
}

/// How long a trial waits before it is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetryDelay {
    /// Not at all, or as long as every trial of the judge waits.
    None,
    /// As long as the server asks, and a little longer.
    Hint(Duration),
    /// A delay that grows with the number of failures.
    Backoff(u32),
}

/// Why a judge was stopped before everything was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// The endpoint rejects every request: key, model or address.
    EndpointRejected,
    /// The endpoint rejects one request after the other in the same words, for another reason.
    RequestsRejected,
    /// The judge has not given one reply that can be read.
    Unreadable,
    /// The endpoint cannot be reached.
    Unreachable,
    /// The endpoint asks to wait for at least as long as a trial may take.
    WaitTooLong,
}

impl StopReason {
    /// Returns the words for it in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EndpointRejected => "the endpoint rejects every request",
            Self::RequestsRejected => "the endpoint rejects one request after the other",
            Self::Unreadable => "no reply can be read",
            Self::Unreachable => "the endpoint cannot be reached",
            Self::WaitTooLong => "the endpoint asks to wait too long",
        }
    }
}

/// Counts an error and decides what it means for its trial and its judge.
pub(super) fn decide(
    error: &CallError,
    counts: &mut RetryCounts,
    limits: &RetryLimits,
    endpoint: EndpointState,
) -> Decision {
    let uses_attempt = counts.record(error.kind);
    match error.kind {
        CallErrorKind::NotRecorded => Decision::NoReplyRecorded,
        CallErrorKind::UnsupportedParameter
            if counts.parameter_changes <= MAX_PARAMETER_CHANGES =>
        {
            Decision::Retry(RetryDelay::None)
        }
        CallErrorKind::UnsupportedParameter
        | CallErrorKind::RequestRejected
        | CallErrorKind::UnknownRefusal
        | CallErrorKind::EndpointRejected => Decision::Hold,
        // An endpoint that has replied is probably only down. One that never has is probably misconfigured.
        CallErrorKind::Unreachable
            if endpoint.unreachable_in_a_row >= limits.max_attempts && !endpoint.has_replied =>
        {
            Decision::StopJudge(StopReason::Unreachable)
        }
        CallErrorKind::Throttled if endpoint.throttling.is_final() => Decision::Exhaust,
        // Others get replies, so they need not wait.
        CallErrorKind::Throttled if endpoint.throttling.is_of_trial() => {
            Decision::Retry(match error.retry_after {
                Some(hint) => RetryDelay::Hint(hint.min(MAX_HINT)),
                None => RetryDelay::Backoff(endpoint.throttling.times - 1),
            })
        }
        // No trial could last until the end of the wait.
        CallErrorKind::Throttled if error.retry_after >= Some(limits.total_timeout) => {
            Decision::StopJudge(StopReason::WaitTooLong)
        }
        // The pacer makes every trial of the judge wait.
        CallErrorKind::Unreachable | CallErrorKind::Throttled => Decision::Retry(RetryDelay::None),
        // Only the connection has ended; neither request nor endpoint is at fault.
        CallErrorKind::ConnectionDropped | CallErrorKind::ReplicaFailed { .. } if !uses_attempt => {
            Decision::Retry(RetryDelay::None)
        }
        CallErrorKind::ConnectionDropped
        | CallErrorKind::ReplicaFailed { .. }
        | CallErrorKind::NoCompletion
        | CallErrorKind::Transient
            if counts.failures >= limits.max_attempts =>
        {
            Decision::Exhaust
        }
        CallErrorKind::ConnectionDropped
        | CallErrorKind::ReplicaFailed { .. }
        | CallErrorKind::NoCompletion
        | CallErrorKind::Transient => Decision::Retry(match error.retry_after {
            Some(hint) => RetryDelay::Hint(hint.min(MAX_HINT)),
            None => RetryDelay::Backoff(counts.failures),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: RetryLimits =
        RetryLimits { max_attempts: 3, total_timeout: Duration::from_mins(30) };
    const FIRST: Throttling =
        Throttling { times: 1, replies_since_first: 0, replies_since_last: 0, others_throttled: 0 };
    const NEW: EndpointState =
        EndpointState { has_replied: false, unreachable_in_a_row: 1, throttling: FIRST };
    const REPLIED: EndpointState = EndpointState { has_replied: true, ..NEW };

    const REPLICA_FAILED: CallErrorKind = CallErrorKind::ReplicaFailed { reached: true };
    const KINDS: [CallErrorKind; 11] = [
        CallErrorKind::UnsupportedParameter,
        CallErrorKind::RequestRejected,
        CallErrorKind::EndpointRejected,
        CallErrorKind::Throttled,
        CallErrorKind::Transient,
        CallErrorKind::ConnectionDropped,
        CallErrorKind::Unreachable,
        CallErrorKind::NotRecorded,
        CallErrorKind::UnknownRefusal,
        CallErrorKind::NoCompletion,
        REPLICA_FAILED,
    ];

    /// Fails to compile when a kind is added: add it to `KINDS`, and what is expected of it to the tests.
    fn position(kind: CallErrorKind) -> usize {
        match kind {
            CallErrorKind::UnsupportedParameter => 0,
            CallErrorKind::RequestRejected => 1,
            CallErrorKind::EndpointRejected => 2,
            CallErrorKind::Throttled => 3,
            CallErrorKind::Transient => 4,
            CallErrorKind::ConnectionDropped => 5,
            CallErrorKind::Unreachable => 6,
            CallErrorKind::NotRecorded => 7,
            CallErrorKind::UnknownRefusal => 8,
            CallErrorKind::NoCompletion => 9,
            CallErrorKind::ReplicaFailed { .. } => 10,
        }
    }

    #[test]
    fn every_kind_is_in_the_table() {
        assert_eq!(KINDS.map(position), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }

    fn error(kind: CallErrorKind, hint_s: Option<u64>) -> CallError {
        CallError { retry_after: hint_s.map(Duration::from_secs), ..CallError::new(kind, "…") }
    }

    /// Returns the decisions on `times` errors of one kind in a row.
    fn decisions(error: &CallError, times: u32, endpoint: EndpointState) -> Vec<Decision> {
        let mut counts = RetryCounts::default();
        (0..times).map(|_| decide(error, &mut counts, &LIMITS, endpoint)).collect()
    }

    #[test]
    fn the_first_error_of_each_kind_without_a_hint() {
        let at_once = Decision::Retry(RetryDelay::None);
        let expected = [
            at_once,
            Decision::Hold,
            Decision::Hold,
            at_once,
            Decision::Retry(RetryDelay::Backoff(1)),
            at_once,
            at_once,
            Decision::NoReplyRecorded,
            Decision::Hold,
            Decision::Retry(RetryDelay::Backoff(1)),
            at_once,
        ];
        for (kind, expected) in KINDS.into_iter().zip(expected) {
            for endpoint in [NEW, REPLIED] {
                assert_eq!(decisions(&error(kind, None), 1, endpoint), [expected], "{kind:?}");
            }
        }
    }

    #[test]
    fn each_kind_counts_in_its_own_group() {
        let groups = |kind| {
            let mut counts = RetryCounts::default();
            decide(&error(kind, None), &mut counts, &LIMITS, NEW);
            [
                counts.failures,
                counts.free_drops,
                counts.endpoint_waits,
                counts.parameter_changes,
                counts.replica_failures,
            ]
        };
        let failure = [1, 0, 0, 0, 0];
        let expected = [
            [0, 0, 0, 1, 0],
            failure,
            failure,
            [0, 0, 1, 0, 0],
            failure,
            [0, 1, 0, 0, 0],
            [0, 0, 1, 0, 0],
            failure,
            failure,
            failure,
            [0, 0, 0, 0, 1],
        ];
        assert_eq!(KINDS.map(groups), expected);
    }

    #[test]
    fn transient_errors_back_off_until_the_attempts_are_used_up() {
        let expected = [
            Decision::Retry(RetryDelay::Backoff(1)),
            Decision::Retry(RetryDelay::Backoff(2)),
            Decision::Exhaust,
        ];
        assert_eq!(decisions(&error(CallErrorKind::Transient, None), 3, REPLIED), expected);
    }

    #[test]
    fn a_hint_replaces_the_backoff_up_to_one_minute() {
        for (hint, expected) in [(0, 0), (5, 5), (60, 60), (61, 60), (86_400, 60)] {
            let delay = RetryDelay::Hint(Duration::from_secs(expected));
            let decided = decisions(&error(CallErrorKind::Transient, Some(hint)), 1, NEW);
            assert_eq!(decided, [Decision::Retry(delay)], "{hint} s");
        }
    }

    #[test]
    fn three_dropped_connections_use_no_attempt() {
        let at_once = Decision::Retry(RetryDelay::None);
        let expected = [
            at_once,
            at_once,
            at_once,
            Decision::Retry(RetryDelay::Backoff(1)),
            Decision::Retry(RetryDelay::Backoff(2)),
            Decision::Exhaust,
        ];
        assert_eq!(decisions(&error(CallErrorKind::ConnectionDropped, None), 6, NEW), expected);
    }

    #[test]
    fn eight_parameters_are_changed_before_the_request_is_rejected() {
        let decided = decisions(&error(CallErrorKind::UnsupportedParameter, None), 9, NEW);
        assert_eq!(decided[..8], [Decision::Retry(RetryDelay::None); 8]);
        assert_eq!(decided[8], Decision::Hold);
    }

    #[test]
    fn eight_failures_of_replicas_use_no_attempt() {
        let decided = decisions(&error(REPLICA_FAILED, None), 10, NEW);
        assert_eq!(decided[..8], [Decision::Retry(RetryDelay::None); 8]);
        assert_eq!(decided[8..], [1, 2].map(|n| Decision::Retry(RetryDelay::Backoff(n))));
    }

    #[test]
    fn an_outage_of_all_replicas_forgets_the_failures_of_single_ones() {
        for outage in [CallErrorKind::Unreachable, CallErrorKind::Throttled] {
            let mut counts = RetryCounts::default();
            for kind in [[REPLICA_FAILED; 2], [outage; 2]].concat().repeat(50) {
                let decided = decide(&error(kind, None), &mut counts, &LIMITS, REPLIED);
                assert_eq!(decided, Decision::Retry(RetryDelay::None), "{kind:?}");
            }
        }
    }

    #[test]
    fn a_throttled_trial_waits_alone_and_then_fails_where_others_get_replies() {
        let throttled = |times, replies, hint| {
            let throttling = Throttling {
                times,
                replies_since_first: replies,
                replies_since_last: replies,
                others_throttled: 0,
            };
            let endpoint = EndpointState { throttling, ..REPLIED };
            decisions(&error(CallErrorKind::Throttled, hint), 1, endpoint)[0]
        };
        assert_eq!(throttled(1, 500, None), Decision::Retry(RetryDelay::None));
        assert_eq!(throttled(2, 500, None), Decision::Retry(RetryDelay::Backoff(1)));
        let minute = Duration::from_mins(1);
        assert_eq!(throttled(2, 500, Some(90)), Decision::Retry(RetryDelay::Hint(minute)));
        assert_eq!(throttled(3, 500, Some(90)), Decision::Exhaust);
        assert_eq!(throttled(3, 0, None), Decision::Retry(RetryDelay::None));
    }

    #[test]
    fn a_throttled_trial_waits_however_often_unless_the_wait_is_longer_than_a_trial() {
        for hint in [None, Some(0), Some(60), Some(1_799)] {
            let decided = decisions(&error(CallErrorKind::Throttled, hint), 50, NEW);
            assert_eq!(decided, [Decision::Retry(RetryDelay::None); 50], "{hint:?}");
        }
        for hint in [1_800, 86_400] {
            let decided = decisions(&error(CallErrorKind::Throttled, Some(hint)), 1, REPLIED);
            assert_eq!(decided, [Decision::StopJudge(StopReason::WaitTooLong)], "{hint} s");
        }
    }

    #[test]
    fn only_an_endpoint_that_never_replied_is_given_up_when_it_cannot_be_reached() {
        for (has_replied, unreachable_in_a_row, stops) in [
            (false, 1, false),
            (false, 2, false),
            (false, 3, true),
            (false, 4, true),
            (true, 3, false),
            (true, 1_000, false),
        ] {
            let endpoint = EndpointState { has_replied, unreachable_in_a_row, throttling: FIRST };
            let decided = decisions(&error(CallErrorKind::Unreachable, None), 1, endpoint);
            let expected = if stops {
                Decision::StopJudge(StopReason::Unreachable)
            } else {
                Decision::Retry(RetryDelay::None)
            };
            assert_eq!(decided, [expected], "{endpoint:?}");
        }
    }

    #[test]
    fn waiting_and_changing_parameters_use_no_attempt_of_a_transient_error() {
        let mut counts = RetryCounts::default();
        let mut next = |kind| decide(&error(kind, None), &mut counts, &LIMITS, REPLIED);
        assert_eq!(next(CallErrorKind::Transient), Decision::Retry(RetryDelay::Backoff(1)));
        for kind in [
            CallErrorKind::Throttled,
            CallErrorKind::Unreachable,
            CallErrorKind::ConnectionDropped,
            CallErrorKind::UnsupportedParameter,
        ] {
            assert_eq!(next(kind), Decision::Retry(RetryDelay::None), "{kind:?}");
        }
        assert_eq!(next(CallErrorKind::Transient), Decision::Retry(RetryDelay::Backoff(2)));
        assert_eq!(next(CallErrorKind::Transient), Decision::Exhaust);
    }
}
