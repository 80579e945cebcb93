//! Reads the answers of servers: completions and errors.
//!
//! Real servers deviate from the documented formats in many ways, so no field is required that is not needed:
//! an absent field stays absent, and an answer that cannot be understood is an error that says so.

use reqwest::header::{HeaderMap, LOCATION};
use serde_json::Value;

use super::hints::retry_after;
use super::secrets::Secrets;
use crate::judge::{CallError, CallErrorKind, RateHints, Reply, TokenLogprob, Usage};

/// A token count above this is ignored as invalid.
const MAX_TOKENS: f64 = 1e9;
/// How much of an error's body is kept, in bytes.
const MAX_ERROR_BODY: usize = 4096;

/// Returns the beginning of a body, as much as is kept.
pub(super) fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(MAX_ERROR_BODY)]).into_owned()
}

/// Reads an answer without success.
pub(super) fn rejection(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    secrets: &Secrets,
) -> CallError {
    let value: Option<Value> = serde_json::from_slice(body).ok();
    let (message, code) = value.as_ref().map(server_message).unwrap_or_default();
    // JSON without a message may be anything, even an echo of the request, and is not shown.
    let message =
        message.unwrap_or_else(|| if value.is_none() { plain(body) } else { String::new() });
    // A redirect is not followed: the other server would receive the key. It is shown, so that the user can
    // configure it instead.
    let location = headers.get(LOCATION).filter(|_| (300..400).contains(&status));
    let location = location.map(|location| {
        let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
        // The query may hold a key in an encoding that is not recognized.
        one_line(secrets.redact(location).split(['?', '#']).next().unwrap_or_default())
    });
    let what = match location {
        Some(location) => format!("HTTP {status}, a redirect to {location}"),
        None => format!("HTTP {status}"),
    };
    CallError {
        kind: classify(status, code.as_deref()),
        message: if message.is_empty() { what } else { format!("{what}: {message}") },
        status: Some(status),
        body: (!body.is_empty()).then(|| beginning(body)),
        retry_after: retry_after(headers),
        hints: Box::default(),
    }
}

fn classify(status: u16, code: Option<&str>) -> CallErrorKind {
    match status {
        // Waiting does not help: the account has no credit.
        429 if matches!(code, Some("insufficient_quota" | "billing_hard_limit_reached")) => {
            CallErrorKind::EndpointRejected
        }
        429 | 503 => CallErrorKind::Throttled,
        300..=399 | 401 | 402 | 403 | 404 | 407 => CallErrorKind::EndpointRejected,
        501 => CallErrorKind::RequestRejected,
        408 | 409 | 425 | 500.. => CallErrorKind::Transient,
        _ => CallErrorKind::RequestRejected,
    }
}

/// Finds the message and the code in the formats that servers use for errors.
fn server_message(value: &Value) -> (Option<String>, Option<String>) {
    let error = value.get("error").filter(|error| !error.is_null()).unwrap_or(value);
    let text = |field: &str| error.get(field).and_then(Value::as_str).map(ToOwned::to_owned);
    let message = error
        .as_str()
        .map(ToOwned::to_owned)
        .or_else(|| text("message"))
        .or_else(|| text("detail"))
        .or_else(|| error.get("detail").and_then(Value::as_array).map(|list| details(list)));
    (message.map(|message| one_line(&message)), text("code").or_else(|| text("type")))
}

/// Joins the messages of a list of errors, each with its location. Other fields may echo the request and are
/// left out.
fn details(list: &[Value]) -> String {
    let error = |detail: &Value| {
        let location: Vec<String> = detail["loc"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|part| part.as_str().map_or_else(|| part.to_string(), ToOwned::to_owned))
            .collect();
        format!("{}: {}", location.join("."), detail["msg"].as_str().unwrap_or("refused"))
    };
    list.iter().map(error).collect::<Vec<_>>().join("; ")
}

