//! Why a trial has no answer yet, as far as the run file says.

use serde::{Serialize, Serializer};

use super::attempt::AttemptResult;
use super::records::{OrderRecord, TrialRecord};
use crate::judge::Reply;
use crate::verdict::Ballot;
use crate::vote::Answer;

/// Why a trial has no answer yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PendingReason {
    /// It has not been asked: the run was interrupted before, a budget ended it, or its judge was stopped.
    NotAsked,
    /// The recording that answers in place of a judge has no reply to it.
    NotRecorded,
    /// The endpoint could not be reached, asked to wait for too long, or rejected every request.
    NoEndpoint,
    /// It was asked without success, and the run was interrupted before it was asked again.
    Interrupted,
}

impl PendingReason {
    /// Every reason, in the order of reports.
    pub const ALL: [Self; 4] =
        [Self::NotAsked, Self::NotRecorded, Self::NoEndpoint, Self::Interrupted];

    /// Returns the word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "not-asked",
            Self::NotRecorded => "not-recorded",
            Self::NoEndpoint => "no-endpoint",
            Self::Interrupted => "interrupted",
        }
    }
}

impl Serialize for PendingReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<A: Answer> TrialRecord<A> {
    /// Returns why the trial has no answer yet; `None` unless it is pending.
    pub fn pending_reason(&self) -> Option<PendingReason> {
        if self.ballot != Ballot::Pending {
            return None;
        }
        Some(match self.attempts.last() {
            None => PendingReason::NotAsked,
            Some(last) if last.reply.finish_reason.as_deref() == Some(Reply::NOT_RECORDED) => {
                PendingReason::NotRecorded
            }
            Some(last) if last.result == AttemptResult::EndpointDown => PendingReason::NoEndpoint,
            Some(_) => PendingReason::Interrupted,
        })
    }

    /// Returns the last error, in a sentence.
    pub fn last_error(&self) -> Option<&str> {
        self.attempts.iter().rev().find_map(|attempt| attempt.error.as_deref())
    }
}

impl<A: Answer> OrderRecord<A> {
    /// Returns why the order has no answer yet: the reason of its first repeat without one. `None` unless it is
    /// pending.
    pub fn pending_reason(&self) -> Option<PendingReason> {
        self.trials.iter().find_map(TrialRecord::pending_reason)
    }
}
