//! Spreads a quota over the minute.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use super::ledger::WINDOW;

/// How many bursts make up a second's quota.
const BURSTS_PER_SECOND: u64 = 25;
/// From this quota on a burst has at least two cells, so that the delay of a late timer can be made up.
const CATCH_UP_FROM: u64 = 600;

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
        // Half a burst at a time: the other half makes up the delay of a late timer, which would be lost if
        // every portion needed the whole.
        let portion = burst.div_ceil(2);
        let interval = WINDOW.as_nanos() as u64 / quota.checked_sub(burst + portion - 2)?;
        let [burst, portion] = [burst, portion].map(|cells| NonZeroU32::new(cells as u32));
        let interval = Duration::from_nanos(interval.max(1));
        let spread = Quota::with_period(interval)?.allow_burst(burst?);
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
