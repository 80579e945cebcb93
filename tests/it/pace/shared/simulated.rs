//! Several processes and one timeline under a paused clock.

use std::cell::RefCell;
use std::time::Duration;

use evenhand::input::JudgeSettings;
use evenhand::judge::{CallError, Reply, Usage};
use evenhand::pace::{Pacer, QuotaTerms, SharedQuota};
use futures_util::future::{join_all, select};
use proptest::prelude::*;
use tokio::time::{Instant, sleep, timeout};

use super::super::{fullest_minute, limited};
use super::timeline::Timeline;

const MINUTE: Duration = Duration::from_mins(1);

/// A request to send.
#[derive(Debug, Clone)]
struct Request {
    /// The time after the start.
    at: Duration,
    /// How long it waits before it is dropped.
    patience: Duration,
    latency: Duration,
    tokens: u64,
}

/// What a process has to send, and when it is killed.
#[derive(Debug, Clone)]
struct Process {
    requests: Vec<Request>,
    dies_after: Duration,
    /// After how long its timers are late, again and again, and by how much.
    stalls: Option<[Duration; 2]>,
}

/// A request that was sent.
#[derive(Debug, Clone, Copy)]
struct Departure {
    at: Instant,
    tokens: u64,
}

/// Runs all processes until each has sent or dropped everything or is killed. Returns what was sent by any of them, in
/// order, and how many requests were dropped.
fn play(
    settings: &JudgeSettings,
    timeline: &Timeline,
    processes: &[Process],
) -> (Vec<Departure>, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let (sent, dropped) = (RefCell::new(Vec::new()), RefCell::new(0));
    runtime.block_on(join_all((1..).zip(processes).map(async |(seed, process)| {
        let quota = SharedQuota::new(QuotaTerms::of(settings).unwrap(), timeline.clone());
        let in_flight = Some(u32::try_from(settings.max_in_flight).unwrap());
        let pacer = Pacer::sharing(settings, 500, in_flight, seed, quota);
        pacer.mark_reachable();
        let requests = join_all(process.requests.iter().map(async |request| {
            sleep(request.at).await;
            let leave = async { pacer.enqueue(request.tokens).await.acquire().await };
            // Whose bookings are always late sends nothing.
            let Ok(Ok(permit)) = timeout(request.patience, leave).await else {
                *dropped.borrow_mut() += 1;
                return;
            };
            sent.borrow_mut().push(Departure { at: Instant::now(), tokens: request.tokens });
            sleep(request.latency).await;
            // A count without prompt tokens leaves the estimate of prompts as it is.
            let usage = Some(Usage { completion: request.tokens, ..Usage::default() });
            let answer: Result<Reply, CallError> = Ok(Reply { usage, ..Reply::from_text("") });
            pacer.record(&permit, &answer);
        }));
        let booking = std::pin::pin!(async {
            tokio::select! {
                () = pacer.book_leases() => {}
                () = stall(process.stalls) => {}
            }
        });
        // The process is killed where its future is dropped.
        drop(timeout(process.dies_after, select(Box::pin(requests), booking)).await);
    })));
    (sent.into_inner(), dropped.into_inner())
}

/// Moves the clock past timers that are due, again and again; never ends.
async fn stall(stalls: Option<[Duration; 2]>) {
    let Some([after, late]) = stalls else { return std::future::pending().await };
    loop {
        sleep(after).await;
        tokio::time::advance(late).await;
    }
}

