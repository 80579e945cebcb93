//! One trial, from its first request to its end.
//!
//! It is asked until its reply can be read, it is refused for good, or its attempts or its time are used
//! up. Every answer is stored, and whatever was reserved for it is settled or given back.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::engine::Worker;
use super::validate::likely_prompt_tokens;
use crate::input::Message;
use crate::judge::{CallError, CallErrorKind, Reply, ServerProfile};
use crate::pace::{Permit, RequestTooLarge};
use crate::store::{Attempt, AttemptResult, TrialKey};
use crate::trial::Trial;
use crate::verdict::Ballot;
use crate::vote::read;

/// How long a server that has failed is given at its word; the attempts count, not the wait.
const LONGEST_HINT: Duration = Duration::from_mins(1);
/// Parameters that a server may reject in turn before the request itself is to blame.
const PARAMETER_CHANGES: u32 = 4;
/// Connections that a trial may lose before each further one uses an attempt.
const DROPS: u32 = 3;

/// A trial under way.
pub(super) struct UnderWay<'a> {
    pub(super) trial: Trial<'a>,
    pub(super) key: TrialKey,
    pub(super) messages: &'a [Message],
    pub(super) request: [u8; 32],
    /// Attempts so far, those of earlier commands included.
    pub(super) number: u32,
    /// Replies that could not be read.
    pub(super) unreadable: u32,
    /// What the last request without a reply brought instead.
    pub(super) last_error: Option<String>,
    /// USD reserved for the next request, until it is sent.
    pub(super) reserved: Option<f64>,
    /// USD that requests without a known cost may have cost, not stored yet.
    pub(super) unsettled: f64,
}

/// How often something went wrong in this command.
#[derive(Default)]
struct Troubles {
    failures: u32,
    drops: u32,
    pauses: u32,
    changes: u32,
}

impl Troubles {
    fn any(&self) -> bool {
        self.failures + self.drops + self.pauses + self.changes > 0
    }
}

/// What to do after an attempt.
enum Next {
    End(Ballot),
    After(Duration),
}

impl UnderWay<'_> {
    /// Where the trial stands if it ends here.
    fn so_far(&self) -> Ballot {
        if self.unreadable > 0 { Ballot::Unreadable } else { Ballot::Pending }
    }

    /// Makes the record of a request that is dropped before its answer is there.
    fn if_aborted(&self, reserved: f64) -> Option<Attempt> {
        let unsettled = self.unsettled + reserved;
        (unsettled > 0.0).then(|| Attempt {
            key: self.key,
            number: self.number,
            result: AttemptResult::Retried,
            request: self.request,
            reply: Reply::default(),
            error: Some("aborted before its answer; what it cost is not known".to_owned()),
            cost: None,
            possible_cost: unsettled,
            latency_ms: 0.0,
            reused: false,
        })
    }

    /// Makes the record of an attempt; it takes over what is not settled.
    fn attempt(
        &mut self,
        ending: AttemptResult,
        reply: Reply,
        error: Option<String>,
        cost: Option<f64>,
        latency: Duration,
    ) -> Attempt {
        Attempt {
            key: self.key,
            number: self.number.max(1),
            result: ending,
            request: self.request,
            reply,
            error,
            cost,
            possible_cost: std::mem::take(&mut self.unsettled),
            latency_ms: latency.as_secs_f64() * 1000.0,
            reused: false,
        }
    }
}

