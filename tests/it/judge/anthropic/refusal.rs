//! What errors, refused fields and quotas lead to.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use evenhand::judge::RateHints;
use serde_json::json;

use super::{error, message, prefers_beta, scene, text};
use crate::support::server::{Answer, attempts};

#[test]
fn an_overloaded_messages_server_is_waited_for_whatever_the_status() {
    let scene = scene(4, &[("max_attempts", "1")], |seen| match (seen.before, seen.id.as_str()) {
        (0, "q-001") => error(529, "overloaded_error", "Overloaded"),
        (0, "q-002") => error(429, "rate_limit_error", "This request would exceed your limit")
            .header("date", "Tue, 01 Jan 2030 00:00:00 GMT")
            .header("retry-after", "1")
            .header("anthropic-ratelimit-requests-limit", "50")
            .header("anthropic-ratelimit-requests-remaining", "0")
            .header("anthropic-ratelimit-requests-reset", "2030-01-01T00:00:01Z"),
        (0, "q-003") => error(200, "overloaded_error", "Overloaded"),
        _ => prefers_beta(seen),
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 4]);
    let seen = scene.server.seen();
    let times: Vec<_> =
        seen.iter().filter(|seen| seen.id == "q-002" && seen.first == "beta").collect();
    assert_eq!(times.len(), 2);
    assert!(times[1].at - times[0].at >= Duration::from_secs(1), "{:?}", times[1].at - times[0].at);
}

#[test]
fn the_quotas_of_the_messages_api_are_read_with_their_dates() {
    let headers: HeaderMap = [
        ("date", "Tue, 01 Jan 2030 00:00:00 GMT"),
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "49"),
        ("anthropic-ratelimit-requests-reset", "2030-01-01T00:00:12Z"),
        ("anthropic-ratelimit-input-tokens-limit", "40000"),
        ("anthropic-ratelimit-input-tokens-remaining", "39000"),
        ("anthropic-ratelimit-input-tokens-reset", "2030-01-01T00:01:00Z"),
    ]
    .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
    .into_iter()
    .collect();
    let RateHints { requests, tokens } = RateHints::from_headers(&headers);
    assert_eq!((requests.limit, requests.remaining), (Some(50), Some(49)));
    assert_eq!(requests.reset, Some(Duration::from_secs(12)));
    assert_eq!((tokens.limit, tokens.remaining), (Some(40_000), Some(39_000)));
    assert_eq!(tokens.reset, Some(Duration::from_mins(1)));
}

#[test]
fn a_wrong_key_of_the_messages_api_stops_the_judge_after_few_requests() {
    for status in [401, 200] {
        let scene =
            scene(30, &[], move |_| error(status, "authentication_error", "invalid x-api-key"));
        let said = scene.judge(&[]).expect(4);
        assert!(said.stderr.contains("invalid x-api-key"), "{}", said.stderr);
        assert!(said.stderr.contains("hint: "), "{}", said.stderr);
        assert!(scene.server.requests() <= 6, "{}", scene.server.requests());
        assert_eq!(scene.outcomes(), vec!["pending"; 30]);
    }
}

#[test]
fn a_larger_max_tokens_than_the_model_allows_is_lowered_and_never_left_out() {
    let scene =
        scene(4, &[("max_tokens", "10000")], |seen| match seen.body["max_tokens"].as_u64() {
            Some(limit) if limit > 8192 => {
                let rest = "which is the maximum allowed number of output tokens for m";
                let said = format!("max_tokens: {limit} > 8192, {rest}");
                error(400, "invalid_request_error", &said)
            }
            Some(_) => prefers_beta(seen),
            None => error(400, "invalid_request_error", "max_tokens: Field required"),
        });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 4]);
    let seen = scene.server.seen();
    assert!(seen.iter().all(|seen| seen.has("max_tokens")));
    assert!(seen.len() <= 8 + 2, "it is learnt once: {} requests", seen.len());
    scene.items(5);
    scene.judge(&[]).expect(0);
    assert!(scene.server.seen()[seen.len()..].iter().all(|seen| seen.body["max_tokens"] == 8192));
}

#[test]
fn what_cannot_be_sent_beside_thinking_is_left_out_after_a_refusal() {
    let thinking = "{ thinking = { type = \"enabled\", budget_tokens = 1024 } }";
    let scene = scene(4, &[("extra", thinking)], |seen| {
        let refused = |message: &str| error(400, "invalid_request_error", message);
        assert_eq!(seen.body["thinking"]["budget_tokens"], 1024);
        if seen.has("temperature") {
            refused("`temperature` may only be set to 1 when thinking is enabled.")
        } else if seen.has("tool_choice") {
            refused("Thinking may not be enabled when tool_choice forces tool use.")
        } else {
            let thought = json!({ "type": "thinking", "thinking": "Hm.", "signature": "s" });
            let verdict = format!("My verdict:\n```json\n{}\n```", seen.verdict("beta"));
            Answer::json(200, &message(&json!([thought, text(&verdict)]), "end_turn"))
        }
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 4]);
    let seen = scene.server.seen();
    assert!(seen.len() <= 8 + 4, "each is learnt once: {} requests", seen.len());
    assert!(seen.iter().all(|seen| seen.has("tools") == seen.has("tool_choice")));
}

#[test]
fn an_unusable_answer_of_the_messages_api_is_retried() {
    let scene = scene(3, &[], |seen| match (seen.before, seen.id.as_str()) {
        (0, "q-001") => error(500, "api_error", "Internal server error"),
        (0, "q-002") => error(200, "api_error", "Internal server error"),
        (0, "q-003") => Answer::status(200, "event: message_start\ndata: {}"),
        _ => prefers_beta(seen),
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 3]);
    for verdict in scene.verdicts() {
        let endings: Vec<_> = attempts(&verdict, 0).iter().map(|a| &a["ending"]).collect();
        assert_eq!(endings, ["retried", "reply"], "{}", verdict["id"]);
    }
}
