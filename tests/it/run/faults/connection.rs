//! The endpoint cannot be reached, or the connection to it breaks.

use std::time::Duration;

use serde_json::json;

use crate::support::raw_server::{self as raw, Step, good, head};
use crate::support::server::{ClosedPort, Scene, attempts};

/// Fails unless the judge is left because its endpoint cannot be reached, for this reason, and that is all
/// that is stored.
fn assert_unreachable(scene: &Scene, base_url: &str, reason: &str) {
    let quoted = format!("{base_url:?}");
    scene.settings(&[("base_url", &quoted), ("timeout_s", "60")]);
    let said = scene.judge(&[]).expect(4);
    for fragment in [
        "cannot connect to the endpoint",
        reason,
        "hint: check that the server is running and base_url is correct",
    ] {
        assert!(said.stderr.contains(fragment), "`{fragment}` is not in: {}", said.stderr);
    }
    assert_eq!(scene.outcomes(), ["pending"]);
    let verdicts = scene.verdicts();
    let stored = [0, 1].map(|order| attempts(&verdicts[0], order));
    assert!(!stored.concat().is_empty(), "the error that ended it is kept");
    for attempt in stored.into_iter().flatten() {
        assert_eq!([&attempt["ending"], &attempt["status"]], [&json!("endpoint"), &json!(null)]);
        assert!(attempt["error"].as_str().unwrap().contains(reason), "{attempt}");
    }
}

#[test]
fn a_refused_connection_leaves_the_trials_pending() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let port = ClosedPort::new();
    assert_unreachable(&scene, &format!("http://127.0.0.1:{}/v1", port.number()), "refused");
    scene.settings(&[]);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
}

#[test]
fn an_unknown_host_name_leaves_the_trials_pending() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    assert_unreachable(&scene, "http://evenhand.invalid/v1", "dns error");
}

#[test]
fn a_server_without_tls_leaves_the_trials_pending() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let encrypted = scene.server.base_url().replace("http:", "https:");
    assert_unreachable(&scene, &encrypted, "InvalidContentType");
    assert_eq!(scene.server.requests(), 0);
}

/// Fails unless an answer that breaks off like this is asked for again, each time, until the attempts are used
/// up, and what there was of it is stored with the reason.
fn assert_broken_off(steps: fn() -> Vec<Step>, reason: &str, beginning: Option<&str>) {
    let (scene, raw) = raw::scene(2, &[], move |seen| match seen.id.as_str() {
        "q-001" => vec![Step::Send(good(seen))],
        _ => steps(),
    });
    let said = scene.judge(&[]).expect(5);
    assert!(said.stderr.contains(reason), "`{reason}` is not in: {}", said.stderr);
    assert_eq!(scene.outcomes(), ["kept beta", "failed"]);
    assert_eq!(raw.requests(), 2 + 2 * 2);
    let verdicts = scene.verdicts();
    for order in [0, 1] {
        let stored = attempts(&verdicts[1], order);
        let last = stored.last().unwrap();
        assert_eq!(last["ending"], "exhausted");
        assert_eq!(last["reply"].as_str(), beginning);
        assert!(last["error"].as_str().unwrap().contains(reason), "{last}");
    }
}

#[test]
fn a_connection_reset_before_an_answer_is_retried() {
    assert_broken_off(|| vec![Step::Reset], "the request failed", None);
}

#[test]
fn a_connection_reset_in_the_middle_of_a_body_is_retried() {
    assert_broken_off(
        || {
            let head = head("200 OK", &["content-length: 100"]);
            let sent = [&head[..], b"{\"choices\": ["].concat();
            vec![Step::Send(sent), Step::Pause(Duration::from_millis(50)), Step::Reset]
        },
        "the answer ended early",
        Some("{\"choices\": ["),
    );
}

#[test]
fn a_body_that_ends_early_is_retried() {
    assert_broken_off(
        || {
            let head = head("200 OK", &["content-length: 100"]);
            vec![Step::Send([&head[..], b"{\"choices\": ["].concat()), Step::Close]
        },
        "the answer ended early",
        Some("{\"choices\": ["),
    );
}

#[test]
fn a_half_written_chunk_is_retried() {
    assert_broken_off(
        || {
            let head = head("200 OK", &["transfer-encoding: chunked"]);
            vec![Step::Send([&head[..], b"64\r\n{\"choices\": ["].concat()), Step::Close]
        },
        "the answer ended early",
        Some("{\"choices\": ["),
    );
}

#[test]
fn a_connection_that_the_server_closes_between_two_requests_costs_no_attempt() {
    let changes = [("requests_per_minute", "240"), ("max_attempts", "1")];
    let (scene, raw) = raw::scene(6, &changes, |seen| {
        // The next request is due 250 ms later: the connection is idle and gone by then.
        vec![Step::Send(good(seen)), Step::Pause(Duration::from_millis(10)), Step::Close]
    });
    scene.judge(&[]).expect(0);
    assert_eq!(raw.requests(), 12, "none is lost, and none is answered twice");
    assert_eq!(scene.outcomes(), vec!["kept beta"; 6]);
}

#[test]
fn a_connection_that_the_server_keeps_is_reused() {
    let (scene, raw) =
        raw::scene(6, &[("max_in_flight", "2")], |seen| vec![Step::Send(good(seen))]);
    scene.judge(&[]).expect(0);
    assert_eq!(raw.requests(), 12);
    // A request that leaves before a connection is back in the pool opens one more.
    assert!(raw.connections() <= 6, "{} connections", raw.connections());
}
