//! The line that a program gets for one trial.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use crate::input::Message;
use crate::judge::RequestedOutput;
use crate::keyed_hash::KeyedHash;
use crate::trial::Trial;

/// One line on the program's stdin. It has nothing by which the systems or the item could be recognised.
#[derive(Debug, Serialize)]
pub(super) struct RequestLine<'a> {
    /// Unique among all that the process is asked at the same time.
    pub(super) id: String,
    pub(super) attempt: u32,
    pub(super) model: &'a str,
    pub(super) messages: &'a [Message],
    pub(super) temperature: Option<f64>,
    pub(super) max_tokens: Option<u64>,
    /// In the form of chat completions, so that it can be passed on.
    pub(super) response_format: Option<&'a Value>,
    /// Whether the answer must have the probabilities of the first token.
    pub(super) logprobs: bool,
}

impl RequestLine<'_> {
    /// Returns the line with its line break. It is ASCII, so that a program reads the same whatever encoding it expects
    /// and whatever else it takes for a line break (U+2028).
    pub(super) fn to_line(&self) -> serde_json::Result<Vec<u8>> {
        let json = serde_json::to_string(self)?;
        let mut line = String::with_capacity(json.len() + 1);
        for char in json.chars() {
            // Only strings have other characters.
            if char.is_ascii() {
                line.push(char);
            } else {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
                    let _failed = write!(line, "\\u{unit:04x}").is_err();
                }
            }
        }
        line.push('\n');
        Ok(line.into_bytes())
    }
}

/// Returns a name of a trial and its attempt that says nothing about it.
pub(super) fn id_of(trial: &Trial<'_>) -> String {
    let hash = KeyedHash::new("evenhand: id of a trial for a program")
        .bytes(&trial.repeat.to_le_bytes())
        .texts([&trial.comparison.item.id, trial.first_system(), trial.second_system()]);
    format!("{:016x}-{}", hash.number(), trial.attempt)
}

/// Returns the form of reply that is asked for, as chat completions name it.
pub(super) fn response_format(output: &RequestedOutput) -> Option<Value> {
    let RequestedOutput::Json(schema) = output else { return None };
    let json_schema = json!({ "name": "verdict", "strict": true, "schema": schema });
    Some(json!({ "type": "json_schema", "json_schema": json_schema }))
}
