//! How long a request may take, judging by how long others took: the adaptive time limit, and when a second request is
//! worth its cost.
//!
//! The limit is there for requests that hang while their server is healthy, not to make slow servers fail: what is given
//! up may have been paid for, and the server may still be working on it. So it is wide, follows what was seen lately, and
//! a request that others have not overtaken is given more time: then the server itself is slow, or loads its model. A
//! request that was given up is followed by one with at least twice the time, up to the time limit of the settings.
//!
//! Pure arithmetic: latencies are passed in, and requests are identified by the order in which they were sent.

use std::collections::VecDeque;
use std::time::Duration;

use crate::stats::quantile;

/// The requests that are remembered: enough for a quantile of 95 %, few enough to follow a server that becomes slower.
const WINDOW: usize = 200;
/// The fewest answers from which a limit follows.
const MIN_ANSWERS: usize = 30;
/// The quantile of latencies that limits follow, and after which a second request is sent: "The Tail at Scale" (Dean and
/// Barroso 2013) recommends the latter, which adds about 5 % to the load.
const QUANTILE: f64 = 0.95;
/// The limit as a multiple of that quantile. Of log-normal latencies whose logarithm has a standard deviation of 1 (the
/// slowest of 20 takes five times the median), 4 in 100,000 exceed it.
const FACTOR: u32 = 10;
/// The limit is at least this multiple of the longest latency that was seen, which the quantile does not see.
const LONGEST_FACTOR: u32 = 3;
/// No limit is shorter: pauses of that length are usual at servers that collect garbage, are replaced, or fail over.
const FLOOR: Duration = Duration::from_secs(10);
/// A request is overtaken if so many requests that were sent after it were answered.
const OVERTAKERS: usize = 10;
/// The limit of a request that is not overtaken, as a multiple of that of one that is.
const ALONE_FACTOR: u32 = 3;
/// The largest share of all requests that second requests may be, one in so many.
const ONE_IN: u64 = 20;

/// The latencies of the last requests to one model.
#[derive(Debug, Default)]
pub(super) struct RecentLatencies {
    requests: VecDeque<Seen>,
    /// Requests sent, without second ones.
    sent: u64,
    /// Second requests sent.
    second: u64,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    number: u64,
    /// How long it took, or how long it was waited for.
    waited: Duration,
    prompt_bytes: u64,
    is_answered: bool,
}

/// How long a request may take before it is given up although the settings allow more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AdaptiveLimit {
    /// If it was overtaken by then.
    pub(super) overtaken: Duration,
    /// In any case; `None` where the time limit of the settings comes first.
    pub(super) alone: Option<Duration>,
}

impl RecentLatencies {
    /// Records that a request is sent that is not a second one.
    pub(super) fn record_sent(&mut self) {
        self.sent += 1;
    }

    /// Records the reply to the request with that number.
    pub(super) fn record_reply(&mut self, number: u64, latency: Duration, prompt_bytes: u64) {
        self.push(Seen { number, waited: latency, prompt_bytes, is_answered: true });
    }

    /// Records that a request was given up after it was waited for: its latency is at least that. Where many are, the
    /// limit follows from these times and grows.
    pub(super) fn record_given_up(&mut self, number: u64, waited: Duration, prompt_bytes: u64) {
        self.push(Seen { number, waited, prompt_bytes, is_answered: false });
    }

    fn push(&mut self, seen: Seen) {
        if self.requests.len() == WINDOW {
            self.requests.pop_front();
        }
        self.requests.push_back(seen);
    }

