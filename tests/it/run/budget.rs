//! Budgets: a command never exceeds `--max-cost` and `--max-requests`, and uses what they allow.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::server::{Answer, Scene, attempts, completion};

#[test]
fn max_requests_allows_as_many_whole_comparisons_as_fit() {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    let said = scene.judge(&["--max-requests", "5"]).expect(5);
    assert!(said.stderr.contains("budget"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 4);
    assert_eq!(scene.outcomes(), ["kept beta", "kept beta", "pending"]);
    scene.judge(&["--max-requests", "1"]).expect(2);
    assert_eq!(scene.server.requests(), 4, "half a comparison is not begun");
    scene.judge(&["--max-requests", "2"]).expect(0);
    assert_eq!(scene.server.requests(), 6);
}

#[test]
fn max_requests_stops_between_comparisons() {
    let arrived = AtomicUsize::new(0);
    let scene = Scene::new(5, move |seen| {
        // The first comparison ends while the second is out and the third has a place for one order only.
        let latency = match arrived.fetch_add(1, Ordering::Relaxed) {
            0 => 5,
            1 => 60,
            _ => 300,
        };
        seen.prefers("beta").after(latency)
    });
    scene.settings(&[("max_in_flight", "3")]);
    scene.judge(&["--max-requests", "7"]).expect(5);
    let seen = scene.server.seen();
    for id in (1..=5).map(|number| format!("q-{number:03}")) {
        let asked = seen.iter().filter(|seen| seen.id == id).count();
        assert!([0, 2].contains(&asked), "{id} was asked {asked} times of {}", seen.len());
    }
}

#[test]
fn max_requests_counts_retries() {
    let scene = Scene::new(3, |_| Answer::says("I cannot say."));
    scene.settings(&[("max_parse_attempts", "5")]);
    scene.judge(&["--max-requests", "7"]);
    assert!(scene.server.requests() <= 7, "{} requests", scene.server.requests());
}

/// A dollar is a thousand tokens of a reply, and a reply has 100 at most: 0.10 in the worst case.
const PRICE: [(&str, &str); 2] =
    [("max_tokens", "100"), ("price", "{ input_per_million = 0.0, output_per_million = 1000.0 }")];

fn cost(scene: &Scene) -> f64 {
    let verdicts = scene.verdicts();
    let orders = verdicts.iter().flat_map(|verdict| [0, 1].map(|order| attempts(verdict, order)));
    orders.flatten().filter_map(|attempt| attempt["cost_usd"].as_f64()).sum()
}

#[test]
fn max_cost_is_never_exceeded_over_all_commands() {
    let scene = Scene::new(10, |seen| seen.prefers("beta"));
    scene.judge(&["--max-cost", "0.30"]).expect(3);
    assert_eq!(scene.server.requests(), 0, "without a price nothing is sent");
    scene.settings(&PRICE);
    let mut before = usize::MAX;
    while before != scene.server.requests() {
        before = scene.server.requests();
        scene.judge(&["--max-cost", "0.30"]).expect(5);
    }
    // Replies cost 0.02; the last comparison that is begun needs 0.20 for its worst case.
    assert_eq!(scene.server.requests(), 6);
    assert!((cost(&scene) - 0.12).abs() < 1e-9, "{}", cost(&scene));
    scene.judge(&["--max-cost", "2"]).expect(0);
    assert!((cost(&scene) - 0.40).abs() < 1e-9, "{}", cost(&scene));
}

#[test]
fn a_reply_of_unknown_cost_counts_as_its_worst_case_in_the_next_command_too() {
    let scene = Scene::new(3, |seen| {
        let mut body = completion(&seen.verdict("beta"));
        body.as_object_mut().unwrap().remove("usage").unwrap();
        Answer::json(200, &body)
    });
    scene.settings(&PRICE);
    scene.judge(&["--max-cost", "0.20"]).expect(5);
    assert_eq!(scene.server.requests(), 2);
    scene.judge(&["--max-cost", "0.20"]).expect(5);
    assert_eq!(scene.server.requests(), 2, "0.20 may be spent already");
}

/// A scene whose requests may cost 1.00 and cost 0.02, with 16 of them in flight.
fn fifty_times_cheaper(items: usize) -> Scene {
    let scene = Scene::new(items, |seen| seen.prefers("beta").after(2));
    scene.settings(&[PRICE[1], ("max_tokens", "1000"), ("max_in_flight", "16")]);
    scene
}

#[test]
fn max_cost_waits_for_refunds_before_it_is_exhausted() {
    let scene = fifty_times_cheaper(40);
    scene.judge(&["--max-cost", "4"]).expect(0);
    assert_eq!(scene.server.requests(), 80, "1.60 is what it costs");
    assert_eq!(scene.outcomes(), vec!["kept beta"; 40]);
}

#[test]
fn max_cost_is_spent_except_for_the_worst_case_of_one_comparison() {
    let scene = fifty_times_cheaper(260);
    scene.judge(&["--max-cost", "9.99"]).expect(5);
    let spent = cost(&scene);
    assert!((7.99..=9.99).contains(&spent), "{spent} of 9.99");
    assert!((spent - 0.02 * scene.server.requests() as f64).abs() < 1e-6, "{spent}");
    scene.judge(&["--max-cost", "9.99"]).expect(5);
    assert!((cost(&scene) - spent).abs() < 1e-9, "what is left is less than a worst case");
}

#[test]
fn near_the_end_of_a_budget_the_maximum_length_is_lowered_instead_of_stopping() {
    let scene = fifty_times_cheaper(260);
    scene.judge(&["--max-cost", "9.99"]).expect(5);
    let spent = cost(&scene);
    // A comparison costs 0.04 and 0.51 at the least length that is ample.
    assert!((9.45..=9.99).contains(&spent), "{spent} of 9.99");
    let limits =
        scene.server.seen().into_iter().map(|seen| seen.body["max_tokens"].as_u64().unwrap());
    let lowered: Vec<u64> = limits.filter(|limit| *limit < 1000).collect();
    assert!(!lowered.is_empty() && lowered.iter().all(|limit| *limit >= 256), "{lowered:?}");
    assert!(scene.outcomes().iter().all(|outcome| outcome != "unparsed"));
}

#[test]
fn a_reply_that_the_budget_cuts_off_is_asked_for_again_with_a_larger_one() {
    let scene = Scene::new(260, |seen| {
        let mut body = completion(&seen.verdict("beta"));
        if seen.body["max_tokens"].as_u64() < Some(1000) {
            body["choices"][0]["message"]["content"] = json!("{\"reasoning\": \"On the one");
            body["choices"][0]["finish_reason"] = json!("length");
        }
        Answer::json(200, &body).after(2)
    });
    let settings =
        [PRICE[1], ("max_tokens", "1000"), ("max_in_flight", "16"), ("max_parse_attempts", "0")];
    scene.settings(&settings);
    let said = scene.judge(&["--max-cost", "9.99"]).expect(5);
    assert!(said.stderr.contains("the budget ended these replies"), "{}", said.stderr);
    assert!(cost(&scene) <= 9.99, "{}", cost(&scene));
    let outcomes = scene.outcomes();
    assert!(outcomes.iter().any(|outcome| outcome == "unparsed"), "{outcomes:?}");
    scene.judge(&["--max-cost", "99"]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 260]);
}

