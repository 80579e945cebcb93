//! How many requests the pacer sends within any second, under a paused clock.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use evenhand::input::{Connection, JudgeSettings};
use evenhand::judge::{CallError, CallErrorKind, Reply};
use evenhand::pace::Pacer;
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::task::yield_now;
use tokio::time::{Instant, advance, sleep};

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

fn pacer(quota: u64) -> Pacer {
    let settings = JudgeSettings {
        requests_per_minute: Some(quota),
        max_in_flight: 60_000,
        ..JudgeSettings::new("test", Connection::Builtin("first".into()))
    };
    let pacer = Pacer::new(&settings, 1, Some(60_000), 1);
    pacer.mark_reachable();
    pacer
}

/// The most requests that any second may hold: a sixtieth of the quota plus 2 %, and where that is no whole
/// number above the sixtieth, the sixtieth rounded up.
fn allowed(quota: u64) -> usize {
    quota.div_ceil(60).max(quota * 102 / 6000) as usize
}

/// Returns the most departures in any closed window of a second.
fn fullest_second(departures: &[Instant]) -> usize {
    let mut begin = 0;
    let windows = departures.iter().enumerate().map(|(end, at)| {
        while departures[begin] + SECOND < *at {
            begin += 1;
        }
        end + 1 - begin
    });
    windows.max().unwrap_or(0)
}

/// Sends requests as fast as the pacer allows until `length` has passed; returns when each was sent.
async fn send_all(pacer: &Pacer, length: Duration) -> Vec<Instant> {
    let end = Instant::now() + length;
    let departures = RefCell::new(Vec::new());
    join_all((0..8).map(async |_| {
        loop {
            let permit = pacer.enqueue(1).await.acquire().await.unwrap();
            if Instant::now() >= end {
                return;
            }
            departures.borrow_mut().push(Instant::now());
            drop(permit);
        }
    }))
    .await;
    departures.into_inner()
}

/// Sends requests for `length` while the clock moves in steps of up to `longest_step`, so that every timer is
/// late by up to that.
async fn send_with_late_timers(
    pacer: &Pacer,
    length: Duration,
    longest_step: Duration,
    random: &mut StdRng,
) -> Vec<Instant> {
    let sent = send_all(pacer, length);
    let clock = async {
        loop {
            // Most steps are short, as most timers are on time.
            let share = random.random_range(0.0..1.0_f64).powi(3);
            advance(longest_step.mul_f64(share).max(MILLISECOND / 10)).await;
            // Whoever can run runs before the next step.
            for _ in 0..16 {
                yield_now().await;
            }
        }
    };
    tokio::select! {
        biased;
        sent = sent => sent,
        () = clock => Vec::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn no_second_holds_more_than_its_share_of_the_quota_plus_2_percent() {
    for quota in [60, 600, 1000, 2940, 3000, 6000, 60_000, 600_000] {
        let pacer = pacer(quota);
        let departures = send_all(&pacer, SECOND * 10).await;
        let fullest = fullest_second(&departures);
        // Timers on time: not even the 2 % are used.
        assert!(fullest <= quota.div_ceil(60) as usize, "{fullest} at {quota} a minute");
        let expected = quota as f64 / 6.0;
        assert!(departures.len() as f64 >= expected * 0.99 - 1.0, "{} sent", departures.len());
    }
}

#[tokio::test(start_paused = true)]
async fn no_second_holds_more_than_its_share_plus_2_percent_however_late_timers_are() {
    let mut random = StdRng::seed_from_u64(1);
    for quota in [60, 600, 1000, 2940, 3000, 6000, 60_000, 600_000] {
        for longest_step in [2, 12, 40, 300].map(Duration::from_millis) {
            let pacer = pacer(quota);
            let mut departures = Vec::new();
            for idle in [0, 7, 300, 3000].map(Duration::from_millis) {
                advance(idle).await;
                let length = SECOND * 3;
                departures
                    .extend(send_with_late_timers(&pacer, length, longest_step, &mut random).await);
            }
            // A request is due every second or more often, so each of the four lengths has one.
            assert!(departures.len() >= 4, "{} sent at {quota} a minute", departures.len());
            let fullest = fullest_second(&departures);
            assert!(
                fullest <= allowed(quota),
                "{fullest} at {quota} a minute, timers late by up to {longest_step:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn timers_that_are_a_few_milliseconds_late_cost_no_throughput() {
    let mut random = StdRng::seed_from_u64(2);
    for quota in [3000, 6000, 60_000, 600_000] {
        let length = SECOND * 20;
        let longest_step = MILLISECOND * 15;
        let sent = send_with_late_timers(&pacer(quota), length, longest_step, &mut random).await;
        assert!(sent.len() as f64 >= quota as f64 / 3.0 * 0.995, "{} at {quota}", sent.len());
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_saved_up_while_nobody_waits_or_during_a_pause() {
    for (quota, paused) in [(600, false), (60_000, false), (600, true), (60_000, true)] {
        let pacer = pacer(quota);
        let mut departures = send_all(&pacer, SECOND).await;
        if paused {
            pacer.record_throttled(Some(SECOND * 10));
        } else {
            sleep(SECOND * 10).await;
        }
        departures.extend(send_all(&pacer, SECOND * 12).await);
        let fullest = fullest_second(&departures);
        assert!(fullest <= quota.div_ceil(60) as usize, "{fullest} at {quota}, {paused}");
    }
}

/// A server that allows `limit` requests in each second and refuses the others.
struct PerSecond {
    limit: usize,
    /// Whether seconds follow each other from the first request on, or every second counts.
    fixed: bool,
    first: Cell<Option<Instant>>,
    counted: RefCell<VecDeque<Instant>>,
    refused: Cell<usize>,
}

impl PerSecond {
    fn new(limit: usize, fixed: bool) -> Self {
        Self {
            limit,
            fixed,
            first: Cell::default(),
            counted: RefCell::default(),
            refused: Cell::default(),
        }
    }

    fn answer(&self) -> Result<Reply, CallError> {
        let now = Instant::now();
        let first = self.first.get().unwrap_or(now);
        self.first.set(Some(first));
        let second = |at: Instant| (at - first).as_secs();
        let mut counted = self.counted.borrow_mut();
        let is_over = |at: &mut Instant| {
            if self.fixed { second(*at) < second(now) } else { *at + SECOND <= now }
        };
        while counted.pop_front_if(is_over).is_some() {}
        if counted.len() >= self.limit {
            self.refused.set(self.refused.get() + 1);
            return Err(CallError::new(CallErrorKind::Throttled, "429"));
        }
        counted.push_back(now);
        Ok(Reply::from_text(""))
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_enforces_its_quota_every_second_refuses_none_of_20_000_requests() {
    for fixed in [true, false] {
        let (pacer, server) = (pacer(60_000), PerSecond::new(1000, fixed));
        let (start, sent) = (Instant::now(), Cell::new(0));
        join_all((0..500).map(async |_| {
            while sent.get() < 20_000 {
                sent.set(sent.get() + 1);
                let permit = pacer.enqueue(1).await.acquire().await.unwrap();
                sleep(MILLISECOND * 20).await;
                let answer = server.answer();
                sleep(MILLISECOND * 200).await;
                pacer.record(&permit, &answer);
                if let Err(error) = &answer {
                    pacer.record_throttled(error.retry_after.or(Some(SECOND)));
                }
            }
        }))
        .await;
        assert_eq!(server.refused.get(), 0, "fixed seconds: {fixed}");
        let took = start.elapsed();
        assert!(took < Duration::from_millis(20_500), "{took:?}");
    }
}
