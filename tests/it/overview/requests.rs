//! What was asked: attempts, errors, cost and latencies.

use serde_json::{Value, json};

use super::{WITHOUT_LABELS, found};
use crate::support::labelled_run::{RunSpec, rows};
use crate::support::server::{Answer, Scene};

fn sum(segments: &Value, key: &str) -> u64 {
    segments.as_array().unwrap().iter().map(|segment| segment[key].as_u64().unwrap()).sum()
}

#[test]
fn attempts_retries_errors_tokens_and_cost_are_counted() {
    // The first request of each trial of the first item fails; the second item is refused for good in one order,
    // by a status that says nothing against the form of the request, which would be tried in another form.
    let scene = Scene::new(30, |seen| match (seen.id.as_str(), seen.first, seen.before) {
        ("q-001", _, 0) => Answer::error(500, "The server had an error"),
        ("q-002", "alpha", _) => Answer::error(413, "This prompt is too large"),
        _ => seen.prefers("beta"),
    });
    scene.settings(&[("price", "{ input_per_million = 1.0, output_per_million = 2.0 }")]);
    scene.judge(&[]).expect(0);
    let found = found(&scene.folder, WITHOUT_LABELS);
    let requests = &found["requests"];
    assert_eq!(requests["attempts"], scene.server.requests());
    assert_eq!(requests["attempts"], 60 + 2);
    assert_eq!([&requests["replies"], &requests["reused"], &requests["retries"]], [59, 0, 2]);
    let errors = json!([{ "status": 500, "attempts": 2 }, { "status": 413, "attempts": 1 }]);
    assert_eq!(requests["errors"], errors);
    let tokens = json!({
        "prompt": 5900, "cached": 0, "cache_written": 0, "completion": 1180, "reasoning": 0,
        "counted": 59, "unknown": 0,
    });
    assert_eq!(requests["tokens"], tokens);
    let cost = requests["cost_usd"].as_f64().unwrap();
    assert!((cost - (5900.0 + 2.0 * 1180.0) / 1e6).abs() < 1e-12, "{cost}");
    let latency = &requests["latency_ms"];
    assert_eq!(latency["n"], 59);
    let at = |key: &str| latency[key].as_f64().unwrap();
    assert!(0.0 < at("p50") && at("p50") <= at("p90"), "{latency}");
    assert!(at("p90") <= at("p99") && at("p99") <= at("max"), "{latency}");
    let segments = &requests["segments"];
    assert_eq!(segments.as_array().unwrap().len(), 20);
    assert_eq!([sum(segments, "attempts"), sum(segments, "retries")], [62, 2]);
    let costs: f64 =
        segments.as_array().unwrap().iter().map(|one| one["cost_usd"].as_f64().unwrap()).sum();
    assert!((costs - cost).abs() < 1e-12, "{costs}");
}

#[test]
fn copied_replies_are_no_attempts() {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    scene.judge(&["--run", "first.db"]).expect(0);
    scene.items(4);
    scene.judge(&["--reuse", "first.db"]).expect(0);
    let found = found(&scene.folder, WITHOUT_LABELS);
    let requests = &found["requests"];
    assert_eq!([&requests["attempts"], &requests["replies"], &requests["reused"]], [2, 8, 6]);
    assert_eq!([&requests["latency_ms"]["n"], &requests["retries"]], [2, 0]);
    // Without a price nothing is known of the cost.
    assert_eq!([&requests["cost_usd"], &requests["segments"][0]["cost_usd"]], [&Value::Null; 2]);
    assert_eq!(requests["segments"].as_array().unwrap().len(), 2);
}

#[test]
fn retries_that_are_not_stored_are_counted_by_the_number_of_the_next_attempt() {
    // A connection that breaks leaves no row; the reply that follows is the second attempt.
    let scene = Scene::new(2, |seen| match (seen.id.as_str(), seen.before) {
        ("q-001", 0) => seen.prefers("beta").broken_off(),
        _ => seen.prefers("beta"),
    });
    scene.settings(&[("max_attempts", "3")]);
    scene.judge(&[]).expect(0);
    let found = found(&scene.folder, WITHOUT_LABELS);
    assert_eq!(found["requests"]["retries"], 2);
}

#[test]
fn recordings_have_no_latency_and_no_errors() {
    let judged = RunSpec::new(rows(&[(3, "a/a b/b a/b", "")])).judged();
    let found = judged.overview_without_labels();
    let requests = &found["requests"];
    // A jury has the replies of all its judges.
    assert_eq!([&requests["attempts"], &requests["replies"]], [18, 18]);
    assert_eq!(
        [&requests["latency_ms"], &requests["segments"][0]["latency_ms_p50"]],
        [&Value::Null; 2]
    );
    assert_eq!(requests["errors"], json!([]));
    assert_eq!(requests["tokens"]["unknown"], 18);
}

#[test]
fn without_an_attempt_everything_is_empty() {
    let mut spec = RunSpec::new(rows(&[(2, "-/-", "")]));
    spec.code = 4;
    let judged = spec.judged();
    let found = judged.overview_without_labels();
    assert_eq!(found["requests"]["replies"], 0);
    assert_eq!(found["requests"]["latency_ms"], Value::Null);
    assert_eq!(found["summary"]["judges"][0]["outcomes"]["pending"], 2);
}
