//! The line with which a program answers one trial.
//!
//! ```text
//! {"id":"…","reply":"…","usage":{"input_tokens":812,"output_tokens":40},"model":"…","logprobs":[{"token":"A","logprob":-0.1}]}
//! {"id":"…","error":{"kind":"rate-limited","message":"…","retry_after_s":20}}
//! ```

use std::time::Duration;

use serde_json::{Map, Value};

use crate::input::{kind_of, parse_unique};
use crate::judge::endpoint::{text_field, token_count};
use crate::judge::http::one_line;
use crate::judge::{
    CallError, CallErrorKind, Rejection, Reply, RequestedOutput, TokenLogprob, Usage,
};

/// The valid answers, for messages.
pub(super) const EXPECTED: &str = "expected {\"id\": …, \"reply\": \"…\"}, or \"error\" with \"kind\" and \"message\" in place of \
     \"reply\"";

/// The longest wait that a program can ask for; far below what would overflow the clock.
const MAX_WAIT: f64 = 30.0 * 24.0 * 3600.0;
/// By how much a logarithm of a probability may be above 0 by rounding.
const ROUNDING: f64 = 1e-3;

/// The answer to a trial.
#[derive(Debug)]
pub(super) struct Answer(Result<Reply, CallError>);

impl Answer {
    /// Returns the reply, if it has what the requested form of output needs.
    pub(super) fn checked_for(self, output: &RequestedOutput) -> Result<Reply, CallError> {
        let reply = self.0?;
        if *output == RequestedOutput::Token && reply.logprobs.is_empty() {
            let message = "the rubric reads the probabilities of the first token, and the program's answer has no \
                           \"logprobs\"";
            let error = CallError::new(CallErrorKind::NoCompletion, message);
            return Err(CallError { account: true, ..error });
        }
        Ok(reply)
    }
}

/// Reads a line of a program's output: the id that it names, and the answer.
///
/// # Errors
///
/// The line is no answer; the text says why.
pub(super) fn read_answer(line: &[u8]) -> Result<(String, Answer), String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not valid UTF-8".to_owned())?;
    let value = parse_unique(text).map_err(|error| {
        let error = error.to_string();
        format!("it is not valid JSON: {}", error.split(" at line ").next().unwrap_or(&error))
    })?;
    let Value::Object(mut fields) = value else { return Err(format!("it is {}", kind_of(&value))) };
    let id = match fields.remove("id") {
        Some(Value::String(id)) => id,
        Some(other) => return Err(format!("its \"id\" is {}", kind_of(&other))),
        None => return Err("it has no \"id\"".to_owned()),
    };
    let error = fields.remove("error").filter(|error| !error.is_null());
    let answer = match (fields.remove("reply"), error) {
        (None | Some(Value::Null), Some(error)) => Err(read_error(&error)?),
        (Some(_), Some(_)) => return Err("it has both \"reply\" and \"error\"".to_owned()),
        (Some(Value::String(reply)), None) => Ok(read_reply(Some(reply), &fields)?),
        // A model that gave no text.
        (Some(Value::Null), None) => Ok(read_reply(None, &fields)?),
        (Some(other), None) => return Err(format!("its \"reply\" is {}", kind_of(&other))),
        (None, None) => return Err("it has neither \"reply\" nor \"error\"".to_owned()),
    };
    Ok((id, Answer(answer)))
}

fn read_reply(text: Option<String>, fields: &Map<String, Value>) -> Result<Reply, String> {
    let present = |name: &str| fields.get(name).filter(|value| !value.is_null());
    let word = |name: &str| match present(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(format!("its \"{name}\" is {}", kind_of(other))),
    };
    let usage = present("usage").map(|usage| {
        let count = |name: &str| {
            token_count(Some(usage), name)
                .ok_or_else(|| format!("its \"usage\" has no number of tokens \"{name}\""))
        };
        let (prompt, completion) = (count("input_tokens")?, count("output_tokens")?);
        let cached = token_count(Some(usage), "cached_input_tokens").unwrap_or(0).min(prompt);
        Ok::<_, String>(Usage { prompt, completion, cached, ..Usage::default() })
    });
    Ok(Reply {
        text,
        usage: usage.transpose()?,
        model: word("model")?,
        finish_reason: word("finish_reason")?,
        logprobs: present("logprobs").map(read_logprobs).transpose()?.unwrap_or_default(),
        ..Reply::default()
    })
}

fn read_logprobs(value: &Value) -> Result<Vec<TokenLogprob>, String> {
    let invalid = || {
        "its \"logprobs\" is no list of objects with \"token\" and \"logprob\", a number up to 0"
            .to_owned()
    };
    let entry = |value: &Value| {
        let token = text_field(Some(value), "token").ok_or_else(invalid)?;
        let logprob = value.get("logprob").and_then(Value::as_f64);
        let logprob = logprob.filter(|logprob| *logprob <= ROUNDING).ok_or_else(invalid)?;
        Ok(TokenLogprob { token, logprob: logprob.min(0.0) })
    };
    value.as_array().ok_or_else(invalid)?.iter().map(entry).collect()
}

/// Reads an error: an object with its kind and a message, or the message alone.
fn read_error(error: &Value) -> Result<CallError, String> {
    let message = match error {
        Value::String(message) => Some(message.clone()),
        Value::Object(_) => text_field(Some(error), "message"),
        other => return Err(format!("its \"error\" is {}", kind_of(other))),
    };
    let message = one_line(message.as_deref().unwrap_or_default());
    let kind = match error.get("kind") {
        None | Some(Value::Null) => "temporary",
        Some(Value::String(kind)) => kind,
        Some(other) => return Err(format!("the \"kind\" of its error is {}", kind_of(other))),
    };
    let retry_after = match error.get("retry_after_s") {
        None | Some(Value::Null) => None,
        Some(wait) => {
            let seconds = wait.as_f64().filter(|seconds| (0.0..=MAX_WAIT).contains(seconds));
            let wait = seconds.map(Duration::from_secs_f64);
            Some(wait.ok_or("its \"retry_after_s\" is no number of seconds, at most 30 days")?)
        }
    };
    let (kind, account) = match kind {
        "rate-limited" => (CallErrorKind::Throttled, false),
        // One that says for how long is a server that asks to wait.
        "unavailable" if retry_after.is_some() => (CallErrorKind::Throttled, false),
        "unavailable" => (CallErrorKind::Unreachable, false),
        "temporary" => (CallErrorKind::Transient, false),
        "refused" | "invalid-request" => (CallErrorKind::RequestRejected, false),
        "auth" => (CallErrorKind::EndpointRejected, true),
        other => {
            return Err(format!(
                "the \"kind\" of its error is \"{}\"; the kinds are rate-limited, unavailable, temporary, refused, \
                 invalid-request and auth",
                one_line(other)
            ));
        }
    };
    let said = if message.is_empty() { "it gives no message" } else { &message };
    let words = error.get("kind").and_then(Value::as_str).unwrap_or("error");
    // A program that says so has not been charged for a reply.
    let rejection = Rejection { message: message.clone(), ..Rejection::default() };
    Ok(CallError {
        account,
        retry_after,
        rejection: Some(Box::new(rejection)),
        ..CallError::new(kind, format!("the program answers {words}: {said}"))
    })
}
