//! What is decided about each kind of error.

use super::*;

const LIMITS: RetryLimits = RetryLimits { max_attempts: 3, total_timeout: Duration::from_mins(30) };
const FIRST: Throttling =
    Throttling { times: 1, replies_since_first: 0, replies_since_last: 0, others_throttled: 0 };
const NEW: EndpointState =
    EndpointState { has_replied: false, unreachable_in_a_row: 1, throttling: FIRST };
const REPLIED: EndpointState = EndpointState { has_replied: true, ..NEW };

const REPLICA_FAILED: CallErrorKind = CallErrorKind::ReplicaFailed { reached: true };
const KINDS: [CallErrorKind; 12] = [
    CallErrorKind::UnsupportedParameter,
    CallErrorKind::RequestRejected,
    CallErrorKind::EndpointRejected,
    CallErrorKind::Throttled,
    CallErrorKind::Transient,
    CallErrorKind::ConnectionDropped,
    CallErrorKind::Unreachable,
    CallErrorKind::NotRecorded,
    CallErrorKind::UnknownRefusal,
    CallErrorKind::NoCompletion,
    REPLICA_FAILED,
    CallErrorKind::ProgramFailed,
];

/// Fails to compile when a kind is added: add it to `KINDS`, and what is expected of it to the tests.
fn position(kind: CallErrorKind) -> usize {
    match kind {
        CallErrorKind::UnsupportedParameter => 0,
        CallErrorKind::RequestRejected => 1,
        CallErrorKind::EndpointRejected => 2,
        CallErrorKind::Throttled => 3,
        CallErrorKind::Transient => 4,
        CallErrorKind::ConnectionDropped => 5,
        CallErrorKind::Unreachable => 6,
        CallErrorKind::NotRecorded => 7,
        CallErrorKind::UnknownRefusal => 8,
        CallErrorKind::NoCompletion => 9,
        CallErrorKind::ReplicaFailed { .. } => 10,
        CallErrorKind::ProgramFailed => 11,
    }
}

