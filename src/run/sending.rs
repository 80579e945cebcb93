//! Sends one request of a trial and waits for its answer, at most until a time limit; where the settings say so, a
//! second request is sent beside one that is late (a hedged request), and the first reply counts.
//!
//! Both requests are paced, reserved and charged each on its own. What is dropped without an answer may have been paid
//! for in full: it is charged to the budget and recorded as possible cost of the trial.

use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::latency_log::TimeLimit;
use super::reservation::Reservation;
use super::subject::ask_once;
use super::time_limit::AdaptiveLimit;
use super::tokens::likely_prompt_tokens;
use super::trial_state::{InFlightGuard, TrialState};
use super::worker::JudgeWorker;
use crate::input::Message;
use crate::judge::{CallError, CallErrorKind, Reply, ReplyFuture};
use crate::pace::Permit;

/// How much longer than the time limit a model that keeps it itself may take to say so.
const GRACE: Duration = Duration::from_secs(2);

/// The answer to a request, or to the one of two that replied first.
pub(super) struct Sent<'a> {
    pub(super) answer: Result<Reply, CallError>,
    /// That of the request that was answered.
    pub(super) reservation: Reservation<'a>,
    pub(super) permit: Permit<'a>,
    /// How long it took since the first request was sent.
    pub(super) latency: Duration,
    /// The limit at which it was given up, if it was.
    pub(super) given_up: Option<TimeLimit>,
}

/// A second request in flight.
struct Second<'a> {
    call: ReplyFuture<'a>,
    number: u64,
    reservation: Reservation<'a>,
    permit: Permit<'a>,
}

/// One request of a trial, or two of which the first reply counts.
struct Race<'a> {
    first: ReplyFuture<'a>,
    number: u64,
    /// The error of the first request, while there is hope for the second one.
    first_error: Option<CallError>,
    second: Option<Second<'a>>,
    may_hedge: bool,
    prompt_bytes: u64,
    limits: Limits,
}

/// How a race ended.
enum End<'a> {
    First(Result<Reply, CallError>),
    Second(Reply, Second<'a>),
    GivenUp(TimeLimit),
}

/// What happens while an answer is awaited.
enum Event<'a> {
    First(Result<Reply, CallError>),
    Second(Result<Reply, CallError>),
    /// A second request may be sent, or not.
    MayHedge(Option<(Reservation<'a>, Permit<'a>)>),
    /// A limit is reached.
    Late,
}

/// When a request is given up.
struct Limits {
    began: Instant,
    /// Whatever happens.
    last: Instant,
    last_is: TimeLimit,
    adaptive: Option<AdaptiveLimit>,
    /// When they are looked at next.
    next: Instant,
    /// What the adaptive limit depends on: the length of the prompt, the longest time after which a request of the trial was
    /// given up, and when the trial ends.
    prompt_bytes: u64,
    given_up_after: Duration,
    deadline: Instant,
}

