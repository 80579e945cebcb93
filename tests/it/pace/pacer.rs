//! The pacer under a paused clock, so that hours pass without real waiting.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use evenhand::input::{Connection, JudgeSettings};
use evenhand::judge::{Reply, Usage};
use evenhand::pace::Pacer;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use super::fullest_minute;

const MINUTE: Duration = Duration::from_mins(1);
/// The expected tokens of a prompt.
const PROMPT_TOKENS: u64 = 500;

fn settings() -> JudgeSettings {
    let settings = JudgeSettings::new("test", Connection::Builtin("first".into()));
    // No tokens are expected for the reply, so exactly the prompt's tokens are reserved.
    JudgeSettings { max_tokens: Some(0), ..settings }
}

fn pacer(settings: &JudgeSettings) -> Pacer {
    let pacer = Pacer::new(settings, PROMPT_TOKENS, None, 1);
    pacer.mark_reachable();
    pacer
}

/// The requests that were sent, with the tokens of each.
type Departures = Vec<(Instant, u64)>;

/// Sends requests from `workers`, one after the other, until `length` has passed. A request takes `latency`;
/// `tokens` maps its number to its tokens.
async fn traffic(
    pacer: &Pacer,
    workers: usize,
    length: Duration,
    latency: Duration,
    tokens: impl Fn(usize) -> u64,
) -> Departures {
    let end = Instant::now() + length;
    let (departures, enqueued) = (RefCell::new(Vec::new()), Cell::new(0));
    join_all((0..workers).map(async |_| {
        loop {
            let size = tokens(enqueued.replace(enqueued.get() + 1));
            let permit = pacer.enqueue(size).await.acquire().await.unwrap();
            if Instant::now() >= end {
                return;
            }
            departures.borrow_mut().push((Instant::now(), size));
            sleep(latency).await;
            drop(permit);
        }
    }))
    .await;
    departures.into_inner()
}

/// A reply with that usage.
fn reply(prompt: u64, completion: u64) -> Reply {
    Reply { usage: Some(Usage { prompt, completion, ..Usage::default() }), ..Reply::from_text("") }
}

fn one(_: usize) -> u64 {
    1
}

#[tokio::test(start_paused = true)]
async fn an_hour_at_600_requests_a_minute_uses_the_quota_and_never_exceeds_it() {
    let settings = JudgeSettings { requests_per_minute: Some(600), ..settings() };
    let hour = MINUTE * 60;
    let latency = Duration::from_millis(1700);
    let departures = traffic(&pacer(&settings), 40, hour, latency, one).await;
    assert!(
        fullest_minute(departures.iter().copied()) <= 600,
        "{}",
        fullest_minute(departures.iter().copied())
    );
    assert!(departures.len() >= 36_000 * 99 / 100, "{}", departures.len());
}

