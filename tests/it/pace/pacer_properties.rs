//! Properties of the pacer for random quotas, arrivals, latencies, sizes and dropped waiters.

use std::cell::RefCell;
use std::time::Duration;

use evenhand::judge::{CallError, Reply, Usage};
use evenhand::pace::Pacer;
use futures_util::future::join_all;
use proptest::prelude::*;
use tokio::time::{Instant, sleep, timeout};

use super::{fullest_minute, limited};

const MINUTE: Duration = Duration::from_mins(1);

/// A request to send.
#[derive(Debug, Clone)]
struct Arrival {
    /// The time after the start.
    at: Duration,
    /// How long it waits before it is dropped.
    patience: Duration,
    latency: Duration,
    reserved: u64,
    /// The tokens that it uses; `None` if the answer has no count.
    used: Option<u64>,
}

/// A request that was sent.
#[derive(Debug, Clone, Copy)]
struct Departure {
    number: usize,
    at: Instant,
    tokens: u64,
}

fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    let burst = prop_oneof![Just(0_u64), 0..100_u64, 0..200_000_u64, 3_600_000..400_000_000_u64];
    let arrival = (
        prop_oneof![4 => Just(0_u64), 1 => 0..30_000_u64],
        prop_oneof![3 => Just(u64::MAX / 1_000_000), 1 => 0..90_000_u64],
        0..20_000_u64,
        1..2000_u64,
        prop::option::of(0..4000_u64),
    );
    let milliseconds = Duration::from_millis;
    let bursts = prop::collection::vec((burst, prop::collection::vec(arrival, 1..40)), 1..6);
    bursts.prop_map(move |bursts| {
        let mut begin = 0;
        let mut all = Vec::new();
        for (gap, burst) in bursts {
            begin += gap;
            all.extend(burst.into_iter().map(|(after, patience, latency, reserved, used)| {
                Arrival {
                    at: milliseconds(begin + after),
                    patience: milliseconds(patience),
                    latency: milliseconds(latency),
                    reserved,
                    used,
                }
            }));
        }
        all
    })
}

/// Sends all requests; returns when each was sent, and which were dropped.
fn play(pacer: &Pacer, arrivals: &[Arrival], reports_usage: bool) -> (Vec<Departure>, Vec<usize>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let (left, gone) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    runtime.block_on(async {
        pacer.mark_reachable();
        join_all(arrivals.iter().enumerate().map(async |(number, arrival)| {
            sleep(arrival.at).await;
            let leave = async { pacer.enqueue(arrival.reserved).await.acquire().await.unwrap() };
            let Ok(permit) = timeout(arrival.patience, leave).await else {
                gone.borrow_mut().push(number);
                return;
            };
            let tokens = arrival.reserved;
            left.borrow_mut().push(Departure { number, at: Instant::now(), tokens });
            sleep(arrival.latency).await;
            // A count without prompt tokens leaves the estimate of prompts as it is.
            let usage = arrival.used.filter(|_| reports_usage);
            let usage = usage.map(|used| Usage { completion: used, ..Usage::default() });
            let answer: Result<Reply, CallError> = Ok(Reply { usage, ..Reply::from_text("") });
            pacer.record(&permit, &answer);
        }))
        .await;
    });
    (left.into_inner(), gone.into_inner())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_minute_exceeds_the_quotas_and_every_request_is_sent_or_dropped(
        arrivals in arrivals(),
        requests in prop::option::of(1..2000_u64),
        tokens in prop::option::of(2000..100_000_u64),
        cap in 1..80_usize,
    ) {
        let pacer = Pacer::new(&limited(requests, tokens, cap), 500, None, 1);
        let (left, gone) = play(&pacer, &arrivals, false);
        prop_assert_eq!(left.len() + gone.len(), arrivals.len(), "sent or dropped");
        if let Some(quota) = requests {
            prop_assert!(fullest_minute(left.iter().map(|departure| (departure.at, 1))) <= quota);
        }
        if let Some(quota) = tokens {
            prop_assert!(fullest_minute(left.iter().map(|departure| (departure.at, departure.tokens))) <= quota);
        }
    }

    #[test]
    fn requests_are_sent_in_order_even_if_waiters_are_dropped(arrivals in arrivals(), quota in 1..600_u64) {
        let pacer = Pacer::new(&limited(Some(quota), Some(20_000), 8), 500, None, 1);
        let (left, _) = play(&pacer, &arrivals, false);
        let mut expected = left.clone();
        expected.sort_by_key(|departure| (arrivals[departure.number].at, departure.number));
        let numbers = |departures: &[Departure]| -> Vec<usize> {
            departures.iter().map(|departure| departure.number).collect()
        };
        prop_assert_eq!(numbers(&left), numbers(&expected));
    }

    #[test]
    fn slots_and_quota_are_free_again_after_all_requests_have_ended(
        arrivals in arrivals(),
        cap in 1..20_usize,
    ) {
        let pacer = Pacer::new(&limited(Some(600), Some(50_000), cap), 500, Some(20), 1);
        let later = MINUTE * 60 * 24 * 365;
        let again = (0..600).map(|_| Arrival {
            at: later,
            patience: MINUTE * 2,
            latency: MINUTE * 3,
            reserved: 1,
            used: None,
        });
        let held: Vec<Arrival> = again.clone().take(cap).collect();
        let quick = again.map(|arrival| Arrival {
            at: later + MINUTE * 10,
            latency: Duration::ZERO,
            ..arrival
        });
        // Latencies that vary would lower the limit of requests in flight.
        let before = arrivals.into_iter().map(|arrival| Arrival { latency: MINUTE / 60, ..arrival });
        let all: Vec<Arrival> = before.chain(held).chain(quick).collect();
        let (left, _) = play(&pacer, &all, false);
        // A year later, the maximum is in flight at once, and a minute's quota is sent within little more than a
        // minute.
        let late = &left[left.len() - 600 - cap..];
        prop_assert!(late.iter().all(|departure| all[departure.number].at >= later));
        let took = late[cap - 1].at - late[0].at;
        prop_assert!(took < Duration::from_secs(4), "{:?}", took);
        let took = late[cap + 599].at - late[cap].at;
        prop_assert!(took < MINUTE + Duration::from_secs(2), "{:?}", took);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn actual_usage_stays_within_the_quota_in_the_long_run(
        factor in 0.1..4.0_f64,
        size in 50..2000_u64,
        quota in 20_000..100_000_u64,
    ) {
        let used = (size as f64 * factor) as u64;
        let arrivals: Vec<Arrival> = (0..100)
            .map(|_| Arrival {
                at: Duration::ZERO,
                patience: MINUTE * 1000,
                latency: Duration::from_secs(1),
                reserved: size,
                used: Some(used),
            })
            .collect();
        let pacer = Pacer::new(&limited(None, Some(quota), 4), 500, None, 1);
        let (left, _) = play(&pacer, &arrivals, true);
        prop_assert_eq!(left.len(), 100);
        // Usage that is known late is at most what four requests in flight use beyond their estimate.
        let most = quota + 4 * used.saturating_sub(size);
        prop_assert!(fullest_minute(left.iter().map(|departure| (departure.at, used))) <= most);
    }
}
