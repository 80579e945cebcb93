//! Pacing: when the next request may leave.
//!
//! Requests and tokens per minute, a limit of the requests in flight that follows what the endpoint bears,
//! and a common pause when the server asks for one. Callers stand in one queue, first in first out: only
//! its head looks at the clock, so ten thousand waiters cost as much as one. Every attempt passes here, the
//! first as well as the sixth, and who has left before goes ahead of those who have not. A departure is
//! decided and entered in one step, so whoever is dropped while waiting takes nothing along.
//!
//! governor supplies the arithmetic of the quotas (never its waiting, which wakes everybody at once) and
//! backoff the growth of the delays (never its retry loop, which obeys a server for ever). No other file
//! names them.

use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff as _;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota as Spread, RateLimiter};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::{Mutex as Queue, MutexGuard as Head, Notify};
use tokio::time::{Instant, sleep_until};

use super::concurrency::{Concurrency, useful, window};
use super::estimate::TokenEstimate;
use super::ledger::{Mark, WINDOW};
use super::quota::{Heard, Quota};
use super::{CallError, CallErrorKind, Reply};
use crate::input::JudgeSettings;

/// How many bursts make up a second's quota.
const BURSTS_PER_SECOND: u64 = 25;
/// From here on a burst has at least two cells, so that what a timer is late by can be caught up.
const CATCH_UP_FROM: u64 = 600;
const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_mins(1);
/// Where the server says when to come again, our own delays grow no longer than this.
const LONGEST_OVER_A_HINT: Duration = Duration::from_secs(10);

/// tokio's clock, so that time can be paused in tests.
#[derive(Debug, Clone, Copy, Default)]
struct TokioClock;

impl Clock for TokioClock {
    type Instant = std::time::Instant;

    fn now(&self) -> Self::Instant {
        Instant::now().into_std()
    }
}

type Limiter = RateLimiter<
    NotKeyed,
    InMemoryState,
    TokioClock,
    NoOpMiddleware<<TokioClock as Clock>::Instant>,
>;

/// Spreads a quota of cells over the minute, with a small burst.
#[derive(Debug)]
pub(super) struct Rate {
    limiter: Limiter,
    portion: NonZeroU32,
}

impl Rate {
    /// Spreads `quota` cells over the minute; `None` where there are none.
    ///
    /// The interval between cells is a little longer than a minute over the quota, by as much as a burst
    /// and a portion would otherwise add, so that the ledger rarely has to hold anything back.
    pub(super) fn per_minute(quota: u64) -> Option<Self> {
        let least = if quota >= CATCH_UP_FROM { 2 } else { 1 };
        let burst = (quota / 60).div_ceil(BURSTS_PER_SECOND).max(least);
        // Half a burst at a time: the other half takes up what a timer is late by, which would be lost if
        // every portion needed the whole.
        let portion = burst.div_ceil(2);
        let interval = WINDOW.as_nanos() as u64 / quota.checked_sub(burst + portion - 2)?;
        let [burst, portion] = [burst, portion].map(|cells| NonZeroU32::new(cells as u32));
        let interval = Duration::from_nanos(interval.max(1));
        let spread = Spread::with_period(interval)?.allow_burst(burst?);
        let limiter = RateLimiter::direct_with_clock(spread, TokioClock);
        Some(Self { limiter, portion: portion? })
    }

    /// Takes a portion of cells, or returns how long that has to wait.
    pub(super) fn take(&self) -> Result<i64, Duration> {
        match self.limiter.check_n(self.portion) {
            Ok(Ok(())) => Ok(i64::from(self.portion.get())),
            Ok(Err(not_until)) => Err(not_until.wait_time_from(TokioClock.now())),
            // A portion is never larger than the burst.
            Err(_) => Err(WINDOW),
        }
    }
}

