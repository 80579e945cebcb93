//! The queues in which requests wait until they may be sent.
//!
//! Requests wait in one queue, first in, first out, and only its head looks at the clock, so that ten
//! thousand waiters cost as much as one. Retries wait in a queue of their own and go first. A departure is
//! decided and recorded in one step, so a waiter that is dropped reserves nothing.
//!
//! Where the quota is shared with other processes, `booking` books turns for the requests that wait.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard, Notify};
use tokio::time::{Instant, sleep_until};

use super::concurrency::{Concurrency, request_minutes, useful_in_flight};
use super::estimate::TokenEstimate;
use super::shared::{LeaseSource, SharedQuota};
use super::state::{Blocked, CannotDepart, Departure, RequestKind, State};
use crate::input::JudgeSettings;
use crate::judge::{CallError, Reply};

/// Decides when the next request to one model of one endpoint may be sent.
#[derive(Debug)]
pub struct Pacer {
    /// First attempts. tokio's mutex is fair: its waiters are served in order.
    first_attempts: AsyncMutex<()>,
    retries: AsyncMutex<()>,
    /// Callers of [`Pacer::wait_for_capacity`].
    capacity: AsyncMutex<()>,
    state: Mutex<State>,
    /// Signals that something has changed that the heads of the queues wait for: slots, quotas, pauses, or
    /// the length of a queue.
    pub(super) changed: Notify,
    /// Where the quota is shared with other processes: where leases are booked.
    pub(super) leases: Option<Box<dyn LeaseSource>>,
    /// Signals that another lease may be needed.
    pub(super) lease_wanted: Notify,
    max_in_flight: usize,
    /// A guess of the tokens of a prompt.
    prompt_tokens: u64,
    /// The queue holds at most what can be sent within this time, in minutes.
    max_queue_minutes: f64,
    /// The longest time of one trial.
    pub(super) total_timeout: Duration,
    /// The judge, or the first of those that share it, for the log.
    pub(super) judge: String,
}

/// The head of a queue: the only request of its kind that may be sent next.
#[derive(Debug)]
pub struct QueueHead<'a> {
    pacer: &'a Pacer,
    _lock: AsyncMutexGuard<'a, ()>,
    waiting: Waiting<'a>,
}

/// Counts a request that waits, until dropped.
#[derive(Debug)]
struct Waiting<'a> {
    pacer: &'a Pacer,
    kind: RequestKind,
    number: u64,
    prompt_tokens: u64,
}

/// The slot of a request in flight; dropping it frees the slot.
#[derive(Debug)]
pub struct Permit<'a> {
    pacer: &'a Pacer,
    departure: Departure,
}

impl Pacer {
    /// Returns a pacer for one judge whose prompts have about `prompt_tokens` tokens.
    ///
    /// `in_flight` is the number of requests in flight that the endpoint sustained in an earlier command;
    /// `seed` determines the jitter of delays.
    pub fn new(
        settings: &JudgeSettings,
        prompt_tokens: u64,
        in_flight: Option<u32>,
        seed: u64,
    ) -> Self {
        Self::build(settings, prompt_tokens, in_flight, seed, None)
    }

    /// Returns a pacer as [`Pacer::new`] does, whose quotas are shared with other processes. Requests are sent only
    /// while [`Pacer::book_leases`] runs.
    pub fn sharing(
        settings: &JudgeSettings,
        prompt_tokens: u64,
        in_flight: Option<u32>,
        seed: u64,
        quota: SharedQuota,
    ) -> Self {
        Self::build(settings, prompt_tokens, in_flight, seed, Some(quota))
    }

    fn build(
        settings: &JudgeSettings,
        prompt_tokens: u64,
        in_flight: Option<u32>,
        seed: u64,
        quota: Option<SharedQuota>,
    ) -> Self {
        let estimate = TokenEstimate::new(settings.max_tokens.unwrap_or(u64::MAX));
        let minutes = request_minutes(settings);
        let quotas = [settings.requests_per_minute, settings.tokens_per_minute];
        let useful = useful_in_flight(quotas, estimate.of(prompt_tokens), minutes);
        let max_in_flight = settings.max_in_flight.min(useful);
        let in_flight = in_flight.map(|in_flight| in_flight as usize);
        let concurrency = Concurrency::new(max_in_flight, in_flight);
        let (terms, leases) = quota.map(|quota| (quota.terms, quota.source)).unzip();
        Self {
            first_attempts: AsyncMutex::new(()),
            retries: AsyncMutex::new(()),
            capacity: AsyncMutex::new(()),
            state: Mutex::new(State::new(settings, estimate, concurrency, seed, terms)),
            changed: Notify::new(),
            leases,
            lease_wanted: Notify::new(),
            max_in_flight,
            prompt_tokens,
            max_queue_minutes: minutes,
            total_timeout: settings.total_timeout,
            judge: settings.name.clone(),
        }
    }

