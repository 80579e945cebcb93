//! The limit of requests in flight: as many as the endpoint sustains.
//!
//! The limit is at most 2 until the endpoint has replied to a request, or has rejected one for its content.
//! Then it starts at 64, or at the limit that an earlier process stored, and doubles with every window of
//! requests that reached it (slow start), until the first overload; from there it grows by a constant and
//! shrinks by a factor (additive increase, multiplicative decrease). A window is as many replies as the
//! limit, and at least [`MIN_SAMPLES`], to requests that were sent since the limit last changed.
//!
//! Overload is a throttled request (429, 503), a server error, a timeout, or latency: a window whose mean
//! latency is above twice the smallest mean of any window. Before that comparison, four times the largest lag
//! of our own process within the window is subtracted from its mean: a call is handled in about as many
//! steps. If fewer requests in flight do not lower the latency, the limit is not the cause, and the higher
//! latency becomes the new reference.
//!
//! Pure arithmetic: latencies are passed in, and requests are identified by the order in which they were sent.

use std::time::Duration;

use crate::input::JudgeSettings;

/// The limit until the endpoint has served a request, so that one that rejects everything rejects few.
const INITIAL_IN_FLIGHT: usize = 2;
/// The limit from then on until it has given an answer of use, so that one that gives none gives few.
const ANSWERING_IN_FLIGHT: usize = 8;
/// The limit with which slow start begins.
const SLOW_START: usize = 64;
/// The fewest replies in a window: latencies vary with the length of replies.
const MIN_SAMPLES: usize = 16;
/// The factor of a decrease.
const DECREASE: f64 = 0.7;
/// A window whose mean latency is above the smallest mean times this is overload.
const SLOW: f64 = 2.0;
/// A decrease has helped if the mean latency fell at least to this share.
const IMPROVED: f64 = 0.9;
/// Our process handles a call in about this many steps, each of which is delayed by its lag.
const STEPS_PER_CALL: u32 = 4;

/// What the endpoint has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It has not answered.
    Silent,
    /// It answers, but with nothing that is of use yet.
    Answering,
    /// It has given an answer of use.
    Serving,
}

/// The limit of requests in flight, and the measurements that it follows.
#[derive(Debug)]
pub(super) struct Concurrency {
    max: usize,
    limit: usize,
    /// By how much the limit grows after slow start.
    increase: usize,
    stage: Stage,
    slow_start: bool,
    /// Whether the limit was ever reached or lowered; before that it is only a guess.
    measured: bool,
    /// Requests sent so far.
    departures: u64,
    /// The value of `departures` when the limit last changed.
    changed_at: u64,
    /// The value of `departures` when the limit was last lowered.
    lowered_at: u64,
    window: Window,
    /// The smallest mean latency of a window.
    smallest_mean: Option<Duration>,
    /// The mean latency that caused the last decrease, until the next window shows whether that helped.
    mean_before_decrease: Option<Duration>,
}

#[derive(Debug, Default)]
struct Window {
    replies: u32,
    /// The sum of all latencies.
    latency: Duration,
    /// The largest lag of our process.
    lag: Duration,
    /// Whether the limit was reached.
    reached_limit: bool,
}

impl Concurrency {
    /// Returns a limit of at most `max` that begins with `initial`, the limit of an earlier command.
    pub(super) fn new(max: usize, initial: Option<usize>) -> Self {
        let max = max.max(1);
        let limit = initial.unwrap_or(SLOW_START).clamp(1, max);
        Self {
            max,
            limit,
            increase: max.min(SLOW_START).div_ceil(16),
            stage: Stage::Silent,
            slow_start: true,
            measured: false,
            departures: 0,
            changed_at: 0,
            lowered_at: 0,
            window: Window::default(),
            smallest_mean: None,
            mean_before_decrease: None,
        }
    }

    /// Returns how many requests may be in flight now.
    pub(super) fn limit(&self) -> usize {
        match self.stage {
            Stage::Serving => self.limit,
            Stage::Answering => self.limit.min(ANSWERING_IN_FLIGHT),
            Stage::Silent => self.limit.min(INITIAL_IN_FLIGHT),
        }
    }

    /// Returns the limit, unless it was never reached.
    pub(super) fn sustained(&self) -> Option<usize> {
        self.measured.then_some(self.limit)
    }

