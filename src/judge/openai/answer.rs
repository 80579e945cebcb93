//! Reads the answers of servers: completions and errors.
//!
//! Real servers deviate from the documented formats in many ways, so no field is required that is not needed:
//! an absent field stays absent, and an answer that cannot be understood is an error that says so.

use serde_json::Value;

use crate::judge::endpoint::{text_field as text, token_count as count};
use crate::judge::http::error_in_success;
use crate::judge::reasoning_marks::answer_range;
use crate::judge::{CallError, RateHints, Reply, TokenLogprob, Usage};

/// Reads a completion. One without choices is a reply without text.
pub(super) fn read_completion(
    value: &Value,
    status: Option<u16>,
) -> std::result::Result<Reply, CallError> {
    let choice = value.get("choices").and_then(|choices| choices.get(0));
    // Ollama's own form has the message at the top.
    let message = choice.or(Some(value)).and_then(|choice| choice.get("message"));
    let message = message.filter(|message| message.is_object());
    let is_completion = choice.is_some()
        || message.is_some()
        || value.get("choices").is_some_and(Value::is_array)
        || value["object"] == "chat.completion";
    let has_error = choice.is_none() && value.get("error").is_some_and(|error| !error.is_null());
    if has_error || !is_completion {
        return Err(error_in_success(value, status));
    }
    let fields = ["reasoning_content", "reasoning", "thinking"];
    let reasoning = fields.into_iter().find_map(|field| text(message, field));
    let reasoning = reasoning.or_else(|| message.and_then(reasoning_parts));
    let reason = choice.and_then(|choice| choice.get("finish_reason"));
    let reason = reason.or_else(|| value.get("done_reason")).filter(|reason| !reason.is_null());
    Ok(Reply {
        text: message
            .and_then(|message| message.get("content"))
            .and_then(content)
            .or_else(|| text(choice, "text")),
        refusal: text(message, "refusal").filter(|refusal| !refusal.is_empty()),
        reasoning: reasoning.filter(|reasoning| !reasoning.is_empty()),
        logprobs: choice.map(first_token).unwrap_or_default(),
        // A reason that is no word is kept as it is: it is none for a complete answer.
        finish_reason: reason
            .map(|reason| reason.as_str().map_or_else(|| reason.to_string(), ToOwned::to_owned)),
        usage: value.get("usage").and_then(usage),
        model: text(Some(value), "model"),
        fingerprint: text(Some(value), "system_fingerprint"),
        status,
        recorded_vote: None,
        recorded_grade: None,
        is_order_unknown: false,
        schema_requested: false,
        hints: RateHints::default(),
    })
}

/// Reads token counts; `None` where those of prompt and reply are missing or implausible.
fn usage(usage: &Value) -> Option<Usage> {
    let all = Some(usage);
    let (prompt, completion) = (count(all, "prompt_tokens")?, count(all, "completion_tokens")?);
    let (in_prompt, in_completion) =
        (usage.get("prompt_tokens_details"), usage.get("completion_tokens_details"));
    let cached =
        count(in_prompt, "cached_tokens").or_else(|| count(all, "prompt_cache_hit_tokens"));
    let reasoning = count(in_completion, "reasoning_tokens");
    Some(Usage {
        prompt,
        completion,
        cached: cached.unwrap_or(0).min(prompt),
        cache_written: 0,
        reasoning: reasoning.or_else(|| count(all, "reasoning_tokens")).unwrap_or(0),
    })
}

/// Returns the reasoning that a message holds in parts: `reasoning_details`, or parts of its content.
fn reasoning_parts(message: &Value) -> Option<String> {
    let lists = [message.get("reasoning_details"), message.get("content")];
    let parts = lists.into_iter().flatten().filter_map(Value::as_array).flatten();
    let texts = parts.filter_map(|part| {
        let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
        let is_reasoning = kind.contains("reasoning") || kind.contains("thinking");
        let text = part.get("text").or_else(|| part.get("thinking"))?;
        // Mistral nests a list of texts.
        is_reasoning.then(|| text.as_str().map(ToOwned::to_owned).or_else(|| content(text)))?
    });
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// Returns the text of a message: a string, or the text parts of a list.
fn content(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let is_text = |part: &&Value| match part.get("type").and_then(Value::as_str) {
                None | Some("text" | "output_text") => true,
                Some(_) => false,
            };
            let texts = parts.iter().filter(is_text).filter_map(|part| part.get("text"));
            Some(texts.filter_map(Value::as_str).collect())
        }
        _ => None,
    }
}

