//! What is read of an answer, and what is not kept of it.

use serde_json::{Value, json};

use super::{error, message, prefers_beta, scene, text, tool_call};
use crate::support::CommandOutput;
use crate::support::server::{Answer, KEY, attempts};

#[test]
fn a_verdict_is_read_from_the_tool_and_from_text_and_thinking_is_no_vote() {
    let scene = scene(5, &[], |seen| {
        let verdict = text(&seen.verdict("beta"));
        let other =
            json!({ "type": "thinking", "thinking": seen.verdict("alpha"), "signature": "s" });
        match seen.id.as_str() {
            "q-001" => prefers_beta(seen),
            "q-002" => Answer::json(200, &message(&json!([verdict]), "end_turn")),
            "q-003" => Answer::json(200, &message(&json!([other, verdict]), "end_turn")),
            "q-004" => {
                let content = json!([other, text(&seen.verdict("alpha")), tool_call(seen)]);
                Answer::json(200, &message(&content, "tool_use"))
            }
            // Python writes what is no JSON.
            _ => {
                let body = message(&json!([verdict]), "stop_sequence").to_string();
                Answer::status(
                    200,
                    &body.replace("\"stop_sequence\":null", "\"stop_sequence\":NaN"),
                )
            }
        }
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 5]);
    let verdicts = scene.verdicts();
    let first = &attempts(&verdicts[0], 0)[0];
    assert_eq!([&first["finish_reason"], &first["model"]], ["stop", "model-as-served"]);
    assert_eq!([&first["prompt_tokens"], &first["completion_tokens"]], [100, 20]);
    assert_eq!(attempts(&verdicts[1], 0)[0]["finish_reason"], "end_turn");
}

#[test]
fn a_reply_that_was_stopped_is_stored_with_the_reason() {
    let scene = scene(4, &[("max_parse_attempts", "1")], |seen| {
        let begun = json!([text("{\"reasoning\": \"Both are")]);
        Answer::json(
            200,
            &match seen.id.as_str() {
                "q-001" => message(&begun, "max_tokens"),
                "q-002" => message(&begun, "pause_turn"),
                "q-003" => {
                    let mut refused = message(&json!([]), "refusal");
                    refused["stop_details"] =
                        json!({ "type": "refusal", "explanation": "Not that." });
                    refused
                }
                _ => message(&json!([text(&seen.verdict("beta"))]), "end_turn"),
            },
        )
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["unparsed", "unparsed", "unparsed", "kept beta"]);
    let verdicts = scene.verdicts();
    let ended = |at: usize| {
        let stored = attempts(&verdicts[at], 0);
        (stored.len(), stored[0]["finish_reason"].as_str().unwrap())
    };
    // A reply that ended at its limit would do so again.
    assert_eq!(ended(0), (1, "max_tokens"));
    assert_eq!(ended(1), (2, "pause_turn"));
    assert_eq!(ended(2).1, "refusal");
    assert_eq!(attempts(&verdicts[2], 0)[0]["refusal"], "Not that.");
}

#[test]
fn the_tokens_of_the_cache_are_counted_and_priced() {
    let price =
        "{ input_per_million = 10, cached_input_per_million = 1, output_per_million = 100 }";
    let scene = scene(1, &[("price", price)], |seen| {
        let mut answer = message(&json!([tool_call(seen)]), "tool_use");
        answer["usage"] = json!({
            "input_tokens": 100, "cache_creation_input_tokens": 200, "cache_read_input_tokens": 1000, "output_tokens": 50,
        });
        Answer::json(200, &answer)
    });
    scene.judge(&[]).expect(0);
    let verdicts = scene.verdicts();
    let stored = &attempts(&verdicts[0], 0)[0];
    assert_eq!(stored["prompt_tokens"], 1300);
    // Writing the cache costs 1.25 times as much.
    let expected = (100.0 + 1.25 * 200.0) * 10e-6 + 1000.0 * 1e-6 + 50.0 * 100e-6;
    assert!((stored["cost_usd"].as_f64().unwrap() - expected).abs() < 1e-12, "{stored}");
}

#[test]
fn the_key_is_nowhere_even_if_the_messages_api_echoes_it() {
    // JSON escapes its quotation mark.
    let team = "team-\"9f8e7d6c5b4a3928";
    let scene = scene(
        5,
        &[("max_attempts", "1"), ("headers", "{ x-team = \"$TEST_TEAM_KEY\" }")],
        |seen| {
            let sent = ["x-api-key", "x-team"].map(|name| seen.headers[name].to_str().unwrap());
            let sent = sent.join(" and ");
            let mut answer = message(&json!([tool_call(seen)]), "tool_use");
            match seen.id.as_str() {
                "q-001" => answer["content"][0]["input"]["reasoning"] = json!(sent),
                "q-002" => {
                    answer["model"] = json!(sent);
                    answer["stop_reason"] = json!(sent);
                    answer["content"] = json!([
                        { "type": "thinking", "thinking": sent }, text(&format!("{} {sent}", seen.verdict("beta"))),
                    ]);
                }
                "q-003" => {
                    return error(400, "invalid_request_error", &format!("no such key: {sent}"));
                }
                "q-004" => return error(200, "api_error", &format!("{} {sent}", "x".repeat(270))),
                _ => {
                    return Answer::status(200, &format!("not JSON: {sent}")).header("x-echo", KEY);
                }
            }
            Answer::json(200, &answer)
        },
    );
    let mut judge = scene.judge_command(&["--record", "replies.jsonl"]);
    let said = CommandOutput::of(&judge.env("TEST_TEAM_KEY", team).output().unwrap()).expect(5);
    let verdicts = scene.run(&["verdicts", "run.db", "--all", "--replies"]).expect(0);
    assert!(verdicts.stdout.contains("[redacted]"));
    let file = |name: &str| std::fs::read(scene.folder.path().join(name)).unwrap();
    for (place, bytes) in [
        ("stdout", said.stdout.into_bytes()),
        ("stderr", said.stderr.into_bytes()),
        ("verdicts", verdicts.stdout.into_bytes()),
        ("the run file", file("run.db")),
        ("the recording", file("replies.jsonl")),
    ] {
        let text = String::from_utf8_lossy(&bytes);
        for secret in [&KEY[..16], "9f8e7d6c5b4a3928"] {
            assert!(!text.contains(secret), "{place} has {secret}");
        }
    }
}

#[test]
fn a_rubric_with_log_probabilities_is_read_from_the_text() {
    let scene = scene(1, &[], |seen| {
        assert!(["tools", "logprobs", "top_logprobs"].iter().all(|field| !seen.has(field)));
        let answer = if seen.first == "beta" { "A" } else { "B" };
        Answer::json(200, &message(&json!([text(answer)]), "end_turn"))
    });
    let rubric = "name = \"mine\"\ndescription = \"Which is better?\"\nprompt = \"pairwise.j2\"\nties = false\n\n\
        [reply]\nformat = \"logprobs\"\nfirst = \"A\"\nsecond = \"B\"\n";
    scene.folder.write("rubrics/mine.toml", rubric);
    scene.judge(&["--rubric", "mine"]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
    assert_eq!(scene.verdicts()[0]["orders"][0]["confidence"], Value::Null);
}