#[test]
fn every_kind_is_in_the_table() {
    assert_eq!(KINDS.map(position), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
}

fn error(kind: CallErrorKind, hint_s: Option<u64>) -> CallError {
    CallError { retry_after: hint_s.map(Duration::from_secs), ..CallError::new(kind, "…") }
}

/// Returns the decisions on `times` errors of one kind in a row.
fn decisions(error: &CallError, times: u32, endpoint: EndpointState) -> Vec<Decision> {
    let mut counts = RetryCounts::default();
    (0..times).map(|_| decide(error, &mut counts, &LIMITS, endpoint)).collect()
}

#[test]
fn the_first_error_of_each_kind_without_a_hint() {
    let at_once = Decision::Retry(RetryDelay::None);
    let expected = [
        at_once,
        Decision::Hold,
        Decision::Hold,
        at_once,
        Decision::Retry(RetryDelay::Backoff(1)),
        at_once,
        at_once,
        Decision::NoReplyRecorded,
        Decision::Hold,
        Decision::Retry(RetryDelay::Backoff(1)),
        at_once,
        Decision::StopJudge(StopReason::ProgramFailed),
    ];
    for (kind, expected) in KINDS.into_iter().zip(expected) {
        for endpoint in [NEW, REPLIED] {
            assert_eq!(decisions(&error(kind, None), 1, endpoint), [expected], "{kind:?}");
        }
    }
}

#[test]
fn each_kind_counts_in_its_own_group() {
    let groups = |kind| {
        let mut counts = RetryCounts::default();
        decide(&error(kind, None), &mut counts, &LIMITS, NEW);
        [
            counts.failures,
            counts.free_drops,
            counts.endpoint_waits,
            counts.parameter_changes,
            counts.replica_failures,
        ]
    };
    let failure = [1, 0, 0, 0, 0];
    let expected = [
        [0, 0, 0, 1, 0],
        failure,
        failure,
        [0, 0, 1, 0, 0],
        failure,
        [0, 1, 0, 0, 0],
        [0, 0, 1, 0, 0],
        failure,
        failure,
        failure,
        [0, 0, 0, 0, 1],
        failure,
    ];
    assert_eq!(KINDS.map(groups), expected);
}

#[test]
fn transient_errors_back_off_until_the_attempts_are_used_up() {
    let expected = [
        Decision::Retry(RetryDelay::Backoff(1)),
        Decision::Retry(RetryDelay::Backoff(2)),
        Decision::Exhaust,
    ];
    assert_eq!(decisions(&error(CallErrorKind::Transient, None), 3, REPLIED), expected);
}

#[test]
fn a_hint_replaces_the_backoff_up_to_one_minute() {
    for (hint, expected) in [(0, 0), (5, 5), (60, 60), (61, 60), (86_400, 60)] {
        let delay = RetryDelay::Hint(Duration::from_secs(expected));
        let decided = decisions(&error(CallErrorKind::Transient, Some(hint)), 1, NEW);
        assert_eq!(decided, [Decision::Retry(delay)], "{hint} s");
    }
}

#[test]
fn three_dropped_connections_use_no_attempt() {
    let at_once = Decision::Retry(RetryDelay::None);
    let expected = [
        at_once,
        at_once,
        at_once,
        Decision::Retry(RetryDelay::Backoff(1)),
        Decision::Retry(RetryDelay::Backoff(2)),
        Decision::Exhaust,
    ];
    assert_eq!(decisions(&error(CallErrorKind::ConnectionDropped, None), 6, NEW), expected);
}

#[test]
fn eight_parameters_are_changed_before_the_request_is_rejected() {
    let decided = decisions(&error(CallErrorKind::UnsupportedParameter, None), 9, NEW);
    assert_eq!(decided[..8], [Decision::Retry(RetryDelay::None); 8]);
    assert_eq!(decided[8], Decision::Hold);
}

#[test]
fn eight_failures_of_replicas_use_no_attempt() {
    let decided = decisions(&error(REPLICA_FAILED, None), 10, NEW);
    assert_eq!(decided[..8], [Decision::Retry(RetryDelay::None); 8]);
    assert_eq!(decided[8..], [1, 2].map(|n| Decision::Retry(RetryDelay::Backoff(n))));
}

#[test]
fn an_outage_of_all_replicas_forgets_the_failures_of_single_ones() {
    for outage in [CallErrorKind::Unreachable, CallErrorKind::Throttled] {
        let mut counts = RetryCounts::default();
        for kind in [[REPLICA_FAILED; 2], [outage; 2]].concat().repeat(50) {
            let decided = decide(&error(kind, None), &mut counts, &LIMITS, REPLIED);
            assert_eq!(decided, Decision::Retry(RetryDelay::None), "{kind:?}");
        }
    }
}

#[test]
fn a_throttled_trial_waits_alone_and_then_fails_where_others_get_replies() {
    let throttled = |times, replies, hint| {
        let throttling = Throttling {
            times,
            replies_since_first: replies,
            replies_since_last: replies,
            others_throttled: 0,
        };
        let endpoint = EndpointState { throttling, ..REPLIED };
        decisions(&error(CallErrorKind::Throttled, hint), 1, endpoint)[0]
    };
    assert_eq!(throttled(1, 500, None), Decision::Retry(RetryDelay::None));
    assert_eq!(throttled(2, 500, None), Decision::Retry(RetryDelay::Backoff(1)));
    let minute = Duration::from_mins(1);
    assert_eq!(throttled(2, 500, Some(90)), Decision::Retry(RetryDelay::Hint(minute)));
    assert_eq!(throttled(3, 500, Some(90)), Decision::Exhaust);
    assert_eq!(throttled(3, 0, None), Decision::Retry(RetryDelay::None));
}

#[test]
fn a_throttled_trial_waits_however_often_unless_the_wait_is_longer_than_a_trial() {
    for hint in [None, Some(0), Some(60), Some(1_799)] {
        let decided = decisions(&error(CallErrorKind::Throttled, hint), 50, NEW);
        assert_eq!(decided, [Decision::Retry(RetryDelay::None); 50], "{hint:?}");
    }
    for hint in [1_800, 86_400] {
        let decided = decisions(&error(CallErrorKind::Throttled, Some(hint)), 1, REPLIED);
        assert_eq!(decided, [Decision::StopJudge(StopReason::WaitTooLong)], "{hint} s");
    }
}

#[test]
fn only_an_endpoint_that_never_replied_is_given_up_when_it_cannot_be_reached() {
    for (has_replied, unreachable_in_a_row, stops) in [
        (false, 1, false),
        (false, 2, false),
        (false, 3, true),
        (false, 4, true),
        (true, 3, false),
        (true, 1_000, false),
    ] {
        let endpoint = EndpointState { has_replied, unreachable_in_a_row, throttling: FIRST };
        let decided = decisions(&error(CallErrorKind::Unreachable, None), 1, endpoint);
        let expected = if stops {
            Decision::StopJudge(StopReason::Unreachable)
        } else {
            Decision::Retry(RetryDelay::None)
        };
        assert_eq!(decided, [expected], "{endpoint:?}");
    }
}

#[test]
fn waiting_and_changing_parameters_use_no_attempt_of_a_transient_error() {
    let mut counts = RetryCounts::default();
    let mut next = |kind| decide(&error(kind, None), &mut counts, &LIMITS, REPLIED);
    assert_eq!(next(CallErrorKind::Transient), Decision::Retry(RetryDelay::Backoff(1)));
    for kind in [
        CallErrorKind::Throttled,
        CallErrorKind::Unreachable,
        CallErrorKind::ConnectionDropped,
        CallErrorKind::UnsupportedParameter,
    ] {
        assert_eq!(next(kind), Decision::Retry(RetryDelay::None), "{kind:?}");
    }
    assert_eq!(next(CallErrorKind::Transient), Decision::Retry(RetryDelay::Backoff(2)));
    assert_eq!(next(CallErrorKind::Transient), Decision::Exhaust);
}