#[derive(Debug)]
struct State {
    /// Nobody leaves before.
    paused_until: Option<Instant>,
    /// Pauses since the last reply.
    pauses: u32,
    /// How often in a row the endpoint could not be reached.
    lost: u32,
    requests: Quota,
    tokens: Quota,
    in_flight: usize,
    /// How many stand in the queues.
    waiting: usize,
    /// How many wait that have left before.
    returning: usize,
    concurrency: Concurrency,
    estimate: TokenEstimate,
    random: StdRng,
}

/// Decides when the next request to one model of one endpoint may leave.
#[derive(Debug)]
pub struct Pacer {
    queue: Queue<()>,
    /// Those who have left before.
    again: Queue<()>,
    /// Those who have not begun.
    door: Queue<()>,
    state: Mutex<State>,
    /// Something has changed that those at the head of a queue wait for: places, answers, who else waits.
    freed: Notify,
    max_in_flight: usize,
    /// A guess of the tokens of a prompt.
    prompt_tokens: u64,
    /// What may reasonably wait leaves within this time, in minutes.
    window: f64,
    /// No trial lives longer.
    total_timeout: Duration,
}

/// The head of a queue.
#[derive(Debug)]
pub struct Turn<'a> {
    pacer: &'a Pacer,
    _head: Head<'a, ()>,
    returning: Option<Returning<'a>>,
    _waiting: Waiting<'a>,
}

/// One that stands in a queue.
#[derive(Debug)]
struct Waiting<'a>(&'a Pacer);

impl<'a> Waiting<'a> {
    fn new(pacer: &'a Pacer) -> Self {
        pacer.state().waiting += 1;
        Self(pacer)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
        self.0.freed.notify_waiters();
    }
}

/// One that has left before and waits; newcomers let it go ahead.
#[derive(Debug)]
struct Returning<'a>(&'a Pacer);

impl Drop for Returning<'_> {
    fn drop(&mut self) {
        self.0.state().returning -= 1;
        self.0.freed.notify_waiters();
    }
}

/// A request on its way; dropping it frees its place.
#[derive(Debug)]
pub struct Permit<'a> {
    pacer: &'a Pacer,
    left: Left,
}

/// What a request left with.
#[derive(Debug)]
struct Left {
    number: u64,
    /// A guess of the prompt's tokens.
    prompt: u64,
    /// Tokens reserved.
    tokens: u64,
    of_requests: Mark,
    of_tokens: Mark,
}

/// A request that a whole minute's tokens do not suffice for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the request has about {tokens} tokens, its reply included, and the quota is {quota} a minute{}; raise tokens_per_minute, or shorten the item",
    if *learnt { ", as the server says" } else { "" }
)]
pub struct TooLarge {
    /// What the request is likely to cost.
    pub tokens: u64,
    /// What a minute has.
    pub quota: u64,
    /// The quota is the server's own, not the one that was set.
    pub learnt: bool,
}

/// What a request is that wants to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    Newcomer,
    /// It has left before.
    Returning,
    /// It has left before, and its place is still its own.
    InItsPlace,
}

/// Why a request may not leave yet.
enum Wait {
    Until(Instant),
    ForAPlace,
}

impl Pacer {
    /// Returns a pacer for one judge whose prompts have about `prompt_tokens` tokens.
    ///
    /// `settled` is how many requests in flight an earlier command has settled on; `seed` is for the jitter
    /// of delays.
    pub fn new(
        settings: &JudgeSettings,
        prompt_tokens: u64,
        settled: Option<u32>,
        seed: u64,
    ) -> Self {
        let estimate = TokenEstimate::new(settings.max_tokens);
        let max_in_flight = useful_in_flight(settings, estimate.of(prompt_tokens));
        let settled = settled.map(|settled| settled as usize);
        Self {
            queue: Queue::new(()),
            again: Queue::new(()),
            door: Queue::new(()),
            state: Mutex::new(State {
                paused_until: None,
                pauses: 0,
                lost: 0,
                requests: Quota::new(settings.requests_per_minute),
                tokens: Quota::new(settings.tokens_per_minute),
                in_flight: 0,
                waiting: 0,
                returning: 0,
                concurrency: Concurrency::new(max_in_flight, settled),
                estimate,
                random: StdRng::seed_from_u64(seed),
            }),
            freed: Notify::new(),
            max_in_flight,
            prompt_tokens,
            window: window(settings),
            total_timeout: settings.total_timeout,
        }
    }

