//! Answers that a server streams, put together into the completion that it would have returned as a whole.

use serde_json::{Value, json};

use crate::judge::http::parse_json;

/// Returns whether a body is a stream of events.
pub(super) fn is_stream(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    [&b"data:"[..], b"event:", b"id:", b": ", b":\n"].iter().any(|begin| body.starts_with(begin))
}

/// Puts the events of a stream together. An event with an error is returned as it is: what came before it is not
/// a complete answer.
pub(super) fn assemble(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body);
    let events = text.lines().filter_map(|line| line.trim_start().strip_prefix("data:"));
    let is_complete = events.clone().any(|data| data.trim() == "[DONE]");
    let events: Vec<Value> = events.filter_map(|data| parse_json(data.trim().as_bytes())).collect();
    let has_choices = |event: &Value| event.get("choices").is_some();
    if !events.iter().any(has_choices) {
        // No part of a completion: an error in a form of its own.
        return events.into_iter().next();
    }
    let mut completion = json!({ "choices": [{ "message": {} }] });
    for event in events {
        if event.get("error").is_some_and(|error| !error.is_null()) {
            let mut error = event;
            if completion["choices"][0]["message"] != json!({}) {
                // Part of a completion came before it, and may be charged.
                error["choices"] = json!([]);
            }
            return Some(error);
        }
        for field in ["id", "model", "system_fingerprint", "usage"] {
            if let Some(value) = event.get(field).filter(|value| !value.is_null()) {
                completion[field] = value.clone();
            }
        }
        let choices = event.get("choices").and_then(Value::as_array).into_iter().flatten();
        // Of several choices only the first is read, as in a whole answer.
        let first = choices.filter(|choice| choice["index"].as_u64().unwrap_or(0) == 0);
        first.for_each(|choice| add_choice(&mut completion["choices"][0], choice));
    }
    let choice = &mut completion["choices"][0];
    if !is_complete && choice.get("finish_reason").is_none() {
        choice["finish_reason"] = "stream ended early".into();
    }
    Some(completion)
}

/// Adds what one event says about the choice.
fn add_choice(whole: &mut Value, part: &Value) {
    if let Some(reason) = part.get("finish_reason").filter(|reason| !reason.is_null()) {
        whole["finish_reason"] = reason.clone();
    }
    if let Some(text) = part.get("text").and_then(Value::as_str) {
        append(&mut whole["text"], text);
    }
    let tokens = part.get("logprobs").and_then(|logprobs| logprobs.get("content"));
    if let Some(tokens) = tokens.and_then(Value::as_array) {
        match &mut whole["logprobs"]["content"] {
            Value::Array(list) => list.extend(tokens.iter().cloned()),
            missing => *missing = Value::Array(tokens.clone()),
        }
    }
    // Some servers end a stream with the whole message, which replaces its parts.
    if let Some(message) = part.get("message").filter(|message| message.is_object()) {
        whole["message"] = message.clone();
    }
    for (field, value) in part.get("delta").and_then(Value::as_object).into_iter().flatten() {
        match value {
            Value::String(text) if field != "role" => append(&mut whole["message"][field], text),
            // Content in parts.
            Value::Array(parts) => match &mut whole["message"][field] {
                Value::Array(list) => list.extend(parts.iter().cloned()),
                missing => *missing = value.clone(),
            },
            _ => {}
        }
    }
}

fn append(whole: &mut Value, part: &str) {
    match whole {
        Value::String(text) => text.push_str(part),
        missing => *missing = part.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_stream_become_one_completion() {
        let body = concat!(
            ": keep-alive\r\n\r\n",
            "event: message\r\n",
            "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"ab\"}}]}\r\n\r\n",
            "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"other\"}}]}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"c\",\"reasoning_content\":\"why\"},",
            "\"finish_reason\":\"stop\"}]}\n\n",
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n",
            "data: [DONE]\n\n",
        );
        assert!(is_stream(body.as_bytes()));
        let expected = json!({
            "choices": [{
                "message": { "content": "abc", "reasoning_content": "why" },
                "finish_reason": "stop",
            }],
            "model": "m",
            "usage": { "prompt_tokens": 3, "completion_tokens": 2 },
        });
        assert_eq!(assemble(body.as_bytes()), Some(expected));
    }

    #[test]
    fn an_error_within_a_stream_is_the_answer() {
        let body = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"error\":{\"message\":\"no\"}}\n";
        let error = json!({ "error": { "message": "no" }, "choices": [] });
        assert_eq!(assemble(body.as_bytes()), Some(error));
        let alone = b"data: {\"error\":{\"message\":\"no\"}}\n\ndata: {\"choices\":[]}\n";
        assert_eq!(assemble(alone), Some(json!({ "error": { "message": "no" } })));
        let other = b"data: {\"code\":1001,\"msg\":\"no such model\"}\n\n";
        assert_eq!(assemble(other), Some(json!({ "code": 1001, "msg": "no such model" })));
        let parts =
            b"data: {\"choices\":[{\"delta\":{\"content\":[{\"text\":\"a\"}]}}]}\n\ndata: [DONE]\n";
        let content = json!([{ "text": "a" }]);
        let whole = json!({ "choices": [{ "message": { "content": content } }] });
        assert_eq!(assemble(parts), Some(whole));
        assert_eq!(assemble(b"data: nothing"), None);
        assert!(!is_stream(b"{\"choices\":[]}") && !is_stream(b"<html>"));
    }
}
