//! What a pacer does where its leases come from a source that is slow, fails or refuses.

use std::sync::Mutex;
use std::time::Duration;

use evenhand::input::{Connection, JudgeSettings};
use evenhand::pace::{
    CannotDepart, Lease, LeaseError, LeaseRequest, LeaseSource, Pacer, QuotaTerms, SharedQuota,
};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep, timeout};

use super::timeline::Timeline;

/// A source that gives these answers, one after the other, and the last again and again, each after a time.
#[derive(Debug)]
struct Scripted {
    answers: Mutex<Vec<Result<Lease, LeaseError>>>,
    latency: Duration,
}

impl LeaseSource for Scripted {
    fn place(&self) -> &'static str {
        "the database q at h:1"
    }

    fn lease(&self, _: LeaseRequest) -> BoxFuture<'_, Result<Lease, LeaseError>> {
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        async move {
            sleep(self.latency).await;
            answer
        }
        .boxed()
    }
}

fn pacer(source: impl LeaseSource + 'static) -> Pacer {
    let settings = JudgeSettings {
        requests_per_minute: Some(600),
        ..JudgeSettings::new("test", Connection::Builtin("first".into()))
    };
    let terms = QuotaTerms::of(&settings).unwrap();
    let pacer = Pacer::sharing(&settings, 100, None, 1, SharedQuota::new(terms, source));
    pacer.mark_reachable();
    pacer
}

fn scripted(answers: Vec<Result<Lease, LeaseError>>, latency_ms: u64) -> Scripted {
    let latency = Duration::from_millis(latency_ms);
    Scripted { answers: Mutex::new(answers), latency }
}

/// Sends one request; returns how long it waited, or why it cannot be sent.
async fn send(pacer: &Pacer) -> Result<Duration, CannotDepart> {
    let begin = Instant::now();
    let request = async { pacer.enqueue(100).await.acquire().await.map(|_| begin.elapsed()) };
    tokio::select! {
        sent = request => sent,
        () = pacer.book_leases() => unreachable!("it never ends by itself"),
    }
}

fn unavailable() -> LeaseError {
    LeaseError::Unavailable("the quotas in the database q at h:1: connection refused".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_request_is_sent_when_its_turn_comes_and_not_before() {
    let turn = Ok(Lease::new(Duration::from_secs(7), Duration::ZERO));
    let waited = send(&pacer(scripted(vec![turn], 20))).await.unwrap();
    assert_eq!(waited, Duration::from_millis(7020));
}

#[tokio::test(start_paused = true)]
async fn a_short_outage_of_the_source_delays_requests_and_loses_none() {
    let mut answers = vec![Err(unavailable()); 6];
    answers.push(Ok(Lease::new(Duration::ZERO, Duration::ZERO)));
    let waited = send(&pacer(scripted(answers, 1))).await.unwrap();
    assert!(waited < Duration::from_secs(8), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn after_a_minute_without_a_lease_nothing_more_is_sent() {
    let pacer = pacer(scripted(vec![Err(unavailable())], 1));
    let begin = Instant::now();
    let Err(CannotDepart::NoLease(reason)) = send(&pacer).await else { panic!("it was sent") };
    assert_eq!(
        reason,
        "no turn could be booked for 60 s: the quotas in the database q at h:1: connection refused"
    );
    let waited = begin.elapsed();
    assert!((60..67).contains(&waited.as_secs()), "{waited:?}");
    // Nothing that comes later waits.
    let begin = Instant::now();
    assert!(send(&pacer).await.is_err());
    assert!(begin.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn time_in_which_nobody_wants_a_lease_is_no_outage() {
    let pacer = pacer(scripted(
        vec![Err(unavailable()), Ok(Lease::new(Duration::ZERO, Duration::ZERO))],
        1,
    ));
    let idle = timeout(Duration::from_mins(10), pacer.book_leases()).await;
    assert!(idle.is_err(), "it ended");
    send(&pacer).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_source_that_refuses_ends_the_wait_at_once_with_its_reason() {
    let refused = Err(LeaseError::Refused("the quota is another one".to_owned()));
    let sent = send(&pacer(scripted(vec![refused], 1))).await;
    assert_eq!(sent, Err(CannotDepart::NoLease("the quota is another one".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn leases_that_arrive_too_late_to_be_used_count_as_an_outage_that_names_the_delay() {
    let turn = Ok(Lease::new(Duration::ZERO, Duration::ZERO));
    let sent = send(&pacer(scripted(vec![turn], 300))).await;
    let Err(CannotDepart::NoLease(reason)) = sent else { panic!("it was sent") };
    let expected = "the database q at h:1 answered after 300 ms; a turn can be used only if it is booked within 250 ms";
    assert!(reason.ends_with(expected), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_while_it_waits_books_nothing_more() {
    let timeline = Timeline::new([Duration::from_millis(5); 2]);
    let pacer = pacer(timeline.clone());
    let given_up = timeout(Duration::from_millis(1), send(&pacer)).await;
    assert!(given_up.is_err());
    let idle = timeout(Duration::from_mins(5), pacer.book_leases()).await;
    assert!(idle.is_err() && timeline.bookings() <= 1, "{}", timeline.bookings());
}

#[test]
fn a_judge_without_limits_has_no_quota_to_share() {
    let judge = JudgeSettings::new("test", Connection::Builtin("first".into()));
    assert_eq!(QuotaTerms::of(&judge), None);
    let unlimited = JudgeSettings { requests_per_minute: Some(u64::MAX), ..judge.clone() };
    assert_eq!(QuotaTerms::of(&unlimited), None);
    let limited = JudgeSettings { tokens_per_minute: Some(9), ..judge };
    assert_eq!(QuotaTerms::of(&limited).unwrap().tokens_per_minute(), Some(9));
}

#[tokio::test(start_paused = true)]
async fn a_timeline_that_is_booked_far_ahead_is_waited_for_and_named() {
    let full = Err(LeaseError::Full("others have booked it for the next 700 s".to_owned()));
    let turn = Ok(Lease::new(Duration::ZERO, Duration::ZERO));
    let answers = std::iter::repeat_n(full, 100).chain([turn]).collect();
    let pacer = pacer(scripted(answers, 1));
    let early = timeout(Duration::from_mins(3), send(&pacer)).await;
    assert!(early.is_err(), "{early:?}");
    assert_eq!(pacer.why_no_turn().unwrap(), "others have booked it for the next 700 s");
    send(&pacer).await.unwrap();
    assert_eq!(pacer.why_no_turn().unwrap(), "others had all turns of the database q at h:1");
}

#[tokio::test(start_paused = true)]
async fn the_time_without_a_lease_is_at_most_half_of_a_trials_time() {
    let settings = JudgeSettings {
        requests_per_minute: Some(600),
        total_timeout: Duration::from_secs(20),
        ..JudgeSettings::new("test", Connection::Builtin("first".into()))
    };
    let source = scripted(vec![Err(unavailable())], 1);
    let quota = SharedQuota::new(QuotaTerms::of(&settings).unwrap(), source);
    let pacer = Pacer::sharing(&settings, 100, None, 1, quota);
    let begin = Instant::now();
    assert!(send(&pacer).await.is_err());
    assert!(begin.elapsed() < Duration::from_secs(16), "{:?}", begin.elapsed());
}