#[tokio::test(start_paused = true)]
async fn no_minute_holds_more_requests_than_the_quota() {
    for quota in [1, 2, 7, 59, 60, 61, 100, 599, 601, 1000, 2999, 3000, 3001, 6000, 7000, 60_000] {
        let settings = JudgeSettings { requests_per_minute: Some(quota), ..settings() };
        let length = if quota < 10 { MINUTE * 20 } else { MINUTE * 3 };
        let departures =
            traffic(&pacer(&settings), 64, length, Duration::from_millis(1), one).await;
        let fullest = fullest_minute(departures.iter().copied());
        assert!(fullest <= quota, "{fullest} of {quota}");
        // Timers have a resolution of a millisecond.
        assert!(fullest as f64 >= quota as f64 * 0.95, "{fullest} of {quota}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_pacer_accumulates_no_quota() {
    let settings = JudgeSettings { requests_per_minute: Some(600), ..settings() };
    let pacer = pacer(&settings);
    sleep(MINUTE * 10).await;
    let departures = traffic(&pacer, 64, MINUTE * 2, Duration::from_millis(100), one).await;
    assert!(
        fullest_minute(departures.iter().copied()) <= 600,
        "{}",
        fullest_minute(departures.iter().copied())
    );
}

#[tokio::test(start_paused = true)]
async fn an_hour_at_200_000_tokens_a_minute_uses_the_quota_and_never_exceeds_it() {
    let settings = JudgeSettings { tokens_per_minute: Some(200_000), ..settings() };
    let latency = Duration::from_millis(1700);
    let departures = traffic(&pacer(&settings), 40, MINUTE * 60, latency, |_| 1000).await;
    assert!(
        fullest_minute(departures.iter().copied()) <= 200_000,
        "{}",
        fullest_minute(departures.iter().copied())
    );
    let sum: u64 = departures.iter().map(|(_, tokens)| tokens).sum();
    assert!(sum >= 60 * 200_000 * 99 / 100, "{sum}");
}

#[tokio::test(start_paused = true)]
async fn no_minute_holds_more_tokens_than_the_quota_where_requests_differ_in_size() {
    let settings = JudgeSettings { tokens_per_minute: Some(50_000), ..settings() };
    let sizes = [200, 12_000, 900, 3000, 40, 7000];
    let size = |number: usize| sizes[number % sizes.len()];
    let departures =
        traffic(&pacer(&settings), 20, MINUTE * 20, Duration::from_millis(500), size).await;
    assert!(
        fullest_minute(departures.iter().copied()) <= 50_000,
        "{}",
        fullest_minute(departures.iter().copied())
    );
}

#[tokio::test(start_paused = true)]
async fn both_quotas_are_kept_where_each_binds_in_turn() {
    let settings = JudgeSettings {
        requests_per_minute: Some(120),
        tokens_per_minute: Some(60_000),
        ..settings()
    };
    // A large request waits for tokens when its request quota is free.
    let size = |number: usize| if number.is_multiple_of(150) { 40_000 } else { 10 };
    let departures =
        traffic(&pacer(&settings), 80, MINUTE * 20, Duration::from_millis(500), size).await;
    assert!(
        fullest_minute(departures.iter().copied()) <= 60_000,
        "{}",
        fullest_minute(departures.iter().copied())
    );
    let requests: Departures = departures.iter().map(|(at, _)| (*at, 1)).collect();
    assert!(
        fullest_minute(requests.iter().copied()) <= 120,
        "{}",
        fullest_minute(requests.iter().copied())
    );
    assert!(departures.len() > 20 * 60, "{}", departures.len());
}

#[tokio::test(start_paused = true)]
async fn tokens_used_beyond_the_estimate_delay_later_requests() {
    let settings = JudgeSettings { tokens_per_minute: Some(60_000), ..settings() };
    let pacer = pacer(&settings);
    let start = Instant::now();
    let mut used = 0;
    while start.elapsed() < MINUTE * 10 {
        let permit = pacer.enqueue(500).await.acquire().await.unwrap();
        pacer.record(&permit, &Ok(reply(0, 2000)));
        used += 2000;
    }
    assert!(used <= 600_000 + 2000, "{used}");
    assert!(used >= 600_000 * 95 / 100, "{used}");
}

#[tokio::test(start_paused = true)]
async fn unused_reserved_tokens_are_available_in_the_same_minute() {
    let settings = JudgeSettings { tokens_per_minute: Some(60_000), ..settings() };
    let pacer = pacer(&settings);
    let start = Instant::now();
    let mut departures = Departures::new();
    while start.elapsed() < MINUTE * 10 {
        let permit = pacer.enqueue(2000).await.acquire().await.unwrap();
        departures.push((Instant::now(), 500));
        // A count without prompt tokens leaves the estimate of prompts as it is.
        pacer.record(&permit, &Ok(reply(0, 500)));
    }
    assert!(
        fullest_minute(departures.iter().copied()) <= 60_000,
        "{}",
        fullest_minute(departures.iter().copied())
    );
    assert!(departures.len() >= 1200 * 95 / 100, "{}", departures.len());
}

#[tokio::test(start_paused = true)]
async fn the_time_after_an_abandoned_request_saves_up_no_tokens() {
    let settings = JudgeSettings { tokens_per_minute: Some(60_000), ..settings() };
    let pacer = pacer(&settings);
    // About 1000 of its tokens are due when it is abandoned.
    let abandoned = async { pacer.enqueue(10_000).await.acquire().await.map(drop) };
    assert!(timeout(Duration::from_secs(1), abandoned).await.is_err());
    sleep(Duration::from_secs(20)).await;
    let start = Instant::now();
    drop(pacer.enqueue(10_000).await.acquire().await.unwrap());
    let waited = start.elapsed();
    assert!((8.5..9.5).contains(&waited.as_secs_f64()), "{waited:?}");
}

/// Returns the estimate for a prompt of 100 tokens after replies of that usage.
async fn estimate_after(replies: u32, prompt: u64, used: Reply) -> u64 {
    let answer = Ok(used);
    let pacer = Pacer::new(&JudgeSettings { max_tokens: Some(1024), ..settings() }, 500, None, 1);
    for _ in 0..replies {
        let permit = pacer.enqueue(prompt).await.acquire().await.unwrap();
        pacer.record(&permit, &answer);
    }
    pacer.estimate_tokens(100)
}

#[tokio::test(start_paused = true)]
async fn the_estimate_follows_the_tokens_of_prompts_and_replies() {
    assert_eq!(estimate_after(0, 100, reply(0, 0)).await, 612, "before any reply");
    assert_eq!(estimate_after(1, 100, reply(150, 20)).await, 170);
    assert_eq!(estimate_after(40, 100, reply(200, 40)).await, 240);
}

#[tokio::test(start_paused = true)]
async fn implausible_token_counts_change_the_estimate_only_within_bounds() {
    let absurd = reply(1_000_000_000, 1_000_000_000);
    assert_eq!(estimate_after(50, 100, absurd).await, 400 + 1024);
    assert_eq!(estimate_after(50, 100, reply(1, 0)).await, 10);
    assert_eq!(estimate_after(50, 0, reply(9, 5)).await, 105);
    assert_eq!(estimate_after(50, 100, reply(0, 5)).await, 105);
}

#[tokio::test(start_paused = true)]
async fn without_a_quota_or_above_four_billion_no_request_waits() {
    for quota in [None, Some(4_000_000_001), Some(u64::MAX)] {
        let settings = JudgeSettings {
            requests_per_minute: quota,
            tokens_per_minute: quota,
            max_in_flight: 1000,
            ..settings()
        };
        let pacer = Pacer::new(&settings, PROMPT_TOKENS, Some(1000), 1);
        pacer.mark_reachable();
        let start = Instant::now();
        let permits =
            join_all((0..1000).map(async |_| pacer.enqueue(10_000).await.acquire().await.unwrap()));
        assert_eq!(permits.await.len(), 1000);
        assert_eq!(start.elapsed(), Duration::ZERO, "{quota:?}");
    }
}

/// Returns the most requests that were in flight at once.
async fn most_in_flight(pacer: &Pacer) -> usize {
    let (inside, most) = (Cell::new(0), Cell::new(0));
    join_all((0..50).map(async |worker| {
        let permit = pacer.enqueue(1).await.acquire().await.unwrap();
        inside.set(inside.get() + 1);
        most.set(most.get().max(inside.get()));
        sleep(Duration::from_millis(100 + worker)).await;
        inside.set(inside.get() - 1);
        drop(permit);
    }))
    .await;
    most.get()
}

#[tokio::test(start_paused = true)]
async fn no_more_than_max_in_flight_requests_are_in_flight() {
    for cap in [1, 2, 5, 64] {
        let settings = JudgeSettings { max_in_flight: cap, ..settings() };
        let pacer = pacer(&settings);
        // The second call must not raise the limit further.
        pacer.mark_reachable();
        assert_eq!(most_in_flight(&pacer).await, cap.min(50));
        assert_eq!(pacer.max_in_flight(), cap);
    }
}

#[tokio::test(start_paused = true)]
async fn few_requests_are_in_flight_until_the_endpoint_has_answered() {
    let pacer = Pacer::new(&settings(), PROMPT_TOKENS, None, 1);
    let before = most_in_flight(&pacer).await;
    assert!((1..=4).contains(&before), "{before}");
    pacer.mark_reachable();
    assert_eq!(most_in_flight(&pacer).await, 50);
}

#[tokio::test(start_paused = true)]
async fn a_pause_delays_all_requests() {
    let pacer = pacer(&settings());
    let start = Instant::now();
    let pauses = async {
        sleep(Duration::from_millis(5050)).await;
        pacer.record_throttled(Some(Duration::from_secs(30)));
        // A shorter pause does not end a longer one.
        pacer.record_throttled(Some(Duration::from_secs(1)));
    };
    let latency = Duration::from_millis(100);
    let (departures, ()) = tokio::join!(traffic(&pacer, 8, MINUTE, latency, one), pauses);
    let within = |from: u64, to: u64| {
        let seconds = from as f64 / 1000.0..to as f64 / 1000.0;
        departures.iter().filter(|(at, _)| seconds.contains(&(*at - start).as_secs_f64())).count()
    };
    assert_eq!(within(5051, 35_049), 0);
    assert!(within(0, 5051) > 100 && within(35_049, 60_000) > 100);
}

#[tokio::test(start_paused = true)]
async fn a_pause_delays_requests_that_already_wait_for_the_quota() {
    let settings = JudgeSettings { requests_per_minute: Some(60), ..settings() };
    let pacer = pacer(&settings);
    let start = Instant::now();
    let pause = async {
        sleep(Duration::from_millis(500)).await;
        pacer.record_throttled(Some(Duration::from_secs(20)));
    };
    let traffic = traffic(&pacer, 4, MINUTE * 3, Duration::ZERO, one);
    let (departures, ()) = tokio::join!(traffic, pause);
    assert_eq!(departures[0].0, start);
    assert!(departures[1].0 - start >= Duration::from_millis(20_500));
    assert!(
        fullest_minute(departures.iter().copied()) <= 60,
        "{}",
        fullest_minute(departures.iter().copied())
    );
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_forward_does_not_raise_the_quota() {
    let settings = JudgeSettings {
        requests_per_minute: Some(60),
        tokens_per_minute: Some(30_000),
        ..settings()
    };
    let pacer = pacer(&settings);
    let (start, jumps) = (Instant::now(), Cell::new(Duration::ZERO));
    let jump = async {
        for hours in [1, 5 * 24, 1, 40 * 24] {
            sleep(MINUTE).await;
            let jump = MINUTE * 60 * hours;
            jumps.set(jumps.get() + jump);
            tokio::time::advance(jump).await;
        }
    };
    let departures = RefCell::new(Departures::new());
    let watched = join_all((0..64).map(async |_| {
        while start.elapsed() < jumps.get() + MINUTE * 8 {
            let permit = pacer.enqueue(400).await.acquire().await.unwrap();
            departures.borrow_mut().push((Instant::now(), 1));
            sleep(Duration::from_secs(1)).await;
            drop(permit);
        }
    }));
    tokio::join!(watched, jump);
    let departures = departures.into_inner();
    assert!(
        fullest_minute(departures.iter().copied()) <= 60,
        "{}",
        fullest_minute(departures.iter().copied())
    );
    assert!(departures.len() > 7 * 55, "{}", departures.len());
}

#[tokio::test(start_paused = true)]
async fn requests_are_sent_in_the_order_in_which_they_were_queued() {
    for (quota, cap) in [(Some(60), 64), (None, 3), (None, 64)] {
        let settings =
            JudgeSettings { requests_per_minute: quota, max_in_flight: cap, ..settings() };
        let pacer = pacer(&settings);
        let left = RefCell::new(Vec::new());
        join_all((0..30_u64).map(async |number| {
            let permit = pacer.enqueue(1).await.acquire().await.unwrap();
            left.borrow_mut().push(number);
            // Later requests are faster, so that slots are freed in another order.
            sleep(Duration::from_millis(3000 - 90 * number)).await;
            drop(permit);
        }))
        .await;
        assert_eq!(left.into_inner(), (0..30).collect::<Vec<u64>>(), "{quota:?} {cap}");
    }
}

#[test]
fn delays_grow_are_jittered_and_stay_below_a_minute() {
    let settings = settings();
    let delays = |failures| -> Vec<Duration> {
        (0..200)
            .map(|seed| Pacer::new(&settings, PROMPT_TOKENS, None, seed).retry_delay(failures))
            .collect()
    };
    let mut before = Duration::ZERO;
    for failures in 1..=12 {
        let mut delays = delays(failures);
        let mean = delays.iter().sum::<Duration>() / 200;
        assert!(delays.iter().all(|delay| *delay <= MINUTE && !delay.is_zero()));
        // Eight failures reach the cap; until then each delay is about twice the one before.
        if failures <= 7 {
            assert!(mean > before.mul_f64(1.7), "{failures} failures: {mean:?}");
        }
        assert!(mean >= before.mul_f64(0.9), "{failures} failures: {mean:?}");
        before = mean;
        delays.sort();
        delays.dedup();
        assert!(delays.len() > 150, "{failures} failures: {} different delays", delays.len());
    }
    assert!(delays(u32::MAX).iter().all(|delay| *delay <= MINUTE));
    let pacer = Pacer::new(&settings, PROMPT_TOKENS, None, 0);
    assert_ne!(pacer.retry_delay(3), pacer.retry_delay(3));
    assert_ne!(pacer.jitter(), pacer.jitter());
}