    /// Merges the settings of two judges that share a pacer: the lower of each quota, of each time limit and
    /// of the requests in flight, which both share.
    #[must_use]
    pub fn merge_limits(one: &JudgeSettings, other: &JudgeSettings) -> JudgeSettings {
        let lower = |one: Option<u64>, other: Option<u64>| one.into_iter().chain(other).min();
        JudgeSettings {
            requests_per_minute: lower(one.requests_per_minute, other.requests_per_minute),
            tokens_per_minute: lower(one.tokens_per_minute, other.tokens_per_minute),
            max_in_flight: one.max_in_flight.min(other.max_in_flight),
            timeout: one.timeout.min(other.timeout),
            total_timeout: one.total_timeout.min(other.total_timeout),
            max_tokens: one.max_tokens.zip(other.max_tokens).map(|(one, other)| one.max(other)),
            ..one.clone()
        }
    }

    /// Returns the most requests that can ever be in flight at once.
    pub fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    /// Returns whether at least half as many requests wait or are in flight as may be in flight now.
    pub fn is_busy(&self) -> bool {
        self.state().is_busy()
    }

    /// Returns how many requests in flight the endpoint sustains; `None` if the limit was never reached.
    pub fn sustained_in_flight(&self) -> Option<u32> {
        self.state().concurrency.sustained().map(|limit| limit as u32)
    }

    /// Returns how many tokens a request is likely to use, prompt and reply together, where its prompt is
    /// guessed at `prompt_tokens` tokens.
    pub fn estimate_tokens(&self, prompt_tokens: u64) -> u64 {
        self.state().estimate.of(prompt_tokens)
    }

