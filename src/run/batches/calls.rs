//! Calls to a provider about batches: within a time limit, and repeated after failures that may pass.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::judge::BatchJudge;
use crate::judge::{BatchFuture, CallError, CallErrorKind};

/// The shortest time limit of a call, which may transfer a large file.
const LEAST_TIMEOUT: Duration = Duration::from_mins(10);
/// The longest wait for which a provider can ask before a call is repeated.
const MAX_HINT: Duration = Duration::from_mins(1);

impl BatchJudge<'_> {
    /// Makes a call once.
    pub(super) async fn call_once<T>(&self, call: BatchFuture<'_, T>) -> Result<T, CallError> {
        let limit = self.settings.timeout.max(LEAST_TIMEOUT);
        timeout(limit, call).await.unwrap_or_else(|_| {
            let message = format!("no answer within {} s", limit.as_secs());
            Err(CallError::new(CallErrorKind::Transient, message))
        })
    }

    /// Makes a call that may be repeated, as often as a trial may be attempted; `cancel` ends the waiting in between.
    pub(super) async fn call<'b, T>(
        &self,
        cancel: &CancellationToken,
        call: impl Fn() -> BatchFuture<'b, T>,
    ) -> Result<T, CallError> {
        let mut failures = 0;
        loop {
            let error = match self.call_once(call()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            failures += 1;
            if !may_pass(&error) || failures >= self.settings.max_attempts {
                return Err(error);
            }
            if !self.wait_after(&error, failures, cancel).await {
                return Err(error);
            }
        }
    }

    /// Waits after an error, as long as the server asks or longer each time; returns `false` if that was cancelled.
    pub(super) async fn wait_after(
        &self,
        error: &CallError,
        failures: u32,
        cancel: &CancellationToken,
    ) -> bool {
        let delay = match error.retry_after {
            Some(hint) => hint.min(MAX_HINT) + self.pacer.jitter(),
            None => self.pacer.retry_delay(failures),
        };
        tracing::info!(judge = self.name(), error = error.logged(), ?delay, "a call is repeated");
        tokio::select! {
            biased;
            () = cancel.cancelled() => false,
            () = sleep(delay) => true,
        }
    }
}

/// Returns whether a call may succeed if it is repeated.
pub(super) fn may_pass(error: &CallError) -> bool {
    matches!(
        error.kind,
        CallErrorKind::Throttled
            | CallErrorKind::Transient
            | CallErrorKind::NoCompletion
            | CallErrorKind::ConnectionDropped
            | CallErrorKind::Unreachable
            | CallErrorKind::ReplicaFailed { .. }
    )
}

/// Returns whether the server has certainly not done what a call asked for: it said so, or it was not reached. A gateway's
/// timeout or the like says nothing of what the server behind it has done.
pub(super) fn was_refused(error: &CallError) -> bool {
    let is_rejection = error.status.is_some_and(|status| (400..500).contains(&status))
        && error.kind != CallErrorKind::Transient;
    let was_not_reached = matches!(
        error.kind,
        CallErrorKind::Unreachable | CallErrorKind::ReplicaFailed { reached: false }
    );
    is_rejection
        || was_not_reached
        || (error.kind == CallErrorKind::Throttled && error.status.is_some())
}
