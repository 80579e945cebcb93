//! Several processes and one timeline under a paused clock.

use std::cell::RefCell;
use std::time::Duration;

use evenhand::input::{Connection, JudgeSettings};
use evenhand::judge::{CallError, Reply, Usage};
use evenhand::pace::{Pacer, QuotaTerms, SharedQuota};
use futures_util::future::{join_all, select};
use proptest::prelude::*;
use tokio::time::{Instant, sleep, timeout};

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
}

/// A request that was sent.
#[derive(Debug, Clone, Copy)]
struct Departure {
    at: Instant,
    tokens: u64,
}

fn settings(requests: Option<u64>, tokens: Option<u64>, cap: usize) -> JudgeSettings {
    JudgeSettings {
        requests_per_minute: requests,
        tokens_per_minute: tokens,
        max_in_flight: cap,
        max_tokens: Some(0),
        ..JudgeSettings::new("test", Connection::Builtin("first".into()))
    }
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
            let leave = async { pacer.enqueue(request.tokens).await.acquire().await.unwrap() };
            let Ok(permit) = timeout(request.patience, leave).await else {
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
        let booking = std::pin::pin!(pacer.book_leases());
        // The process is killed where its future is dropped.
        drop(timeout(process.dies_after, select(Box::pin(requests), booking)).await);
    })));
    (sent.into_inner(), dropped.into_inner())
}

fn fullest_minute(departures: &[Departure], amount: impl Fn(&Departure) -> u64) -> u64 {
    let (mut begin, mut inside, mut fullest) = (0, 0, 0);
    for departure in departures {
        inside += amount(departure);
        while departures[begin].at + MINUTE <= departure.at {
            inside -= amount(&departures[begin]);
            begin += 1;
        }
        fullest = fullest.max(inside);
    }
    fullest
}

fn processes() -> impl Strategy<Value = Vec<Process>> {
    let ms = Duration::from_millis;
    let request = (
        prop_oneof![3 => 0..2000_u64, 1 => 0..300_000_u64],
        prop_oneof![3 => Just(u64::MAX / 1_000_000), 1 => 0..90_000_u64],
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
    );
    let process = process
        .prop_map(move |(requests, dies_after)| Process { requests, dies_after: ms(dies_after) });
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
        latency in 0..200_u64,
    ) {
        let settings = settings(quotas.0, quotas.1, cap);
        let timeline = Timeline::new(Duration::from_millis(latency));
        let (sent, dropped) = play(&settings, &timeline, &processes);
        let all: usize = processes.iter().map(|process| process.requests.len()).sum();
        if processes.iter().all(|process| process.dies_after > MINUTE * 1000) {
            prop_assert_eq!(sent.len() + dropped, all, "sent or dropped");
        }
        if let Some(quota) = quotas.0 {
            prop_assert!(fullest_minute(&sent, |_| 1) <= quota);
        }
        if let Some(quota) = quotas.1 {
            prop_assert!(fullest_minute(&sent, |departure| departure.tokens) <= quota);
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
    Process { requests: vec![request; requests], dies_after }
}

/// Returns the part of the quota that is used between the first request and the last.
fn part_used(sent: &[Departure], quota: u64, amount: impl Fn(&Departure) -> u64) -> f64 {
    let (first, last) = (sent.first().unwrap(), sent.last().unwrap());
    let used: u64 = sent[1..].iter().map(amount).sum();
    used as f64 / ((last.at - first.at).as_secs_f64() / 60.0 * quota as f64)
}

#[test]
fn ten_processes_with_uneven_parts_use_98_percent_of_the_requests() {
    for (quota, latency) in [(60, 5), (600, 5), (6000, 5), (6000, 60), (20_000, 5)] {
        // From a minute's part of the quota to ten minutes of it; one process is killed with its lease.
        let part = quota as usize / 10;
        let processes: Vec<Process> = (1..=10)
            .map(|number| {
                let dies_after = if number == 10 { MINUTE } else { MINUTE * 1000 };
                saturated(part * number / 2, 1, dies_after)
            })
            .collect();
        let timeline = Timeline::new(Duration::from_millis(latency));
        let (sent, _) = play(&settings(Some(quota), None, 2000), &timeline, &processes);
        let used = part_used(&sent, quota, |_| 1);
        assert!(used >= 0.98, "{used} at {quota} a minute, {latency} ms");
        assert!(fullest_minute(&sent, |_| 1) <= quota, "{quota}");
    }
}

#[test]
fn ten_processes_use_97_percent_of_the_tokens() {
    for (quota, tokens) in [(200_000, 1000), (2_000_000, 1500), (2_000_000, 8000)] {
        let requests = (quota / tokens / 5) as usize;
        let processes: Vec<Process> =
            (1..=10).map(|number| saturated(requests * number, tokens, MINUTE * 1000)).collect();
        let timeline = Timeline::new(Duration::from_millis(5));
        let (sent, _) = play(&settings(None, Some(quota), 2000), &timeline, &processes);
        let used = part_used(&sent, quota, |departure| departure.tokens);
        assert!(used >= 0.97, "{used} of {quota} tokens a minute, {tokens} each");
        assert!(fullest_minute(&sent, |departure| departure.tokens) <= quota, "{quota}");
    }
}

#[test]
fn a_process_alone_uses_the_whole_quota_and_books_twice_a_second() {
    let timeline = Timeline::new(Duration::from_millis(5));
    let process = saturated(12_000, 1, MINUTE * 1000);
    let (sent, _) = play(&settings(Some(6000), None, 500), &timeline, &[process]);
    let used = part_used(&sent, 6000, |_| 1);
    assert!(used >= 0.99, "{used}");
    let a_second = timeline.bookings() as f64 / 121.0;
    assert!((1.9..2.2).contains(&a_second), "{a_second}");
}
