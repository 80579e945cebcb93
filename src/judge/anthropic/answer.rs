//! Reads the answers of servers: messages, and errors in their place.

use serde_json::Value;

use super::body::TOOL;
use crate::judge::endpoint::{text_field, token_count};
use crate::judge::http::error_in_success;
use crate::judge::{CallError, RateHints, Reply, Usage};

/// Stands for thinking that the provider returns only encrypted.
const ENCRYPTED: &str = "(encrypted thinking)";
/// Stands for the explanation of a refusal without one.
const REFUSED: &str = "the model refused to answer";

/// Reads a message. One without text is a reply without text.
///
/// The verdict is the input of its tool, whose words are then the text of the reply; what the model has written
/// beside that is kept as its reasoning.
pub(super) fn read_message(
    value: &Value,
    status: Option<u16>,
) -> std::result::Result<Reply, CallError> {
    let content = value.get("content");
    let is_message = value["type"] == "message"
        || content.is_some_and(|content| content.is_array() || content.is_string());
    let is_error =
        value["type"] == "error" || value.get("error").is_some_and(|error| !error.is_null());
    if is_error || !is_message {
        return Err(error_in_success(value, status));
    }
    let Content { verdict, mut reasoning, text } = read_content(content);
    let stop_reason = text_field(Some(value), "stop_reason");
    let refusal = (stop_reason.as_deref() == Some("refusal")).then(|| {
        text_field(value.get("stop_details"), "explanation")
            .or_else(|| text.clone())
            .unwrap_or_else(|| REFUSED.to_owned())
    });
    // The call of a tool that was forced is the end of the reply, and not a pause in it.
    let is_end = verdict.is_some() && stop_reason.as_deref() == Some("tool_use");
    if verdict.is_some() {
        reasoning.extend(text.clone());
    }
    Ok(Reply {
        text: verdict.or(text),
        refusal,
        reasoning: (!reasoning.is_empty()).then(|| reasoning.join("\n\n")),
        logprobs: Vec::new(),
        finish_reason: if is_end { Some("stop".to_owned()) } else { stop_reason },
        usage: usage(value.get("usage")),
        model: text_field(Some(value), "model"),
        fingerprint: None,
        status,
        recorded_vote: None,
        recorded_grade: None,
        is_order_unknown: false,
        schema_requested: false,
        hints: RateHints::default(),
    })
}

/// What the blocks of a message contain.
#[derive(Debug, Default)]
struct Content {
    /// The inputs of the verdict's tool.
    verdict: Option<String>,
    reasoning: Vec<String>,
    text: Option<String>,
}

fn read_content(content: Option<&Value>) -> Content {
    let mut read = Content::default();
    if let Some(text) = content.and_then(Value::as_str) {
        read.text = Some(text.to_owned());
    }
    for block in content.and_then(Value::as_array).into_iter().flatten() {
        match block["type"].as_str().unwrap_or_default() {
            "text" => {
                if let Some(text) = block["text"].as_str() {
                    // A text is cut into blocks at any place.
                    read.text.get_or_insert_default().push_str(text);
                }
            }
            "tool_use" if block["name"] == TOOL => {
                let input = match &block["input"] {
                    Value::String(text) => text.clone(),
                    input => input.to_string(),
                };
                let verdict = read.verdict.get_or_insert_default();
                // Two calls are two votes, which the reader of votes has to see.
                if !verdict.is_empty() {
                    verdict.push('\n');
                }
                verdict.push_str(&input);
            }
            "thinking" => {
                let thinking = text_field(Some(block), "thinking");
                read.reasoning.extend(thinking.filter(|thinking| !thinking.is_empty()));
            }
            "redacted_thinking" => read.reasoning.push(ENCRYPTED.to_owned()),
            _ => {}
        }
    }
    read
}

