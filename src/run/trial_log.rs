//! What is logged about a trial: which one, and how each of its requests ended. Texts of items and replies, and the
//! words of servers, which may quote them, are never logged.

use std::time::Duration;

use super::trial_state::TrialState;
use super::worker::JudgeWorker;
use crate::judge::{CallError, Reply};

/// Logs how a request of a trial ended: which trial, the status and the latency, then further fields and the message.
macro_rules! log_request {
    (($worker:expr, $state:expr, $status:expr, $latency:expr), $($further:tt)+) => {
        tracing::debug!(
            judge = $worker.judge.settings.name,
            item = $state.subject.item().id,
            first = $state.subject.first_system($state.key.order),
            repeat = $state.key.repeat,
            attempt = $state.last_attempt,
            status = $status,
            latency_ms = milliseconds($latency),
            $($further)+
        )
    };
}

impl JudgeWorker<'_> {
    /// Logs a reply.
    pub(super) fn log_reply(
        &self,
        state: &TrialState<'_>,
        reply: &Reply,
        is_readable: bool,
        latency: Duration,
    ) {
        log_request!(
            (self, state, reply.status, latency),
            prompt_tokens = reply.usage.map(|usage| usage.prompt),
            completion_tokens = reply.usage.map(|usage| usage.completion),
            is_readable,
            "reply"
        );
    }

    /// Logs an error.
    pub(super) fn log_error(&self, state: &TrialState<'_>, error: &CallError, latency: Duration) {
        log_request!((self, state, error.status, latency), error = error.logged(), "error");
    }

    /// Logs that a trial is asked again: after a failure, or because its reply could not be read.
    pub(super) fn log_retry(&self, state: &TrialState<'_>, failure: Option<&str>, wait: Duration) {
        tracing::info!(
            judge = self.judge.settings.name,
            item = state.subject.item().id,
            attempt = state.last_attempt,
            reason = failure.unwrap_or("unreadable reply"),
            wait_ms = milliseconds(wait),
            "retry"
        );
    }
}

fn milliseconds(time: Duration) -> u64 {
    time.as_millis() as u64
}
