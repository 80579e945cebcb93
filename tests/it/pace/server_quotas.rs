//! Quotas that the server reports in the headers of its answers.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use evenhand::input::{Connection, JudgeSettings};
use evenhand::judge::{CallError, CallErrorKind, QuotaHint, RateHints, Reply, Usage};
use evenhand::pace::{CannotDepart, Pacer, Permit, RequestTooLarge};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);

fn settings() -> JudgeSettings {
    let settings = JudgeSettings::new("test", Connection::Builtin("first".into()));
    JudgeSettings { max_tokens: Some(0), ..settings }
}

fn pacer(settings: &JudgeSettings) -> Pacer {
    let pacer = Pacer::new(settings, 500, None, 1);
    pacer.mark_reachable();
    pacer
}

async fn acquire(pacer: &Pacer, prompt: u64) -> Permit<'_> {
    pacer.enqueue(prompt).await.acquire().await.unwrap()
}

fn hint(limit: u64, remaining: u64, reset: Duration) -> QuotaHint {
    QuotaHint { limit: Some(limit), remaining: Some(remaining), reset: Some(reset) }
}

fn says(requests: QuotaHint, tokens: QuotaHint) -> Reply {
    Reply { hints: RateHints { requests, tokens }, ..Reply::from_text("") }
}

fn of_requests(limit: u64, remaining: u64, reset: Duration) -> Reply {
    says(hint(limit, remaining, reset), QuotaHint::default())
}

/// Sends one request, to which the server replies at once.
async fn send_and_record(pacer: &Pacer, reply: Reply) {
    let permit = acquire(pacer, 1).await;
    pacer.record(&permit, &Ok(reply));
}

/// Returns how many requests are sent within a time, one after the other.
async fn sent_within(pacer: &Pacer, time: Duration) -> usize {
    let left = Cell::new(0);
    let all = async {
        loop {
            drop(acquire(pacer, 1).await);
            left.set(left.get() + 1);
            // Without a quota they would all be sent at the same time.
            sleep(Duration::from_millis(1)).await;
        }
    };
    assert!(timeout(time, all).await.is_err());
    left.get()
}

/// A server that enforces a quota over a sliding minute and records what it refuses.
struct Strict {
    quota: usize,
    counted: RefCell<VecDeque<Instant>>,
    refused: RefCell<Vec<Instant>>,
}

impl Strict {
    fn new(quota: usize) -> Self {
        Self { quota, counted: RefCell::default(), refused: RefCell::default() }
    }

