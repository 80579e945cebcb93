//! Spreads a quota over the minute, in small bursts.
//!
//! Cells are due one after the other at equal intervals. A cell that is taken late, because a timer fired
//! late, does not delay those after it, so that lateness costs no throughput. How late a cell may be and still
//! count as due on time is limited by `catch_up`, and the time in which nobody waits for a cell does not
//! count at all: nothing is saved up.
//!
//! # The most cells in a second
//!
//! Let T be the interval, and C `catch_up`. Number the cells of a second, its ends included, from 0. Cell 0 is
//! taken at some time t; after that, the next cell is due at t - C + T at the earliest, and cell k at t - C +
//! kT. None is taken before it is due, and the second ends at t + 1 s, so kT <= 1 s + C, and the second holds
//! at most 1 + floor((1 s + C) / T) cells. C is chosen so that this is at most [`most_in_a_second`].
//!
//! This holds for a quota of requests, which are taken one at a time. A request of many tokens takes all its
//! cells at once when the last of them is due.

use std::time::Duration;

use tokio::time::Instant;

use super::ledger::WINDOW;

/// No timer is made up for that was late by more than this; with the cell that is due, a burst has less than
/// 20 ms.
const MAX_CATCH_UP: Duration = Duration::from_millis(18);
const SECOND: Duration = Duration::from_secs(1);

/// Spreads a quota of cells over the minute.
#[derive(Debug)]
pub(super) struct Rate {
    quota: u64,
    /// The time in which `quota` cells are due. It is longer than a minute, by as much as `catch_up` can move
    /// cells into it, so that the ledger rarely has to hold back anything.
    span: Duration,
    catch_up: Duration,
    /// When the next cell is due; `None` before the first one is asked for.
    next: Option<Instant>,
    /// When cells were last asked for or used.
    last_call: Option<Instant>,
    /// Whether somebody has waited for cells since then.
    awaited: bool,
}

impl Rate {
    /// Spreads `quota` cells, at least one, over the minute.
    pub(super) fn per_minute(quota: u64) -> Self {
        let quota = quota.max(1);
        let catch_up = catch_up(quota);
        Self {
            quota,
            span: WINDOW + catch_up,
            catch_up,
            next: None,
            last_call: None,
            awaited: false,
        }
    }

    /// Takes up to `wanted` cells that are due, and returns how many; if these are not all, the caller waits
    /// for the others.
    pub(super) fn take(&mut self, now: Instant, wanted: u64) -> u64 {
        let mut next = self.next.unwrap_or(now);
        if !self.awaited {
            // Time in which nobody waited does not count; lateness from before it still does.
            let late =
                self.last_call.map_or(Duration::ZERO, |last| last.saturating_duration_since(next));
            next = next.max(now.checked_sub(late).unwrap_or(now));
        }
        let taken = match now.checked_duration_since(next) {
            Some(late) => self.cells_in(late).saturating_add(1).min(wanted),
            None => 0,
        };
        self.next = Some(next + self.time_of(taken));
        self.last_call = Some(now);
        self.awaited = taken < wanted;
        taken
    }

    /// Returns when that many more cells, at least one, will be due.
    pub(super) fn due(&self, now: Instant, cells: u64) -> Instant {
        self.next.unwrap_or(now) + self.time_of(cells.saturating_sub(1))
    }

    /// Records that cells are used now, which may have been taken before, and whether others wait for cells.
    pub(super) fn record_use(&mut self, now: Instant, others_wait: bool) {
        let earliest = (now + self.time_of(1)).checked_sub(self.catch_up).unwrap_or(now);
        self.next = self.next.max(Some(earliest));
        self.last_call = Some(now);
        self.awaited = others_wait;
    }

    /// Records that nobody waits for cells any more, because something else holds the requests back.
    pub(super) fn stop_waiting(&mut self) {
        self.awaited = false;
    }

    /// Returns the time in which that many cells are due, rounded up.
    fn time_of(&self, cells: u64) -> Duration {
        let nanos = (self.span.as_nanos() * u128::from(cells)).div_ceil(u128::from(self.quota));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Returns how many cells are due in a time, rounded down.
    fn cells_in(&self, time: Duration) -> u64 {
        let cells = time.as_nanos() * u128::from(self.quota) / self.span.as_nanos();
        u64::try_from(cells).unwrap_or(u64::MAX)
    }
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
    fn cells_on_time_are_due_at_equal_intervals() {
        let (mut rate, start) = (Rate::per_minute(60), Instant::now());
        for number in 0..200_u32 {
            let due = start + rate.time_of(1) * number;
            if number > 0 {
                assert_eq!(rate.take(due - ms(1), 1), 0);
                assert_eq!(rate.due(due - ms(1), 1), due);
            }
            assert_eq!(rate.take(due, 1), 1);
            rate.record_use(due, true);
        }
    }

    #[test]
    fn the_fullest_second_holds_no_more_than_it_may() {
        for quota in QUOTAS {
            let mut rate = Rate::per_minute(quota);
            let start = Instant::now();
            assert_eq!(rate.take(start, 1), 1);
            rate.record_use(start, true);
            // The first cell of the second is as late as can be made up, and taken before it is used.
            assert_eq!(rate.take(start + SECOND * 200, 1), 1);
            let begin = start + SECOND * 300;
            rate.record_use(begin, true);
            let most = most_in_a_second(quota);
            // Beside the one that is used at its beginning.
            let others = rate.take(begin + SECOND, u64::MAX);
            assert!(others < most, "{others} and one at {quota} a minute");
        }
    }

    #[test]
    fn a_timer_that_was_late_is_made_up_for() {
        for (late, cells) in [(0, 1), (1, 1), (11, 11), (17, 17), (18, 18), (19, 18), (900, 18)] {
            let (mut rate, start) = (Rate::per_minute(60_000), Instant::now());
            assert_eq!(rate.take(start, 1), 1);
            rate.record_use(start, true);
            let now = start + rate.time_of(1) + ms(late);
            let mut taken = 0;
            while rate.take(now, 1) == 1 {
                rate.record_use(now, true);
                taken += 1;
            }
            assert_eq!(taken, cells, "{late} ms late");
        }
    }

    #[test]
    fn time_in_which_nobody_waits_saves_nothing_up() {
        for waits in [false, true] {
            let (mut rate, start) = (Rate::per_minute(60_000), Instant::now());
            assert_eq!(rate.take(start, 1), 1);
            rate.record_use(start, waits);
            rate.stop_waiting();
            assert_eq!(rate.take(start + SECOND, 100), 1, "{waits}");
        }
    }

    #[test]
    fn a_request_of_many_cells_waits_for_the_last_of_them() {
        let (mut rate, start) = (Rate::per_minute(60_000), Instant::now());
        assert_eq!(rate.take(start, 1000), 1);
        let due = rate.due(start, 999);
        let all = due - start;
        assert!(all >= rate.time_of(999) && all <= rate.time_of(999) + ms(1), "{all:?}");
        assert_eq!(rate.take(start + all / 2, 999), 499);
        assert_eq!(rate.take(due, 500), 500);
    }
}