    /// Records that the endpoint answers requests.
    pub(super) fn mark_reachable(&mut self) {
        self.stage = Stage::Serving;
    }

    /// Records that the endpoint answers, but with nothing that is of use yet.
    pub(super) fn mark_answering(&mut self) {
        if self.stage == Stage::Silent {
            self.stage = Stage::Answering;
        }
    }

    /// Records that a request is sent, which makes `in_flight` requests; returns its number.
    pub(super) fn record_departure(&mut self, in_flight: usize) -> u64 {
        if self.stage == Stage::Serving && in_flight >= self.limit {
            self.window.reached_limit = true;
            self.measured = true;
        }
        self.departures += 1;
        self.departures
    }

    /// Records the lag of our own process.
    pub(super) fn record_lag(&mut self, lag: Duration) {
        self.window.lag = self.window.lag.max(lag);
    }

    /// Records a reply to the request with that number.
    pub(super) fn record_reply(&mut self, number: u64, latency: Duration) {
        if number <= self.changed_at {
            return;
        }
        self.window.replies += 1;
        self.window.latency += latency;
        if self.window.replies as usize >= self.limit.max(MIN_SAMPLES) {
            self.close_window();
        }
    }

    /// Records that the endpoint was overloaded by the request with that number. Requests sent before the
    /// last decrease say nothing about the present limit; before the first answer, the limit was not in use.
    pub(super) fn record_overload(&mut self, number: u64) {
        if self.stage == Stage::Serving && number > self.lowered_at {
            self.decrease();
        }
    }

    fn decrease(&mut self) {
        self.slow_start = false;
        self.measured = true;
        self.lowered_at = self.departures;
        self.set_limit(((self.limit as f64 * DECREASE) as usize).max(1));
    }

    fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        self.changed_at = self.departures;
        self.window = Window::default();
    }

    fn close_window(&mut self) {
        let window = std::mem::take(&mut self.window);
        let mean = window.latency / window.replies.max(1);
        let without_lag = mean.saturating_sub(window.lag * STEPS_PER_CALL);
        let before = self.mean_before_decrease.take();
        if before.is_some_and(|before| mean > before.mul_f64(IMPROVED)) {
            self.smallest_mean = Some(mean);
        }
        let smallest = self.smallest_mean.map_or(mean, |smallest| smallest.min(mean));
        self.smallest_mean = Some(smallest);
        if without_lag > smallest.mul_f64(SLOW) {
            self.mean_before_decrease = Some(mean);
            self.decrease();
        } else if window.reached_limit {
            let grown = if self.slow_start { self.limit * 2 } else { self.limit + self.increase };
            self.set_limit(grown.min(self.max));
        }
    }
}

/// Returns the time limit of one request, or a quarter of a trial's if that is shorter, in minutes. It bounds
/// how long a request should wait in the queue.
pub(super) fn request_minutes(settings: &JudgeSettings) -> f64 {
    settings.timeout.min(settings.total_timeout / 4).as_secs_f64() / 60.0
}

