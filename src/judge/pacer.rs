//! Pacing: when the next request may leave.
//!
//! Requests and tokens per minute, a cap on the requests in flight, and a common pause when the server
//! asks for one. Callers stand in one queue, first in first out: only its head looks at the clock, so ten
//! thousand waiters cost as much as one. Every attempt passes here, the first as well as the sixth.
//!
//! governor supplies the arithmetic of the quotas (never its waiting, which wakes everybody at once) and
//! backoff the growth of the delays (never its retry loop, which obeys a server for ever). No other file
//! names them.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff as _;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::{Mutex as Queue, MutexGuard as Head, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

use super::Usage;
use crate::input::JudgeSettings;

/// Above this a quota is no limit; governor counts in 32 bits.
const NO_LIMIT_ABOVE: u64 = 4_000_000_000;
/// How many bursts make up a second's quota.
const BURSTS_PER_SECOND: u64 = 10;
/// From here on a burst has at least two cells, so that what a timer is late by can be caught up.
const CATCH_UP_FROM: u64 = 600;
const MINUTE: Duration = Duration::from_mins(1);
const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_mins(1);
/// Requests in flight until the first one has come back: what the server refuses is refused to few.
const FIRST_IN_FLIGHT: usize = 2;

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
struct Rate {
    limiter: Limiter,
    burst: NonZeroU32,
}

impl Rate {
    /// Returns `None` where there is no limit.
    ///
    /// The interval between cells is a little longer than a minute over the quota, by as much as a burst
    /// would otherwise add, so that no window of a minute ever holds more than the quota.
    fn per_minute(quota: Option<u64>) -> Option<Self> {
        let quota = limited(quota)?;
        let least = if quota >= CATCH_UP_FROM { 2 } else { 1 };
        let burst = (quota / 60).div_ceil(BURSTS_PER_SECOND).max(least);
        let interval = MINUTE.as_nanos() as u64 / (quota - (burst - 1));
        let burst = NonZeroU32::new(u32::try_from(burst).unwrap_or(u32::MAX))?;
        let spread = Quota::with_period(Duration::from_nanos(interval.max(1)))?.allow_burst(burst);
        Some(Self { limiter: RateLimiter::direct_with_clock(spread, TokioClock), burst })
    }

    /// Waits for `cells`, in portions of half a burst: the other half takes up what a timer is late by,
    /// which would be lost if every portion needed the whole.
    async fn take(&self, mut cells: u64) {
        while cells > 0 {
            let portion = cells.min(u64::from(self.burst.get().div_ceil(2))) as u32;
            let Some(portion) = NonZeroU32::new(portion) else { return };
            match self.limiter.check_n(portion) {
                Ok(Ok(())) => cells -= u64::from(portion.get()),
                Ok(Err(not_until)) => {
                    tokio::time::sleep(not_until.wait_time_from(TokioClock.now())).await;
                }
                // A portion is never larger than the burst.
                Err(_) => return,
            }
        }
    }
}

/// What left within the last minute, counted when it left.
///
/// The limiter spreads cells evenly, but a request takes all its tokens along at one moment, and a pause
/// may hold it back after it has its cells. The ledger holds every minute to its quota all the same.
#[derive(Debug)]
struct Ledger {
    quota: Option<u64>,
    left: VecDeque<(Instant, u64)>,
    sum: u64,
}

impl Ledger {
    fn new(quota: Option<u64>) -> Self {
        Self { quota: limited(quota), left: VecDeque::new(), sum: 0 }
    }

    /// Returns when `cells` may leave, if not now.
    fn full_until(&mut self, now: Instant, cells: u64) -> Option<Instant> {
        let quota = self.quota?;
        while let Some((left, passed)) =
            self.left.front().copied().filter(|(left, _)| now >= *left + MINUTE)
        {
            debug_assert!(left <= now);
            self.left.pop_front();
            self.sum -= passed;
        }
        if self.sum + cells.min(quota) <= quota {
            return None;
        }
        self.left.front().map(|(left, _)| *left + MINUTE)
    }

    fn enter(&mut self, now: Instant, cells: u64) {
        if let Some(quota) = self.quota {
            let cells = cells.min(quota);
            self.sum += cells;
            self.left.push_back((now, cells));
        }
    }
}

/// Returns the quota, unless it is none.
fn limited(quota: Option<u64>) -> Option<u64> {
    quota.filter(|quota| *quota <= NO_LIMIT_ABOVE).map(|quota| quota.max(1))
}

#[derive(Debug)]
struct State {
    /// Nobody leaves before.
    paused_until: Option<Instant>,
    /// Pauses since the last reply.
    pauses: u32,
    /// How often in a row the endpoint could not be reached.
    lost: u32,
    requests: Ledger,
    tokens: Ledger,
    /// Tokens used beyond what was reserved (or, negative, reserved and not used).
    owed: i64,
    /// Tokens that a reply is expected to have: a moving average of those seen.
    expected_completion: f64,
    random: StdRng,
    opened: bool,
}

/// Decides when the next request to one endpoint may leave.
#[derive(Debug)]
pub struct Pacer {
    requests: Option<Rate>,
    tokens: Option<Rate>,
    tokens_per_minute: Option<u64>,
    queue: Queue<()>,
    in_flight: Semaphore,
    max_in_flight: usize,
    state: Mutex<State>,
}

/// The head of the queue.
#[derive(Debug)]
pub struct Turn<'a> {
    pacer: &'a Pacer,
    _head: Head<'a, ()>,
}

/// A request on its way; dropping it frees its place.
#[derive(Debug)]
pub struct Permit<'a> {
    _place: SemaphorePermit<'a>,
    reserved: u64,
}

