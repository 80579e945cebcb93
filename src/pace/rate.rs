//! Spreads a quota over the minute, in small bursts.
//!
//! Cells are due one after the other at equal intervals. A cell that is taken late, because a timer fired
//! late, does not delay those after it, so that lateness costs no throughput. How late a cell may be and still
//! count as due on time is limited by `catch_up`, and the time in which nobody waits for a cell does not
//! count at all: nothing is saved up.
//!
//! governor supplies the arithmetic: its GCRA decides whether cells may be taken, and when the next ones are
//! due. Two things are ours:
//!
//! - The clock. governor's limiter saves up a burst while it is idle, so its clock moves only while somebody
//!   waits, and otherwise only until the next cell is due.
//! - The unit. governor makes up for whole cells only, and the interval between the cells of a small quota is
//!   longer than the lateness to make up. So governor counts ticks, of which a cell has many, and its clock
//!   shows ticks, not nanoseconds.
//!
//! # The most cells in a second
//!
//! Let T be the interval, and C `catch_up`. Number the cells of a second, its ends included, from 0. Cell 0 is
//! taken at some time t; after that, the next cell is due at t - C + T at the earliest, and cell k at t - C +
//! kT. None is taken before it is due, and the second ends at t + 1 s, so kT <= 1 s + C, and the second holds
//! at most 1 + floor((1 s + C) / T) cells. C is chosen so that this is at most [`most_in_a_second`]; it is
//! rounded down to ticks by one more than needed, since the clock may gain a tick in a second by rounding.
//!
//! This holds for a quota of requests, which are taken one at a time. A request of many tokens takes all its
//! cells at once when the last of them is due.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, FakeRelativeClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use super::ledger::WINDOW;

/// No timer is made up for that was late by more than this; with the cell that is due, a burst has less than
/// 20 ms.
const MAX_CATCH_UP: Duration = Duration::from_millis(18);
const SECOND: Duration = Duration::from_secs(1);
/// A minute has at least that many ticks, so that a tick is at most about 60 ns. Even the only cell of a quota
/// of one a minute has few enough for governor, which takes up to `u32::MAX` at once.
const MIN_TICKS_PER_MINUTE: u64 = 1_000_000_000;

/// governor's limiter, with the clock of its own that the program advances: only `count_until` does.
type Limiter = RateLimiter<NotKeyed, InMemoryState, FakeRelativeClock, NoOpMiddleware<Nanos>>;

/// Spreads a quota of cells over the minute.
#[derive(Debug)]
pub(super) struct Rate {
    limiter: Limiter,
    ticks_per_cell: u64,
    /// The ticks of `quota` cells.
    ticks_per_span: u64,
    /// The time in which `quota` cells are due. It is longer than a minute, by as much as `catch_up` can move
    /// cells into it, so that the ledger rarely has to hold back anything.
    span: Duration,
    /// The most cells that can be taken from the limiter at once.
    burst: u64,
    /// The time that counts: the limiter's clock shows it in ticks, rounded down.
    counted: Duration,
    /// The time since cells were last asked for in which somebody waited for cells.
    waited: Duration,
    /// The time since cells were last asked for in which nobody did.
    idle: Duration,
    /// Until when `waited` and `idle` are known.
    last_call: Option<Instant>,
    /// Whether somebody waits for cells since then.
    awaited: bool,
}

impl Rate {
    /// Spreads `quota` cells, at least one, over the minute.
    pub(super) fn per_minute(quota: u64) -> Self {
        let quota = quota.max(1);
        let catch_up = catch_up(quota);
        let span = WINDOW + catch_up;
        let ticks_per_cell = MIN_TICKS_PER_MINUTE.div_ceil(quota);
        let ticks_per_span = quota.saturating_mul(ticks_per_cell);
        let catch_up = ticks_in(catch_up, ticks_per_span, span).saturating_sub(1);
        let burst = ticks_per_cell + catch_up;
        // To governor, a tick is a nanosecond.
        let ticks = Quota::per_second(at_least_one(1_000_000_000)).allow_burst(at_least_one(burst));
        let limiter = Limiter::direct_with_clock(ticks, FakeRelativeClock::default());
        // A new limiter has a full burst. All but the first cell is used up.
        let _: Result<_, _> = limiter.check_n(at_least_one(catch_up));
        Self {
            limiter,
            ticks_per_cell,
            ticks_per_span,
            span,
            burst: burst / ticks_per_cell,
            counted: Duration::ZERO,
            waited: Duration::ZERO,
            idle: Duration::ZERO,
            last_call: None,
            awaited: false,
        }
    }

