//! The engine: asks what is outstanding, both orders of a comparison at once, and stores every answer.
//!
//! Everything concurrent happens in one stream of comparisons. A trial is asked until its reply can be
//! read, it is refused for good, or its attempts or its time are used up; the endpoint that refuses
//! everything stops the judge. When asked to stop, nothing new leaves and what is on its way comes home.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use super::attempt::{Attempt, Ending, TrialKey};
use super::budget::Budget;
use super::identity::Requests;
use super::outstanding::{Open, OpenTrial};
use super::tally::Tally;
use super::writer::Writer;
use crate::error::Result;
use crate::input::{JudgeSettings, Message, Rubric};
use crate::judge::{CallError, CallErrorKind, ChatModel, Learnt, Pacer, Reply, ReplyForm};
use crate::trial::{Comparison, Order, Trial};
use crate::verdict::{Ballot, majority, reconcile};
use crate::vote::read;

/// Parameters that a server may reject in turn before the request itself is to blame.
const PARAMETER_CHANGES: u32 = 4;
/// Tokens that a chat template adds to a message, generously.
const TOKENS_PER_MESSAGE: u64 = 16;

/// A judge that is to be asked.
#[derive(Debug)]
pub struct Asking<'a> {
    /// Its row in the run file.
    pub row: i64,
    /// Its settings.
    pub settings: &'a JudgeSettings,
    /// What answers.
    pub model: &'a dyn ChatModel,
    /// When a request may leave.
    pub pacer: &'a Pacer,
    /// What is asked.
    pub requests: Requests<'a>,
    /// How its replies are read.
    pub rubric: Rubric,
    /// The seed of the orders.
    pub seed: u64,
}

/// What all judges of a command share.
#[derive(Debug)]
pub struct Shared<'a> {
    /// The comparisons, by their place in the plan.
    pub plan: &'a [Comparison],
    /// Where attempts are stored.
    pub writer: &'a Writer,
    /// What may be spent.
    pub budget: &'a Budget,
    /// What is going on.
    pub tally: &'a Tally,
    /// Set when nothing new shall leave.
    pub stop: &'a CancellationToken,
}

/// Why a judge was left before everything was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// The endpoint refuses everything: what it said.
    pub refused: Option<String>,
    /// The endpoint cannot be reached: what happened.
    pub unreachable: Option<String>,
    /// Trials that a recording has no reply to, and a message about one of them.
    pub not_recorded: u64,
    /// A message about the first of them.
    pub first_not_recorded: Option<String>,
}

/// Asks everything that is open for one judge.
///
/// # Errors
///
/// A prompt cannot be rendered, which [`Requests::request`] has shown before for every comparison.
pub async fn ask(judge: &Asking<'_>, shared: &Shared<'_>, open: Vec<Open>) -> Result<Ended> {
    let worker = Worker {
        judge,
        shared,
        halt: shared.stop.child_token(),
        closed: AtomicBool::new(false),
        ended: Mutex::new(Ended::default()),
    };
    let width = judge.pacer.max_in_flight().max(1);
    let mut results =
        stream::iter(open).map(|open| worker.comparison(open)).buffer_unordered(width);
    while let Some(result) = results.next().await {
        result?;
    }
    drop(results);
    let learnt = judge.model.learnt();
    if learnt != Learnt::default() {
        shared.writer.learnt(judge.row, learnt).await;
    }
    Ok(worker.ended.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// Returns an upper bound of a prompt's tokens: no token is shorter than a byte.
pub fn most_prompt_tokens(messages: &[Message]) -> u64 {
    messages.iter().map(|message| message.content.len() as u64 + TOKENS_PER_MESSAGE).sum()
}

/// Returns a rough guess of a prompt's tokens: four bytes each.
pub fn likely_prompt_tokens(messages: &[Message]) -> u64 {
    messages.iter().map(|message| (message.content.len() as u64).div_ceil(4) + 4).sum()
}

struct Worker<'a> {
    judge: &'a Asking<'a>,
    shared: &'a Shared<'a>,
    /// Nothing new leaves, not even for a comparison that is under way.
    halt: CancellationToken,
    /// No comparison is begun any more; those under way go on.
    closed: AtomicBool,
    ended: Mutex<Ended>,
}

/// A trial under way.
struct UnderWay<'a> {
    trial: Trial<'a>,
    key: TrialKey,
    messages: &'a [Message],
    request: [u8; 32],
    /// Attempts so far, those of earlier commands included.
    number: u32,
    unreadable: u32,
    /// USD reserved for the next request.
    reserved: f64,
    /// USD that requests without a known cost may have cost, not stored yet.
    unsettled: f64,
}

