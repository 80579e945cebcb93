//! The Messages API: what is sent, what is read, and what its errors lead to, against a scripted server.

mod answer;
mod refusal;
mod request;

use serde_json::{Value, json};

use crate::support::server::{Answer, ReceivedRequest, Scene};

/// A scene whose judge uses the Messages API, with further settings.
fn scene(
    items: usize,
    settings: &[(&str, &str)],
    script: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static,
) -> Scene {
    let scene = Scene::new(items, script);
    scene.settings(&[&[("api", "\"anthropic\"")], settings].concat());
    scene
}

/// A message as Anthropic gives it.
fn message(content: &Value, stop_reason: &str) -> Value {
    json!({
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "model-as-served",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": { "input_tokens": 100, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 20 },
    })
}

fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

/// The call of the tool that is the verdict for `beta`.
fn tool_call(seen: &ReceivedRequest) -> Value {
    let input: Value = serde_json::from_str(&seen.verdict("beta")).unwrap();
    json!({ "type": "tool_use", "id": "toolu_1", "name": "verdict", "input": input })
}

/// The answer with the verdict for `beta`, by the tool if it was offered.
fn prefers_beta(seen: &ReceivedRequest) -> Answer {
    let answer = if seen.has("tools") {
        message(&json!([tool_call(seen)]), "tool_use")
    } else {
        message(&json!([text(&seen.verdict("beta"))]), "end_turn")
    };
    Answer::json(200, &answer)
}

fn error(status: u16, kind: &str, message: &str) -> Answer {
    let error = json!({ "type": kind, "message": message });
    Answer::json(status, &json!({ "type": "error", "error": error, "request_id": "req_1" }))
}
