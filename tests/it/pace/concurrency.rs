//! The limit of requests in flight, against simulated endpoints of limited capacity.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use evenhand::input::{Connection, JudgeSettings};
use evenhand::judge::{CallError, CallErrorKind, Reply};
use evenhand::pace::Pacer;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

const BASE: Duration = Duration::from_millis(500);

fn pacer(max_in_flight: usize, in_flight: Option<u32>) -> Pacer {
    let settings = JudgeSettings::new("test", Connection::Builtin("first".into()));
    Pacer::new(&JudgeSettings { max_in_flight, ..settings }, 500, in_flight, 1)
}

fn replied() -> Reply {
    Reply::from_text("")
}

fn error(kind: CallErrorKind, status: Option<u16>) -> Result<Reply, CallError> {
    Err(CallError { status, ..CallError::new(kind, "too much") })
}

/// Sends requests from `workers` for a time; `server` maps the number of requests in flight to the latency and
/// the answer of the next. Returns the mean of the limit in the last third of the time.
async fn ask(
    pacer: &Pacer,
    workers: usize,
    length: Duration,
    server: impl Fn(usize) -> (Duration, Result<Reply, CallError>),
) -> f64 {
    let start = Instant::now();
    let (inside, sum, count) = (Cell::new(0), Cell::new(0), Cell::new(0));
    join_all((0..workers).map(async |_| {
        while start.elapsed() < length {
            let permit = pacer.enqueue(1).await.acquire().await.unwrap();
            if start.elapsed() >= length {
                return;
            }
            inside.set(inside.get() + 1);
            if start.elapsed() > length * 2 / 3 {
                sum.set(sum.get() + pacer.sustained_in_flight().unwrap_or_default());
                count.set(count.get() + 1);
            }
            let (latency, answer) = server(inside.get());
            sleep(latency).await;
            inside.set(inside.get() - 1);
            if answer.is_ok() {
                pacer.mark_reachable();
            }
            pacer.record(&permit, &answer);
        }
    }))
    .await;
    f64::from(sum.get()) / f64::from(count.get())
}

/// An endpoint that processes `capacity` requests at once; more requests share its time.
fn with_capacity(capacity: usize) -> impl Fn(usize) -> (Duration, Result<Reply, CallError>) {
    move |inside| (BASE.mul_f64((inside as f64 / capacity as f64).max(1.0)), Ok(replied()))
}

const LONG: Duration = Duration::from_mins(10);

#[tokio::test(start_paused = true)]
async fn an_endpoint_without_a_limit_gets_max_in_flight_requests_at_once() {
    let pacer = pacer(500, None);
    ask(&pacer, 600, Duration::from_secs(30), |_| (BASE, Ok(replied()))).await;
    assert_eq!(pacer.sustained_in_flight(), Some(500));
}

#[tokio::test(start_paused = true)]
async fn slow_start_begins_with_64_and_doubles_with_every_full_window() {
    let pacer = pacer(2000, None);
    let start = Instant::now();
    let most = RefCell::new(BTreeMap::new());
    ask(&pacer, 2000, BASE * 12, |inside| {
        let window = start.elapsed().as_millis() / BASE.as_millis();
        let mut most = most.borrow_mut();
        let most = most.entry(window).or_insert(0);
        *most = inside.max(*most);
        (BASE, Ok(replied()))
    })
    .await;
    let mut most: Vec<usize> = most.into_inner().into_values().collect();
    most.dedup();
    // Two until the first answer.
    assert_eq!(most[..5], [2, 64, 128, 256, 512]);
}

