//! How many requests may be on their way at once: as many as the endpoint bears.
//!
//! Two until it has answered. Then the limit doubles with every window of requests that filled it (slow
//! start), until the endpoint is overloaded for the first time; from there it grows by a constant and
//! shrinks by a share. A window is as many replies as the limit, and at least [`LEAST_SAMPLES`], to
//! requests that left since the limit last changed.
//!
//! Overload is a refusal (429, 503), a server's error, a timeout, or latency: a window's mean above twice
//! the smallest mean of any window. What our own process was late by does not count as the endpoint's
//! latency, and where fewer requests in flight bring no lower latency, it is not ours to mend. Pure
//! arithmetic: latencies are handed in, and requests are told apart by the order in which they left.

use std::time::Duration;

use crate::input::JudgeSettings;

/// Requests in flight until the first one has come back: what the server refuses is refused to few.
pub(super) const FIRST_IN_FLIGHT: usize = 2;
/// Where slow start begins.
const SLOW_START: usize = 64;
/// Latencies vary with the length of replies; a mean of fewer says little.
const LEAST_SAMPLES: usize = 16;
/// What is left of the limit after a decrease.
const DECREASE: f64 = 0.7;
/// A window this much slower than the fastest one is overload.
const SLOW: f64 = 2.0;
/// A decrease has helped if latency has come down at least to this share.
const HELPED: f64 = 0.9;
/// A call is handled by our process in about so many steps, each of them as late as its heartbeat.
const STEPS: u32 = 4;

/// The limit of requests in flight, and what it is decided by.
#[derive(Debug)]
pub(super) struct Concurrency {
    most: usize,
    limit: usize,
    step: usize,
    answered: bool,
    slow_start: bool,
    /// It was ever reached or lowered: before that it is no more than a guess.
    tried: bool,
    /// Requests that have left.
    left: u64,
    /// As many had left when the limit last changed, and when it was last lowered.
    changed: u64,
    lowered: u64,
    window: Window,
    /// The smallest mean latency of a window.
    smallest: Option<Duration>,
    /// The mean latency that led to the last decrease, until it is known whether that has helped.
    too_slow: Option<Duration>,
}

#[derive(Debug, Default)]
struct Window {
    replies: u32,
    latency: Duration,
    /// The most that our process was late by.
    late: Duration,
    /// The limit was reached.
    full: bool,
}

impl Concurrency {
    /// Returns a limit of at most `most`, beginning with what an earlier command `settled` on.
    pub(super) fn new(most: usize, settled: Option<usize>) -> Self {
        let most = most.max(1);
        let limit = settled.unwrap_or(SLOW_START).clamp(1, most);
        Self {
            most,
            limit,
            step: most.min(SLOW_START).div_ceil(16),
            answered: false,
            slow_start: true,
            tried: false,
            left: 0,
            changed: 0,
            lowered: 0,
            window: Window::default(),
            smallest: None,
            too_slow: None,
        }
    }

    /// Returns how many requests may be on their way now.
    pub(super) fn limit(&self) -> usize {
        if self.answered { self.limit } else { self.limit.min(FIRST_IN_FLIGHT) }
    }

    /// Returns the limit if anything was learnt about it.
    pub(super) fn settled(&self) -> Option<usize> {
        self.tried.then_some(self.limit)
    }

    /// Takes note that the endpoint answers.
    pub(super) fn open(&mut self) {
        self.answered = true;
    }

    /// Takes note that a request leaves as one of `in_flight`; returns its number.
    pub(super) fn leave(&mut self, in_flight: usize) -> u64 {
        if self.answered && in_flight >= self.limit {
            self.window.full = true;
            self.tried = true;
        }
        self.left += 1;
        self.left
    }

    /// Takes note that our own process was late by so much.
    pub(super) fn late(&mut self, by: Duration) {
        self.window.late = self.window.late.max(by);
    }

    /// Takes note of a reply to the request of that number.
    pub(super) fn replied(&mut self, number: u64, latency: Duration) {
        if number <= self.changed {
            return;
        }
        self.window.replies += 1;
        self.window.latency += latency;
        if self.window.replies as usize >= self.limit.max(LEAST_SAMPLES) {
            self.close_window();
        }
    }

    /// Takes note that the endpoint could not bear the request of that number. What left before the last
    /// decrease says nothing about the limit since; and before the first answer it was never tried.
    pub(super) fn overloaded(&mut self, number: u64) {
        if self.answered && number > self.lowered {
            self.lower();
        }
    }

    fn lower(&mut self) {
        self.slow_start = false;
        self.tried = true;
        self.lowered = self.left;
        self.change(((self.limit as f64 * DECREASE) as usize).max(1));
    }

    fn change(&mut self, limit: usize) {
        self.limit = limit;
        self.changed = self.left;
        self.window = Window::default();
    }

    fn close_window(&mut self) {
        let window = std::mem::take(&mut self.window);
        let mean = window.latency / window.replies.max(1);
        let theirs = mean.saturating_sub(window.late * STEPS);
        let before = self.too_slow.take();
        if before.is_some_and(|before| mean > before.mul_f64(HELPED)) {
            self.smallest = Some(mean);
        }
        let smallest = self.smallest.map_or(mean, |smallest| smallest.min(mean));
        self.smallest = Some(smallest);
        if theirs > smallest.mul_f64(SLOW) {
            self.too_slow = Some(mean);
            self.lower();
        } else if window.full {
            let grown = if self.slow_start { self.limit * 2 } else { self.limit + self.step };
            self.change(grown.min(self.most));
        }
    }
}

/// The time limit of one request, or a part of what a trial has in all, in minutes.
pub(super) fn window(settings: &JudgeSettings) -> f64 {
    settings.timeout.min(settings.total_timeout / 4).as_secs_f64() / 60.0
}

/// Returns how many requests of so many `tokens` the quotas of requests and tokens let go within `window`
/// minutes, and at least two.
pub(super) fn useful([requests, per_minute]: [Option<u64>; 2], tokens: u64, window: f64) -> usize {
    let rates = [
        requests.map(|quota| quota as f64),
        per_minute.map(|quota| quota as f64 / tokens.max(1) as f64),
    ];
    let useful = rates.into_iter().flatten().map(|rate| ((rate * window).ceil() as usize).max(2));
    useful.fold(usize::MAX, usize::min)
}