    fn answer(&self) -> Result<Reply, CallError> {
        let now = Instant::now();
        let mut counted = self.counted.borrow_mut();
        while counted.pop_front_if(|at| *at + MINUTE <= now).is_some() {}
        if counted.len() >= self.quota {
            self.refused.borrow_mut().push(now);
            let hints = RateHints {
                requests: hint(self.quota as u64, 0, counted[0] + MINUTE - now),
                tokens: QuotaHint::default(),
            };
            return Err(CallError {
                hints: Box::new(hints),
                ..CallError::new(CallErrorKind::Throttled, "429")
            });
        }
        counted.push_back(now);
        let remaining = (self.quota - counted.len()) as u64;
        Ok(of_requests(self.quota as u64, remaining, counted[0] + MINUTE - now))
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_with_an_unconfigured_quota_refuses_nothing_after_the_first_minute() {
    let strict = Strict::new(600);
    let pacer = pacer(&settings());
    let (start, served) = (Instant::now(), Cell::new(0));
    join_all((0..64_u64).map(async |worker| {
        while start.elapsed() < MINUTE * 60 {
            let permit = acquire(&pacer, 1).await;
            // Requests take a varying time to arrive.
            sleep(Duration::from_millis(5 + (served.get() * 7 + worker * 13) % 40)).await;
            let answer = strict.answer();
            sleep(Duration::from_millis(800)).await;
            pacer.record(&permit, &answer);
            match answer {
                Ok(_) => served.set(served.get() + 1),
                Err(error) => pacer.record_throttled(error.retry_after),
            }
        }
    }))
    .await;
    let refused = strict.refused.into_inner();
    let late = refused.iter().filter(|at| **at - start > MINUTE).count();
    assert_eq!(late, 0, "{} refused in all", refused.len());
    assert!(served.get() >= 60 * 600 * 98 / 100, "{}", served.get());
}

#[tokio::test(start_paused = true)]
async fn a_reported_limit_is_kept_and_only_lowers_a_configured_quota() {
    for (set, said, holds) in
        [(None, 100, 100), (Some(1000), 100, 100), (Some(100), 1000, 100), (Some(100), 0, 100)]
    {
        let pacer = pacer(&JudgeSettings { requests_per_minute: set, ..settings() });
        let limit = Some(said).filter(|said| *said > 0);
        let requests = QuotaHint { limit, ..QuotaHint::default() };
        send_and_record(&pacer, says(requests, QuotaHint::default())).await;
        let left = sent_within(&pacer, MINUTE).await;
        assert!((holds - 3..holds).contains(&left), "{set:?}, {said}: {left} and the first");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lower_quota_counts_requests_sent_before_it_was_reported() {
    let pacer = pacer(&JudgeSettings { requests_per_minute: Some(600), ..settings() });
    assert!(sent_within(&pacer, SECOND * 30).await > 290);
    send_and_record(&pacer, of_requests(200, 1, SECOND * 30)).await;
    assert_eq!(sent_within(&pacer, SECOND * 29).await, 0, "the minute is full already");
    assert!(sent_within(&pacer, MINUTE).await <= 200);
}

#[tokio::test(start_paused = true)]
async fn a_limit_per_day_is_not_applied_per_minute() {
    let pacer = pacer(&settings());
    // The first answer does not show that the limit is one per day.
    send_and_record(&pacer, of_requests(14_400, 14_399, SECOND * 6)).await;
    send_and_record(&pacer, of_requests(200, 180, SECOND * 120)).await;
    send_and_record(&pacer, of_requests(200, 199, SECOND * 6)).await;
    assert!(sent_within(&pacer, MINUTE).await > 50_000);
}

#[tokio::test(start_paused = true)]
async fn usage_by_other_clients_lowers_the_quota_until_it_expires() {
    let pacer = pacer(&settings());
    // Others have used half of a window that ends in 40 s.
    send_and_record(&pacer, of_requests(120, 59, SECOND * 40)).await;
    let left = sent_within(&pacer, SECOND * 39).await;
    assert!((55..=59).contains(&left), "{left}");
    let pacer = self::pacer(&settings());
    // Others have used half of a bucket, which refills gradually.
    send_and_record(&pacer, of_requests(120, 60, SECOND * 30)).await;
    let left = sent_within(&pacer, SECOND * 39).await;
    assert!((72..=79).contains(&left), "{left}");
}

#[tokio::test(start_paused = true)]
async fn our_own_requests_are_never_counted_as_those_of_other_clients() {
    let settings = JudgeSettings { requests_per_minute: Some(600), ..settings() };
    for counted_when_answered in [false, true] {
        let pacer = pacer(&settings);
        let (start, arrived) = (Instant::now(), RefCell::new(VecDeque::new()));
        let left = Cell::new(0);
        join_all((0..64).map(async |_| {
            while start.elapsed() < MINUTE * 10 {
                let permit = acquire(&pacer, 1).await;
                left.set(left.get() + 1);
                arrived.borrow_mut().push_back(Instant::now());
                let in_minute = || {
                    let now = Instant::now();
                    arrived.borrow().iter().filter(|at| **at + MINUTE > now).count() as u64
                };
                let early = in_minute();
                sleep(SECOND * 5).await;
                let counted = if counted_when_answered { in_minute() } else { early };
                pacer.record(&permit, &Ok(of_requests(600, 600 - counted, SECOND * 30)));
            }
        }))
        .await;
        assert!(left.get() >= 10 * 600 * 98 / 100, "{counted_when_answered}: {}", left.get());
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_until_the_reset_where_others_have_used_up_the_quota() {
    let none = QuotaHint { limit: None, remaining: Some(0), reset: Some(SECOND * 20) };
    for requests in [hint(100, 0, SECOND * 20), none] {
        let pacer = pacer(&settings());
        send_and_record(&pacer, says(requests, QuotaHint::default())).await;
        let start = Instant::now();
        drop(acquire(&pacer, 1).await);
        assert_eq!(start.elapsed().as_secs(), 20, "{requests:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_quota_used_up_by_our_own_requests_causes_no_hold() {
    let pacer = pacer(&JudgeSettings { requests_per_minute: Some(100), ..settings() });
    let (start, mut arrived) = (Instant::now(), VecDeque::new());
    let mut left = 0;
    while start.elapsed() < MINUTE * 10 {
        let permit = acquire(&pacer, 1).await;
        left += 1;
        // The server's minute is a second longer, and its reset is that of the last request.
        let now = Instant::now();
        arrived.push_back(now);
        arrived.retain(|at| *at + SECOND * 61 > now);
        let remaining = 100_u64.saturating_sub(arrived.len() as u64);
        pacer.record(&permit, &Ok(of_requests(100, remaining, SECOND * 55)));
    }
    assert!(left >= 1000 * 95 / 100, "{left}");
}

#[tokio::test(start_paused = true)]
async fn a_hold_beyond_total_timeout_is_not_applied() {
    let pacer = pacer(&JudgeSettings { total_timeout: SECOND * 30, ..settings() });
    send_and_record(&pacer, of_requests(200, 0, MINUTE * 60 * 24)).await;
    let start = Instant::now();
    drop(acquire(&pacer, 1).await);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_empty_bucket_delays_requests_until_it_has_one_cell() {
    let pacer = pacer(&settings());
    send_and_record(&pacer, of_requests(600, 300, SECOND * 30)).await;
    sleep(MINUTE * 5).await;
    send_and_record(&pacer, of_requests(600, 0, MINUTE)).await;
    let start = Instant::now();
    drop(acquire(&pacer, 1).await);
    assert!(start.elapsed() < SECOND, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_request_above_a_minutes_tokens_is_an_error_at_once() {
    let set = pacer(&JudgeSettings { tokens_per_minute: Some(1000), ..settings() });
    let refused = set.enqueue(1001).await.acquire().await.unwrap_err();
    let expected = RequestTooLarge { tokens: 1001, quota: 1000, from_server: false };
    assert_eq!(refused, CannotDepart::TooLarge(expected));
    assert!(refused.to_string().contains("about 1001 tokens"), "{refused}");
    drop(acquire(&set, 1000).await);

    let learnt = pacer(&settings());
    let tokens = QuotaHint { limit: Some(1000), ..QuotaHint::default() };
    send_and_record(&learnt, says(QuotaHint::default(), tokens)).await;
    let refused = learnt.enqueue(1001).await.acquire().await.unwrap_err();
    assert!(refused.to_string().contains("as reported by the server"), "{refused}");

    let waiting = pacer(&JudgeSettings { tokens_per_minute: Some(1000), ..settings() });
    let first = acquire(&waiting, 600).await;
    let head = async { waiting.enqueue(800).await.acquire().await.map(drop) };
    let lower = async {
        sleep(SECOND).await;
        waiting.record(&first, &Ok(says(QuotaHint::default(), hint(700, 600, SECOND))));
    };
    let (refused, ()) = tokio::join!(head, lower);
    let Err(CannotDepart::TooLarge(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.quota, 700, "also for a request that waits when the quota is reported");
}

#[tokio::test(start_paused = true)]
async fn a_limit_below_the_usage_of_the_same_answer_is_ignored() {
    let pacer = pacer(&settings());
    let permit = acquire(&pacer, 500).await;
    let tokens = QuotaHint { limit: Some(10), ..QuotaHint::default() };
    let usage = Some(Usage { prompt: 500, ..Usage::default() });
    let hints = RateHints { requests: QuotaHint::default(), tokens };
    pacer.record(&permit, &Ok(Reply { usage, hints, ..Reply::from_text("") }));
    drop(acquire(&pacer, 500).await);
}