impl Worker<'_> {
    /// Asks one trial to its end and leaves nothing reserved or unsettled behind.
    pub(super) async fn trial(&self, mut at: UnderWay<'_>) -> Ballot {
        let ballot = self.until_it_ends(&mut at).await;
        if let Some(reserved) = at.reserved.take() {
            self.shared.budget.release(reserved);
        }
        if at.unsettled > 0.0 {
            let message = "left without an answer; what it cost is not known".to_owned();
            let row = at.attempt(
                AttemptResult::Retried,
                Reply::default(),
                Some(message),
                None,
                Duration::ZERO,
            );
            self.store(row).await;
        }
        ballot
    }

    async fn until_it_ends(&self, at: &mut UnderWay<'_>) -> Ballot {
        let deadline = Instant::now() + self.judge.settings.total_timeout;
        let tokens = likely_prompt_tokens(at.messages);
        let mut troubles = Troubles::default();
        // A request that was refused for its form keeps its place and leaves again at once.
        let mut kept: Option<Permit<'_>> = None;
        loop {
            if let Err(ballot) = self.reserve_again(at, deadline).await {
                return ballot;
            }
            let pacer = self.judge.pacer;
            let place = kept.take();
            let again = troubles.any() || at.unreadable > 0;
            let departure = async {
                match place {
                    Some(mut permit) => permit.reacquire().await.map(|()| permit),
                    None if again => pacer.enqueue_retry().await.acquire(tokens).await,
                    None => pacer.enqueue().await.acquire(tokens).await,
                }
            };
            let permit = match self.unless_halted(timeout_at(deadline, departure)).await {
                None => return at.so_far(),
                Some(Ok(Err(error))) => return self.too_large(at, &error).await,
                Some(Ok(Ok(permit))) if Instant::now() < deadline => permit,
                Some(_) => return self.out_of_time(at, deadline).await,
            };
            self.shared.tally.sent(again);
            at.number += 1;
            let reserved = at.reserved.take().unwrap_or_default();
            let began = Instant::now();
            let limit = (began + self.judge.settings.timeout).min(deadline);
            let aborted = OnItsWay { worker: self, attempt: at.if_aborted(reserved) };
            let answer = timeout_at(limit, self.judge.model.complete(at.trial, at.messages)).await;
            aborted.has_arrived();
            let latency = began.elapsed();
            self.shared.tally.came_back();
            let answer = answer.unwrap_or_else(|_| {
                let seconds = latency.as_secs_f64();
                let message = format!("no answer within {seconds:.1} s");
                Err(CallError::new(CallErrorKind::Transient, message))
            });
            pacer.record(&permit, &answer);
            let refused_for_form =
                matches!(&answer, Err(CallError { kind: CallErrorKind::UnsupportedParameter, .. }));
            kept = refused_for_form.then_some(permit);
            // Before the answer itself, so that no kill can part the two.
            self.remember_what_was_learnt().await;
            let next = match answer {
                Ok(reply) => self.replied(at, reply, reserved, latency).await,
                Err(error) => self.failed(at, &error, reserved, latency, &mut troubles).await,
            };
            match next {
                Next::End(ballot) => return ballot,
                Next::After(delay) if Instant::now() + delay >= deadline => {
                    return self.out_of_time(at, deadline).await;
                }
                Next::After(delay) => {
                    if self.unless_halted(sleep(delay)).await.is_none() {
                        return at.so_far();
                    }
                }
            }
        }
    }

    /// Reserves what the next request can cost, unless that is done already.
    async fn reserve_again(&self, at: &mut UnderWay<'_>, deadline: Instant) -> Result<(), Ballot> {
        if at.reserved.is_some() {
            return Ok(());
        }
        let worst = self.worst(at.messages);
        let reserve = timeout_at(deadline, self.shared.budget.reserve(1, worst));
        match self.unless_halted(reserve).await {
            Some(Ok(true)) => {
                at.reserved = Some(worst);
                Ok(())
            }
            Some(Ok(false)) => {
                self.closed.store(true, Ordering::Relaxed);
                Err(at.so_far())
            }
            Some(Err(_)) => Err(self.out_of_time(at, deadline).await),
            None => Err(at.so_far()),
        }
    }

    async fn replied(
        &self,
        at: &mut UnderWay<'_>,
        reply: Reply,
        reserved: f64,
        latency: Duration,
    ) -> Next {
        self.judge.pacer.mark_reachable();
        self.is_away(None);
        *self.last_reply.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).replies += 1;
        let price = self.judge.settings.price;
        let cost =
            reply.usage.zip(price).map(|(usage, price)| price.of(usage.prompt, usage.completion));
        self.shared.budget.settle(reserved, cost.unwrap_or(reserved));
        at.unsettled += if cost.is_none() { reserved } else { 0.0 };
        let reading = read(&self.judge.rubric, &reply);
        let attempt = at.attempt(AttemptResult::Replied, reply, None, cost, latency);
        self.shared.tally.reply(&attempt);
        self.store(attempt).await;
        if let Ok(reading) = reading {
            return Next::End(Ballot::Cast(reading.vote));
        }
        at.unreadable += 1;
        let over = at.unreadable > self.judge.settings.max_parse_attempts;
        if over || self.judge.model.is_deterministic() {
            Next::End(Ballot::Unreadable)
        } else {
            Next::After(Duration::ZERO)
        }
    }

    async fn failed(
        &self,
        at: &mut UnderWay<'_>,
        error: &CallError,
        reserved: f64,
        latency: Duration,
        troubles: &mut Troubles,
    ) -> Next {
        let away = matches!(error.kind, CallErrorKind::Throttled | CallErrorKind::Unreachable);
        self.is_away(away.then_some(error.kind));
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).last_error =
            Some(error.message.clone());
        at.last_error = Some(error.message.clone());
        let (ending, mut next) = self.after(at, error, troubles);
        let other_form =
            error.kind == CallErrorKind::UnsupportedParameter && ending == AttemptResult::Retried;
        if other_form && self.shared.budget.resend() {
            // It keeps its place, so it may not wait for money that only others in their places give back.
            at.reserved = Some(reserved);
        } else {
            let charged = if may_have_cost(error) { reserved } else { 0.0 };
            self.shared.budget.settle(reserved, charged);
            at.unsettled += charged;
        }
        if other_form && at.reserved.is_none() {
            self.closed.store(true, Ordering::Relaxed);
            next = Next::End(at.so_far());
        }
        // An error is stored if there was an answer, or if it ends the trial.
        if error.kind != CallErrorKind::NotRecorded
            && (error.status.is_some() || ending != AttemptResult::Retried)
        {
            let reply =
                Reply { status: error.status, text: error.body.clone(), ..Reply::default() };
            let attempt = at.attempt(ending, reply, Some(error.message.clone()), None, latency);
            self.store(attempt).await;
        }
        next
    }

    /// Decides what an error means for the trial and for the judge.
    fn after(
        &self,
        at: &UnderWay<'_>,
        error: &CallError,
        troubles: &mut Troubles,
    ) -> (AttemptResult, Next) {
        let pacer = self.judge.pacer;
        let failures = troubles.failures;
        match error.kind {
            CallErrorKind::UnsupportedParameter => troubles.changes += 1,
            // Waiting for an endpoint that is away uses up nothing.
            CallErrorKind::Throttled | CallErrorKind::Unreachable => troubles.pauses += 1,
            CallErrorKind::ConnectionDropped if troubles.drops < DROPS => troubles.drops += 1,
            _ => troubles.failures += 1,
        }
        let used_up = troubles.failures >= self.judge.settings.max_attempts;
        match error.kind {
            CallErrorKind::NotRecorded => {
                let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
                ended.not_recorded += 1;
                ended.first_not_recorded.get_or_insert_with(|| error.message.clone());
                (AttemptResult::EndpointDown, Next::End(at.so_far()))
            }
            CallErrorKind::UnsupportedParameter if troubles.changes <= PARAMETER_CHANGES => {
                (AttemptResult::Retried, Next::After(Duration::ZERO))
            }
            CallErrorKind::UnsupportedParameter | CallErrorKind::RequestRejected => {
                pacer.mark_reachable();
                (AttemptResult::Rejected, Next::End(Ballot::Failed))
            }
            CallErrorKind::EndpointRejected => self.give_up(at, error),
            // That the endpoint is away is found out once for all trials, not once for each. One that has
            // answered before will be back, one that never did is no endpoint.
            CallErrorKind::Unreachable => {
                let lost = pacer.record_unreachable();
                if lost >= self.judge.settings.max_attempts && self.last_reply().is_none() {
                    return self.give_up(at, error);
                }
                self.waits(error);
                (AttemptResult::Retried, Next::After(Duration::ZERO))
            }
            // No trial could live to see the end of such a pause.
            CallErrorKind::Throttled
                if error.retry_after >= Some(self.judge.settings.total_timeout) =>
            {
                self.give_up(at, error)
            }
            CallErrorKind::Throttled => {
                pacer.record_throttled(error.retry_after);
                self.waits(error);
                (AttemptResult::Retried, Next::After(Duration::ZERO))
            }
            // It is the connection that ended; nothing is wrong with request or endpoint.
            CallErrorKind::ConnectionDropped if troubles.failures == failures => {
                (AttemptResult::Retried, Next::After(Duration::ZERO))
            }
            CallErrorKind::ConnectionDropped | CallErrorKind::Transient if used_up => {
                (AttemptResult::Exhausted, Next::End(Ballot::Failed))
            }
            CallErrorKind::ConnectionDropped | CallErrorKind::Transient => {
                let hint = error.retry_after.map(|hint| hint.min(LONGEST_HINT) + pacer.jitter());
                let delay = hint.unwrap_or_else(|| pacer.retry_delay(troubles.failures));
                (AttemptResult::Retried, Next::After(delay))
            }
        }
    }

    /// Stops the judge: asking on would bring nothing.
    fn give_up(&self, at: &UnderWay<'_>, error: &CallError) -> (AttemptResult, Next) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let why = match error.kind {
            CallErrorKind::EndpointRejected => &mut ended.refused,
            CallErrorKind::Throttled => &mut ended.asks_to_wait,
            _ => &mut ended.unreachable,
        };
        why.get_or_insert_with(|| match error.retry_after {
            Some(wait) => format!(
                "the endpoint asks to wait {} s, longer than total_timeout_s: {}",
                wait.as_secs(),
                error.message
            ),
            _ => error.message.clone(),
        });
        drop(ended);
        self.halt.cancel();
        (AttemptResult::EndpointDown, Next::End(at.so_far()))
    }

    /// Ends a trial whose request could never leave. Nothing was sent.
    async fn too_large(&self, at: &mut UnderWay<'_>, error: &RequestTooLarge) -> Ballot {
        let message = Some(error.to_string());
        // It may fit next time: rates are no part of a run's identity.
        let ending = AttemptResult::Exhausted;
        let attempt = at.attempt(ending, Reply::default(), message, None, Duration::ZERO);
        self.store(attempt).await;
        Ballot::Failed
    }

    /// Ends a trial whose time is up. Where the endpoint was away or did nothing but ask to wait, for everybody
    /// and half as long as that, it is down, and nothing is gained by letting the others wait in turn.
    async fn out_of_time(&self, at: &mut UnderWay<'_>, deadline: Instant) -> Ballot {
        let total = self.judge.settings.total_timeout;
        let seconds = total.as_secs_f64();
        let last = at.last_error.take().map(|error| format!("; the last answer: {error}"));
        let message = format!(
            "no reply within the {seconds} s that a trial has, all waiting included{}",
            last.unwrap_or_default()
        );
        let silent = self.last_reply().is_none_or(|came| came + total / 2 <= deadline);
        let (ending, ballot) = match self.away().filter(|_| silent) {
            Some(kind) => {
                let what = match kind {
                    CallErrorKind::Unreachable => "it cannot be reached any more",
                    _ => "it only asks to wait",
                };
                self.give_up(at, &CallError::new(kind, format!("{what}: {message}")));
                (AttemptResult::EndpointDown, at.so_far())
            }
            None => (AttemptResult::Exhausted, Ballot::Failed),
        };
        let attempt = at.attempt(ending, Reply::default(), Some(message), None, Duration::ZERO);
        self.store(attempt).await;
        ballot
    }

    /// Takes note of what the last request to come back met with: an endpoint that is away or asks to wait, or
    /// anything else.
    fn is_away(&self, kind: Option<CallErrorKind>) {
        *self.away.lock().unwrap_or_else(PoisonError::into_inner) = kind;
    }

    fn away(&self) -> Option<CallErrorKind> {
        *self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets people know that nothing leaves for a while.
    fn waits(&self, error: &CallError) {
        let name = &self.judge.settings.name;
        let why = format!("{name}: {}", error.message);
        self.shared.tally.waits(self.judge.pacer.paused_until(), why);
    }

    /// When the last reply to this command came.
    fn last_reply(&self) -> Option<Instant> {
        *self.last_reply.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what was learnt about the server as soon as it is, so that not even a kill forgets it.
    async fn remember_what_was_learnt(&self) {
        let (now, changed) = {
            let mut known = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
            let now = self.judge.model.server_profile();
            let before: ServerProfile = std::mem::replace(&mut *known, now);
            (now, before != now)
        };
        if changed {
            self.shared.writer.store_learnt(self.judge.row, now).await;
        }
    }

    /// Writes how many requests in flight the endpoint bears, for the next command to begin with.
    pub(super) async fn remember_what_it_settled_on(&self) {
        let known = *self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        let settled = self.judge.settled();
        if settled.is_some() && settled != known.in_flight {
            let learnt = ServerProfile { in_flight: settled, ..known };
            // A writer that has failed says why when it is finished.
            let _has_failed = !self.shared.writer.store_learnt(self.judge.row, learnt).await;
        }
    }

    async fn store(&self, attempt: Attempt) {
        if !self.shared.writer.store(attempt).await {
            // The writer has failed and will say why; nothing more may be paid for.
            self.shared.stop.cancel();
        }
    }
}

/// A request that is on its way. Should everything be dropped before its answer is there, what it may cost
/// is written down all the same.
struct OnItsWay<'a> {
    worker: &'a Worker<'a>,
    attempt: Option<Attempt>,
}

impl OnItsWay<'_> {
    fn has_arrived(mut self) {
        self.attempt = None;
    }
}

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        if let Some(attempt) = self.attempt.take() {
            self.worker.shared.writer.store_now(attempt);
        }
    }
}

/// Returns whether a request without a reply may have been charged for: it was answered with a success
/// that could not be used, or nobody knows what became of it.
fn may_have_cost(error: &CallError) -> bool {
    match error.kind {
        CallErrorKind::Unreachable | CallErrorKind::NotRecorded => false,
        _ => error.status.is_none_or(|status| (200..300).contains(&status)),
    }
}