    /// Returns the limit of a request with a prompt of so many bytes; `None` where that of the settings, `timeout`, is
    /// not longer, or too few answers were seen. `given_up_after` is how long the last request of the same trial was
    /// waited for before it was given up, or zero.
    pub(super) fn limit(
        &self,
        prompt_bytes: u64,
        timeout: Duration,
        given_up_after: Duration,
    ) -> Option<AdaptiveLimit> {
        let usual = self.usual()?;
        let answered = self.requests.iter().filter(|seen| seen.is_answered);
        let longest = answered.map(|seen| seen.waited).max()?;
        let wide = (usual * FACTOR).max(longest * LONGEST_FACTOR).max(FLOOR);
        let overtaken = wide.mul_f64(self.length_factor(prompt_bytes)).max(given_up_after * 2);
        let alone = overtaken * ALONE_FACTOR;
        (overtaken < timeout).then(|| AdaptiveLimit {
            overtaken,
            alone: Some(alone).filter(|alone| *alone < timeout),
        })
    }

    /// Returns how long to wait before a second request is sent beside one with a prompt of so many bytes; `None` while
    /// too few answers were seen.
    pub(super) fn second_after(&self, prompt_bytes: u64) -> Option<Duration> {
        self.usual().map(|usual| usual.mul_f64(self.length_factor(prompt_bytes)))
    }

    /// Returns whether second requests would not be too large a share of all requests with one more.
    pub(super) fn may_begin_second(&self) -> bool {
        (self.second + 1) * ONE_IN <= self.sent
    }

    /// Counts a second request, if there may be one more; returns whether that is so.
    pub(super) fn begin_second(&mut self) -> bool {
        let may_begin = self.may_begin_second();
        self.second += u64::from(may_begin);
        may_begin
    }

    /// Returns whether others overtook the request with that number.
    pub(super) fn is_overtaken(&self, number: u64) -> bool {
        let overtook = |seen: &&Seen| seen.is_answered && seen.number > number;
        self.requests.iter().filter(overtook).count() >= OVERTAKERS
    }

    /// Returns the time within which most requests are answered; `None` while too few answers were seen.
    fn usual(&self) -> Option<Duration> {
        let answers = self.requests.iter().filter(|seen| seen.is_answered).count();
        let waited = self.requests.iter().map(|seen| seen.waited.as_secs_f64());
        let usual = quantile_of(waited.collect(), QUANTILE)?;
        (answers >= MIN_ANSWERS).then(|| Duration::from_secs_f64(usual))
    }

    /// Returns by how much longer a prompt of so many bytes may take: as often as it is longer than the median one.
    fn length_factor(&self, prompt_bytes: u64) -> f64 {
        let lengths = self.requests.iter().map(|seen| seen.prompt_bytes as f64);
        let median = quantile_of(lengths.collect(), 0.5).unwrap_or_default();
        (prompt_bytes as f64 / median.max(1.0)).max(1.0)
    }
}

