//! A server that is slow.

use std::time::Duration;

use serde_json::json;

use crate::support::raw_server::{self as raw, Step, good, good_body, head};
use crate::support::server::{ReceivedRequest, attempts};

/// Fails unless an answer that comes like this is cut off at the time limit, asked for again, and given up
/// when the attempts are used up.
fn assert_cut_off(slow: fn(&ReceivedRequest) -> Vec<Step>) {
    let changes = [("timeout_s", "2")];
    let (scene, raw) = raw::scene(2, &changes, move |seen| match seen.id.as_str() {
        "q-001" => vec![Step::Send(good(seen))],
        _ => slow(seen),
    });
    let said = scene.judge(&[]).expect(5);
    assert!(said.stderr.contains("no answer within 2.0 s"), "{}", said.stderr);
    assert!(said.stderr.contains("hint: run the same command again"), "{}", said.stderr);
    assert_eq!(scene.outcomes(), ["kept beta", "failed"]);
    assert_eq!(raw.requests(), 2 + 2 * 2);
    let verdicts = scene.verdicts();
    for order in [0, 1] {
        let [attempt] = attempts(&verdicts[1], order) else { panic!("{verdicts:?}") };
        assert_eq!([&attempt["attempt"], &attempt["ending"]], [&json!(2), &json!("exhausted")]);
        assert_eq!(attempt["reply"], json!(null));
    }
}

#[test]
fn missing_headers_time_out() {
    assert_cut_off(|_| vec![Step::Hold]);
}

#[test]
fn a_body_sent_byte_by_byte_times_out() {
    assert_cut_off(|seen| {
        let head = head("200 OK", &[&format!("content-length: {}", good_body(seen).len())]);
        vec![Step::Send(head), Step::Drip(good_body(seen), Duration::from_millis(100))]
    });
}