#[test]
fn a_limit_that_the_server_sets_is_not_taken_for_one_of_the_budget() {
    let scene = Scene::new(260, |seen| {
        if seen.body["max_tokens"].as_u64() > Some(300) {
            return Answer::error(400, "max_tokens must be less than or equal to 300");
        }
        let mut body = completion(&seen.verdict("beta"));
        if seen.id == "q-002" {
            body["choices"][0]["message"]["content"] = json!("{\"reasoning\": \"On the one");
            body["choices"][0]["finish_reason"] = json!("length");
        }
        Answer::json(200, &body)
    });
    scene.settings(&[PRICE[1], ("max_tokens", "1000"), ("max_in_flight", "2")]);
    scene.judge(&["--max-cost", "5"]).expect(5);
    let verdicts = scene.verdicts();
    let cut = attempts(&verdicts[1], 0);
    assert_eq!(cut.last().unwrap()["finish_reason"], "length");
    let asked = scene.server.seen().iter().filter(|seen| seen.id == "q-002").count();
    assert!(asked <= 4, "asked {asked} times");
}

#[test]
fn an_error_behind_a_part_of_a_streamed_reply_costs_its_worst_case() {
    let scene = Scene::new(1, |_| {
        let part = json!({ "choices": [{ "index": 0, "delta": { "content": "{\"rea" } }] });
        let error = json!({ "error": { "message": "overloaded", "code": 500 } });
        Answer::status(200, &format!("data: {part}\n\ndata: {error}\n\n"))
    });
    scene.settings(&PRICE);
    scene.judge(&["--max-cost", "0.20"]);
    assert_eq!(scene.server.requests(), 2, "each may have cost 0.10");
}

