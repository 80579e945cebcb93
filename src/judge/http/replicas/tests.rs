//! Replicas under a paused clock: which replica gets a request after failures, and which errors the caller gets.

use std::time::Duration;

use proptest::prelude::*;
use tokio::time::{Instant, advance};

use super::placement::slack;
use super::{AtReplica, Replicas, ranking};
use crate::judge::{CallError, CallErrorKind, QuotaHint, RateHints, Reply};

const TIMEOUT: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(1);

/// Lets all but a moment of a time pass.
async fn almost(time: Duration) {
    advance(time.saturating_sub(MOMENT)).await;
}

type Fleet = Replicas<usize>;

/// Replicas whose clients are their places.
fn fleet(replicas: usize) -> Fleet {
    Replicas::new((0..replicas).map(|at| (format!("http://vllm-{at}/v1"), at)), TIMEOUT)
}

/// An item that prefers a replica.
fn item_of(fleet: &Fleet, at: usize) -> String {
    let urls = || fleet.servers.iter().map(|server| server.base_url.as_str());
    let mut items = (0..).map(|number: u32| format!("q-{number}"));
    items.find(|item| ranking(item, urls())[0] == at).unwrap()
}

/// Sends a request of an item that prefers a replica.
fn sent(fleet: &Fleet, at: usize) -> AtReplica<'_, usize> {
    fleet.choose(&item_of(fleet, at))
}

fn answered(request: AtReplica<'_, usize>) {
    request.record(Ok(Reply::default())).unwrap();
}

fn error(kind: CallErrorKind) -> CallError {
    CallError::new(kind, "not now")
}

/// Lets a request fail; returns the kind of error that the engine sees.
fn failed(request: AtReplica<'_, usize>, kind: CallErrorKind) -> CallErrorKind {
    request.record(Err(error(kind))).unwrap_err().kind
}

const MOVED: CallErrorKind = CallErrorKind::ReplicaFailed { reached: true };
const MOVED_UNREACHED: CallErrorKind = CallErrorKind::ReplicaFailed { reached: false };

#[tokio::test(start_paused = true)]
async fn a_failed_replica_rests_and_is_then_tried_by_one_request_at_a_time() {
    let fleet = fleet(3);
    assert_eq!(failed(sent(&fleet, 1), CallErrorKind::Unreachable), MOVED_UNREACHED);
    almost(SECOND).await;
    assert_ne!(*sent(&fleet, 1).client(), 1, "it rests");
    advance(MOMENT).await;
    let trial = sent(&fleet, 1);
    assert_eq!(*trial.client(), 1);
    assert_ne!(*sent(&fleet, 1).client(), 1, "one request tries it");
    // Abandoned for another reason: the next request tries it.
    drop(trial);
    let trial = sent(&fleet, 1);
    assert_eq!(*trial.client(), 1);
    answered(trial);
    let all: Vec<_> = (0..3).map(|_| sent(&fleet, 1)).collect();
    assert!(all.iter().all(|request| *request.client() == 1), "it is back");
}

