//! The line with which a program answers one trial.
//!
//! ```text
//! {"id":"…","reply":"…","usage":{"input_tokens":812,"output_tokens":40},"model":"…","logprobs":[{"token":"A","logprob":-0.1}]}
//! {"id":"…","error":{"kind":"rate-limited","message":"…","retry_after_s":20}}
//! ```

use std::time::Duration;

use serde_json::{Map, Value};

use crate::input::kind_of;
use crate::judge::endpoint::{text_field, token_count};
use crate::judge::{
    CallError, CallErrorKind, Rejection, Reply, RequestedOutput, TokenLogprob, Usage,
};
use crate::programs::{one_line, parse_line};

/// The valid answers, for messages.
pub(super) const EXPECTED: &str = "expected {\"id\": …, \"reply\": \"…\"}, or \"error\" with \"kind\" and \
     \"message\" in place of \"reply\"";

/// The longest wait that a program can ask for; far below what would overflow the clock.
const MAX_WAIT: f64 = 30.0 * 24.0 * 3600.0;
/// How much of a message that a program gives with an error is kept, in characters.
const MESSAGE_LENGTH: usize = 300;
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
    let value = parse_line(line)?;
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
        (Some(Value::String(reply)), None) => Ok(read_reply(Some(reply), fields)?),
        // The model gave no text.
        (Some(Value::Null), None) => Ok(read_reply(None, fields)?),
        (Some(other), None) => return Err(format!("its \"reply\" is {}", kind_of(&other))),
        (None, None) => return Err("it has neither \"reply\" nor \"error\"".to_owned()),
    };
    Ok((id, Answer(answer)))
}

fn read_reply(text: Option<String>, mut fields: Map<String, Value>) -> Result<Reply, String> {
    let mut present = |name: &str| fields.remove(name).filter(|value| !value.is_null());
    let word = |name: &str, value: Option<Value>| match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("its \"{name}\" is {}", kind_of(&other))),
    };
    Ok(Reply {
        text,
        usage: present("usage").map(|usage| read_usage(&usage)).transpose()?,
        model: word("model", present("model"))?,
        finish_reason: word("finish_reason", present("finish_reason"))?,
        logprobs: match present("logprobs") {
            Some(logprobs) => read_logprobs(&logprobs)?,
            None => Vec::new(),
        },
        ..Reply::default()
    })
}

fn read_usage(usage: &Value) -> Result<Usage, String> {
    let count = |name: &str| {
        token_count(Some(usage), name)
            .ok_or_else(|| format!("its \"usage\" has no number of tokens \"{name}\""))
    };
    let (prompt, completion) = (count("input_tokens")?, count("output_tokens")?);
    let cached = token_count(Some(usage), "cached_input_tokens").unwrap_or(0).min(prompt);
    Ok(Usage { prompt, completion, cached, ..Usage::default() })
}

fn read_logprobs(value: &Value) -> Result<Vec<TokenLogprob>, String> {
    let invalid = || {
        "its \"logprobs\" is not a list of objects with \"token\" and \"logprob\", a number up to 0"
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
    let message = one_line(message.as_deref().unwrap_or_default(), MESSAGE_LENGTH);
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
            Some(wait.ok_or("its \"retry_after_s\" is not a number of seconds from 0 to 30 days")?)
        }
    };
    let (kind, account) = match kind {
        "rate-limited" => (CallErrorKind::Throttled, false),
        // With a time to wait it is the same as a rate limit.
        "unavailable" if retry_after.is_some() => (CallErrorKind::Throttled, false),
        "unavailable" => (CallErrorKind::Unreachable, false),
        "temporary" => (CallErrorKind::Transient, false),
        "refused" | "invalid-request" => (CallErrorKind::RequestRejected, false),
        "auth" => (CallErrorKind::EndpointRejected, true),
        other => {
            return Err(format!(
                "the \"kind\" of its error is \"{}\"; the kinds are rate-limited, unavailable, temporary, refused, \
                 invalid-request and auth",
                one_line(other, 40)
            ));
        }
    };
    let said = if message.is_empty() { "it gives no message" } else { &message };
    let words = error.get("kind").and_then(Value::as_str).unwrap_or("error");
    let error = CallError::new(kind, format!("the program answers {words}: {said}"));
    // An error that the program answers costs nothing, unlike a request without an answer.
    let rejection = Some(Box::new(Rejection { message, ..Rejection::default() }));
    Ok(CallError { account, retry_after, rejection, ..error })
}
