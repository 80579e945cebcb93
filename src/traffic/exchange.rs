//! One request to a model with its response, whatever log it is from.

use serde_json::{Value, json};

/// A request with its response.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Exchange {
    /// What was asked: a text, or a list of messages in the form of items.
    pub prompt: Value,
    /// What was answered.
    pub response: String,
    /// The model, as the response names it, else as the request does.
    pub model: Option<String>,
    /// Tags, from the columns of a table.
    pub tags: Vec<(String, String)>,
}

/// Why a record is not used; not an error, since logs hold more than exchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Skipped {
    /// It is no request to a language model, such as a span of a database.
    NoExchange,
    /// It has no prompt, as where the contents of messages are not logged.
    NoPrompt,
    /// It has no response, or an empty one.
    NoResponse,
    /// It has an image, a sound or a file, which a judge does not see.
    NotText,
}

impl Skipped {
    /// Returns the reason in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoExchange => "no request to a language model",
            Self::NoPrompt => "without the text of a prompt",
            Self::NoResponse => "without the text of a response",
            Self::NotText => "with an image, a sound or a file",
        }
    }
}

/// What a record is: an exchange, or a reason why it is none.
pub(super) type Read<T> = Result<T, Skipped>;

/// Returns the prompt that messages make: a text if there is one message of the user, else the messages.
pub(super) fn prompt_of(messages: Vec<Value>) -> Read<Value> {
    match messages.as_slice() {
        [] => Err(Skipped::NoPrompt),
        [only] if only["role"] == "user" && only.get("tool_calls").is_none() => {
            Ok(only["content"].clone())
        }
        _ => Ok(Value::Array(messages)),
    }
}

/// Returns a message in the form of items. `value` is one of the forms of `OpenAI` and of the conventions for spans.
pub(super) fn message(value: &Value) -> Read<Value> {
    let Some(role) = value.get("role").and_then(Value::as_str) else {
        return Err(Skipped::NoPrompt);
    };
    let content = value.get("content").or_else(|| value.get("parts")).unwrap_or(&Value::Null);
    let mut message = json!({ "role": role, "content": text_of(content)? });
    // The arguments are a text in the form of items too.
    let calls = value.get("tool_calls").and_then(Value::as_array).filter(|calls| !calls.is_empty());
    if let Some(calls) = calls {
        message["tool_calls"] = Value::Array(calls.clone());
    }
    for field in ["tool_call_id", "name"] {
        if let Some(text) = value.get(field).filter(|text| text.is_string()) {
            message[field] = text.clone();
        }
    }
    Ok(message)
}

/// Returns the text of a content: a text, or parts that are texts. Calls of tools and their results are written as JSON,
/// and reasoning is left out.
pub(super) fn text_of(content: &Value) -> Read<String> {
    let mut texts = Vec::new();
    match content {
        Value::Null => {}
        Value::String(text) => texts.push(text.clone()),
        Value::Array(parts) => {
            for part in parts {
                texts.extend(text_of_part(part)?);
            }
        }
        Value::Object(_) => texts.extend(text_of_part(content)?),
        other => texts.push(other.to_string()),
    }
    Ok(texts.join("\n"))
}

fn text_of_part(part: &Value) -> Read<Option<String>> {
    if let Value::String(text) = part {
        return Ok(Some(text.clone()));
    }
    match part.get("type").and_then(Value::as_str) {
        Some("reasoning" | "thinking") => Ok(None),
        Some("tool_call" | "tool_call_response" | "tool_use" | "tool_result") => {
            Ok(Some(part.to_string()))
        }
        None | Some("text" | "input_text" | "output_text" | "refusal") => {
            let fields = ["text", "content", "refusal"].into_iter();
            let text = fields.filter_map(|field| part.get(field)).find_map(Value::as_str);
            text.map(|text| Some(text.to_owned())).ok_or(Skipped::NotText)
        }
        Some(_) => Err(Skipped::NotText),
    }
}

/// Returns an exchange, unless it has no response.
pub(super) fn exchange(prompt: Value, response: String, model: Option<String>) -> Read<Exchange> {
    if prompt.as_str().is_some_and(|text| text.trim().is_empty()) {
        return Err(Skipped::NoPrompt);
    }
    if response.trim().is_empty() {
        return Err(Skipped::NoResponse);
    }
    Ok(Exchange { prompt, response, model, tags: Vec::new() })
}