/// Returns the likeliest tokens at the first token of the answer that is not white space: behind the reasoning,
/// where the text has any. The chosen token is added if the server's list lacks it.
fn first_token(choice: &Value) -> Vec<TokenLogprob> {
    let entry = |value: &Value| {
        let token = value.get("token")?.as_str()?.to_owned();
        Some(TokenLogprob { token, logprob: value.get("logprob")?.as_f64()? })
    };
    let tokens = choice.get("logprobs").and_then(|logprobs| logprobs.get("content"));
    let Some(tokens) = tokens.and_then(Value::as_array) else { return Vec::new() };
    let text =
        |token: &Value| token.get("token").and_then(Value::as_str).unwrap_or_default().to_owned();
    let texts: Vec<String> = tokens.iter().map(text).collect();
    let Some(answer) = answer_range(&texts.concat(), |_| None) else { return Vec::new() };
    let mut begins = 0;
    let first = tokens.iter().zip(&texts).find(|(_, text)| {
        let is_answer = begins >= answer.start;
        begins += text.len();
        is_answer && !text.trim().is_empty()
    });
    let Some((first, _)) = first else { return Vec::new() };
    let top = first.get("top_logprobs").and_then(Value::as_array);
    let mut likeliest: Vec<TokenLogprob> = top.into_iter().flatten().filter_map(entry).collect();
    if let Some(chosen) = entry(first)
        && likeliest.iter().all(|rival| rival.token != chosen.token)
    {
        likeliest.push(chosen);
    }
    likeliest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first(tokens: &[&str]) -> Vec<String> {
        let token = |token: &&str| json!({ "token": token, "logprob": -0.5, "top_logprobs": [] });
        let content: Vec<Value> = tokens.iter().map(token).collect();
        let likeliest = first_token(&json!({ "logprobs": { "content": content } }));
        likeliest.into_iter().map(|entry| entry.token).collect()
    }

    #[test]
    fn reasoning_in_parts_is_kept_apart_from_the_text() {
        let part = |kind: &str, text: &str| json!({ "type": kind, "text": text });
        for (message, text, reasoning) in [
            (json!({ "content": [part("reasoning", "hm"), part("text", "A")] }), "A", Some("hm")),
            (json!({ "content": [part("output_text", "A"), { "text": "B" }] }), "AB", None),
            (json!({ "content": "A", "thinking": "hm" }), "A", Some("hm")),
            (
                json!({ "content": "A", "reasoning_details": [part("reasoning.text", "hm")] }),
                "A",
                Some("hm"),
            ),
            (
                json!({ "content": [
                    { "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] },
                    { "type": "text", "text": "A" },
                ] }),
                "A",
                Some("hm"),
            ),
        ] {
            let body = json!({ "choices": [{ "message": message, "finish_reason": 3 }] });
            let reply = read_completion(&body, None).unwrap();
            assert_eq!(reply.text.as_deref(), Some(text), "{body}");
            assert_eq!(reply.reasoning.as_deref(), reasoning, "{body}");
            assert_eq!(reply.finish_reason.as_deref(), Some("3"));
        }
    }

    #[test]
    fn the_first_token_is_that_of_the_answer() {
        assert_eq!(first(&["A"]), ["A"]);
        assert_eq!(first(&["\n", " ", "B", "\n"]), ["B"]);
        assert_eq!(first(&["<think>", "A", "</think>", "\n", "B"]), ["B"]);
        assert_eq!(first(&["<thi", "nk>", "A", "</thi", "nk>", "B"]), ["B"]);
        assert_eq!(first(&["<think>", "A"]), [""; 0], "the reasoning is not closed");
        assert_eq!(first(&["<think>", "A", "</think>"]), [""; 0]);
        assert_eq!(first(&[]), [""; 0]);
    }
}
