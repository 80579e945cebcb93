//! Values that lines of labels of any kind have, and recordings of grades.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::jsonl::Record;
use crate::error::{Error, Result, nearest};

/// The smallest sampling probability that is accepted: its inverse is used as a weight.
const MIN_PROBABILITY: f64 = 1e-9;

/// Names that were read, each once in memory.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<Arc<str>>);

impl Names {
    /// Returns a name, the same one each time.
    pub(super) fn get(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = Arc::from(name);
        self.0.insert(Arc::clone(&name));
        name
    }
}

/// Takes a field that is true or false; `None` if it is absent.
pub(super) fn take_flag(record: &mut Record, field: &str) -> Result<Option<bool>> {
    match record.take(field) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(flag)),
        Some(other) => Err(record.expected(field, "true or false", &other)),
    }
}

/// Takes a field whose value is one of some words; `None` if it is absent.
pub(super) fn take_word<T: Copy>(
    record: &mut Record,
    field: &str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Result<Option<T>> {
    let Some(text) = record.take_optional_text(field)? else { return Ok(None) };
    if let Some(one) = all.iter().find(|one| word(**one) == text) {
        return Ok(Some(*one));
    }
    let words: Vec<String> = all.iter().map(|one| format!("\"{}\"", word(*one))).collect();
    Err(record
        .error(format!("{field}: expected {}, found `{text}`", words.join(" or ")))
        .in_field(field))
}

/// Takes how long an answer took, in seconds: at least 0.
pub(super) fn take_seconds(record: &mut Record) -> Result<Option<f64>> {
    match record.take("seconds") {
        None => Ok(None),
        Some(value) => match value.as_f64() {
            Some(seconds) if seconds >= 0.0 => Ok(Some(seconds)),
            Some(_) => Err(record.error(format!("seconds: expected at least 0, found {value}"))),
            None => Err(record.expected("seconds", "a number", &value)),
        },
    }
}

/// Takes the probability with which a label was drawn; `None` if it is absent. `what` is what was drawn.
pub(super) fn take_probability(record: &mut Record, what: &str) -> Result<Option<f64>> {
    match record.take("probability") {
        None => Ok(None),
        Some(value) => match value.as_f64() {
            Some(probability) if (MIN_PROBABILITY..=1.0).contains(&probability) => {
                Ok(Some(probability))
            }
            Some(_) => Err(record
                .error(format!("probability: expected a number above 0 and at most 1, found {value}"))
                .hint(format!(
                    "it is the probability with which the {what} was drawn; omit the field if it is unknown"
                ))),
            None => Err(record.expected("probability", "a number", &value)),
        },
    }
}

/// Returns the error for a grade in a field that is none of these.
pub(super) fn unknown_grade(record: &Record, field: &str, name: &str, names: &[&str]) -> Error {
    let close = nearest(&name.to_lowercase(), names.iter().copied());
    let error = record.error(format!("unknown grade `{name}` in {field}")).in_field(field);
    let error = error.detail(format!("the grades are: {}", names.join(", ")));
    error.hint(match close {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("`{field}` must be one of these"),
    })
}