    /// Takes up to `wanted` cells that are due, and returns how many. If these are not all, the caller waits
    /// for the others; then also returns when the last of them is due.
    pub(super) fn take(&mut self, now: Instant, wanted: u64) -> (u64, Option<Instant>) {
        self.pass(now);
        let until = self.counted + std::mem::take(&mut self.waited);
        // Of many cells, only the last is taken now; the others were due while the caller waited for it.
        let mut taken = self.take_until(until, wanted.saturating_sub(1));
        self.count_until(until);
        let mut idle = std::mem::take(&mut self.idle);
        while taken < wanted {
            match self.check(1) {
                Ok(()) => taken += 1,
                Err(due) if !idle.is_zero() => {
                    self.count_until(self.time_of(due).min(self.counted + idle));
                    idle = Duration::ZERO;
                }
                Err(due) => {
                    self.awaited = true;
                    let others = (wanted - taken - 1).saturating_mul(self.ticks_per_cell);
                    let due = self.time_of(due.saturating_add(others));
                    return (taken, Some(now + due.saturating_sub(self.counted)));
                }
            }
        }
        self.awaited = false;
        (taken, None)
    }

    /// Records whether somebody waits for cells from now on.
    pub(super) fn set_awaited(&mut self, now: Instant, awaited: bool) {
        self.pass(now);
        self.awaited = awaited;
    }

    /// Adds the time since the last call to the time waited or to the idle time.
    fn pass(&mut self, now: Instant) {
        let passed =
            self.last_call.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        *(if self.awaited { &mut self.waited } else { &mut self.idle }) += passed;
        self.last_call = self.last_call.max(Some(now));
    }

    /// Takes up to `wanted` cells that are due by then, each when it is due, and returns how many.
    fn take_until(&mut self, until: Duration, wanted: u64) -> u64 {
        let last = ticks_in(until, self.ticks_per_span, self.span);
        let (mut taken, mut portion) = (0, self.burst);
        while taken < wanted && portion > 0 {
            portion = portion.min(wanted - taken);
            match self.check(portion) {
                Ok(()) => taken += portion,
                Err(due) if due <= last => self.count_until(self.time_of(due)),
                Err(_) => portion /= 2,
            }
        }
        taken
    }