/// Fails unless replies with this usage cost an unknown amount, and so use up what their worst case is.
fn assert_unknown(usage: &Value) {
    let given = usage.clone();
    let scene = Scene::new(3, move |seen| {
        let mut body = completion(&seen.verdict("beta"));
        body["usage"] = given.clone();
        Answer::json(200, &body)
    });
    scene.settings(&[PRICE[0], PRICE[1], ("tokens_per_minute", "1000000")]);
    for time in 1..=2 {
        let said = scene.judge(&["--max-cost", "0.20", "--format", "json"]);
        assert!(!said.stderr.contains("panicked"), "{usage}: {}", said.stderr);
        assert_eq!(scene.server.requests(), 2, "{usage}, time {time}");
        let summary = &said.expect(5).json_lines()[0]["judges"][0];
        assert_eq!([&summary["tokens"]["unknown"], &summary["replies"]], [2, 2], "{usage}");
        assert_eq!(summary["cost_usd"], Value::Null, "{usage}");
    }
}

#[test]
fn a_missing_or_implausibly_large_count_of_tokens_is_unknown() {
    let most = u64::MAX;
    for usage in [
        json!({ "prompt_tokens": most, "completion_tokens": most }),
        json!({ "prompt_tokens": 100, "completion_tokens": most }),
        json!({ "prompt_tokens": 100, "completion_tokens": 1e300 }),
        json!({ "prompt_tokens": 100, "completion_tokens": "20" }),
        json!({ "prompt_tokens": 100, "completion_tokens": null }),
        json!({ "prompt_tokens": 100 }),
        json!({ "completion_tokens": 20 }),
    ] {
        assert_unknown(&usage);
    }
}

#[test]
fn a_negative_count_of_tokens_is_unknown() {
    assert_unknown(&json!({ "prompt_tokens": 100, "completion_tokens": -1 }));
}

#[test]
fn an_unusable_success_costs_its_worst_case_now_and_in_the_next_command() {
    let scene = Scene::new(2, |_| Answer::status(200, "{\"choices\":[{\"message\":{\"cont"));
    scene.settings(&[PRICE[0], PRICE[1], ("max_attempts", "3")]);
    scene.judge(&["--max-cost", "0.20"]).expect(4);
    assert_eq!(scene.server.requests(), 2, "nothing is left to ask again");
    scene.server.now(|seen| seen.prefers("beta"));
    scene.judge(&["--max-cost", "0.20"]);
    assert_eq!(scene.server.requests(), 2, "0.20 may be spent already");
    scene.judge(&["--max-cost", "0.41"]).expect(5);
    assert_eq!(scene.server.requests(), 4);
    assert_eq!(scene.outcomes(), ["kept beta", "pending"]);
}

#[test]
fn replies_from_before_a_price_was_set_count_against_max_cost() {
    let scene = Scene::new(5, |seen| seen.prefers("beta"));
    scene.settings(&[PRICE[0]]);
    scene.judge(&["--max-requests", "4"]).expect(5);
    scene.settings(&PRICE);
    scene.judge(&["--max-cost", "0.27"]).expect(5);
    assert_eq!(scene.server.requests(), 4, "0.08 are spent, and 0.20 are not left");
    scene.judge(&["--max-cost", "0.29"]).expect(5);
    assert_eq!(scene.server.requests(), 6);
}

#[test]
fn a_setting_that_multiplies_the_cost_is_refused() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    scene.settings(&[PRICE[0], PRICE[1], ("extra", "{ n = 8 }")]);
    let said = scene.judge(&["--max-cost", "1"]).expect(3);
    assert!(said.stderr.contains("judges.judge-1.extra.n: "), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 0);
}

#[cfg(unix)]
#[test]
fn requests_aborted_in_flight_count_in_the_next_command() {
    use crate::run::interruption::{heard, signal};
    let scene = Scene::new(6, |seen| seen.prefers("beta").held());
    scene.settings(&PRICE);
    let mut child = scene.judge_started(&["--max-cost", "0.20"]);
    scene.server.wait_for(2);
    signal("INT", &child);
    let _stderr = heard(&mut child, "stopping");
    signal("INT", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    scene.judge(&["--max-cost", "0.20"]).expect(5);
    assert_eq!(scene.server.requests(), 2, "both may have been charged for");
}

#[test]
fn a_judge_of_a_jury_that_never_answers_is_reported() {
    let scene = Scene::new(3, |_| Answer::error(400, "Nobody understands you"));
    let said = scene.judge(&["--judge", "judge-1", "--judge", "builtin:first"]).expect(4);
    assert!(said.stderr.contains("judge-1: no request has succeeded"), "{}", said.stderr);
}