fn processes() -> impl Strategy<Value = Vec<Process>> {
    let ms = Duration::from_millis;
    let request = (
        prop_oneof![3 => 0..2000_u64, 1 => 0..300_000_u64],
        // Not for ever: a process whose timers are always late may miss each of its turns.
        prop_oneof![3 => Just(1_500_000), 1 => 0..90_000_u64],
        0..20_000_u64,
        1..2000_u64,
    );
    let request = request.prop_map(move |(at, patience, latency, tokens)| Request {
        at: ms(at),
        patience: ms(patience),
        latency: ms(latency),
        tokens,
    });
    let process = (
        prop::collection::vec(request, 1..120),
        prop_oneof![3 => Just(u64::MAX / 1_000_000), 1 => 0..200_000_u64],
        prop::option::of((500..5000_u64, 0..600_u64)),
    );
    let process = process.prop_map(move |(requests, dies_after, stalls)| Process {
        requests,
        dies_after: ms(dies_after),
        stalls: stalls.map(|(after, late)| [ms(after), ms(late)]),
    });
    prop::collection::vec(process, 1..10)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_minute_of_all_processes_exceeds_the_quotas_and_every_request_is_sent_or_dropped(
        processes in processes(),
        quotas in prop_oneof![
            (1..2000_u64).prop_map(|requests| (Some(requests), None)),
            (2000..100_000_u64).prop_map(|tokens| (None, Some(tokens))),
            (1..2000_u64, 2000..100_000_u64).prop_map(|(one, two)| (Some(one), Some(two))),
        ],
        cap in 1..80_usize,
        latency in [0..150_u64, 0..150_u64],
    ) {
        let settings = limited(quotas.0, quotas.1, cap);
        let timeline = Timeline::new(latency.map(Duration::from_millis));
        let (sent, dropped) = play(&settings, &timeline, &processes);
        let all: usize = processes.iter().map(|process| process.requests.len()).sum();
        if processes.iter().all(|process| process.dies_after > MINUTE * 1000) {
            prop_assert_eq!(sent.len() + dropped, all, "sent or dropped");
        }
        if let Some(quota) = quotas.0 {
            prop_assert!(fullest_minute(sent.iter().map(|departure| (departure.at, 1))) <= quota);
        }
        if let Some(quota) = quotas.1 {
            prop_assert!(fullest_minute(sent.iter().map(|departure| (departure.at, departure.tokens))) <= quota);
        }
    }
}

/// Returns a process that has as many requests from the beginning.
fn saturated(requests: usize, tokens: u64, dies_after: Duration) -> Process {
    let request = Request {
        at: Duration::ZERO,
        patience: MINUTE * 1000,
        latency: Duration::from_millis(800),
        tokens,
    };
    Process { requests: vec![request; requests], dies_after, stalls: None }
}

/// Returns the part of the quota that is used between the first request and the last.
fn part_used(sent: &[Departure], quota: u64, amount: impl Fn(&Departure) -> u64) -> f64 {
    let (first, last) = (sent.first().unwrap(), sent.last().unwrap());
    let used: u64 = sent[1..].iter().map(amount).sum();
    used as f64 / ((last.at - first.at).as_secs_f64() / 60.0 * quota as f64)
}

#[test]
fn ten_processes_with_uneven_parts_use_98_percent_of_the_requests() {
    for (quota, latency) in [(60, 5), (600, 5), (6000, 5), (3000, 60)] {
        // Parts from three seconds of the quota to thirty; one process is killed with its lease.
        let part = quota as usize / 20;
        let processes: Vec<Process> = (1..=10)
            .map(|number| {
                let dies_after = if number == 10 { MINUTE } else { MINUTE * 1000 };
                saturated(part * number, 1, dies_after)
            })
            .collect();
        let timeline = Timeline::new([Duration::from_millis(latency) / 2; 2]);
        let (sent, _) = play(&limited(Some(quota), None, 2000), &timeline, &processes);
        let used = part_used(&sent, quota, |_| 1);
        assert!(used >= 0.98, "{used} at {quota} a minute, {latency} ms");
        assert!(fullest_minute(sent.iter().map(|departure| (departure.at, 1))) <= quota, "{quota}");
    }
}

#[test]
fn ten_processes_use_97_percent_of_the_tokens() {
    for (quota, tokens) in [(200_000, 1000), (2_000_000, 1500), (2_000_000, 8000)] {
        let requests = (quota / tokens / 5) as usize;
        let processes: Vec<Process> =
            (1..=10).map(|number| saturated(requests * number, tokens, MINUTE * 1000)).collect();
        let timeline = Timeline::new([Duration::from_millis(2); 2]);
        let (sent, _) = play(&limited(None, Some(quota), 2000), &timeline, &processes);
        let used = part_used(&sent, quota, |departure| departure.tokens);
        assert!(used >= 0.97, "{used} of {quota} tokens a minute, {tokens} each");
        assert!(
            fullest_minute(sent.iter().map(|departure| (departure.at, departure.tokens))) <= quota,
            "{quota}"
        );
    }
}

