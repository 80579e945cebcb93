//! One trial, from its first request until it is decided.
//!
//! A trial is asked until its reply can be read, it is rejected, its attempts, its time or the budget are
//! used up, its request turns out larger than a quota, its recording has no reply, or its judge is stopped.
//! [`retry`](super::retry) decides what an error means; this module applies the decision. Every answer is
//! stored, and every reservation is charged or refunded.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::health::{Active, Outage};
use super::latency_log::TimeLimit;
use super::refusal::Throttling;
use super::reservation::Reservation;
use super::retry::{Decision, EndpointState, RetryDelay, RetryLimits, StopReason, decide};
use super::sending::{Sent, may_have_cost};
use super::subject::TrialEnd;
use super::tokens::likely_prompt_tokens;
use super::trial_state::TrialState;
use super::worker::JudgeWorker;
use crate::input::JudgeSettings;
use crate::judge::{CallError, CallErrorKind, Reply};
use crate::pace::{CannotDepart, Permit, RequestTooLarge};
use crate::store::AttemptResult;

/// What to do after an answer.
pub(super) enum Next {
    /// The trial is decided, or is left as it is.
    End(TrialEnd),
    /// It is asked again after a delay.
    RetryAfter(Duration),
}

impl<'a> JudgeWorker<'a> {
    /// Asks one trial until it is decided or the judge stops, and stores what it may have cost; returns how it ended
    /// and whether it is decided.
    pub(super) async fn ask_trial(
        &self,
        mut state: TrialState<'a>,
        mut active: Active<'_>,
    ) -> (TrialEnd, bool) {
        let end = self.ask_until_decided(&mut state, &mut active).await;
        if state.possible_cost > 0.0 {
            let message = "ended without an answer; its cost is unknown".to_owned();
            let attempt = state.unanswered(AttemptResult::Retried, message);
            self.store(attempt).await;
        }
        (end, state.is_decided)
    }

    async fn ask_until_decided(
        &self,
        state: &mut TrialState<'a>,
        active: &mut Active<'_>,
    ) -> TrialEnd {
        let deadline = Instant::now() + self.judge.settings.total_timeout;
        // A request that was rejected for a parameter keeps its slot in flight: other requests wait for what it
        // teaches.
        let mut kept_permit: Option<Permit<'_>> = None;
        loop {
            let reservation = match self.reserve(state, deadline).await {
                Ok(reservation) => reservation,
                Err(end) => return end,
            };
            let is_retry = !state.counts.is_zero() || state.unreadable > 0;
            let acquired = self.acquire(state, kept_permit.take(), is_retry);
            let permit = match self.unless_stopped(timeout_at(deadline, acquired)).await {
                None => return state.leave(),
                Some(Ok(Err(CannotDepart::TooLarge(error)))) => {
                    return self.too_large(state, &error).await;
                }
                Some(Ok(Err(error))) => {
                    self.stop_judge(StopReason::NoLease, || error.to_string());
                    return state.leave();
                }
                // A timeout polls the future first, so the permit may come after the deadline.
                Some(Ok(Ok(permit))) if Instant::now() < deadline => permit,
                Some(_) => return self.out_of_time(state, deadline).await,
            };
            let sent = self.send(state, reservation, permit, is_retry, deadline).await;
            let Sent { answer, reservation, permit, latency, given_up } = sent;
            if let Err(error) = &answer
                && error.kind == CallErrorKind::UnsupportedParameter
                && state.counts.may_change_parameter()
            {
                kept_permit = Some(permit);
            } else {
                drop(permit);
            }
            // Before the answer: a stored rejection without the parameter change that it taught would make the
            // next session send the same request again.
            self.store_changed_profile().await;
            let failure = answer.as_ref().err().map(CallError::logged);
            let next = match answer {
                Ok(reply) => self.handle_reply(state, reply, reservation, latency).await,
                Err(error) => {
                    self.handle_error(state, active, &error, reservation, (latency, given_up)).await
                }
            };
            match next {
                Next::End(end) => return end,
                Next::RetryAfter(delay) if Instant::now() + delay >= deadline => {
                    return self.out_of_time(state, deadline).await;
                }
                Next::RetryAfter(delay) => {
                    self.log_retry(state, failure.as_deref(), delay);
                    if self.unless_stopped(sleep(delay)).await.is_none() {
                        return state.leave();
                    }
                }
            }
        }
    }