    /// Takes that many cells, or none if not all are due; then returns the tick at which they are.
    fn check(&self, cells: u64) -> Result<(), u64> {
        let ticks = at_least_one(cells.saturating_mul(self.ticks_per_cell));
        match self.limiter.check_n(ticks) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => Err(not_until.earliest_possible().as_u64()),
            // More than a burst, which is never asked for.
            Err(_) => Err(u64::MAX),
        }
    }

    /// Moves the limiter's clock.
    fn count_until(&mut self, until: Duration) {
        self.counted = self.counted.max(until);
        let clock = self.limiter.clock();
        let ticks = ticks_in(self.counted, self.ticks_per_span, self.span);
        clock.advance(Duration::from_nanos(ticks.saturating_sub(clock.now().as_u64())));
    }

    /// Returns the time in which that many ticks pass, rounded up.
    fn time_of(&self, ticks: u64) -> Duration {
        let nanos =
            (self.span.as_nanos() * u128::from(ticks)).div_ceil(u128::from(self.ticks_per_span));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// Returns how many ticks pass in a time, rounded down.
fn ticks_in(time: Duration, ticks_per_span: u64, span: Duration) -> u64 {
    let ticks = time.as_nanos() * u128::from(ticks_per_span) / span.as_nanos();
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// Returns a number of ticks in governor's type.
fn at_least_one(ticks: u64) -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(u32::try_from(ticks).unwrap_or(u32::MAX).saturating_sub(1))
}

/// Returns the most cells that any second may hold: a sixtieth of the quota plus 2 %, or the sixtieth rounded
/// up where the 2 % are less than what is missing to the next whole number.
fn most_in_a_second(quota: u64) -> u64 {
    let plus_2_percent = u128::from(quota) * 102 / 6000;
    quota.div_ceil(60).max(u64::try_from(plus_2_percent).unwrap_or(u64::MAX))
}

/// Returns the longest lateness that can be made up so that no second holds more cells than it may: C with
/// (1 s + C) / T < `most_in_a_second`, where T = (`WINDOW` + C) / `quota`.
fn catch_up(quota: u64) -> Duration {
    let most = most_in_a_second(quota);
    let room = (WINDOW.as_nanos() * u128::from(most))
        .saturating_sub(SECOND.as_nanos() * u128::from(quota));
    match room.checked_div(u128::from(quota - most)) {
        Some(limit) => {
            Duration::from_nanos(u64::try_from(limit).unwrap_or(u64::MAX).saturating_sub(1))
                .min(MAX_CATCH_UP)
        }
        // A quota of one a minute.
        None => MAX_CATCH_UP,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTAS: [u64; 13] =
        [1, 7, 60, 61, 600, 1000, 2940, 3000, 6000, 7001, 60_000, 600_000, 200_000_000];

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Takes cells, and returns how many.
    fn take(rate: &mut Rate, now: Instant, wanted: u64) -> u64 {
        rate.take(now, wanted).0
    }

    /// Returns the time in which that many cells are due.
    fn time_of_cells(rate: &Rate, cells: u64) -> Duration {
        rate.time_of(cells * rate.ticks_per_cell)
    }

    #[test]
    fn a_second_may_hold_a_sixtieth_and_2_percent_or_the_sixtieth_rounded_up() {
        for (quota, most, made_up) in [
            (1, 1, 18_000_000),
            (60, 1, 1_694_914),
            (61, 2, 18_000_000),
            (600, 10, 1_694_914),
            (1000, 17, 18_000_000),
            (2940, 49, 1_694_914),
            (3000, 51, 18_000_000),
            (60_000, 1020, 18_000_000),
        ] {
            assert_eq!(most_in_a_second(quota), most, "{quota}");
            assert_eq!(catch_up(quota), Duration::from_nanos(made_up), "{quota}");
        }
    }

    #[test]
    fn the_burst_of_the_limiter_keeps_a_second_within_what_it_may_hold() {
        for quota in QUOTAS.into_iter().chain(1..10_000).chain([4_000_000_000]) {
            let rate = Rate::per_minute(quota);
            let spread = rate.limiter.check_n(NonZeroU32::MAX).unwrap_err();
            // Rounded down, the clock can gain one tick.
            let second = ticks_in(SECOND, rate.ticks_per_span, rate.span) + 1;
            let made_up = u64::from(spread.0) - rate.ticks_per_cell;
            let cells = 1 + (second + made_up) / rate.ticks_per_cell;
            assert!(cells <= most_in_a_second(quota), "{cells} at {quota} a minute");
            let lost = catch_up(quota).saturating_sub(rate.time_of(made_up));
            assert!(lost < Duration::from_nanos(200), "{lost:?} at {quota} a minute");
        }
    }

    #[test]
    fn cells_on_time_are_due_at_equal_intervals() {
        let (mut rate, start) = (Rate::per_minute(60), Instant::now());
        for number in 0..200 {
            let due = start + time_of_cells(&rate, number);
            if number > 0 {
                assert_eq!(rate.take(due - ms(1), 1), (0, Some(due)));
            }
            assert_eq!(rate.take(due, 1), (1, None));
            rate.set_awaited(due, true);
        }
    }

    #[test]
    fn the_fullest_second_holds_no_more_than_it_may() {
        for quota in QUOTAS {
            let mut rate = Rate::per_minute(quota);
            let start = Instant::now();
            assert_eq!(take(&mut rate, start, 1), 1);
            rate.set_awaited(start, true);
            // The first cell of the second is later than can be made up.
            let begin = start + SECOND * 200;
            assert_eq!(take(&mut rate, begin, 1), 1);
            rate.set_awaited(begin, true);
            let most = most_in_a_second(quota);
            // Beside the one that is taken at its beginning.
            let others = take(&mut rate, begin + SECOND, u64::MAX);
            assert!(others < most, "{others} and one at {quota} a minute");
        }
    }

    #[test]
    fn a_timer_that_was_late_is_made_up_for() {
        for (late, cells) in [(0, 1), (1, 1), (11, 11), (17, 17), (18, 18), (19, 18), (900, 18)] {
            let (mut rate, start) = (Rate::per_minute(60_000), Instant::now());
            assert_eq!(take(&mut rate, start, 1), 1);
            rate.set_awaited(start, true);
            let now = start + time_of_cells(&rate, 1) + ms(late);
            let mut taken = 0;
            while take(&mut rate, now, 1) == 1 {
                rate.set_awaited(now, true);
                taken += 1;
            }
            assert_eq!(taken, cells, "{late} ms late");
        }
    }

    #[test]
    fn time_in_which_nobody_waits_saves_nothing_up() {
        for waits in [false, true] {
            let (mut rate, start) = (Rate::per_minute(60_000), Instant::now());
            assert_eq!(take(&mut rate, start, 1), 1);
            rate.set_awaited(start, waits);
            rate.set_awaited(start, false);
            assert_eq!(take(&mut rate, start + SECOND, 100), 1, "{waits}");
        }
    }

    #[test]
    fn idle_time_before_and_after_a_wait_saves_nothing_up() {
        let (mut rate, start) = (Rate::per_minute(60_000), Instant::now());
        assert_eq!(take(&mut rate, start, 1), 1);
        rate.set_awaited(start + SECOND, true);
        rate.set_awaited(start + SECOND + ms(5), false);
        // Four cells of the five milliseconds, and the one that is due since.
        assert_eq!(take(&mut rate, start + SECOND * 2, 100), 5);
    }

    #[test]
    fn a_new_rate_has_no_burst() {
        for quota in QUOTAS {
            assert_eq!(take(&mut Rate::per_minute(quota), Instant::now(), u64::MAX), 1, "{quota}");
        }
    }

    #[test]
    fn a_request_of_many_cells_waits_for_the_last_of_them() {
        let (mut rate, start) = (Rate::per_minute(60_000), Instant::now());
        let (taken, due) = rate.take(start, 1000);
        assert_eq!(taken, 1);
        let due = due.unwrap();
        let all = due - start;
        let expected = time_of_cells(&rate, 999);
        assert!(all >= expected && all <= expected + ms(1), "{all:?}");
        assert_eq!(rate.take(start + all / 2, 999), (499, Some(due)));
        assert_eq!(rate.take(due, 500), (500, None));
    }
}