/// Returns a body that is not JSON as one line of a message.
pub(super) fn plain(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(MAX_ERROR_BODY)]);
    if text.trim_start().starts_with('<') { "an HTML page".to_owned() } else { one_line(&text) }
}

/// Returns a text as one line of at most 300 characters.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut line = words.join(" ");
    if let Some((end, _)) = line.char_indices().nth(300) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// Reads a completion. An answer without choices is a reply without text.
pub(super) fn read_completion(
    value: &Value,
    status: Option<u16>,
) -> std::result::Result<Reply, CallError> {
    let choice = value.get("choices").and_then(|choices| choices.get(0));
    if choice.is_none() && value.get("error").is_some_and(|error| !error.is_null()) {
        return Err(error_in_success(value, status));
    }
    if !value.is_object() {
        let message = "the answer is JSON but not a completion";
        return Err(CallError {
            status,
            body: Some(beginning(value.to_string().as_bytes())),
            ..CallError::new(CallErrorKind::Transient, message)
        });
    }
    let message = choice.and_then(|choice| choice.get("message"));
    let text = |of: Option<&Value>, field: &str| {
        of.and_then(|of| of.get(field)).and_then(Value::as_str).map(ToOwned::to_owned)
    };
    let count = |field: &str| {
        let count = value.get("usage").and_then(|usage| usage.get(field))?;
        let count = count.as_f64().filter(|count| (0.0..=MAX_TOKENS).contains(count))?;
        Some(count as u64)
    };
    let usage = count("prompt_tokens")
        .zip(count("completion_tokens"))
        .map(|(prompt, completion)| Usage { prompt, completion });
    Ok(Reply {
        text: message.and_then(|message| message.get("content")).and_then(content),
        refusal: text(message, "refusal").filter(|refusal| !refusal.is_empty()),
        logprobs: choice.map(first_token).unwrap_or_default(),
        finish_reason: text(choice, "finish_reason"),
        usage,
        model: text(Some(value), "model"),
        fingerprint: text(Some(value), "system_fingerprint"),
        status,
        schema_requested: false,
        hints: RateHints::default(),
    })
}

/// Reads a success that contains an error object, in which gateways report the status of the server behind
/// them.
fn error_in_success(value: &Value, status: Option<u16>) -> CallError {
    let (message, code) = server_message(value);
    let inner = value.get("error").and_then(|error| error.get("code"));
    let inner = inner.and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    let kind = match inner.and_then(|code| u16::try_from(code).ok()) {
        Some(inner) if inner >= 300 => classify(inner, code.as_deref()),
        _ => CallErrorKind::Transient,
    };
    CallError {
        status,
        body: Some(beginning(value.to_string().as_bytes())),
        ..CallError::new(kind, format!("the answer is an error: {}", message.unwrap_or_default()))
    }
}

/// Returns the text of a message: a string, or the text parts of a list.
fn content(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
            Some(texts.collect())
        }
        _ => None,
    }
}

/// Returns the likeliest tokens at the first token that is not white space. The chosen token is added if the
/// server's list lacks it.
fn first_token(choice: &Value) -> Vec<TokenLogprob> {
    let entry = |value: &Value| {
        let token = value.get("token")?.as_str()?.to_owned();
        Some(TokenLogprob { token, logprob: value.get("logprob")?.as_f64()? })
    };
    let tokens = choice.get("logprobs").and_then(|logprobs| logprobs.get("content"));
    let Some(tokens) = tokens.and_then(Value::as_array) else { return Vec::new() };
    let first = tokens.iter().find(|token| {
        token.get("token").and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
    });
    let Some(first) = first else { return Vec::new() };
    let top = first.get("top_logprobs").and_then(Value::as_array);
    let mut likeliest: Vec<TokenLogprob> = top.into_iter().flatten().filter_map(entry).collect();
    if let Some(chosen) = entry(first)
        && likeliest.iter().all(|rival| rival.token != chosen.token)
    {
        likeliest.push(chosen);
    }
    likeliest
}
