//! Refused trials: each waits until it is known who is to blame, and then ends, is asked again, or stops the
//! judge.
//!
//! [`refusal`](super::refusal) decides; this module waits and applies the decision.

use std::pin::pin;
use std::time::Duration;

use super::health::Active;
use super::refusal::{Blame, Refusal, RefusalKind, Situation, Success, blame};
use super::retry::StopReason;
use super::subject::TrialEnd;
use super::trial::Next;
use super::trial_state::TrialState;
use super::worker::JudgeWorker;
use crate::judge::CallError;
use crate::store::AttemptResult;

impl<'a> JudgeWorker<'a> {
    /// Returns whether the endpoint answers one trial after the other with the same success that is no completion.
    pub(super) fn is_never_a_completion(&self, state: &TrialState<'a>, error: &CallError) -> bool {
        let sent = self.health.record_refusal(state.key, state.request_number, error);
        let refusal =
            Refusal { kind: RefusalKind::Endpoint, account: error.account, times: state.refusals };
        // Such a trial is retried with a delay meanwhile, so the end of the plan must not decide.
        let situation = Situation { others_active: true, ..self.health.situation(error, sent) };
        blame(refusal, situation) == Blame::Endpoint
    }

    /// Waits until it is known who is to blame for a refusal; returns the result of the attempt and what to do
    /// next. The trial is not active meanwhile.
    pub(super) async fn hold(
        &self,
        state: &mut TrialState<'a>,
        active: &mut Active<'_>,
        error: &CallError,
    ) -> (AttemptResult, Next) {
        let Some(kind) = RefusalKind::of(error) else {
            return (AttemptResult::Rejected, Next::End(TrialEnd::Failed));
        };
        state.refusals += 1;
        let refusal = Refusal { kind, account: error.account, times: state.refusals };
        let sent = self.health.record_refusal(state.key, state.request_number, error);
        active.suspend();
        let blame = self.unless_stopped(self.known_blame(refusal, error, sent)).await;
        active.resume();
        state.is_blamed |= matches!(blame, Some((Blame::Trial | Blame::AskAgain, true)));
        match blame {
            // The account may be in order again; what a prompt contains stays.
            Some((Blame::Trial, false)) if error.account && !state.is_blamed => {
                (AttemptResult::Exhausted, Next::End(TrialEnd::Failed))
            }
            Some((Blame::Trial, _)) => (AttemptResult::Rejected, Next::End(TrialEnd::Failed)),
            Some((Blame::AskAgain, succeeded_since)) => {
                // Behind first attempts, which show more than the same trial again.
                state.goes_first = false;
                let delay = if succeeded_since {
                    Duration::ZERO
                } else {
                    self.judge.pacer.retry_delay(state.refusals)
                };
                (AttemptResult::Retried, Next::RetryAfter(delay))
            }
            Some((Blame::Endpoint, _)) => {
                let reason = match kind {
                    RefusalKind::Endpoint | RefusalKind::Address if concerns_all(error) => {
                        StopReason::EndpointRejected
                    }
                    _ => StopReason::RequestsRejected,
                };
                self.stop_judge(reason, || error.message.clone());
                left_as_it_is(state)
            }
            Some((Blame::Unknown, _)) | None => left_as_it_is(state),
        }
    }

    /// Waits until it is known who is to blame for a refusal, before which `sent` requests were sent; returns that,
    /// and whether another trial has succeeded since.
    async fn known_blame(&self, refusal: Refusal, error: &CallError, sent: u64) -> (Blame, bool) {
        loop {
            let mut changed = pin!(self.health.changed());
            // Registered before the situation is read, so that no change is missed in between.
            changed.as_mut().enable();
            let situation = self.health.situation(error, sent);
            match blame(refusal, situation) {
                Blame::Unknown => changed.await,
                known => return (known, situation.last_success == Success::Since),
            }
        }
    }
}

/// Leaves a trial as it is, without a result of its own.
fn left_as_it_is(state: &mut TrialState<'_>) -> (AttemptResult, Next) {
    (AttemptResult::EndpointDown, Next::End(state.leave()))
}

/// Returns whether a refusal is of a kind that concerns every request, by its status or the server's own code,
/// rather than by how often it occurs.
fn concerns_all(error: &CallError) -> bool {
    !matches!(error.status, Some(400 | 413 | 415 | 422 | 500..))
}