#[tokio::test(start_paused = true)]
async fn the_limit_converges_to_the_capacity_of_the_endpoint() {
    for capacity in [80, 200, 700] {
        let pacer = pacer(2000, None);
        let mean = ask(&pacer, 2000, LONG / 3, with_capacity(capacity)).await / capacity as f64;
        assert!((1.0..=2.2).contains(&mean), "{mean} times the capacity of {capacity}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_limit_falls_after_refusals_errors_and_timeouts_and_rises_again() {
    for (kind, status) in [
        (CallErrorKind::Throttled, Some(429)),
        (CallErrorKind::Transient, Some(500)),
        (CallErrorKind::Transient, None),
    ] {
        let pacer = pacer(400, None);
        let strict = |inside| match inside {
            ..=100 => (BASE, Ok(replied())),
            _ => (Duration::from_millis(20), error(kind, status)),
        };
        let mean = ask(&pacer, 400, LONG, strict).await;
        assert!((75.0..=104.0).contains(&mean), "{mean}");
    }
}

#[tokio::test(start_paused = true)]
async fn simultaneous_refusals_lower_the_limit_once() {
    let pacer = pacer(100, Some(100));
    pacer.mark_reachable();
    let permits =
        join_all((0..100).map(async |_| pacer.enqueue(1).await.acquire().await.unwrap())).await;
    sleep(BASE).await;
    for permit in permits {
        pacer.record(&permit, &error(CallErrorKind::Throttled, Some(429)));
    }
    assert_eq!(pacer.sustained_in_flight(), Some(70));
}

#[tokio::test(start_paused = true)]
async fn rejected_requests_do_not_lower_the_limit() {
    for (kind, status) in [
        (CallErrorKind::RequestRejected, Some(400)),
        (CallErrorKind::Transient, Some(200)),
        (CallErrorKind::UnsupportedParameter, Some(400)),
    ] {
        let pacer = pacer(100, Some(100));
        pacer.mark_reachable();
        ask(&pacer, 100, BASE * 20, |_| (BASE, error(kind, status))).await;
        assert_eq!(pacer.sustained_in_flight(), Some(100), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn lag_of_our_own_process_does_not_lower_the_limit() {
    let pacer = pacer(1000, None);
    let start = Instant::now();
    let reached = Cell::new(false);
    // From the tenth second on, this process is half a second late.
    let late = || if start.elapsed() < BASE * 20 { Duration::ZERO } else { BASE };
    let heartbeat = async {
        while start.elapsed() < LONG {
            sleep(Duration::from_millis(20) + late()).await;
            pacer.record_lag(late());
            let all = pacer.sustained_in_flight() == Some(1000);
            reached.set(reached.get() || all);
            assert!(all || !reached.get(), "{:?}", pacer.sustained_in_flight());
        }
    };
    let asked = ask(&pacer, 1000, LONG, |_| (BASE + late() * 3, Ok(replied())));
    tokio::join!(asked, heartbeat);
    assert_eq!(pacer.sustained_in_flight(), Some(1000));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_slow_at_any_load_keeps_its_limit() {
    let pacer = pacer(200, None);
    let start = Instant::now();
    let slow = |_| (if start.elapsed() < LONG / 10 { BASE } else { BASE * 5 }, Ok(replied()));
    ask(&pacer, 200, LONG, slow).await;
    assert_eq!(pacer.sustained_in_flight(), Some(200));
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_not_reached_does_not_grow_and_is_not_reported() {
    let pacer = pacer(1000, None);
    ask(&pacer, 60, LONG / 10, |_| (BASE, Ok(replied()))).await;
    assert_eq!(pacer.sustained_in_flight(), None);
    ask(&pacer, 100, LONG / 10, |_| (BASE, Ok(replied()))).await;
    assert_eq!(
        pacer.sustained_in_flight(),
        Some(128),
        "a hundred fill 64 places, and not the next 128"
    );
}

#[tokio::test(start_paused = true)]
async fn the_limit_begins_with_that_of_an_earlier_command() {
    for (settled, most, begins) in [(20, 1000, 20), (300, 1000, 300), (300, 50, 50), (0, 50, 1)] {
        let pacer = pacer(most, Some(settled));
        pacer.mark_reachable();
        let seen = Cell::new(0);
        ask(&pacer, 400, BASE / 2, |inside| {
            seen.set(seen.get().max(inside));
            (BASE, Ok(replied()))
        })
        .await;
        assert_eq!(seen.get(), begins, "{settled} of {most}");
    }
}