#[test]
fn a_process_alone_uses_the_whole_quota_and_books_twice_a_second() {
    let timeline = Timeline::new([Duration::from_millis(2); 2]);
    let process = saturated(12_000, 1, MINUTE * 1000);
    let (sent, _) = play(&limited(Some(6000), None, 500), &timeline, &[process]);
    let used = part_used(&sent, 6000, |_| 1);
    assert!(used >= 0.99, "{used}");
    let a_second = timeline.bookings() as f64 / 121.0;
    assert!((1.9..2.2).contains(&a_second), "{a_second}");
}

/// Sends requests of one process whose replies have so many tokens; returns the minutes it took and the bookings.
fn send_with_replies(quota: u64, replies: impl Fn(usize) -> u64, requests: usize) -> (f64, u64) {
    let settings = JudgeSettings { max_tokens: Some(4000), ..limited(None, Some(quota), 500) };
    let timeline = Timeline::new([Duration::from_millis(2); 2]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let took = runtime.block_on(async {
        let quota = SharedQuota::new(QuotaTerms::of(&settings).unwrap(), timeline.clone());
        let pacer = Pacer::sharing(&settings, 1000, Some(500), 1, quota);
        pacer.mark_reachable();
        let begin = Instant::now();
        let all = join_all((0..requests).map(async |number| {
            pacer.wait_for_capacity().await;
            let permit = pacer.enqueue(1000).await.acquire().await.unwrap();
            sleep(Duration::from_secs(2)).await;
            let usage = Usage { prompt: 1000, completion: replies(number), ..Usage::default() };
            let answer: Result<Reply, CallError> =
                Ok(Reply { usage: Some(usage), ..Reply::from_text("") });
            pacer.record(&permit, &answer);
        }));
        select(Box::pin(all), std::pin::pin!(pacer.book_leases())).await;
        begin.elapsed()
    });
    (took.as_secs_f64() / 60.0, timeline.bookings())
}

#[test]
fn estimates_that_change_while_requests_wait_lose_no_turns() {
    // From 512 tokens, which are assumed before the first reply, up to 1,000, and down to 10; and up and down in turn.
    for (replies, mean) in [
        ((|_| 1000) as fn(usize) -> u64, 1000.0),
        (|_| 10, 10.0),
        (|number| if number % 2 == 0 { 300 } else { 500 }, 400.0),
    ] {
        let requests = 400;
        let (minutes, bookings) = send_with_replies(200_000, replies, requests);
        let used = requests as f64 * (1000.0 + mean) / 200_000.0 / minutes;
        assert!((0.9..=1.01).contains(&used), "{used} of the quota with {mean} tokens");
        assert!(bookings <= requests as u64 * 11 / 10, "{bookings} bookings");
    }
}

#[test]
fn what_replies_use_beyond_their_estimates_is_booked() {
    // The first replies are estimated at 512 tokens and have 4,000.
    let (minutes, _) = send_with_replies(100_000, |_| 4000, 100);
    let used = 100.0 * 5000.0 / minutes;
    assert!(used <= 100_000.0 * 1.03, "{used} tokens a minute");
}

#[test]
fn one_large_request_lowers_what_is_used_only_for_a_few_minutes() {
    let quota = 100_000;
    let mut process = saturated(600, 1000, MINUTE * 1000);
    process.requests[5].tokens = 80_000;
    let timeline = Timeline::new([Duration::from_millis(2); 2]);
    let (sent, _) = play(&limited(None, Some(quota), 2000), &timeline, &[process]);
    let took = (sent.last().unwrap().at - sent.first().unwrap().at).as_secs_f64() / 60.0;
    // 600 requests of 1,000 tokens take six minutes alone, and thirty if a fifth of the quota were left for them.
    assert!((6.0..11.0).contains(&took), "{took} minutes");
    assert!(fullest_minute(sent.iter().map(|departure| (departure.at, departure.tokens))) <= quota);
}