    /// Returns settings that keep what both judges were promised, for a pacer that they share: the lower of
    /// quotas, of time limits, and of requests in flight, which both together then have.
    #[must_use]
    pub fn strictest(one: &JudgeSettings, other: &JudgeSettings) -> JudgeSettings {
        let lower = |one: Option<u64>, other: Option<u64>| one.into_iter().chain(other).min();
        JudgeSettings {
            requests_per_minute: lower(one.requests_per_minute, other.requests_per_minute),
            tokens_per_minute: lower(one.tokens_per_minute, other.tokens_per_minute),
            max_in_flight: one.max_in_flight.min(other.max_in_flight),
            timeout: one.timeout.min(other.timeout),
            total_timeout: one.total_timeout.min(other.total_timeout),
            max_tokens: one.max_tokens.max(other.max_tokens),
            ..one.clone()
        }
    }

    /// Returns how many requests may ever be on their way at once.
    pub fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    /// Returns how many requests in flight the endpoint bears, as far as that is known: `None` where there
    /// were never as many as allowed.
    pub fn settled(&self) -> Option<u32> {
        self.state().concurrency.settled().map(|settled| settled as u32)
    }

    /// Returns how many tokens a request is likely to cost, prompt and reply together, where a guess of its
    /// prompt is `prompt` tokens.
    pub fn estimate(&self, prompt: u64) -> u64 {
        self.state().estimate.of(prompt)
    }

    /// Waits until it is worth beginning something new: as long as no more stand in the queues than may be on
    /// their way at once, and than the quotas, as they are known now, let go before they grow old.
    pub async fn room(&self) {
        let _door = self.door.lock().await;
        loop {
            let mut freed = pin!(self.freed.notified());
            freed.as_mut().enable();
            if self.has_room() {
                return;
            }
            freed.await;
        }
    }

    fn has_room(&self) -> bool {
        let state = self.state();
        let tokens = state.estimate.of(self.prompt_tokens);
        let quotas = [state.requests.per_minute(), state.tokens.per_minute()];
        let useful = useful(quotas, tokens, self.window).min(state.concurrency.limit());
        state.waiting < useful
    }