/// Reads token counts; `None` where those of prompt or reply are missing or implausible.
fn usage(usage: Option<&Value>) -> Option<Usage> {
    let cached = token_count(usage, "cache_read_input_tokens").unwrap_or(0);
    let cache_written = token_count(usage, "cache_creation_input_tokens").unwrap_or(0);
    Some(Usage {
        // What this API calls the input is only the part that has nothing to do with the cache.
        prompt: token_count(usage, "input_tokens")? + cached + cache_written,
        completion: token_count(usage, "output_tokens")?,
        cached,
        cache_written,
        reasoning: 0,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(content: &Value, stop_reason: &str) -> Reply {
        let message = json!({ "type": "message", "content": content, "stop_reason": stop_reason });
        read_message(&message, Some(200)).unwrap()
    }

    #[test]
    fn the_input_of_the_verdicts_tool_is_the_text_in_the_order_of_its_keys() {
        let content = json!([
            { "type": "text", "text": "Let me see." },
            { "type": "tool_use", "id": "t", "name": TOOL, "input": { "reasoning": "r", "criteria": {}, "vote": "tie" } },
        ]);
        let reply = read(&content, "tool_use");
        let text = r#"{"reasoning":"r","criteria":{},"vote":"tie"}"#;
        assert_eq!(reply.text.as_deref(), Some(text));
        assert_eq!(reply.reasoning.as_deref(), Some("Let me see."));
        assert_eq!(reply.finish_reason.as_deref(), Some("stop"));
    }

    #[test]
    fn blocks_of_text_are_joined_and_thinking_is_kept_apart() {
        let content = json!([
            { "type": "thinking", "thinking": "Hm.", "signature": "s" },
            { "type": "redacted_thinking", "data": "secret" },
            { "type": "text", "text": "{\"vote\":" },
            { "type": "text", "text": "\"first\"}" },
            { "type": "tool_use", "name": "another", "input": {} },
            { "type": "unknown" },
        ]);
        let reply = read(&content, "end_turn");
        assert_eq!(reply.text.as_deref(), Some(r#"{"vote":"first"}"#));
        assert_eq!(reply.reasoning, Some(format!("Hm.\n\n{ENCRYPTED}")));
        assert_eq!(reply.finish_reason.as_deref(), Some("end_turn"));
    }

    #[test]
    fn every_stop_reason_but_that_of_the_forced_tool_is_kept() {
        let text = json!([{ "type": "text", "text": "Well" }]);
        let tool = json!([{ "type": "tool_use", "name": TOOL, "input": {} }]);
        for (content, stop_reason, kept, hit_limit) in [
            (&text, "end_turn", "end_turn", false),
            (&text, "stop_sequence", "stop_sequence", false),
            (&text, "tool_use", "tool_use", false),
            (&tool, "tool_use", "stop", false),
            (&tool, "max_tokens", "max_tokens", true),
            (&text, "max_tokens", "max_tokens", true),
            (&text, "model_context_window_exceeded", "model_context_window_exceeded", true),
            (&text, "pause_turn", "pause_turn", false),
            (&text, "refusal", "refusal", false),
        ] {
            let reply = read(content, stop_reason);
            assert_eq!(reply.finish_reason.as_deref(), Some(kept), "{stop_reason}");
            assert_eq!(reply.hit_token_limit(), hit_limit, "{stop_reason}");
            assert_eq!(reply.refusal.is_some(), stop_reason == "refusal", "{stop_reason}");
        }
    }

    #[test]
    fn a_refusal_has_the_explanation_of_the_server_or_else_the_text() {
        let refused = |content: Value, details: Value| {
            let message =
                json!({ "content": content, "stop_reason": "refusal", "stop_details": details });
            read_message(&message, None).unwrap().refusal.unwrap()
        };
        let text = json!([{ "type": "text", "text": "I cannot." }]);
        let details = json!({ "type": "refusal", "explanation": "Not that." });
        assert_eq!(refused(text.clone(), details), "Not that.");
        assert_eq!(refused(text, Value::Null), "I cannot.");
        assert_eq!(refused(json!([]), Value::Null), REFUSED);
    }

    #[test]
    fn the_prompt_includes_the_tokens_of_the_cache() {
        let usage = |usage: Value| super::usage(Some(&usage));
        let all = json!({
            "input_tokens": 10, "cache_creation_input_tokens": 200, "cache_read_input_tokens": 3000, "output_tokens": 7,
        });
        let expected =
            Usage { prompt: 3210, completion: 7, cached: 3000, cache_written: 200, reasoning: 0 };
        assert_eq!(usage(all), Some(expected));
        let plain =
            json!({ "input_tokens": 10, "cache_read_input_tokens": null, "output_tokens": 7 });
        assert_eq!(usage(plain).map(|usage| (usage.prompt, usage.cached)), Some((10, 0)));
        assert_eq!(usage(json!({ "input_tokens": 10 })), None);
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        let overloaded = json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } });
        for (value, message) in [
            (overloaded, "the answer is an error: Overloaded"),
            (json!({ "choices": [] }), "the answer is JSON but not a completion"),
            (json!(["a", "list"]), "the answer is an error: a"),
        ] {
            assert_eq!(read_message(&value, Some(200)).unwrap_err().message, message, "{value}");
        }
    }
}