impl UnderWay<'_> {
    /// Makes the record of an attempt; it takes over what is not settled.
    fn attempt(
        &mut self,
        ending: Ending,
        reply: Reply,
        error: Option<String>,
        cost: Option<f64>,
        latency: Duration,
    ) -> Attempt {
        Attempt {
            key: self.key,
            number: self.number,
            ending,
            request: self.request,
            reply,
            error,
            cost,
            unsettled: std::mem::take(&mut self.unsettled),
            latency_ms: latency.as_secs_f64() * 1000.0,
            reused: false,
        }
    }
}

/// What to do after an attempt.
enum Next {
    End(Ballot),
    After(Duration),
    AtOnce,
}

impl Worker<'_> {
    async fn comparison(&self, open: Open) -> Result<()> {
        if self.halt.is_cancelled() || self.closed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let comparison = &self.shared.plan[open.index];
        let wanted = |order: Order| open.trials.iter().any(|trial| trial.order == order);
        let mut rendered: [Option<(Vec<Message>, [u8; 32])>; 2] = [None, None];
        for order in Order::BOTH.into_iter().filter(|order| wanted(*order)) {
            rendered[order as usize] = Some(self.judge.requests.request(comparison, order)?);
        }
        let worst =
            rendered.iter().flatten().map(|(messages, _)| self.worst(messages)).fold(0.0, f64::max);
        if !self.shared.budget.reserve(open.trials.len() as u64, worst) {
            self.closed.store(true, Ordering::Relaxed);
            return Ok(());
        }
        let mut trials: Vec<&OpenTrial> = open.trials.iter().collect();
        let first = comparison.asked_first(self.judge.seed);
        trials.sort_by_key(|trial| (trial.repeat, trial.order != first));
        let asked = trials.iter().map(|open_trial| {
            let rendered = rendered[open_trial.order as usize].as_ref();
            let (order, repeat) = (open_trial.order, open_trial.repeat);
            let key = TrialKey { comparison: open.row, judge: self.judge.row, order, repeat };
            async move {
                let Some((messages, request)) = rendered else {
                    return (order, repeat, Ballot::Pending);
                };
                let under_way = UnderWay {
                    trial: Trial { comparison, order, repeat },
                    key,
                    messages,
                    request: *request,
                    number: open_trial.attempts,
                    unreadable: open_trial.unreadable,
                    reserved: worst,
                    unsettled: 0.0,
                };
                (order, repeat, self.trial(under_way).await)
            }
        });
        let mut ballots = open.ballots.clone();
        for (order, repeat, ballot) in join_all(asked).await {
            ballots[order as usize][repeat as usize] = ballot;
        }
        let verdict = reconcile(majority(&ballots[0]), majority(&ballots[1]));
        self.shared.tally.ended(verdict.outcome);
        Ok(())
    }

    /// The most that one request can cost, in USD.
    fn worst(&self, messages: &[Message]) -> f64 {
        let price = self.judge.settings.price;
        price.map_or(0.0, |price| {
            price.of(most_prompt_tokens(messages), self.judge.settings.max_tokens)
        })
    }

    async fn trial(&self, mut at: UnderWay<'_>) -> Ballot {
        let mut deadline: Option<Instant> = None;
        let (mut failures, mut pauses, mut changes) = (0, 0, 0);
        let tokens = likely_prompt_tokens(at.messages);
        loop {
            let Some(turn) = self.unless_halted(self.judge.pacer.turn()).await else {
                self.shared.budget.release(at.reserved);
                return Ballot::Pending;
            };
            // The clock starts at the head of the queue: standing in line for the quota is no fault.
            let deadline =
                *deadline.get_or_insert_with(|| Instant::now() + self.judge.settings.total_timeout);
            let leave = timeout_at(deadline, turn.leave(self.judge.pacer.estimate(tokens)));
            let permit = match self.unless_halted(leave).await {
                None => {
                    self.shared.budget.release(at.reserved);
                    return Ballot::Pending;
                }
                Some(Err(_)) => {
                    self.shared.budget.release(at.reserved);
                    return self.out_of_time(&mut at, Duration::ZERO).await;
                }
                Some(Ok(permit)) => permit,
            };
            at.number += 1;
            let began = Instant::now();
            self.shared.tally.sent(failures + pauses + changes > 0 || at.unreadable > 0);
            let limit = (began + self.judge.settings.timeout).min(deadline);
            let answer = timeout_at(limit, self.judge.model.complete(at.trial, at.messages)).await;
            self.shared.tally.came_back();
            let latency = began.elapsed();
            if let Ok(Ok(Reply { usage: Some(usage), .. })) = &answer {
                self.judge.pacer.settle(&permit, *usage);
            }
            drop(permit);
            let next = match answer {
                Ok(Ok(reply)) => self.replied(&mut at, reply, latency).await,
                Ok(Err(error)) => {
                    // What an error answer costs is not known; mostly nothing.
                    self.shared.budget.settle(at.reserved, 0.0);
                    match error.kind {
                        CallErrorKind::Parameter => changes += 1,
                        CallErrorKind::Pause => pauses += 1,
                        _ => failures += 1,
                    }
                    self.failed(&mut at, &error, latency, [failures, pauses, changes]).await
                }
                Err(_) => {
                    // It may have been answered and charged for all the same.
                    at.unsettled += at.reserved;
                    failures += 1;
                    let message =
                        format!("no answer within {} s", self.judge.settings.timeout.as_secs_f64());
                    let error = CallError::new(CallErrorKind::Passing, message);
                    self.failed(&mut at, &error, latency, [failures, pauses, changes]).await
                }
            };
            let delay = match next {
                Next::End(ballot) => return ballot,
                Next::AtOnce => Duration::ZERO,
                Next::After(delay) => delay,
            };
            at.reserved = self.worst(at.messages);
            if !self.shared.budget.reserve(1, at.reserved) {
                self.closed.store(true, Ordering::Relaxed);
                return if at.unreadable > 0 { Ballot::Unreadable } else { Ballot::Pending };
            }
            let again = Instant::now() + delay;
            if again >= deadline {
                self.shared.budget.release(at.reserved);
                return self.out_of_time(&mut at, latency).await;
            }
            if !delay.is_zero() && self.unless_halted(sleep_until(again)).await.is_none() {
                self.shared.budget.release(at.reserved);
                return if at.unreadable > 0 { Ballot::Unreadable } else { Ballot::Pending };
            }
        }
    }

    /// Waits for `future`, but not beyond a halt.
    async fn unless_halted<F: Future>(&self, future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            () = self.halt.cancelled() => None,
            output = future => Some(output),
        }
    }

    async fn replied(&self, at: &mut UnderWay<'_>, reply: Reply, latency: Duration) -> Next {
        self.judge.pacer.open();
        let price = self.judge.settings.price;
        let cost =
            reply.usage.zip(price).map(|(usage, price)| price.of(usage.prompt, usage.completion));
        self.shared.budget.settle(at.reserved, cost.unwrap_or(at.reserved));
        at.unsettled += if cost.is_none() { at.reserved } else { 0.0 };
        let reading = read(&self.judge.rubric, &reply);
        let attempt = at.attempt(Ending::Reply, reply, None, cost, latency);
        self.shared.tally.reply(&attempt);
        self.store(attempt).await;
        if let Ok(reading) = reading {
            return Next::End(Ballot::Cast(reading.vote));
        }
        at.unreadable += 1;
        let over = at.unreadable > self.judge.settings.max_parse_attempts;
        if over || self.judge.model.always_the_same() {
            Next::End(Ballot::Unreadable)
        } else {
            Next::AtOnce
        }
    }

    async fn failed(
        &self,
        at: &mut UnderWay<'_>,
        error: &CallError,
        latency: Duration,
        [failures, pauses, changes]: [u32; 3],
    ) -> Next {
        let settings = self.judge.settings;
        let used_up = failures >= settings.max_attempts;
        let (ending, next) = match error.kind {
            CallErrorKind::NotRecorded => {
                let mut ended = self.ended();
                ended.not_recorded += 1;
                ended.first_not_recorded.get_or_insert_with(|| error.message.clone());
                return Next::End(Ballot::Pending);
            }
            CallErrorKind::Parameter if changes <= PARAMETER_CHANGES => {
                (Ending::Retried, Next::AtOnce)
            }
            CallErrorKind::Parameter | CallErrorKind::Refused => {
                self.judge.pacer.open();
                (Ending::Refused, Next::End(Ballot::Failed))
            }
            CallErrorKind::Endpoint => {
                self.give_up(error);
                (Ending::Endpoint, Next::End(Ballot::Pending))
            }
            CallErrorKind::Unreachable if used_up => {
                self.give_up(error);
                (Ending::Endpoint, Next::End(Ballot::Pending))
            }
            CallErrorKind::Pause => {
                let hint = error.retry_after.map(|hint| hint + self.judge.pacer.jitter());
                let delay = hint.unwrap_or_else(|| self.judge.pacer.delay(pauses));
                self.judge.pacer.pause(delay);
                (Ending::Retried, Next::AtOnce)
            }
            CallErrorKind::Passing if used_up => (Ending::Exhausted, Next::End(Ballot::Failed)),
            CallErrorKind::Passing | CallErrorKind::Unreachable => {
                let delay = error.retry_after.unwrap_or_else(|| self.judge.pacer.delay(failures));
                (Ending::Retried, Next::After(delay))
            }
        };
        // An error is stored if there was an answer, or if it ends the trial.
        if error.status.is_some() || ending != Ending::Retried {
            let reply =
                Reply { status: error.status, text: error.body.clone(), ..Reply::default() };
            let attempt = at.attempt(ending, reply, Some(error.message.clone()), None, latency);
            self.store(attempt).await;
        }
        next
    }

    async fn out_of_time(&self, at: &mut UnderWay<'_>, latency: Duration) -> Ballot {
        let seconds = self.judge.settings.total_timeout.as_secs_f64();
        let message =
            format!("no reply within the {seconds} s that a trial has, all waiting included");
        let attempt = at.attempt(Ending::Exhausted, Reply::default(), Some(message), None, latency);
        self.store(attempt).await;
        Ballot::Failed
    }

    fn give_up(&self, error: &CallError) {
        let mut ended = self.ended();
        let why = match error.kind {
            CallErrorKind::Unreachable => &mut ended.unreachable,
            _ => &mut ended.refused,
        };
        why.get_or_insert_with(|| error.message.clone());
        drop(ended);
        self.halt.cancel();
    }

    fn ended(&self) -> std::sync::MutexGuard<'_, Ended> {
        self.ended.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn store(&self, attempt: Attempt) {
        if !self.shared.writer.attempt(attempt).await {
            // The writer has failed and will say why; nothing more may be paid for.
            self.shared.stop.cancel();
        }
    }
}

/// Returns whether the requests of a judge ask for JSON by a schema, as far as is known now.
pub fn asks_by_schema(form: &ReplyForm, settings: &JudgeSettings, learnt: Learnt) -> bool {
    use crate::input::Connection;
    matches!(form, ReplyForm::Json(_))
        && matches!(settings.connection, Connection::Endpoint { .. })
        && learnt.json_schema != Some(false)
}
