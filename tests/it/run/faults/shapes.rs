//! A completion comes in another form than documented.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::raw_server::{self as raw, Step, whole};
use crate::support::server::{Answer, ReceivedRequest, Scene, attempts, completion};

fn body(seen: &ReceivedRequest) -> Value {
    completion(&seen.verdict("beta"))
}

fn with(seen: &ReceivedRequest, pointer: &str, value: Value) -> Answer {
    let mut body = body(seen);
    *body.pointer_mut(pointer).unwrap() = value;
    Answer::json(200, &body)
}

fn events(parts: &[Value]) -> Answer {
    let mut body = String::from(": keep-alive\n\n");
    for part in parts {
        write!(body, "data: {part}\n\n").unwrap();
    }
    body.push_str("data: [DONE]\n\n");
    Answer::status(200, &body).header("content-type", "text/event-stream")
}

fn delta(field: &str, text: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": { field: text }, "finish_reason": null }] })
}

#[test]
fn a_completion_is_read_in_every_known_form() {
    let scene = Scene::new(7, |seen| {
        let verdict = seen.verdict("beta");
        let (begin, end) = verdict.split_at(20);
        match seen.id.as_str() {
            "q-001" => {
                with(seen, "/choices/0", json!({ "text": verdict, "finish_reason": "stop" }))
            }
            "q-002" => {
                let parts =
                    json!([{ "type": "text", "text": begin }, { "type": "text", "text": end }]);
                with(seen, "/choices/0/message/content", parts)
            }
            "q-003" => events(&[
                delta("role", "assistant"),
                delta("content", begin),
                delta("content", end),
                json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }),
                json!({ "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": 7 } }),
            ]),
            "q-004" => {
                Answer::json(200, &json!({ "message": { "content": verdict }, "done": true }))
            }
            "q-005" => {
                let text = body(seen).to_string();
                Answer::status(
                    200,
                    &text.replace("1700000000", "NaN").replace("\"fp_1\"", "-Infinity"),
                )
            }
            "q-006" => {
                let reason = verdict.replace("As the script says.", "nice ?? end");
                let text = completion(&reason).to_string().replace("??", "\\ud83d");
                Answer::status(200, &text)
            }
            _ => {
                let mut body = body(seen);
                body["choices"][0]["message"]["reasoning_content"] = json!("{\"vote\": \"tie\"}");
                Answer::json(200, &body)
            }
        }
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 7]);
    assert_eq!(scene.server.requests(), 14);
    let verdicts = scene.verdicts();
    assert_eq!(attempts(&verdicts[2], 0)[0]["prompt_tokens"], 9);
    let reply = attempts(&verdicts[5], 0)[0]["reply"].as_str().unwrap();
    assert!(reply.contains("nice \u{fffd} end"), "{reply}");
}

#[test]
fn invalid_utf8_in_an_answer_is_replaced() {
    let (scene, raw) = raw::scene(1, &[("max_attempts", "1")], |seen| {
        let reason = seen.verdict("beta").replace("As the script says.", "caf?? it is");
        let text = completion(&reason).to_string();
        let at = text.find("??").unwrap();
        let bytes = [&text.as_bytes()[..at], b"\xe9\xff", &text.as_bytes()[at + 2..]].concat();
        vec![Step::Send(whole("200 OK", &[], &bytes))]
    });
    scene.judge(&[]).expect(0);
    assert_eq!(raw.requests(), 2);
    let verdicts = scene.verdicts();
    let reply = attempts(&verdicts[0], 0)[0]["reply"].as_str().unwrap();
    assert!(reply.contains("caf\u{fffd}\u{fffd} it is"), "{reply}");
}

#[test]
fn a_stream_that_ends_early_is_no_vote() {
    let scene = Scene::new(3, |seen| {
        let verdict = seen.verdict("beta");
        if seen.id == "q-003" {
            return seen.prefers("beta");
        }
        let text = if seen.id == "q-001" { &verdict[..verdict.len() - 3] } else { &verdict };
        Answer::status(200, &format!("data: {}\n\n", delta("content", text)))
    });
    scene.settings(&[("max_parse_attempts", "0")]);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["unparsed", "unparsed", "kept beta"]);
}

#[test]
fn an_error_within_a_stream_is_that_error() {
    let scene = Scene::new(2, |seen| match (seen.id.as_str(), seen.before) {
        ("q-002", 0) => events(&[
            delta("content", &seen.verdict("alpha")),
            json!({ "error": { "message": "the upstream server is gone", "code": 502 } }),
        ]),
        _ => seen.prefers("beta"),
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta", "kept beta"]);
    assert_eq!(scene.server.requests(), 6);
}

#[test]
fn reasoning_and_cached_tokens_are_counted_and_priced() {
    let scene = Scene::new(1, |seen| {
        let usage = json!({
            "prompt_tokens": 1000, "completion_tokens": 100,
            "prompt_tokens_details": { "cached_tokens": 800 },
            "completion_tokens_details": { "reasoning_tokens": 60 },
        });
        let mut body = body(seen);
        body["usage"] = usage;
        body["choices"][0]["message"]["reasoning"] = json!("Hm.");
        Answer::json(200, &body)
    });
    let price = "{ input_per_million = 100.0, cached_input_per_million = 10.0, output_per_million = 1000.0 }";
    scene.settings(&[("price", price)]);
    let said = scene.judge(&["--format", "json"]).expect(0);
    let cost = said.json_lines()[0]["judges"][0]["cost_usd"].as_f64().unwrap();
    let expected = 2.0 * (200.0 * 100.0 + 800.0 * 10.0 + 100.0 * 1000.0) / 1e6;
    assert!((cost - expected).abs() < 1e-12, "{cost} instead of {expected}");
}

#[test]
fn prompts_that_a_server_cuts_without_saying_so_are_reported_with_the_numbers() {
    let scene = Scene::new(8, |seen| {
        let mut body = body(seen);
        body["usage"] = json!({ "prompt_tokens": 2050, "completion_tokens": 30 });
        Answer::json(200, &body)
    });
    let long = |number: usize| {
        json!({
            "id": format!("q-{number:03}"), "prompt": format!("Question q-{number:03} {}", "word ".repeat(14_000)),
            "responses": { "alpha": "ALPHA", "beta": "BETA" },
        })
    };
    let items: Vec<String> = (1..=8).map(|number| long(number).to_string()).collect();
    scene.folder.write("items.jsonl", &items.join("\n"));
    let said = scene.judge(&[]).expect(0);
    for fragment in ["probably cut prompts", "16 replies", "2,050 prompt tokens", "num_ctx"] {
        assert!(said.stderr.contains(fragment), "`{fragment}` is not in {}", said.stderr);
    }
    let honest = Scene::new(8, |seen| seen.prefers("beta"));
    assert!(!honest.judge(&[]).expect(0).stderr.contains("cut prompts"));
}

#[test]
fn a_delay_in_the_body_is_observed() {
    let scene = Scene::new(3, |seen| match (seen.id.as_str(), seen.before) {
        ("q-002", 0) => {
            let details = json!([{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s" }]);
            let error = json!({ "code": 429, "message": "Resource exhausted", "details": details });
            Answer::json(429, &json!([{ "error": error }]))
        }
        _ => seen.prefers("beta"),
    });
    scene.settings(&[("max_in_flight", "2")]);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 3]);
    let seen = scene.server.seen();
    let refused = seen.iter().find(|seen| seen.id == "q-002").unwrap();
    let again = seen.iter().find(|again| again.id == "q-002" && again.before == 1).unwrap();
    assert!((again.at - refused.at).as_secs_f64() >= 1.5);
}
