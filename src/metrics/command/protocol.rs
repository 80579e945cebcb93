//! The protocol between evenhand and a program: one line of JSON per response in each direction.
//!
//! A response can contain anything, so it is passed only as a JSON string. A line that is not clearly a score or
//! clearly the statement that there is none is an error, because a number with another meaning would go unnoticed
//! into a mean.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::input::{Content, Item, Reference, kind_of};
use crate::programs::{one_line, parse_line, stdout_hint};

/// The valid answers, for messages.
pub(super) const EXPECTED: &str = "expected: a finite number, true, false or null, or an object with \
     one of them as \"score\", or with an \"error\"";

/// How much is kept of an error that a program gives as its answer, in characters.
const ERROR_LENGTH: usize = 200;

/// The response of one system to an item.
#[derive(Debug, Clone, Copy)]
pub struct SystemResponse<'a> {
    /// The item.
    pub item: &'a Item,
    /// The system; it must have a response to the item.
    pub system: &'a str,
}

/// The answer of a program to one response.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The score, a finite number; `true` is 1 and `false` 0.
    Score(f64),
    /// There is no score; the reason as one short line.
    Failed(String),
}

/// Why a line is not the answer to a response.
#[derive(Debug)]
pub(super) enum InvalidAnswer {
    /// The line is not an answer.
    Malformed(String),
    /// The line is the answer to another response.
    OtherResponse(String),
}

impl SystemResponse<'_> {
    /// Returns a description of the response for messages.
    pub(super) fn description(&self) -> String {
        format!("item `{}`, system `{}`", one_line(&self.item.id, 80), one_line(self.system, 80))
    }

    /// Appends the line for this response, with its line break, to the input of a process.
    pub(super) fn write_question(&self, input: &mut Vec<u8>) -> Result<()> {
        let Item { id, prompt, responses, reference, context, tags, generated: _, place: _ } =
            self.item;
        let Some(response) = responses.get(self.system) else {
            return Err(Error::internal(format!(
                "{}: there is no such response",
                self.description()
            )));
        };
        let (reference, context) = (reference.as_ref(), context.as_ref());
        let question =
            Question { id, system: self.system, prompt, response, reference, context, tags };
        serde_json::to_writer(&mut *input, &question)
            .map_err(|error| Error::internal(format!("{}: {error}", self.description())))?;
        input.push(b'\n');
        Ok(())
    }
}

/// One line on the program's stdin.
#[derive(Serialize)]
struct Question<'a> {
    id: &'a str,
    system: &'a str,
    prompt: &'a Content,
    response: &'a Content,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'a Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'a BTreeMap<String, String>,
}

/// Parses a line of the program's output as the answer to `response`.
///
/// # Errors
///
/// The line is not a valid answer, or names another item or system.
pub(super) fn parse_answer(
    line: &[u8],
    response: &SystemResponse<'_>,
) -> std::result::Result<Answer, InvalidAnswer> {
    let value = parse_line(line).map_err(InvalidAnswer::Malformed)?;
    let Value::Object(fields) = value else {
        return parse_score(&value, "it is null")
            .map_err(|found| InvalidAnswer::Malformed(format!("it is {found}")));
    };
    for (field, own) in [("id", response.item.id.as_str()), ("system", response.system)] {
        if let Some(other) = fields.get(field).filter(|value| value.as_str() != Some(own)) {
            let other = one_line(&other.to_string(), 80);
            return Err(InvalidAnswer::OtherResponse(format!("its \"{field}\" is {other}")));
        }
    }
    let error = match fields.get("error") {
        None | Some(Value::Null) => None,
        Some(Value::String(error)) => Some(one_line(error, ERROR_LENGTH)),
        Some(other) => Some(one_line(&other.to_string(), ERROR_LENGTH)),
    };
    match (fields.get("score"), error) {
        (None | Some(Value::Null), Some(error)) => Ok(Answer::Failed(error)),
        (Some(score), _) => parse_score(score, "its \"score\" is null")
            .map_err(|found| InvalidAnswer::Malformed(format!("its \"score\" is {found}"))),
        (None, None) => {
            Err(InvalidAnswer::Malformed("it has neither \"score\" nor \"error\"".to_owned()))
        }
    }
}

/// Parses a score; the error describes a value that is none.
fn parse_score(value: &Value, null: &str) -> std::result::Result<Answer, &'static str> {
    match value {
        Value::Number(number) => number.as_f64().map(Answer::Score).ok_or("a number out of range"),
        Value::Bool(score) => Ok(Answer::Score(f64::from(*score))),
        Value::Null => Ok(Answer::Failed(null.to_owned())),
        other => Err(kind_of(other)),
    }
}

/// Returns a hint for a line that is not a valid answer.
pub(super) fn hint(line: &[u8]) -> &'static str {
    stdout_hint(
        line,
        "write only answers to stdout, as JSON; in Python use print(json.dumps(answer)), where answer is None if \
         there is no score; write logs to stderr",
    )
}
