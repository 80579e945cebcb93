//! A run against scripted servers: waits, transient errors, odd replies, what requests contain.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::server::{Answer, KEY, ReceivedRequest, Scene, attempts, completion};
use crate::support::{CommandOutput, GENEROUS_TIMEOUT};

/// A completion with one field of it changed.
fn changed(seen: &ReceivedRequest, pointer: &str, value: Value) -> Answer {
    let mut body = completion(&seen.verdict("beta"));
    *body.pointer_mut(pointer).unwrap() = value;
    Answer::json(200, &body)
}

/// A completion with a field removed.
fn without(seen: &ReceivedRequest, field: &str) -> Answer {
    let mut body = completion(&seen.verdict("beta"));
    body.as_object_mut().unwrap().remove(field).unwrap();
    Answer::json(200, &body)
}

#[test]
fn both_orders_are_asked_and_an_agreed_verdict_is_kept() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let said = scene.judge(&[]).expect(0);
    assert!(said.stdout.contains("kept             1"), "{}", said.stdout);
    let mut seen = scene.server.seen();
    seen.sort_by_key(|seen| seen.first);
    assert_eq!(seen.iter().map(|seen| seen.first).collect::<Vec<_>>(), ["alpha", "beta"]);
    for request in &seen {
        assert_eq!(request.path, "/v1/chat/completions");
        assert_eq!(request.headers["authorization"], format!("Bearer {KEY}"));
        assert_eq!(request.model(), "model-of-judge-1");
        assert_eq!(request.body["temperature"], 0.0);
        assert_eq!(request.body["max_tokens"], 4096);
        assert_eq!(request.body["response_format"]["type"], "json_schema");
        let roles: Vec<_> =
            request.body["messages"].as_array().unwrap().iter().map(|m| &m["role"]).collect();
        assert_eq!(roles, ["system", "user"]);
    }
    let verdicts = scene.verdicts();
    assert_eq!(scene.outcomes(), ["kept beta"]);
    for (order, request) in seen.iter().enumerate() {
        let [attempt] = attempts(&verdicts[0], order) else { panic!("{verdicts:?}") };
        assert_eq!(attempt["reply"], request.verdict("beta"));
        assert_eq!(attempt["status"], 200);
        assert_eq!(attempt["finish_reason"], "stop");
        assert_eq!([&attempt["prompt_tokens"], &attempt["completion_tokens"]], [100, 20]);
        assert_eq!([&attempt["model"], &attempt["fingerprint"]], ["model-as-served", "fp_1"]);
        assert!(attempt["latency_ms"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn both_orders_of_a_comparison_are_in_flight_at_once() {
    let scene = Scene::new(1, |seen| seen.prefers("beta").held());
    let child = scene.judge_started(&[]);
    scene.server.wait_for(2);
    scene.server.release_held();
    CommandOutput::of(&child.wait_with_output().unwrap()).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
}

#[test]
fn a_judge_that_always_chooses_the_first_position_keeps_nothing() {
    let scene = Scene::new(2, |seen| {
        let wanted = if seen.id == "q-001" || seen.first == "alpha" { seen.first } else { "tie" };
        seen.prefers(wanted)
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["flipped", "split"]);
}

#[test]
fn a_requested_wait_is_observed_and_uses_no_attempt() {
    let date = "Tue, 01 Jan 2030 00:00:00 GMT";
    let later = "Tue, 01 Jan 2030 00:00:01 GMT";
    for (header, value, milliseconds) in [
        ("retry-after", "1", 1000),
        ("retry-after", "0.3", 300),
        ("retry-after", later, 1000),
        ("retry-after-ms", "200", 200),
    ] {
        let scene = Scene::new(1, move |seen| match seen.before {
            0 => Answer::error(429, "Rate limit").header(header, value).header("date", date),
            _ => seen.prefers("beta"),
        });
        scene.settings(&[("max_attempts", "1")]);
        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), ["kept beta"], "{header}: {value}");
        let seen = scene.server.seen();
        let waited = seen[2].at - seen[0].at;
        let asked = Duration::from_millis(milliseconds);
        assert!(waited >= asked, "{header}: {value}: only {waited:?}");
        assert!(waited < asked + GENEROUS_TIMEOUT, "{header}: {value}: {waited:?}");
        let verdicts = scene.verdicts();
        let statuses: Vec<_> = attempts(&verdicts[0], 0).iter().map(|a| &a["status"]).collect();
        assert_eq!(statuses, [429, 200]);
    }
}

#[test]
fn an_extremely_long_wait_ends_the_trial_and_not_the_program() {
    // A pause that no trial can outlive leaves everything open; a failure uses up the trial's own time.
    for (status, outcome) in [(429, "pending"), (500, "failed")] {
        let scene = Scene::new(2, move |seen| match seen.id.as_str() {
            "q-001" => seen.prefers("beta"),
            _ => Answer::error(status, "later").header("retry-after", "10000000000000000000"),
        });
        scene.settings(&[("total_timeout_s", "4")]);
        let said = scene.judge(&[]).expect(5);
        assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
        assert_eq!(scene.outcomes(), ["kept beta", outcome]);
    }
}

#[test]
fn a_transient_error_costs_no_verdict() {
    let scene = Scene::new(11, |seen| {
        let good = seen.prefers("beta");
        if seen.before > 0 {
            return good;
        }
        match seen.id.as_str() {
            "q-001" => Answer::status(429, "Too many requests, slow down."),
            "q-002" => Answer::error(500, "The server had an error"),
            "q-003" => Answer::status(503, "<html><body><h1>503</h1></body></html>"),
            "q-004" => Answer::status(200, "upstream connect error"),
            "q-005" => Answer::status(200, "{\"choices\":[{\"message\":{\"content\":\"{\\\"vo"),
            "q-006" => good.broken_off(),
            "q-007" => Answer::status(200, ""),
            "q-008" => Answer::json(200, &json!({ "error": { "message": "bad", "code": 502 } })),
            "q-009" => Answer::json(200, &json!(["a", "list"])),
            "q-010" => Answer::error(529, "Overloaded"),
            _ => Answer::error(408, "Request timeout"),
        }
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 11]);
    for verdict in scene.verdicts() {
        let (id, endings) = (&verdict["id"], [0, 1].map(|order| attempts(&verdict, order)));
        for ending in endings {
            let words: Vec<_> = ending.iter().map(|attempt| &attempt["ending"]).collect();
            assert_eq!(words, ["retried", "reply"], "{id}");
        }
    }
}

#[test]
fn a_request_that_times_out_is_retried() {
    let scene = Scene::new(1, |seen| match seen.before {
        0 => seen.prefers("alpha").after(600_000),
        _ => seen.prefers("beta"),
    });
    scene.settings(&[("timeout_s", "2")]);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
    assert_eq!(scene.server.requests(), 4);
}

#[test]
fn a_trial_fails_after_its_last_attempt_and_the_same_command_retries_it() {
    let scene = Scene::new(2, |seen| match seen.id.as_str() {
        "q-001" => Answer::error(500, "The server had an error"),
        _ => seen.prefers("beta"),
    });
    let said = scene.judge(&[]).expect(5);
    assert!(said.stderr.contains("1 comparison still open"), "{}", said.stderr);
    assert_eq!(scene.outcomes(), ["failed", "kept beta"]);
    assert_eq!(scene.server.requests(), 2 * 2 + 2);

    scene.server.now(|seen| seen.prefers("alpha"));
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept alpha", "kept beta"]);
    assert_eq!(scene.server.requests(), 2 * 2 + 2 + 2);
    let verdicts = scene.verdicts();
    let stored = attempts(&verdicts[0], 1).iter();
    let stored: Vec<_> = stored.map(|a| (a["attempt"].as_u64(), a["ending"].as_str())).collect();
    let expected = [(1, "retried"), (2, "exhausted"), (3, "reply")];
    assert_eq!(stored, expected.map(|(number, ending)| (Some(number), Some(ending))));
}

#[test]
fn a_reply_without_a_readable_vote_is_retried_and_then_unparsed() {
    let scene = Scene::new(6, |seen| match seen.id.as_str() {
        "q-001" => changed(seen, "/choices", json!([])),
        "q-002" => changed(
            seen,
            "/choices/0/message",
            json!({ "content": null, "refusal": "I must not." }),
        ),
        "q-003" => {
            let mut body = completion("{\"reasoning\": \"both are good\", \"vote\": \"sec");
            body["choices"][0]["finish_reason"] = json!("length");
            Answer::json(200, &body)
        }
        "q-004" => changed(seen, "/choices/0/message/content", json!("")),
        "q-005" => Answer::says("Both have their merits, the first more so."),
        _ => seen.prefers("beta"),
    });
    scene.settings(&[("max_parse_attempts", "2")]);
    let said = scene.judge(&["--format", "json"]).expect(0);
    assert!(
        said.stderr.contains("warning: "),
        "no warning of the unreadable replies: {}",
        said.stderr
    );
    let mut expected = vec!["unparsed"; 5];
    expected.push("kept beta");
    assert_eq!(scene.outcomes(), expected);
    // Once and twice again, in both orders; the one that was cut off at its limit would be so again.
    let requests = 4 * 2 * 3 + 2 + 2;
    assert_eq!(scene.server.requests(), requests);
    let summary: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(summary["judges"][0]["replies"], 28);
    assert_eq!(summary["judges"][0]["tokens"]["completion"], 28 * 20);
    assert_eq!(summary["retries"], 4 * 2 * 2);
    let verdicts = scene.verdicts();
    for verdict in &verdicts[..5] {
        let numbers: Vec<_> = attempts(verdict, 0).iter().map(|a| &a["attempt"]).collect();
        let expected: &[u32] = if verdict["id"] == "q-003" { &[1] } else { &[1, 2, 3] };
        assert_eq!(numbers, expected);
    }
    assert_eq!(attempts(&verdicts[1], 0)[0]["refusal"], "I must not.");
    assert_eq!(attempts(&verdicts[1], 0)[0]["reply"], Value::Null);
    assert_eq!(attempts(&verdicts[2], 0)[0]["finish_reason"], "length");

    scene.judge(&[]).expect(0);
    assert_eq!(scene.server.requests(), requests, "the same command does not ask them again");
}

#[test]
fn the_first_readable_reply_is_the_vote() {
    let scene = Scene::new(1, |seen| match seen.before {
        0 => Answer::says("Let me think about that."),
        1 => seen.prefers("beta"),
        _ => seen.prefers("alpha"),
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
    assert_eq!(scene.server.requests(), 4);
}

#[test]
fn replies_that_deviate_from_the_documented_shape_are_read() {
    let scene = Scene::new(8, |seen| {
        let verdict = seen.verdict("beta");
        match seen.id.as_str() {
            "q-001" => changed(seen, "/created", json!(1.7e9 + 0.25)),
            "q-002" => without(seen, "id"),
            "q-003" => {
                let parts = json!([{ "type": "text", "text": verdict }]);
                changed(seen, "/choices/0/message/content", parts)
            }
            "q-004" => without(seen, "usage"),
            "q-005" => changed(seen, "/usage", json!({ "prompt_tokens": 3.0 })),
            "q-006" => changed(seen, "/choices/0/finish_reason", Value::Null),
            "q-007" => Answer::says(&format!("Here it is:\n```json\n{verdict}\n```\nGood luck!")),
            _ => Answer::says(&format!("{verdict}\n")).header("content-type", "text/plain"),
        }
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 8]);
    assert_eq!(scene.server.requests(), 16);
}

#[test]
fn the_api_key_is_in_no_output_or_file_even_if_the_server_echoes_it() {
    let team = "team-9f8e7d6c5b4a3928";
    let scene = Scene::new(7, |seen| {
        let sent = ["authorization", "x-team"].map(|name| seen.headers[name].to_str().unwrap());
        let authorization = sent.join(" and ");
        match seen.id.as_str() {
            "q-001" => Answer::says(&format!("{} {authorization}", seen.verdict("beta"))),
            "q-002" => Answer::error(400, &format!("Incorrect API key provided: {KEY}")),
            // Cut to a line's length, and to a body's, in the middle of the key.
            "q-003" => Answer::error(400, &format!("{} {KEY}", "x".repeat(275))),
            "q-004" => Answer::status(400, &format!("<{}{KEY}", "x".repeat(4075))),
            "q-005" => Answer::status(200, &format!("not JSON: {authorization}")),
            // Spelled as JSON may spell it.
            "q-006" => {
                let body = completion(&format!("{} {KEY}", seen.verdict("beta"))).to_string();
                Answer::status(200, &body.replace(KEY, &KEY.replace("sk-", "\\u0073k\\u002d")))
            }
            _ => {
                let mut body = completion(&seen.verdict("beta"));
                body["model"] = json!(format!("model {KEY}"));
                body["system_fingerprint"] = json!(KEY);
                body["choices"][0]["finish_reason"] = json!(KEY);
                body["choices"][0]["message"]["refusal"] = json!(KEY);
                Answer::json(200, &body)
            }
        }
    });
    let headers = "{ x-team = \"$TEST_TEAM_KEY\" }";
    scene.settings(&[("max_in_flight", "2"), ("max_attempts", "1"), ("headers", headers)]);
    let mut judge = scene.judge_command(&["--record", "replies.jsonl"]);
    let said = CommandOutput::of(&judge.env("TEST_TEAM_KEY", team).output().unwrap()).expect(5);
    let verdicts = scene.run(&["verdicts", "run.db", "--all", "--replies"]).expect(0);
    assert!(verdicts.stdout.contains("[redacted]"));
    let file = |name: &str| std::fs::read(scene.folder.path().join(name)).unwrap();
    let places = [
        ("stdout", said.stdout.into_bytes()),
        ("stderr", said.stderr.into_bytes()),
        ("verdicts", verdicts.stdout.into_bytes()),
        ("the run file", file("run.db")),
        ("the recording", file("replies.jsonl")),
    ];
    for (place, bytes) in places {
        let text = String::from_utf8_lossy(&bytes);
        for (what, secret) in [
            ("the key", KEY),
            ("the beginning of the key", &KEY[..16]),
            ("a header's secret", team),
        ] {
            assert!(!text.contains(secret), "{place} has {what}");
        }
    }
}

#[test]
fn the_fields_of_a_request_are_in_a_fixed_order_with_extra_ones_last() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    scene.settings(&[("extra", "{ user = \"me\", a_list = [1, 2.5] }")]);
    scene.judge(&[]).expect(0);
    let body = &scene.server.seen()[0].body;
    let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
    let own = ["model", "messages", "temperature", "max_tokens", "response_format"];
    assert_eq!(fields, [&own[..], &["a_list", "user"]].concat());
    assert_eq!(body["messages"][1]["role"], "user");
    assert_eq!(body["response_format"]["json_schema"]["name"], "verdict");
    assert_eq!(body["a_list"], json!([1, 2.5]));
}
