//! Requests and responses in the forms of `OpenAI`: chat completions, responses, and what logs make of them.

use serde_json::Value;

use super::exchange::{Exchange, Read, Skipped, exchange, message, prompt_of, text_of};

/// Reads a record: `{"request": …, "response": …}`, a line of a batch, or one object with the fields of both.
pub(super) fn read(record: &Value) -> Read<Exchange> {
    let request = ["request", "req", "input_body"].into_iter().find_map(|key| record.get(key));
    let request = body(request.unwrap_or(record));
    let response = ["response", "resp", "output_body"].into_iter().find_map(|key| record.get(key));
    let response = response.map_or(record, body);
    let model = [response, request, record]
        .into_iter()
        .find_map(|one| one.get("model").and_then(Value::as_str))
        .map(ToOwned::to_owned);
    exchange(prompt(request)?, answer(response, record)?, model)
}

/// Returns the body of an HTTP message, where a log has the whole message.
fn body(value: &Value) -> &Value {
    value.get("body").filter(|body| body.is_object()).unwrap_or(value)
}

fn prompt(request: &Value) -> Read<Value> {
    for key in ["messages", "input", "prompt", "question", "query"] {
        match request.get(key) {
            Some(Value::String(text)) => {
                let instructions = request.get("instructions").and_then(Value::as_str);
                return match instructions.filter(|_| key == "input") {
                    Some(instructions) => prompt_of(vec![
                        serde_json::json!({ "role": "system", "content": instructions }),
                        serde_json::json!({ "role": "user", "content": text }),
                    ]),
                    None => Ok(Value::String(text.clone())),
                };
            }
            Some(Value::Array(messages)) if !messages.is_empty() => {
                return prompt_of(messages.iter().map(message).collect::<Read<_>>()?);
            }
            _ => {}
        }
    }
    Err(Skipped::NoPrompt)
}

fn answer(response: &Value, record: &Value) -> Read<String> {
    if let Value::String(text) = response {
        return Ok(text.clone());
    }
    if let Some(choice) = response.get("choices").and_then(|choices| choices.get(0)) {
        let content = choice.pointer("/message/content").or_else(|| choice.get("text"));
        return text_of(content.unwrap_or(&Value::Null));
    }
    if let Some(Value::Array(output)) = response.get("output") {
        // The Responses API: messages among reasoning and calls of tools.
        let is_message = |one: &&Value| one.get("type").is_none_or(|kind| kind == "message");
        let messages = output.iter().filter(is_message).filter_map(|one| one.get("content"));
        return messages.map(text_of).collect::<Read<Vec<String>>>().map(|texts| texts.join("\n"));
    }
    for key in ["response", "completion", "output", "answer", "output_text", "content"] {
        for place in [response, record] {
            if let Some(Value::String(text)) = place.get(key) {
                return Ok(text.clone());
            }
        }
    }
    Err(Skipped::NoResponse)
}