fn quantile_of(mut values: Vec<f64>, share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    quantile(&values, share).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_mins(2);

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Replies with these latencies, in milliseconds, to prompts of 1000 bytes.
    fn seen(latencies: impl IntoIterator<Item = u64>) -> RecentLatencies {
        let mut recent = RecentLatencies::default();
        for (at, latency) in latencies.into_iter().enumerate() {
            recent.record_sent();
            recent.record_reply(at as u64 + 1, ms(latency), 1000);
        }
        recent
    }

    fn limit(recent: &RecentLatencies) -> Option<(u64, Option<u64>)> {
        let limit = recent.limit(1000, TIMEOUT, Duration::ZERO)?;
        let whole = |limit: Duration| limit.as_millis() as u64;
        Some((whole(limit.overtaken), limit.alone.map(whole)))
    }

    #[test]
    fn the_limit_is_wide_and_never_above_that_of_the_settings() {
        let repeated = |latency: u64, n: usize| seen(std::iter::repeat_n(latency, n));
        for (recent, expected) in [
            (repeated(50, 29), None),
            (repeated(50, 30), Some((10_000, Some(30_000)))),
            (repeated(3000, 30), Some((30_000, Some(90_000)))),
            (repeated(5000, 30), Some((50_000, None))),
            (repeated(12_000, 30), None),
            // One answer in 40 took long: the quantile does not see it.
            (seen((0..40).map(|at| if at == 7 { 30_000 } else { 50 })), Some((90_000, None))),
        ] {
            assert_eq!(limit(&recent), expected);
        }
    }

    #[test]
    fn the_limit_follows_the_last_two_hundred_requests() {
        let recent = seen([3000; 200].into_iter().chain([50; 200]));
        assert_eq!(limit(&recent), Some((10_000, Some(30_000))));
        let recent = seen([50; 200].into_iter().chain([3000; 200]));
        assert_eq!(limit(&recent), Some((30_000, Some(90_000))));
    }

    #[test]
    fn an_answer_of_a_heavy_tail_is_not_cut_off() {
        // A log-normal distribution whose logarithm has a standard deviation of 1 and whose median is a second, by its
        // quantiles, in an order that does not depend on their size.
        let at = |number: u64| {
            let share = ((number * 7919) % 10_000) as f64 / 10_000.0 + 0.000_05;
            (1000.0 * inverse_normal(share).exp()) as u64
        };
        let mut recent = RecentLatencies::default();
        let mut cut = 0;
        for number in 0..10_000 {
            let latency = ms(at(number));
            let limit = recent.limit(1000, TIMEOUT, Duration::ZERO);
            cut += u64::from(limit.is_some_and(|limit| limit.overtaken < latency));
            recent.record_reply(number, latency, 1000);
        }
        assert_eq!(cut, 0);
    }

    /// The quantile of the standard normal distribution, found by halving.
    fn inverse_normal(share: f64) -> f64 {
        // Abramowitz and Stegun 26.2.17, whose error is below 7.5e-8.
        let cumulative = |x: f64| {
            let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
            let sum = t
                * (0.319_381_530
                    + t * (-0.356_563_782
                        + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
            let upper = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * sum;
            if x < 0.0 { upper } else { 1.0 - upper }
        };
        let (mut low, mut high) = (-8.0, 8.0);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if cumulative(middle) < share { low = middle } else { high = middle }
        }
        low
    }

    #[test]
    fn the_next_request_of_a_trial_gets_twice_the_time_up_to_that_of_the_settings() {
        let recent = seen([50; 100]);
        let after = |seconds: u64| {
            let limit = recent.limit(1000, TIMEOUT, Duration::from_secs(seconds));
            limit.map(|limit| limit.overtaken.as_secs())
        };
        assert_eq!(
            [after(0), after(10), after(40), after(60)],
            [Some(10), Some(20), Some(80), None]
        );
    }

    #[test]
    fn a_server_that_gives_up_on_many_requests_is_given_more_time() {
        let mut recent = seen([50; 200]);
        for number in 0..9 {
            recent.record_given_up(number, FLOOR, 1000);
        }
        assert_eq!(limit(&recent), Some((10_000, Some(30_000))), "fewer than one in twenty");
        for number in 0..3 {
            recent.record_given_up(number, FLOOR, 1000);
        }
        assert_eq!(limit(&recent).map(|(overtaken, _)| overtaken), Some(100_000));
    }

    #[test]
    fn a_longer_prompt_gets_more_time() {
        let recent = seen([2000; 100]);
        let limit = |bytes: u64| recent.limit(bytes, TIMEOUT, Duration::ZERO).unwrap().overtaken;
        assert_eq!([limit(100), limit(1000), limit(4000)], [ms(20_000), ms(20_000), ms(80_000)]);
        assert_eq!(recent.second_after(3000), Some(ms(6000)));
    }

    #[test]
    fn a_request_is_overtaken_by_answers_to_ten_later_ones() {
        let recent = seen([50; 100]);
        assert!(recent.is_overtaken(90) && !recent.is_overtaken(91));
    }

    #[test]
    fn second_requests_are_at_most_one_in_twenty() {
        let mut recent = RecentLatencies::default();
        assert_eq!(recent.second_after(1000), None);
        let mut second = 0;
        for sent in 1..=100 {
            recent.record_sent();
            second += u64::from(recent.begin_second());
            assert!(second * 20 <= sent, "{second} of {sent}");
        }
        assert_eq!(second, 5);
    }
}