    /// Returns the reservation of the next request; an error is the end of the trial. The first
    /// request of a trial has one already, since all trials of a comparison are reserved together.
    async fn reserve(
        &self,
        state: &mut TrialState<'a>,
        deadline: Instant,
    ) -> Result<Reservation<'a>, TrialEnd> {
        if let Some(reservation) = state.reservation.take() {
            return Ok(reservation);
        }
        let max_request_cost = self.max_request_cost(&state.request.messages);
        let smallest = self.smallest_request_cost(&state.request.messages);
        let reserved = self.context.budget.reserve_one(max_request_cost, smallest);
        let reserved = timeout_at(deadline, reserved);
        match self.unless_stopped(reserved).await {
            Some(Ok(Some(reservation))) => Ok(reservation),
            Some(Ok(None)) => {
                self.stop_new_comparisons();
                Err(state.leave())
            }
            Some(Err(_)) => Err(self.out_of_time(state, deadline).await),
            None => Err(state.leave()),
        }
    }

    /// Waits until the pacer lets the next request leave.
    async fn acquire(
        &self,
        state: &TrialState<'a>,
        kept: Option<Permit<'a>>,
        is_retry: bool,
    ) -> Result<Permit<'a>, CannotDepart> {
        let pacer = self.judge.pacer;
        let tokens = likely_prompt_tokens(&state.request.messages);
        match kept {
            Some(mut permit) => permit.reacquire().await.map(|()| permit),
            None if is_retry && state.goes_first => {
                pacer.enqueue_retry(tokens).await.acquire().await
            }
            None => pacer.enqueue(tokens).await.acquire().await,
        }
    }

    /// Stores a reply and reads it.
    async fn handle_reply(
        &self,
        state: &mut TrialState<'a>,
        mut reply: Reply,
        reservation: Reservation<'a>,
        latency: Duration,
    ) -> Next {
        if reply.hit_token_limit() && state.lowered_limit.is_some() {
            reply.finish_reason = Some(Reply::COST_LIMIT.to_owned());
        }
        let hit_cost_limit = reply.hit_cost_limit();
        let end = self.judge.reader.read(&reply);
        self.log_reply(state, &reply, end.is_some(), latency);
        self.health.record_reply(state.request_number, end.is_some());
        if end.is_some() {
            self.judge.pacer.mark_reachable();
        } else {
            self.judge.pacer.mark_answering();
        }
        if let Some(usage) = reply.usage {
            let bytes = state.request.messages.iter().map(|message| message.content.len() as u64);
            self.health.record_usage(bytes.sum(), usage);
        }
        let price = self.judge.settings.price;
        let cost = if reply.status.is_some_and(|status| status >= 400) {
            // Error answers are free at all providers, even one that quotes what the model wrote.
            price.map(|_| 0.0)
        } else {
            reply.usage.zip(price).map(|(usage, price)| usage.cost(price))
        };
        if cost.is_none() {
            // The server did not count the tokens, so the request may have cost everything.
            state.possible_cost += reservation.usd();
        }
        let usd = reservation.usd();
        reservation.charge(cost.unwrap_or(usd));
        let is_final = state.unreadable >= self.judge.max_parse_retries || reply.hit_token_limit();
        let attempt = state.attempt(AttemptResult::Replied, reply, None, cost, latency);
        self.context.progress.add_cost(&attempt);
        self.store(attempt).await;
        if let Some(end) = end {
            return Next::End(end);
        }
        if hit_cost_limit {
            // The trial is not decided: a command with a larger budget asks it again.
            self.stop_new_comparisons();
            state.leave();
            return Next::End(TrialEnd::Unreadable);
        }
        state.unreadable += 1;
        state.goes_first = true;
        if !is_final {
            return Next::RetryAfter(Duration::ZERO);
        }
        // A judge without an endpoint costs nothing.
        if self.health.record_unreadable_trial() && !self.judge.model.is_deterministic() {
            self.stop_judge(StopReason::Unreadable, || {
                self.judge.reader.nothing_readable().to_owned()
            });
        }
        Next::End(TrialEnd::Unreadable)
    }

    /// Decides what an error means, applies the decision, and stores the error where there was an answer or
    /// the trial ends.
    async fn handle_error(
        &self,
        state: &mut TrialState<'a>,
        active: &mut Active<'_>,
        error: &CallError,
        reservation: Reservation<'a>,
        (latency, given_up): (Duration, Option<TimeLimit>),
    ) -> Next {
        self.log_error(state, error, latency);
        let decision = if given_up == Some(TimeLimit::Adaptive) {
            // No trial fails because of what others took: it is asked again and given more time.
            state.counts.adaptive_limits += 1;
            state.goes_first = true;
            Decision::Retry(RetryDelay::None)
        } else {
            self.decide(state, error)
        };
        self.health.record_error(error);
        state.last_error = Some(error.message.clone());
        let changes_parameter = error.kind == CallErrorKind::UnsupportedParameter
            && matches!(decision, Decision::Retry(_));
        // Before the trial waits for others, which may wait for the budget.
        if changes_parameter {
            state.reservation = reservation.renew();
        } else {
            let charged = if may_have_cost(error) { reservation.usd() } else { 0.0 };
            reservation.charge(charged);
            state.possible_cost += charged;
        }
        let (result, mut next) = match decision {
            Decision::Hold => self.hold(state, active, error).await,
            decision => self.apply(state, error, decision),
        };
        if changes_parameter && state.reservation.is_none() {
            self.stop_new_comparisons();
            next = Next::End(state.leave());
        }
        // A retried error without an answer says nothing that the next attempt does not say again.
        let is_stored = error.status.is_some() || result != AttemptResult::Retried;
        let is_not_recorded = error.kind == CallErrorKind::NotRecorded;
        // That a recording has no reply is stored once, however often it is looked up.
        if is_stored && !(is_not_recorded && state.last_attempt > 1) {
            let finish_reason = is_not_recorded.then(|| Reply::NOT_RECORDED.to_owned());
            let reply = Reply {
                status: error.status,
                text: error.body.clone(),
                finish_reason,
                ..Reply::default()
            };
            let attempt = state.attempt(result, reply, Some(error.message.clone()), None, latency);
            self.store(attempt).await;
        }
        next
    }

    fn decide(&self, state: &mut TrialState<'a>, error: &CallError) -> Decision {
        let unreachable_in_a_row = match error.kind {
            CallErrorKind::Unreachable => self.judge.pacer.record_unreachable(),
            _ => 0,
        };
        let has_replied = self.health.last_reply().is_some();
        let mut throttling = Throttling::default();
        if error.kind == CallErrorKind::Throttled {
            let (throttled, since) = self.health.throttle(state.throttled);
            (state.throttled, throttling) = (Some(throttled), since);
            state.goes_first = throttling.goes_first();
        } else {
            state.goes_first = true;
        }
        let endpoint = EndpointState { has_replied, unreachable_in_a_row, throttling };
        if error.kind == CallErrorKind::NoCompletion && self.is_never_a_completion(state, error) {
            return Decision::StopJudge(if has_replied {
                StopReason::RequestsRejected
            } else {
                StopReason::EndpointRejected
            });
        }
        decide(error, &mut state.counts, &RetryLimits::of(self.judge.settings), endpoint)
    }

    /// Informs pacer and progress of a decision; returns the result of the attempt and what to do next.
    fn apply(
        &self,
        state: &mut TrialState<'a>,
        error: &CallError,
        decision: Decision,
    ) -> (AttemptResult, Next) {
        let pacer = self.judge.pacer;
        match decision {
            Decision::Retry(delay) => {
                // Where the trial waits alone, nobody else has to.
                let all_wait = delay == RetryDelay::None;
                if all_wait && error.kind == CallErrorKind::Throttled {
                    pacer.record_throttled(error.retry_after);
                }
                if all_wait
                    && matches!(error.kind, CallErrorKind::Throttled | CallErrorKind::Unreachable)
                {
                    let reason = format!("{}: {}", self.judge.settings.name, error.message);
                    self.context.progress.record_wait(pacer.paused_until(), reason);
                }
                let delay = match delay {
                    RetryDelay::None => Duration::ZERO,
                    RetryDelay::Hint(hint) => hint + pacer.jitter(),
                    RetryDelay::Backoff(failures) => pacer.retry_delay(failures),
                };
                (AttemptResult::Retried, Next::RetryAfter(delay))
            }
            // Refusals are held before they are applied.
            Decision::Hold => (AttemptResult::Retried, Next::RetryAfter(Duration::ZERO)),
            Decision::Exhaust => (AttemptResult::Exhausted, Next::End(TrialEnd::Failed)),
            Decision::NoReplyRecorded => (AttemptResult::EndpointDown, Next::End(state.leave())),
            Decision::StopJudge(reason) => {
                self.stop_judge(reason, || stop_message(reason, error, self.judge.settings));
                (AttemptResult::EndpointDown, Next::End(state.leave()))
            }
        }
    }

    /// Ends a trial whose request is larger than a minute's quota. Nothing was sent.
    async fn too_large(&self, state: &mut TrialState<'a>, error: &RequestTooLarge) -> TrialEnd {
        // Exhausted and not rejected: the quota may be raised, and then the trial is asked again.
        let attempt = state.unanswered(AttemptResult::Exhausted, error.to_string());
        self.store(attempt).await;
        TrialEnd::Failed
    }

    /// Ends a trial whose time is up. If the last request found the endpoint (or the program) unreachable or was
    /// throttled, and no reply has arrived for half as long as a trial may take, it is down: other trials would wait as
    /// long in vain, so the judge stops.
    async fn out_of_time(&self, state: &mut TrialState<'a>, deadline: Instant) -> TrialEnd {
        let total = self.judge.settings.total_timeout;
        let last = state.last_error.take().map(|error| format!("; last error: {error}"));
        let message = format!(
            "no reply within {} s, the time limit of a trial (total_timeout_s){}",
            total.as_secs_f64(),
            last.unwrap_or_default()
        );
        if state.request_number == 0
            && let Some(reason) = self.judge.pacer.why_no_turn()
        {
            // It was never sent: what others use of a quota is no failure of the trial.
            let message = format!(
                "no turn of the shared quota within {} s, the time limit of a trial (total_timeout_s): {reason}",
                total.as_secs_f64()
            );
            let attempt = state.unanswered(AttemptResult::EndpointDown, message);
            self.store(attempt).await;
            return state.leave();
        }
        let is_silent =
            self.health.last_reply().is_none_or(|arrived| arrived + total / 2 <= deadline);
        let (result, end) = match self.health.outage().filter(|_| is_silent) {
            Some(outage) => {
                let (reason, what) = match (outage, self.judge.settings.program()) {
                    (Outage::Unreachable, None) => {
                        (StopReason::Unreachable, "the endpoint can no longer be reached")
                    }
                    (Outage::Unreachable, Some(_)) => {
                        (StopReason::Unreachable, "the program can no longer reach its model")
                    }
                    (Outage::Throttled, None) => {
                        (StopReason::WaitTooLong, "the endpoint asks every request to wait")
                    }
                    (Outage::Throttled, Some(_)) => {
                        (StopReason::WaitTooLong, "the program asks every request to wait")
                    }
                };
                self.stop_judge(reason, || format!("{what}: {message}"));
                (AttemptResult::EndpointDown, state.leave())
            }
            None => (AttemptResult::Exhausted, TrialEnd::Failed),
        };
        let attempt = state.unanswered(result, message);
        self.store(attempt).await;
        end
    }
}

/// Returns the message with which an error stops a judge.
fn stop_message(reason: StopReason, error: &CallError, settings: &JudgeSettings) -> String {
    let Some(wait) = error.retry_after.filter(|_| reason == StopReason::WaitTooLong) else {
        return error.message.clone();
    };
    let asked = if settings.program().is_some() { "the program" } else { "the endpoint" };
    format!(
        "{asked} asks to wait {} s, and a trial may take {} s (total_timeout_s): {}",
        wait.as_secs(),
        settings.total_timeout.as_secs_f64(),
        error.message
    )
}
