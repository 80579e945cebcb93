//! Why trials have no answer yet, in words.

use crate::store::PendingReason;

/// Returns what pending trials are, as in `3 trials not asked yet`.
pub(super) fn pending_words(reason: PendingReason) -> &'static str {
    match reason {
        PendingReason::NotAsked => "not asked yet",
        PendingReason::NotRecorded => "without a reply in the recording",
        PendingReason::NoEndpoint => "that the endpoint did not answer",
        PendingReason::Interrupted => "interrupted before their answer",
    }
}

/// Returns why one trial is pending, as in `pending: not asked yet`.
pub(super) fn pending_trial(reason: PendingReason) -> &'static str {
    match reason {
        PendingReason::NotAsked => "not asked yet",
        PendingReason::NotRecorded => "the recording has no reply",
        PendingReason::NoEndpoint => "the endpoint did not answer",
        PendingReason::Interrupted => "interrupted before an answer",
    }
}