impl<'a> JudgeWorker<'a> {
    /// Sends one request and waits for its answer, at most as long as a request or the trial may take, and tells the
    /// pacer and the latencies of it.
    pub(super) async fn send(
        &self,
        state: &mut TrialState<'a>,
        mut reservation: Reservation<'a>,
        permit: Permit<'a>,
        is_retry: bool,
        deadline: Instant,
    ) -> Sent<'a> {
        self.context.progress.record_request(is_retry);
        self.latencies.record_sent();
        state.last_attempt += 1;
        reservation.mark_sent();
        let began = Instant::now();
        let number = self.health.record_request();
        state.request_number = number;
        let mut guard = InFlightGuard::new(self, state, reservation.usd());
        let messages = &state.request.messages;
        let prompt_bytes = prompt_bytes(messages);
        state.lowered_limit = self.lowered_limit(messages, reservation.usd());
        let mut race = Race {
            first: self.call(state, state.lowered_limit),
            number,
            first_error: None,
            second: None,
            // A reply that was made short to save money is none that a whole one could replace.
            may_hedge: self.judge.may_hedge() && state.lowered_limit.is_none(),
            prompt_bytes,
            limits: self.limits(state, prompt_bytes, began, deadline),
        };
        let end = self.race(&mut race, state, &mut guard).await;
        if matches!(end, End::GivenUp(TimeLimit::Adaptive)) {
            self.judge.model.record_given_up(&state.subject.item().id);
        }
        let Race { first, first_error, second, .. } = race;
        drop(first);
        drop(state.unanswered.take());
        guard.disarm();
        self.end_request(number);
        if let Some(second) = second {
            self.end_request(second.number);
            self.settle(state, second.reservation, &second.permit, None);
        }
        let latency = began.elapsed();
        let (answer, given_up) = match end {
            End::Second(reply, second) => {
                self.settle(state, reservation, &permit, first_error);
                state.request_number = second.number;
                self.latencies.record_reply(second.number, latency, prompt_bytes);
                self.latencies.record_hedge_won();
                let Second { reservation, permit, .. } = second;
                return Sent { answer: Ok(reply), reservation, permit, latency, given_up: None };
            }
            End::First(answer) => (answer, None),
            End::GivenUp(limit) => (Err(self.no_answer(limit, latency)), Some(limit)),
        };
        if answer.is_ok() {
            self.latencies.record_reply(number, latency, prompt_bytes);
        }
        let mut is_overtaken = false;
        if let Some(limit) = given_up {
            self.latencies.record_given_up(limit, number, latency, prompt_bytes);
            if limit == TimeLimit::Adaptive {
                state.given_up_after = state.given_up_after.max(latency);
                is_overtaken = self.latencies.is_overtaken(number);
            }
        }
        // Where others were answered meanwhile, it is no overload.
        if !is_overtaken {
            self.judge.pacer.record(&permit, &answer);
        }
        Sent { answer, reservation, permit, latency, given_up }
    }

    /// Waits for the first reply to a request or to the second one that is sent when it is late, for an error of both,
    /// or for the limit.
    async fn race(
        &self,
        race: &mut Race<'a>,
        state: &mut TrialState<'a>,
        guard: &mut InFlightGuard<'_>,
    ) -> End<'a> {
        let Race { first, first_error, second, limits, .. } = race;
        let mut hedging = pin!(self.prepare_hedge(&state.request.messages, race.prompt_bytes));
        loop {
            let event = tokio::select! {
                biased;
                answer = &mut *first, if first_error.is_none() => Event::First(answer),
                answer = answer_of(second) => Event::Second(answer),
                ready = &mut hedging, if race.may_hedge => Event::MayHedge(ready),
                () = sleep_until(limits.next) => Event::Late,
            };
            match event {
                Event::First(Err(error)) if second.is_some() => *first_error = Some(error),
                Event::First(answer) => return End::First(answer),
                Event::MayHedge(ready) => {
                    race.may_hedge = false;
                    if let Some((reservation, permit)) = ready {
                        *second = Some(self.send_second(state, guard, reservation, permit));
                    }
                }
                Event::Second(answer) => {
                    let Some(ended) = second.take() else { continue };
                    self.end_request(ended.number);
                    match answer {
                        Ok(reply) => {
                            let answer = Ok(reply);
                            self.judge.pacer.record(&ended.permit, &answer);
                            if let Ok(reply) = answer {
                                return End::Second(reply, ended);
                            }
                        }
                        Err(error) => {
                            self.settle(state, ended.reservation, &ended.permit, Some(error));
                            if let Some(error) = first_error.take() {
                                return End::First(Err(error));
                            }
                        }
                    }
                }
                Event::Late => {
                    if let Some(limit) = self.reached(limits, race.number) {
                        return match first_error.take() {
                            Some(error) => End::First(Err(error)),
                            None => End::GivenUp(limit),
                        };
                    }
                }
            }
        }
    }

    /// Sends a second request.
    fn send_second(
        &self,
        state: &mut TrialState<'a>,
        guard: &mut InFlightGuard<'_>,
        mut reservation: Reservation<'a>,
        permit: Permit<'a>,
    ) -> Second<'a> {
        self.context.progress.record_request(true);
        state.last_attempt += 1;
        reservation.mark_sent();
        guard.add_request(state, reservation.usd());
        let number = self.health.record_request();
        Second { call: self.call(state, None), number, reservation, permit }
    }

    /// Charges a request whose answer is not that of the trial: an error, or none since it was dropped.
    fn settle(
        &self,
        state: &mut TrialState<'a>,
        reservation: Reservation<'a>,
        permit: &Permit<'a>,
        error: Option<CallError>,
    ) {
        let cost = if error.as_ref().is_none_or(may_have_cost) { reservation.usd() } else { 0.0 };
        reservation.charge(cost);
        state.possible_cost += cost;
        if let Some(error) = error {
            self.judge.pacer.record(permit, &Err(error));
        }
    }

    /// Asks the model once, with the number of the last attempt.
    fn call(&self, state: &TrialState<'a>, max_tokens: Option<u64>) -> ReplyFuture<'a> {
        let (subject, request, attempt) = (state.subject, state.request, state.last_attempt);
        ask_once(subject, self.judge.model, state.key, attempt, &request.messages, max_tokens)
    }

    fn end_request(&self, number: u64) {
        self.context.progress.record_answer();
        self.health.record_answer(number);
    }

    fn limits(
        &self,
        state: &TrialState<'_>,
        prompt_bytes: u64,
        began: Instant,
        deadline: Instant,
    ) -> Limits {
        let timeout = self.judge.settings.timeout;
        let grace = if self.judge.model.keeps_time_limit() { GRACE } else { Duration::ZERO };
        let (last, last_is) = match began + timeout + grace {
            last if last <= deadline => (last, TimeLimit::Request),
            _ => (deadline, TimeLimit::Trial),
        };
        let given_up_after = state.given_up_after;
        let mut limits = Limits {
            began,
            last,
            last_is,
            adaptive: None,
            next: last,
            prompt_bytes,
            given_up_after,
            deadline,
        };
        limits.adaptive = self.adaptive_limit(&limits);
        limits.next = limits.adaptive.map_or(last, |limit| began + limit.overtaken);
        limits
    }

    /// Returns the adaptive limit of a request by what is known of latencies now.
    fn adaptive_limit(&self, limits: &Limits) -> Option<AdaptiveLimit> {
        let Limits { began, prompt_bytes, given_up_after, deadline, .. } = *limits;
        let timeout = self.judge.settings.timeout;
        let adaptive = self.judge.has_adaptive_limit();
        let adaptive =
            adaptive.then(|| self.latencies.limit(prompt_bytes, timeout, given_up_after));
        // Afterwards there must be time for a request with the whole time limit.
        let in_time = |limit: Duration| began + limit + timeout <= deadline;
        let adaptive = adaptive.flatten().filter(|limit| in_time(limit.overtaken));
        adaptive.map(|limit| AdaptiveLimit {
            alone: limit.alone.filter(|alone| in_time(*alone)),
            ..limit
        })
    }

    /// Returns the limit that a request has reached; if it has reached none, `limits` says when to look again.
    fn reached(&self, limits: &mut Limits, number: u64) -> Option<TimeLimit> {
        if limits.next >= limits.last {
            return Some(limits.last_is);
        }
        // The first replies are the quickest ones: by now, longer latencies may be usual.
        limits.adaptive = self.adaptive_limit(limits);
        let overtaken = limits.adaptive.map_or(limits.last, |limit| limits.began + limit.overtaken);
        if overtaken > limits.next {
            limits.next = overtaken.min(limits.last);
            return None;
        }
        let alone = limits.adaptive.and_then(|limit| limit.alone).map(|alone| limits.began + alone);
        let is_alone_late = alone.is_some_and(|alone| alone <= limits.next);
        if is_alone_late || self.latencies.is_overtaken(number) {
            return Some(TimeLimit::Adaptive);
        }
        limits.next = alone.unwrap_or(limits.last);
        None
    }

    /// Returns the error of a request that was given up.
    fn no_answer(&self, limit: TimeLimit, waited: Duration) -> CallError {
        let address = self.judge.model.address();
        let address = address.map(|url| format!(" (address: {url})")).unwrap_or_default();
        let why = match limit {
            TimeLimit::Adaptive => ", far longer than other requests took (adaptive_timeout)",
            TimeLimit::Request | TimeLimit::Trial => "",
        };
        let message = format!("no answer within {:.1} s{why}{address}", waited.as_secs_f64());
        let kind = if self.judge.model.can_ask_another_server() {
            CallErrorKind::ReplicaFailed { reached: true }
        } else {
            CallErrorKind::Transient
        };
        CallError::new(kind, message)
    }

    /// Waits until a request is late, and then until a second one may leave; `None` if there may be none.
    async fn prepare_hedge(
        &self,
        messages: &[Message],
        prompt_bytes: u64,
    ) -> Option<(Reservation<'a>, Permit<'a>)> {
        let is_allowed = || self.latencies.may_begin_second();
        sleep(self.latencies.second_after(prompt_bytes)?).await;
        if !is_allowed() {
            return None;
        }
        // Nothing waits for money: what is left may be needed for comparisons.
        let reservation = self.context.budget.try_reserve_one(self.max_request_cost(messages))?;
        let tokens = likely_prompt_tokens(messages);
        let permit = async { self.judge.pacer.enqueue_retry(tokens).await.acquire().await };
        let permit = self.unless_stopped(permit).await?.ok()?;
        self.latencies.begin_second().then_some((reservation, permit))
    }
}

/// Waits for the answer to a second request; for ever if there is none.
async fn answer_of(second: &mut Option<Second<'_>>) -> Result<Reply, CallError> {
    match second {
        Some(second) => (&mut second.call).await,
        None => pending().await,
    }
}

/// Returns whether a request without a reply may have been charged: it was answered with a success that could
/// not be used, or nobody knows whether the server processed it. Error answers are free at all providers.
pub(super) fn may_have_cost(error: &CallError) -> bool {
    match error.kind {
        CallErrorKind::Unreachable
        | CallErrorKind::ReplicaFailed { reached: false }
        | CallErrorKind::NotRecorded
        | CallErrorKind::ProgramFailed => false,
        // Also an error that comes with a success.
        _ if error.rejection.is_some() => false,
        _ => error.status.is_none_or(|status| (200..300).contains(&status)),
    }
}

fn prompt_bytes(messages: &[Message]) -> u64 {
    messages.iter().map(|message| message.content.len() as u64).sum()
}
