//! References: the expected answers to an item.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::jsonl::{Record, parse_unique};
use crate::error::Result;

/// The expected answer to an item: one text, several acceptable texts, or an object of fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reference {
    /// The one expected answer.
    Text(String),
    /// Acceptable answers, at least one; a response is compared with the closest.
    Several(Vec<String>),
    /// The expected fields, where responses are structured data.
    Object(Map<String, Value>),
}

impl Reference {
    /// Returns the expected texts, in order; an object has none.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let texts = match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
            Self::Object(_) => &[],
        };
        texts.iter().map(String::as_str)
    }

    /// Returns the reference as a JSON object or array, or `None` if it is neither.
    ///
    /// A single text counts if it is valid JSON without a repeated key; several texts never do. The value is
    /// copied or parsed at every call.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenhand::input::Reference;
    ///
    /// let text = Reference::Text(r#"{"total": 12}"#.into());
    /// assert_eq!(text.object().unwrap()["total"], 12);
    /// assert_eq!(Reference::Text("12".into()).object(), None);
    /// ```
    pub fn object(&self) -> Option<Value> {
        match self {
            Self::Text(text) if text.trim_start().starts_with(['{', '[']) => {
                parse_unique(text).ok()
            }
            Self::Text(_) | Self::Several(_) => None,
            Self::Object(fields) => Some(Value::Object(fields.clone())),
        }
    }
}

/// Removes the reference from an item's record and returns it.
///
/// # Errors
///
/// The field is neither a string, a non-empty list of strings, nor an object.
pub(super) fn take_reference(record: &mut Record) -> Result<Option<Reference>> {
    const EXPECTED: &str = "a string, a list of strings or an object";
    let texts = match record.take("reference") {
        None => return Ok(None),
        Some(Value::String(text)) => return Ok(Some(Reference::Text(text))),
        Some(Value::Object(fields)) => return Ok(Some(Reference::Object(fields))),
        Some(Value::Array(texts)) => texts,
        Some(other) => return Err(record.expected("reference", EXPECTED, &other)),
    };
    if texts.is_empty() {
        return Err(record.error(format!("reference: expected {EXPECTED}, found an empty list")));
    }
    let texts = texts.into_iter().enumerate().map(|(index, text)| match text {
        Value::String(text) => Ok(text),
        other => Err(record.expected(format!("reference[{index}]"), "a string", &other)),
    });
    texts.collect::<Result<_>>().map(|texts| Some(Reference::Several(texts)))
}