impl Pacer {
    /// Returns a pacer for one judge whose prompts have about `prompt_tokens` tokens; `seed` is for the
    /// jitter of its delays.
    pub fn new(settings: &JudgeSettings, prompt_tokens: u64, seed: u64) -> Self {
        let expected_completion = settings.max_tokens.min(512);
        let limit = useful_in_flight(settings, prompt_tokens + expected_completion);
        Self {
            requests: Rate::per_minute(settings.requests_per_minute),
            tokens: Rate::per_minute(settings.tokens_per_minute),
            tokens_per_minute: settings.tokens_per_minute,
            queue: Queue::new(()),
            in_flight: Semaphore::new(limit.min(FIRST_IN_FLIGHT)),
            max_in_flight: limit,
            state: Mutex::new(State {
                paused_until: None,
                pauses: 0,
                lost: 0,
                requests: Ledger::new(settings.requests_per_minute),
                tokens: Ledger::new(settings.tokens_per_minute),
                owed: 0,
                expected_completion: expected_completion as f64,
                random: StdRng::seed_from_u64(seed),
                opened: false,
            }),
        }
    }

    /// Returns how many requests may be on their way at once.
    pub fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    /// Returns how many tokens a request is likely to cost, prompt and reply together.
    pub fn estimate(&self, prompt_tokens: u64) -> u64 {
        let tokens = prompt_tokens + self.state().expected_completion.ceil() as u64;
        self.tokens_per_minute.map_or(tokens, |quota| tokens.min(quota))
    }

    /// Waits for the head of the queue.
    pub async fn turn(&self) -> Turn<'_> {
        Turn { pacer: self, _head: self.queue.lock().await }
    }

    /// Lets nobody leave for `delay`.
    pub fn pause(&self, delay: Duration) {
        let until = Instant::now() + delay;
        let mut state = self.state();
        if state.paused_until.is_none_or(|earlier| earlier < until) {
            state.paused_until = Some(until);
        }
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
            Some(hint) => hint.max(own),
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

    /// Settles what a request really used, once that is known.
    pub fn settle(&self, permit: &Permit<'_>, used: Usage) {
        let mut state = self.state();
        let total = (used.prompt + used.completion) as i64;
        state.owed = state.owed.saturating_add(total - permit.reserved as i64);
        state.expected_completion += 0.1 * (used.completion as f64 - state.expected_completion);
    }

    /// Takes note that the endpoint answers: the whole of `max_in_flight` is open from now on, and the next
    /// pause is a first one.
    pub fn open(&self) {
        let mut state = self.state();
        state.pauses = 0;
        state.lost = 0;
        if !state.opened {
            state.opened = true;
            self.in_flight.add_permits(self.max_in_flight.saturating_sub(FIRST_IN_FLIGHT));
        }
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

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing panics while it holds this lock; if it did, the numbers would still be sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Turn<'a> {
    /// Waits until a request of about `tokens` may leave, then gives the turn to the next in the queue.
    pub async fn leave(self, tokens: u64) -> Permit<'a> {
        let pacer = self.pacer;
        // A semaphore that is never closed always grants in the end.
        let place = loop {
            if let Ok(place) = pacer.in_flight.acquire().await {
                break place;
            }
        };
        pacer.wait_for_quota(tokens).await;
        Permit { _place: place, reserved: tokens }
    }
}

impl Pacer {
    /// Waits until a request that was refused for its form, and keeps its place, may leave again. It does
    /// not stand in the queue a second time: what is learnt from it is what the others wait for.
    pub async fn leave_again(&self, permit: &mut Permit<'_>, tokens: u64) {
        self.wait_for_quota(tokens).await;
        permit.reserved = tokens;
    }

    async fn wait_for_quota(&self, tokens: u64) {
        self.wait_out_pauses().await;
        if let Some(requests) = &self.requests {
            requests.take(1).await;
        }
        let cells = {
            let mut state = self.state();
            let cells = (tokens as i64).saturating_add(state.owed);
            state.owed = cells.min(0);
            cells.max(0) as u64
        };
        if let Some(rate) = &self.tokens {
            rate.take(cells.min(self.tokens_per_minute.unwrap_or(u64::MAX))).await;
        }
        while let Err(until) = self.depart(cells) {
            sleep_until(until).await;
        }
    }

    /// Enters a departure into the ledgers; where it may not leave yet, returns when to ask again.
    fn depart(&self, cells: u64) -> Result<(), Instant> {
        let now = Instant::now();
        let mut state = self.state();
        let paused = state.paused_until.filter(|until| *until > now);
        let requests = state.requests.full_until(now, 1);
        let tokens = state.tokens.full_until(now, cells);
        if let Some(until) = [paused, requests, tokens].into_iter().flatten().max() {
            return Err(until);
        }
        state.requests.enter(now, 1);
        state.tokens.enter(now, cells);
        Ok(())
    }

    async fn wait_out_pauses(&self) {
        loop {
            let until = self.state().paused_until;
            match until {
                Some(until) if until > Instant::now() => sleep_until(until).await,
                _ => return,
            }
        }
    }
}

/// The requests that can be on their way at once without growing old in the queue: what the quotas let go
/// within the time limit of one request, and within a part of what a trial has in all.
fn useful_in_flight(settings: &JudgeSettings, tokens: u64) -> usize {
    let window = settings.timeout.min(settings.total_timeout / 4).as_secs_f64() / 60.0;
    let per_minute = [
        settings.requests_per_minute.map(|quota| quota as f64),
        settings.tokens_per_minute.map(|quota| quota as f64 / tokens.max(1) as f64),
    ];
    let useful = per_minute
        .into_iter()
        .flatten()
        .map(|rate| ((rate * window).ceil() as usize).max(2))
        .fold(usize::MAX, usize::min);
    settings.max_in_flight.min(useful)
}
