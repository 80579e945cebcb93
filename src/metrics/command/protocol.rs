//! What a program is told about a response, and what it may answer: one line of JSON each way.
//!
//! A response may hold anything, so it travels as a JSON string and as nothing else. An answer may be
//! anything too, so whatever is not plainly a score or the plain statement that there is none is refused:
//! a number that was meant otherwise would go into a mean unseen.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::input::{Content, Item, Reference, kind_of, parse_unique};

/// What an answer has to be, for messages.
pub(super) const EXPECTED: &str = "expected: a finite number, true, false or null, or an object with \
     one of them as \"score\", or with an \"error\"";

/// What Python prints for answers that are not written as JSON, and its `json` for numbers that JSON has not.
const PYTHON: [&str; 9] =
    ["True", "False", "None", "nan", "inf", "-inf", "NaN", "Infinity", "-Infinity"];

/// How much of an error is kept that a program gives as its answer, in characters.
const ERROR_LENGTH: usize = 200;

/// One response: what a program is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The item.
    pub item: &'a Item,
    /// The system whose response to it is meant.
    pub system: &'a str,
}

/// What came of one response.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The score, a finite number; `true` is 1 and `false` 0.
    Score(f64),
    /// There is none, and why: one short line.
    Failed(String),
}

/// Why a line cannot be the answer to a response.
#[derive(Debug)]
pub(super) enum Misfit {
    /// It is no answer at all.
    Nonsense(String),
    /// It is the answer to another response.
    Elsewhere(String),
}

impl Row<'_> {
    /// Returns what a message calls this response.
    pub(super) fn place(&self) -> String {
        format!("item `{}`, system `{}`", one_line(&self.item.id, 80), one_line(self.system, 80))
    }

    /// Writes the line that asks about this response, with its line break.
    pub(super) fn write_question(&self, input: &mut Vec<u8>) -> Result<()> {
        let Item { id, prompt, responses, reference, context, tags, place: _ } = self.item;
        let Some(response) = responses.get(self.system) else {
            return Err(Error::internal(format!("{}: there is no such response", self.place())));
        };
        let (reference, context) = (reference.as_ref(), context.as_ref());
        let question =
            Question { id, system: self.system, prompt, response, reference, context, tags };
        serde_json::to_writer(&mut *input, &question)
            .map_err(|error| Error::internal(format!("{}: {error}", self.place())))?;
        input.push(b'\n');
        Ok(())
    }
}

/// A line on the program's stdin.
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

/// Reads a line of the program's output as the answer to `row`.
pub(super) fn read_answer(line: &[u8], row: &Row<'_>) -> std::result::Result<Answer, Misfit> {
    let nonsense = |why: &str| Misfit::Nonsense(why.to_owned());
    let text = std::str::from_utf8(line).map_err(|_| nonsense("it is not valid UTF-8"))?;
    let value = parse_unique(text).map_err(|error| {
        let error = error.to_string();
        let why = error.split(" at line ").next().unwrap_or(&error);
        Misfit::Nonsense(format!("it is not valid JSON: {}", one_line(why, 80)))
    })?;
    let Value::Object(fields) = value else {
        return read_score(&value, "it is null")
            .map_err(|found| Misfit::Nonsense(format!("it is {found}")));
    };
    for (field, own) in [("id", row.item.id.as_str()), ("system", row.system)] {
        if let Some(other) = fields.get(field).filter(|value| value.as_str() != Some(own)) {
            let other = one_line(&other.to_string(), 80);
            return Err(Misfit::Elsewhere(format!("its \"{field}\" is {other}")));
        }
    }
    let error = match fields.get("error") {
        None | Some(Value::Null) => None,
        Some(Value::String(error)) => Some(one_line(error, ERROR_LENGTH)),
        Some(other) => Some(one_line(&other.to_string(), ERROR_LENGTH)),
    };
    match (fields.get("score"), error) {
        (None | Some(Value::Null), Some(error)) => Ok(Answer::Failed(error)),
        (Some(score), _) => read_score(score, "its \"score\" is null")
            .map_err(|found| Misfit::Nonsense(format!("its \"score\" is {found}"))),
        (None, None) => Err(nonsense("it has neither \"score\" nor \"error\"")),
    }
}

/// Reads a score, or says what stands in its place.
fn read_score(value: &Value, null: &str) -> std::result::Result<Answer, &'static str> {
    match value {
        Value::Number(number) => {
            number.as_f64().map(Answer::Score).ok_or("a number beyond all bounds")
        }
        Value::Bool(score) => Ok(Answer::Score(f64::from(u8::from(*score)))),
        Value::Null => Ok(Answer::Failed(null.to_owned())),
        other => Err(kind_of(other)),
    }
}

/// Returns what to do about a line that is no answer.
pub(super) fn advice(line: &[u8]) -> &'static str {
    let is_python = PYTHON.iter().any(|word| word.as_bytes() == line) || line.starts_with(b"{'");
    if is_python {
        "only answers may go to stdout, as JSON; in Python print json.dumps(answer), where the answer is \
         None if there is no score; logs belong on stderr"
    } else {
        "only answers may go to stdout; logs belong on stderr"
    }
}

/// Returns a text as one line of at most `length` characters, control characters made visible.
pub(super) fn one_line(text: &str, length: usize) -> String {
    let mut line = String::new();
    for (count, char) in text.trim().chars().enumerate() {
        if count == length {
            line.push('…');
            break;
        }
        if char.is_control() { line.extend(char.escape_default()) } else { line.push(char) }
    }
    line
}