    /// Waits for the head of the queue.
    pub async fn turn(&self) -> Turn<'_> {
        let waiting = Waiting::new(self);
        Turn { pacer: self, _head: self.queue.lock().await, returning: None, _waiting: waiting }
    }

    /// Waits for the head of the queue of those who have left before, say because they were refused. They go
    /// ahead, so that what was begun is brought to an end before anything else is begun.
    pub async fn turn_again(&self) -> Turn<'_> {
        self.state().returning += 1;
        let (returning, waiting) = (Some(Returning(self)), Waiting::new(self));
        Turn { pacer: self, _head: self.again.lock().await, returning, _waiting: waiting }
    }

    /// Lets nobody leave for `delay`.
    pub fn pause(&self, delay: Duration) {
        self.state().pause_until(Instant::now() + delay);
    }

    /// Pauses because the server asks for it, for as long as it says.
    ///
    /// A hint is obeyed the first time. Where pause follows upon pause without any reply between them, the
    /// hint was too short, and delays of our own grow over it, whichever trial meets the next refusal.
    pub fn back_off(&self, hint: Option<Duration>) {
        let pauses = {
            let mut state = self.state();
            let now = Instant::now();
            state.lost = 0;
            // Refusals that come in while all are waiting already belong to the same pause.
            if state.paused_until.is_none_or(|until| until <= now) {
                state.pauses += 1;
            }
            state.pauses
        };
        let hint = hint.map(|hint| hint + self.jitter());
        let own = self.delay(pauses);
        self.pause(match hint {
            Some(hint) if pauses <= 1 => hint,
            Some(hint) => hint.max(own.min(LONGEST_OVER_A_HINT)),
            None => own,
        });
    }

    /// Pauses because the endpoint cannot be reached, each time longer; returns how often that has been so
    /// in a row, all requests of one moment together.
    pub fn lost(&self) -> u32 {
        let (times, new) = {
            let mut state = self.state();
            let now = Instant::now();
            let new = state.paused_until.is_none_or(|until| until <= now);
            state.lost += u32::from(new);
            (state.lost, new)
        };
        if new {
            self.pause(self.delay(times));
        }
        times
    }

    /// Returns until when nobody leaves, if there is a pause.
    pub fn paused_until(&self) -> Option<Instant> {
        self.state().paused_until.filter(|until| *until > Instant::now())
    }

    /// Learns from what became of a request: the tokens it used, whether the endpoint could bear it, how
    /// long it took, and what the answer says about quotas.
    pub fn came_back(&self, permit: &Permit<'_>, answer: &Result<Reply, CallError>) {
        let now = Instant::now();
        let left = &permit.left;
        let mut state = self.state();
        let (hints, used) = match answer {
            Ok(reply) => (reply.hints, reply.usage),
            Err(error) => (*error.hints, None),
        };
        if let Some(used) = used {
            state.tokens.settle(&left.of_tokens, left.tokens, used.prompt + used.completion);
            state.estimate.learn(left.prompt, used);
        }
        // Whatever it says, it is there.
        if answer.as_ref().map_or_else(|error| error.status.is_some(), |_| true) {
            state.lost = 0;
        }
        match answer {
            Ok(_) => state.concurrency.replied(left.number, now - left.of_requests.at()),
            Err(error) if overloaded(error) => state.concurrency.overloaded(left.number),
            Err(_) => {}
        }
        let refused = matches!(answer, Err(CallError { kind: CallErrorKind::Pause, .. }));
        let used = used.map_or(0, |used| used.prompt + used.completion);
        let holds = [
            state.requests.learn(Heard {
                mark: &left.of_requests,
                hint: hints.requests,
                refused,
                used: 1,
                reserved: 1,
            }),
            state.tokens.learn(Heard {
                mark: &left.of_tokens,
                hint: hints.tokens,
                refused,
                used,
                reserved: left.tokens,
            }),
        ];
        // What no trial could outlive is left to the server's own refusal, which says so and stops the judge.
        let outlived = |until: &Instant| *until < now + self.total_timeout;
        if let Some(until) = holds.into_iter().flatten().filter(outlived).max() {
            state.pause_until(until);
        }
        drop(state);
        self.freed.notify_waiters();
    }

    /// Takes note that the endpoint answers: more than the first few may be on their way from now on, and
    /// the next pause is a first one.
    pub fn open(&self) {
        let mut state = self.state();
        state.pauses = 0;
        state.lost = 0;
        state.concurrency.open();
        drop(state);
        self.freed.notify_waiters();
    }

    /// Takes note of how late this process is: what it is late by is not the endpoint's latency.
    pub fn late(&self, by: Duration) {
        self.state().concurrency.late(by);
    }

    /// Returns the delay before the attempt after `failures` failures: exponential, with jitter.
    pub fn delay(&self, failures: u32) -> Duration {
        let mut growth = ExponentialBackoff {
            current_interval: FIRST_DELAY,
            initial_interval: FIRST_DELAY,
            randomization_factor: 0.0,
            multiplier: 2.0,
            max_interval: LONGEST_DELAY,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        let mut delay = FIRST_DELAY;
        for _ in 0..failures.clamp(1, 16) {
            delay = growth.next_backoff().unwrap_or(LONGEST_DELAY);
        }
        delay.mul_f64(self.state().random.random_range(0.5..=1.0))
    }

    /// Returns a little time to add to a delay that the server asked for, so that not all come at once.
    pub fn jitter(&self) -> Duration {
        Duration::from_millis(self.state().random.random_range(0..=250))
    }

    /// Decides whether a request may leave, and enters its departure if it may.
    fn try_leave(&self, prompt: u64, as_what: As) -> Result<Result<Left, Wait>, TooLarge> {
        let mut state = self.state();
        // Under the lock, so that departures are entered in their order.
        let now = Instant::now();
        let state = &mut *state;
        let tokens = state.estimate.of(prompt);
        if let Some(quota) = state.tokens.per_minute().filter(|quota| tokens > *quota) {
            return Err(TooLarge { tokens, quota, learnt: state.tokens.is_learnt() });
        }
        let goes_ahead = as_what != As::Newcomer || state.returning == 0;
        let needs_place = as_what != As::InItsPlace;
        if !goes_ahead || (needs_place && state.in_flight >= state.concurrency.limit()) {
            return Ok(Err(Wait::ForAPlace));
        }
        if let Some(until) = state.paused_until.filter(|until| *until > now) {
            return Ok(Err(Wait::Until(until)));
        }
        let full = [state.requests.full_until(now, 1), state.tokens.full_until(now, tokens)];
        if let Some(until) = full.into_iter().flatten().max() {
            return Ok(Err(Wait::Until(until)));
        }
        if needs_place {
            state.in_flight += 1;
        }
        let number = state.concurrency.leave(state.in_flight);
        let of_requests = state.requests.leave(now, 1);
        let of_tokens = state.tokens.leave(now, tokens);
        Ok(Ok(Left { number, prompt, tokens, of_requests, of_tokens }))
    }

    async fn wait_to_leave(&self, prompt: u64, as_what: As) -> Result<Left, TooLarge> {
        loop {
            let mut freed = pin!(self.freed.notified());
            // From here on, so that nothing that happens meanwhile is missed.
            freed.as_mut().enable();
            match self.try_leave(prompt, as_what)? {
                Ok(left) => return Ok(left),
                // What comes back may make room before.
                Err(Wait::Until(until)) => tokio::select! {
                    () = sleep_until(until) => {}
                    () = freed => {}
                },
                Err(Wait::ForAPlace) => freed.await,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds this lock; if it did, the numbers would still be sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pause_until(&mut self, until: Instant) {
        if self.paused_until.is_none_or(|earlier| earlier < until) {
            self.paused_until = Some(until);
        }
    }
}

impl<'a> Turn<'a> {
    /// Waits until a request may leave whose prompt has about `prompt` tokens, then gives the turn to the
    /// next in the queue.
    ///
    /// # Errors
    ///
    /// A minute's tokens do not suffice for the request, as far as is known now.
    pub async fn leave(self, prompt: u64) -> Result<Permit<'a>, TooLarge> {
        let pacer = self.pacer;
        let as_what = if self.returning.is_some() { As::Returning } else { As::Newcomer };
        let left = pacer.wait_to_leave(prompt, as_what).await?;
        Ok(Permit { pacer, left })
    }
}

impl Permit<'_> {
    /// Waits until a request that was refused for its form, and keeps its place, may leave again. It does
    /// not stand in the queue a second time: what is learnt from it is what the others wait for.
    ///
    /// # Errors
    ///
    /// A minute's tokens do not suffice for the request, as far as is known now.
    pub async fn leave_again(&mut self) -> Result<(), TooLarge> {
        self.left = self.pacer.wait_to_leave(self.left.prompt, As::InItsPlace).await?;
        Ok(())
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.pacer.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        drop(state);
        self.pacer.freed.notify_waiters();
    }
}

/// Returns whether an error says that the endpoint has more to do than it can bear.
fn overloaded(error: &CallError) -> bool {
    match error.kind {
        CallErrorKind::Pause => true,
        CallErrorKind::Passing => error.status.is_none_or(|status| status == 408 || status >= 500),
        _ => false,
    }
}

/// The requests that can be on their way at once without growing old in the queue.
fn useful_in_flight(settings: &JudgeSettings, tokens: u64) -> usize {
    let quotas = [settings.requests_per_minute, settings.tokens_per_minute];
    settings.max_in_flight.min(useful(quotas, tokens, window(settings)))
}
