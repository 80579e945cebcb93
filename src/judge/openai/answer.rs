//! Reading what servers answer: completions, refusals and whatever stands in between.
//!
//! Real servers deviate from the documented shapes in many ways, so nothing is required that is not needed:
//! what is absent stays absent, and what cannot be understood is an error that says so.

use reqwest::header::{HeaderMap, LOCATION};
use serde_json::Value;

use super::hints::retry_after;
use super::secrets::Secrets;
use crate::judge::{CallError, CallErrorKind, RateHints, Reply, TokenLogprob, Usage};

/// A server that counts more tokens than this in one call has not counted.
const MOST_TOKENS: f64 = 1e9;
/// How much of an error answer is kept.
const LARGEST_ERROR: usize = 4096;

/// Returns as much of a body as is kept.
pub(super) fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(LARGEST_ERROR)]).into_owned()
}

/// Reads an answer that is no success.
pub(super) fn rejection(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    secrets: &Secrets,
) -> CallError {
    let value: Option<Value> = serde_json::from_slice(body).ok();
    let (said, code) = value.as_ref().map(server_message).unwrap_or_default();
    // JSON without any message may be anything, even the request itself.
    let said = said.unwrap_or_else(|| if value.is_none() { plain(body) } else { String::new() });
    // The place is not asked: it would be given the key. A person may know it and settle on it.
    let place = headers.get(LOCATION).filter(|_| (300..400).contains(&status));
    let place = place.map(|place| {
        let place = secrets.redact(String::from_utf8_lossy(place.as_bytes()).into_owned());
        // A key may stand in a query in any spelling.
        one_line(place.split(['?', '#']).next().unwrap_or_default())
    });
    let what = match place {
        Some(place) => format!("HTTP {status}, a redirect to {place}"),
        None => format!("HTTP {status}"),
    };
    CallError {
        kind: classify(status, code.as_deref()),
        message: if said.is_empty() { what } else { format!("{what}: {said}") },
        status: Some(status),
        body: (!body.is_empty()).then(|| beginning(body)),
        retry_after: retry_after(headers),
        hints: Box::default(),
    }
}

fn classify(status: u16, code: Option<&str>) -> CallErrorKind {
    match status {
        // Waiting brings no money onto the account.
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

/// Finds the message and the code in the shapes that servers give their errors.
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

/// A list of complaints, each with its place. What else stands in them may echo the request, and that is
/// not what the server says.
fn details(list: &[Value]) -> String {
    let complaint = |detail: &Value| {
        let place: Vec<String> = detail["loc"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|part| part.as_str().map_or_else(|| part.to_string(), ToOwned::to_owned))
            .collect();
        format!("{}: {}", place.join("."), detail["msg"].as_str().unwrap_or("refused"))
    };
    list.iter().map(complaint).collect::<Vec<_>>().join("; ")
}

/// Returns a body that is no JSON in a line for people.
pub(super) fn plain(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(LARGEST_ERROR)]);
    if text.trim_start().starts_with('<') { "an HTML page".to_owned() } else { one_line(&text) }
}

/// Returns a text in one line of bounded length.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut line = words.join(" ");
    if let Some((end, _)) = line.char_indices().nth(300) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// Reads a completion as leniently as servers write it. What is absent stays absent; an answer without
/// any choice is a reply without text.
pub(super) fn read_completion(
    value: &Value,
    status: Option<u16>,
) -> std::result::Result<Reply, CallError> {
    let choice = value.get("choices").and_then(|choices| choices.get(0));
    if choice.is_none() && value.get("error").is_some_and(|error| !error.is_null()) {
        return Err(error_in_success(value, status));
    }
    if !value.is_object() {
        let message = "the answer is JSON, but no completion";
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
        let count = count.as_f64().filter(|count| (0.0..=MOST_TOKENS).contains(count))?;
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

/// A `200` that carries an error object: gateways report the status of what stands behind them so.
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

/// The text of a message: a string, or the text parts of a list.
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

/// The likeliest tokens where the answer begins: at the first token that is not white space. The one that
/// was chosen may be missing from the server's list of the likeliest.
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
