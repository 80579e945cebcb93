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
    /// Requests that were given up because others took much less time.
    pub(super) adaptive_limits: u32,
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
    /// The server that is started for the judge ended before it was ready, or was not ready in time.
    NotStarted,
    /// The server that was started for the judge has ended.
    ServerEnded,
    /// The program that is the judge cannot be started, or its processes fail without ever answering.
    ProgramFailed,
    /// The quota is shared with other processes, and no turn of it can be booked.
    NoLease,
    /// The answers of a batch that has ended cannot be read whole.
    AnswersCutOff,
    /// The provider has refused a batch as a whole.
    BatchRefused,
}

impl StopReason {
    /// Returns the words for it in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EndpointRejected => "every request is rejected",
            Self::RequestsRejected => "one request after the other is rejected",
            Self::Unreadable => "no reply can be read",
            Self::Unreachable => "the model cannot be reached",
            Self::WaitTooLong => "the wait that is asked for is too long",
            Self::NotStarted => "its server did not become ready",
            Self::ServerEnded => "its server has ended",
            Self::ProgramFailed => "its program fails",
            Self::NoLease => "the shared quota cannot be used",
            Self::BatchRefused => "a batch is refused",
            Self::AnswersCutOff => "the answers of a batch are cut off",
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
        CallErrorKind::ProgramFailed => Decision::StopJudge(StopReason::ProgramFailed),
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
mod tests;