/// Returns how many requests of `tokens` tokens each the quotas of requests and of tokens per minute let
/// through within `minutes`, and at least 2. More in flight at once would only wait.
pub(super) fn useful_in_flight(
    [requests_per_minute, tokens_per_minute]: [Option<u64>; 2],
    tokens: u64,
    minutes: f64,
) -> usize {
    let rates = [
        requests_per_minute.map(|quota| quota as f64),
        tokens_per_minute.map(|quota| quota as f64 / tokens.max(1) as f64),
    ];
    let useful = rates.into_iter().flatten().map(|rate| ((rate * minutes).ceil() as usize).max(2));
    useful.fold(usize::MAX, usize::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATENCY: Duration = Duration::from_millis(500);

    /// Sends as many requests as the limit allows and answers each after `latency`.
    fn fill_window(concurrency: &mut Concurrency, latency: Duration) {
        let limit = concurrency.limit();
        let numbers: Vec<u64> = (0..limit.max(MIN_SAMPLES))
            .map(|sent| concurrency.record_departure(limit.min(sent + 1)))
            .collect();
        for number in numbers {
            concurrency.record_reply(number, latency);
        }
    }

    fn reachable(max: usize, initial: Option<usize>) -> Concurrency {
        let mut concurrency = Concurrency::new(max, initial);
        concurrency.mark_reachable();
        concurrency
    }

    #[test]
    fn the_limit_begins_with_2_and_then_with_that_of_the_last_command() {
        for (max, initial, limit) in [
            (1000, None, 64),
            (50, None, 50),
            (1000, Some(300), 300),
            (50, Some(300), 50),
            (50, Some(0), 1),
            (0, None, 1),
        ] {
            let mut concurrency = Concurrency::new(max, initial);
            assert_eq!(concurrency.limit(), limit.min(2), "{max} {initial:?}");
            concurrency.mark_reachable();
            assert_eq!((concurrency.limit(), concurrency.sustained()), (limit, None));
        }
    }

    #[test]
    fn full_windows_double_the_limit_until_overload_and_then_add_a_constant() {
        let mut concurrency = reachable(1000, None);
        let mut limits = Vec::new();
        for _ in 0..3 {
            fill_window(&mut concurrency, LATENCY);
            limits.push(concurrency.limit());
        }
        let number = concurrency.record_departure(1);
        concurrency.record_overload(number);
        limits.push(concurrency.limit());
        for _ in 0..2 {
            fill_window(&mut concurrency, LATENCY);
            limits.push(concurrency.limit());
        }
        assert_eq!(limits, [128, 256, 512, 358, 362, 366]);
        assert_eq!(concurrency.sustained(), Some(366));
    }

    #[test]
    fn a_window_that_does_not_reach_the_limit_changes_nothing() {
        let mut concurrency = reachable(1000, None);
        for _ in 0..640 {
            let number = concurrency.record_departure(63);
            concurrency.record_reply(number, LATENCY);
        }
        assert_eq!((concurrency.limit(), concurrency.sustained()), (64, None));
    }

    #[test]
    fn requests_sent_before_a_decrease_do_not_lower_the_limit_again() {
        let mut concurrency = reachable(100, Some(100));
        let numbers: Vec<u64> = (1..=100).map(|sent| concurrency.record_departure(sent)).collect();
        for number in numbers {
            concurrency.record_overload(number);
        }
        assert_eq!(concurrency.limit(), 70);
    }

    #[test]
    fn overload_before_the_first_answer_changes_nothing() {
        let mut concurrency = Concurrency::new(100, None);
        let number = concurrency.record_departure(1);
        concurrency.record_overload(number);
        assert_eq!(concurrency.sustained(), None);
    }

    #[test]
    fn a_latency_above_twice_the_smallest_is_overload_unless_it_is_our_own_lag() {
        for (latency, lag, limit) in
            [(1000, 0, 64), (1004, 0, 22), (1004, 1, 64), (3000, 0, 22), (3000, 500, 64)]
        {
            let mut concurrency = reachable(64, Some(32));
            // The limit stays at its maximum from the first window on.
            fill_window(&mut concurrency, LATENCY);
            concurrency.set_limit(32);
            concurrency.record_lag(Duration::from_millis(lag));
            fill_window(&mut concurrency, Duration::from_millis(latency));
            assert_eq!(concurrency.limit(), limit, "{latency} ms, {lag} ms of lag");
        }
    }

    #[test]
    fn a_decrease_that_does_not_help_is_not_repeated() {
        let mut concurrency = reachable(100, Some(100));
        let slow = LATENCY * 5;
        fill_window(&mut concurrency, LATENCY);
        fill_window(&mut concurrency, slow);
        assert_eq!(concurrency.limit(), 70);
        fill_window(&mut concurrency, slow);
        assert_eq!(concurrency.limit(), 74, "the higher latency is the reference now");
    }

    #[test]
    fn quotas_bound_the_useful_requests_in_flight() {
        for (quotas, tokens, minutes, useful) in [
            ([None, None], 500, 2.0, usize::MAX),
            ([Some(600), None], 500, 2.0, 1200),
            ([Some(600), Some(30_000)], 500, 2.0, 120),
            ([Some(1), None], 500, 0.5, 2),
            ([None, Some(1000)], 0, 0.1, 100),
            ([Some(3), None], 0, 0.9, 3),
        ] {
            assert_eq!(useful_in_flight(quotas, tokens, minutes), useful, "{quotas:?}");
        }
    }
}