#[tokio::test(start_paused = true)]
async fn the_rest_doubles_up_to_half_a_minute_and_an_answer_ends_it() {
    let fleet = fleet(2);
    for round in [[1, 2, 4, 8, 16, 30, 30], [1, 2, 4, 8, 16, 30, 30]] {
        for seconds in round {
            let request = sent(&fleet, 0);
            assert_eq!(*request.client(), 0);
            assert_eq!(failed(request, CallErrorKind::Transient), MOVED);
            almost(SECOND * seconds).await;
            assert_eq!(*sent(&fleet, 0).client(), 1, "{seconds} s");
            advance(MOMENT).await;
        }
        answered(sent(&fleet, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn requests_on_their_way_when_a_replica_fails_are_the_same_failure() {
    let fleet = fleet(2);
    let [one, two, three] = [0, 0, 0].map(|at| sent(&fleet, at));
    assert_eq!(failed(one, CallErrorKind::Unreachable), MOVED_UNREACHED);
    advance(SECOND).await;
    // The rest is over: neither an old failure nor an old answer says anything about now.
    let trial = sent(&fleet, 0);
    assert_eq!(*trial.client(), 0);
    assert_eq!(failed(two, CallErrorKind::Unreachable), MOVED_UNREACHED);
    answered(three);
    assert_eq!(*sent(&fleet, 0).client(), 1, "the trial has no answer yet");
    assert_eq!(failed(trial, CallErrorKind::Unreachable), MOVED_UNREACHED);
    advance(SECOND * 2).await;
    assert_eq!(*sent(&fleet, 0).client(), 0, "it was the second failure, not the third");
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_in_time_is_a_failure_and_one_abandoned_earlier_is_none() {
    let fleet = fleet(2);
    let request = sent(&fleet, 0);
    advance(TIMEOUT / 2).await;
    drop(request);
    assert_eq!(*sent(&fleet, 0).client(), 0);
    let request = sent(&fleet, 0);
    advance(TIMEOUT).await;
    drop(request);
    assert!(fleet.another_serves());
    assert_eq!(*sent(&fleet, 0).client(), 1);
    assert_eq!(fleet.failed()[0].message, "no answer within 60.0 s");
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_given_up_for_being_slow_is_left_before_the_time_limit() {
    let fleet = fleet(2);
    let (slow, other) = (sent(&fleet, 0), sent(&fleet, 0));
    advance(TIMEOUT / 6).await;
    fleet.record_given_up(&item_of(&fleet, 0));
    drop(slow);
    assert_eq!(*sent(&fleet, 0).client(), 1);
    assert_eq!(fleet.failed()[0].message, "no answer within 10.0 s");
    // Only the request that was given up counts.
    drop(other);
    advance(SECOND).await;
    assert_eq!(*sent(&fleet, 0).client(), 0, "after the rest of a first failure");
}

#[tokio::test(start_paused = true)]
async fn what_one_replica_cannot_answer_another_is_asked() {
    for (kind, expected) in [
        (CallErrorKind::Unreachable, MOVED_UNREACHED),
        (CallErrorKind::Throttled, MOVED),
        (CallErrorKind::Transient, MOVED),
        (CallErrorKind::NoCompletion, MOVED),
        // These are about the request, or nobody is to blame.
        (CallErrorKind::EndpointRejected, CallErrorKind::EndpointRejected),
        (CallErrorKind::RequestRejected, CallErrorKind::RequestRejected),
        (CallErrorKind::UnknownRefusal, CallErrorKind::UnknownRefusal),
        (CallErrorKind::UnsupportedParameter, CallErrorKind::UnsupportedParameter),
        (CallErrorKind::ConnectionDropped, CallErrorKind::ConnectionDropped),
    ] {
        let several = fleet(2);
        assert_eq!(failed(sent(&several, 0), kind), expected);
        let stays = expected == kind;
        assert_eq!(*sent(&several, 0).client(), usize::from(!stays), "{kind:?}");
        let single = fleet(1);
        assert_eq!(failed(sent(&single, 0), kind), kind);
        assert!(!single.another_serves() && single.failed().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_or_model_is_that_of_a_replica_and_a_filter_that_of_the_prompt() {
    for (status, account, expected) in [
        (401, true, MOVED),
        (403, true, MOVED),
        (404, false, MOVED),
        (405, false, MOVED),
        (403, false, CallErrorKind::EndpointRejected),
    ] {
        let fleet = fleet(2);
        let error = CallError::new(CallErrorKind::EndpointRejected, "refused");
        let error = CallError { status: Some(status), account, ..error };
        let answer = sent(&fleet, 0).record(Err(error));
        assert_eq!(answer.unwrap_err().kind, expected, "{status} {account}");
    }
}

#[tokio::test(start_paused = true)]
async fn three_connections_dropped_in_a_row_are_a_failure() {
    let fleet = fleet(2);
    let drop_one = || failed(sent(&fleet, 0), CallErrorKind::ConnectionDropped);
    assert_eq!([drop_one(), drop_one()], [CallErrorKind::ConnectionDropped; 2]);
    answered(sent(&fleet, 0));
    assert_eq!([drop_one(), drop_one()], [CallErrorKind::ConnectionDropped; 2]);
    assert_eq!(drop_one(), MOVED);
    assert_eq!(*sent(&fleet, 0).client(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_item_stays_whole_while_it_has_requests_in_flight() {
    let fleet = fleet(2);
    let urls = || fleet.servers.iter().map(|server| server.base_url.as_str());
    let items: Vec<String> = (0..100)
        .map(|number| format!("q-{number}"))
        .filter(|item| ranking(item, urls())[0] == 0)
        .collect();
    let send = |item: usize, times: usize| -> Vec<AtReplica<'_, usize>> {
        (0..times).map(|_| fleet.choose(&items[item])).collect()
    };
    let at = |requests: &[AtReplica<'_, usize>]| -> Vec<usize> {
        requests.iter().map(|request| *request.client()).collect()
    };
    let busy = send(0, 5);
    assert_eq!(at(&busy), [0; 5]);
    let whole = send(1, 6);
    assert_eq!(at(&whole), [0; 6], "it does not leave because of its own load");
    let moved = send(2, 6);
    assert_eq!(at(&moved), [1; 6], "an item that begins under this load moves as a whole");
    drop(busy);
    assert_eq!(at(&send(2, 1)), [1], "it stays where its requests are");
    drop(moved);
    drop(whole);
    assert_eq!(at(&send(2, 1)), [0], "and prefers the same replica as before afterwards");
}

fn throttled(request: AtReplica<'_, usize>, seconds: u64) -> CallError {
    let asked = Some(Duration::from_secs(seconds));
    let error = CallError { retry_after: asked, ..error(CallErrorKind::Throttled) };
    request.record(Err(error)).unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_requested_wait_is_that_of_one_replica_and_all_wait_for_the_shortest() {
    let fleet = fleet(3);
    let moved = throttled(sent(&fleet, 0), 300);
    assert_eq!((moved.kind, moved.retry_after), (MOVED, None));
    advance(SECOND * 299).await;
    assert_ne!(*sent(&fleet, 0).client(), 0);
    let moved = throttled(sent(&fleet, 1), 20);
    assert_eq!((moved.kind, moved.retry_after), (MOVED, None));
    // The first may be tried again in a second.
    let last = throttled(sent(&fleet, 2), 600);
    assert_eq!((last.kind, last.retry_after), (CallErrorKind::Throttled, Some(SECOND)));
}

#[tokio::test(start_paused = true)]
async fn where_all_fail_the_error_is_that_of_the_endpoint() {
    let fleet = fleet(2);
    assert_eq!(failed(sent(&fleet, 0), CallErrorKind::Unreachable), MOVED_UNREACHED);
    assert_eq!(fleet.failed().len(), 1);
    assert_eq!(failed(sent(&fleet, 1), CallErrorKind::Unreachable), CallErrorKind::Unreachable);
    assert!(!fleet.another_serves());
    assert!(fleet.failed().is_empty(), "it is the endpoint that failed");
    advance(SECOND).await;
    assert!(fleet.another_serves());
    answered(sent(&fleet, 1));
    assert_eq!(fleet.failed()[0].base_url, "http://vllm-0/v1");
}

#[tokio::test(start_paused = true)]
async fn an_overload_lowers_the_limit_of_one_replica_and_answers_raise_it() {
    let fleet = fleet(2);
    let mut requests: Vec<_> = (0..5).map(|_| sent(&fleet, 0)).collect();
    throttled(requests.pop().unwrap(), 0);
    requests.into_iter().for_each(answered);
    advance(SECOND).await;
    answered(sent(&fleet, 0));
    // Seven tenths of five, and a little for each of five answers.
    let requests: Vec<_> = (0..6).map(|_| sent(&fleet, 0)).collect();
    let at: Vec<usize> = requests.iter().map(|request| *request.client()).collect();
    assert_eq!(at, [0, 0, 0, 0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn what_one_replica_says_about_its_quota_is_not_passed_on() {
    let quota = QuotaHint { limit: Some(9), ..QuotaHint::default() };
    let hints = RateHints { requests: quota, ..RateHints::default() };
    for (replicas, expected) in [(1, hints), (2, RateHints::default())] {
        let fleet = fleet(replicas);
        let reply = sent(&fleet, 0).record(Ok(Reply { hints, ..Reply::default() })).unwrap();
        assert_eq!(reply.hints, expected);
        let refused = CallError { hints: Box::new(hints), ..error(CallErrorKind::Throttled) };
        let refused = sent(&fleet, 0).record(Err(refused)).unwrap_err();
        assert_eq!(*refused.hints, expected);
    }
}

/// What happens next: a request departs, or one of those in flight ends.
#[derive(Debug, Clone)]
enum Event {
    Send(u8),
    Answer(u8),
    Fail(u8, CallErrorKind),
    Abandon(u8),
    Wait(u16),
}

fn event() -> impl Strategy<Value = Event> {
    let kind = prop_oneof![
        Just(CallErrorKind::Unreachable),
        Just(CallErrorKind::Throttled),
        Just(CallErrorKind::Transient),
        Just(CallErrorKind::ConnectionDropped),
        Just(CallErrorKind::EndpointRejected),
        Just(CallErrorKind::RequestRejected),
    ];
    prop_oneof![
        6 => any::<u8>().prop_map(Event::Send),
        3 => any::<u8>().prop_map(Event::Answer),
        1 => (any::<u8>(), kind).prop_map(|(which, kind)| Event::Fail(which, kind)),
        1 => any::<u8>().prop_map(Event::Abandon),
        1 => any::<u16>().prop_map(Event::Wait),
    ]
}

/// Sends a request of an item and checks where it goes.
fn send_checked(fleet: &Fleet, item: u8) -> AtReplica<'_, usize> {
    let now = Instant::now();
    let before = fleet.state().replicas.clone();
    let request = fleet.choose(&format!("q-{item}"));
    let at = *request.client();
    let any_serves = before.iter().any(|state| state.serves(now));
    assert!(before[at].serves(now) || !any_serves, "it rests while another serves");
    let before: Vec<_> = before.iter().map(|state| state.candidate(now)).collect();
    let like_it = before.iter().filter(|other| other.fitness == before[at].fitness);
    let fewest = like_it.map(|other| other.in_flight).min().unwrap();
    assert!(before[at].in_flight <= fewest + 2 * slack(fewest), "{before:?}");
    request
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_request_goes_to_a_resting_replica_while_another_serves_and_all_are_counted_until_they_end(
        replicas in 2_usize..6,
        events in prop::collection::vec(event(), 1..300),
    ) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
            let fleet = fleet(replicas);
            let mut in_flight = Vec::new();
            for event in events {
                let ends = match event {
                    Event::Answer(which) | Event::Fail(which, _) | Event::Abandon(which) => {
                        let which = usize::from(which).checked_rem(in_flight.len());
                        which.map(|which: usize| in_flight.swap_remove(which))
                    }
                    _ => None,
                };
                match (event, ends) {
                    (Event::Send(item), _) => in_flight.push(send_checked(&fleet, item)),
                    (Event::Answer(_), Some(request)) => answered(request),
                    (Event::Fail(_, kind), Some(request)) => drop(failed(request, kind)),
                    (Event::Wait(ms), _) => advance(Duration::from_millis(ms.into())).await,
                    _ => {}
                }
                let counted: usize = fleet
                    .state()
                    .replicas
                    .iter()
                    .map(|state| state.candidate(Instant::now()).in_flight)
                    .sum();
                assert_eq!(counted, in_flight.len());
            }
            drop(in_flight);
            let now = Instant::now();
            assert!(fleet.state().replicas.iter().all(|state| state.candidate(now).in_flight == 0));
            assert!(fleet.state().homes.is_empty());
            // Whatever happened, each of them is asked again once its rest is over.
            advance(Duration::from_mins(1)).await;
            for at in 0..replicas {
                let request = sent(&fleet, at);
                assert_eq!(*request.client(), at);
                answered(request);
            }
            assert!(fleet.failed().is_empty());
        });
    }
}