    /// Waits until it is useful to start another trial: until fewer requests wait than can be in flight, and
    /// than the quotas, as known now, let through within the time limit of a request.
    pub async fn wait_for_capacity(&self) {
        let _lock = self.capacity.lock().await;
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.state().has_capacity(self.prompt_tokens, self.max_queue_minutes) {
                return;
            }
            changed.await;
        }
    }

    /// Waits until a first attempt, whose prompt has about `prompt_tokens` tokens, is at the head of its queue.
    pub async fn enqueue(&self, prompt_tokens: u64) -> QueueHead<'_> {
        let waiting = Waiting::new(self, RequestKind::First, prompt_tokens);
        QueueHead { pacer: self, _lock: self.first_attempts.lock().await, waiting }
    }

    /// Waits until a retry is at the head of its queue. Retries go before first attempts, so that trials
    /// that were started are finished before others start.
    pub async fn enqueue_retry(&self, prompt_tokens: u64) -> QueueHead<'_> {
        let waiting = Waiting::new(self, RequestKind::Retry, prompt_tokens);
        QueueHead { pacer: self, _lock: self.retries.lock().await, waiting }
    }

    /// Pauses because the server asked for it, for `hint` if it said how long.
    ///
    /// Where pauses follow each other without a reply, growing delays of our own apply where they are longer
    /// than the hint.
    pub fn record_throttled(&self, hint: Option<Duration>) {
        let reason = "the server asked to wait";
        self.change_pause(reason, |state, now| state.record_throttled(now, hint));
    }

    /// Pauses because the endpoint is unreachable, each time longer; returns how often in a row that was so.
    /// Failures that arrive during a pause count as one.
    pub fn record_unreachable(&self) -> u32 {
        self.change_pause("the endpoint cannot be reached", State::record_unreachable)
    }

    /// Returns the end of the current pause, if there is one.
    pub fn paused_until(&self) -> Option<Instant> {
        self.state().paused_until(Instant::now())
    }

    /// Learns from the result of a request: the tokens it used, its latency, whether the endpoint was
    /// overloaded, and what the answer says about quotas.
    pub fn record(&self, permit: &Permit<'_>, answer: &Result<Reply, CallError>) {
        self.change_pause("the server announced a quota", |state, now| {
            state.record(now, &permit.departure, answer, self.total_timeout);
        });
        self.changed.notify_waiters();
    }

    /// Records that the endpoint answers requests: the initial limit of requests in flight is lifted, and
    /// the next pause counts as the first.
    pub fn mark_reachable(&self) {
        self.state().mark_reachable();
        self.changed.notify_waiters();
    }

    /// Records that the endpoint answers requests, but with nothing that is of use yet: few requests are in flight
    /// until it does.
    pub fn mark_answering(&self) {
        self.state().mark_answering();
        self.changed.notify_waiters();
    }

    /// Records by how much the timers of this process are late; that time does not count as latency of the
    /// endpoint.
    pub fn record_lag(&self, lag: Duration) {
        self.state().concurrency.record_lag(lag);
    }

    /// Returns the delay before the attempt that follows `failures` failures: exponential, with jitter.
    pub fn retry_delay(&self, failures: u32) -> Duration {
        self.state().delays.after(failures)
    }

    /// Returns a short random time to add to a delay that the server asked for, so that clients do not all
    /// retry at the same moment.
    pub fn jitter(&self) -> Duration {
        self.state().delays.jitter()
    }

    async fn depart(&self, waiting: &Waiting<'_>) -> Result<Departure, CannotDepart> {
        loop {
            let mut changed = pin!(self.changed.notified());
            // Registered before the state is read, so that no change is missed in between.
            changed.as_mut().enable();
            match self.try_depart(waiting)? {
                Ok(departure) => return Ok(departure),
                // A result that arrives may allow the departure earlier.
                Err(Blocked::Until(until)) => tokio::select! {
                    () = sleep_until(until) => {}
                    () = changed => {}
                },
                Err(Blocked::ForSlot) => changed.await,
                Err(Blocked::ForLease) => {
                    self.lease_wanted.notify_one();
                    changed.await;
                }
            }
        }
    }

    fn try_depart(
        &self,
        waiting: &Waiting<'_>,
    ) -> Result<Result<Departure, Blocked>, CannotDepart> {
        let mut state = self.state();
        // The clock is read under the lock, so that departures are recorded in order of time.
        let now = Instant::now();
        state.try_depart(now, waiting.prompt_tokens, waiting.kind, waiting.number)
    }

    /// Changes the state and logs a pause that begins with it.
    fn change_pause<T>(&self, reason: &str, change: impl FnOnce(&mut State, Instant) -> T) -> T {
        let mut state = self.state();
        let now = Instant::now();
        let was_paused = state.paused_until(now).is_some();
        let result = change(&mut state, now);
        if let Some(until) = state.paused_until(now).filter(|_| !was_paused) {
            let pause_ms = (until - now).as_millis() as u64;
            tracing::info!(judge = self.judge, reason, pause_ms, "all requests wait");
        }
        result
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds this lock; the state would be valid if it did.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> QueueHead<'a> {
    /// Waits until the request may be sent, then frees the head of the queue.
    ///
    /// # Errors
    ///
    /// The request needs more tokens than a minute's quota, as far as is known now, or the quota is shared and no turn
    /// can be booked any more.
    pub async fn acquire(self) -> Result<Permit<'a>, CannotDepart> {
        let pacer = self.pacer;
        let departure = pacer.depart(&self.waiting).await?;
        Ok(Permit { pacer, departure })
    }
}

impl Permit<'_> {
    /// Waits until a request that keeps its slot may be sent again, after the server rejected one of its
    /// parameters. It skips the queue, because its answer decides which parameters the
    /// others send.
    ///
    /// # Errors
    ///
    /// The request needs more tokens than a minute's quota, as far as is known now, or the quota is shared and no turn
    /// can be booked any more.
    pub async fn reacquire(&mut self) -> Result<(), CannotDepart> {
        let prompt_tokens = self.departure.prompt_tokens;
        let waiting = Waiting::new(self.pacer, RequestKind::Resend, prompt_tokens);
        self.departure = self.pacer.depart(&waiting).await?;
        Ok(())
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.pacer.state().release_slot();
        self.pacer.changed.notify_waiters();
        self.pacer.lease_wanted.notify_one();
    }
}

impl<'a> Waiting<'a> {
    fn new(pacer: &'a Pacer, kind: RequestKind, prompt_tokens: u64) -> Self {
        let number = pacer.state().begin_waiting(kind, prompt_tokens);
        pacer.lease_wanted.notify_one();
        Self { pacer, kind, number, prompt_tokens }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.pacer.state().end_waiting(self.kind, self.number);
        self.pacer.changed.notify_waiters();
    }
}
