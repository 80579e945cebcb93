//! References: what a person would have wanted as the answer to an item.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::json::{Record, parse_unique};
use crate::error::Result;

/// The answer a person would have wanted: one text, one of several, or the fields to extract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reference {
    /// The right answer.
    Text(String),
    /// Right answers, at least one; a response needs to be close to one of them.
    Several(Vec<String>),
    /// The fields of the right answer, where responses are to be structured.
    Object(Map<String, Value>),
}

impl Reference {
    /// Returns the right answers as texts, in order; none for an object.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let texts = match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
            Self::Object(_) => &[],
        };
        texts.iter().map(String::as_str)
    }

    /// Returns the JSON object or array that the reference is: an object, or a single text that is the JSON of
    /// one without a repeated key.
    ///
    /// It is copied or parsed each time. Several right answers are none.
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

/// Takes the reference of an item.
pub(super) fn take_reference(record: &mut Record) -> Result<Option<Reference>> {
    const WHAT: &str = "a string, a list of strings or an object";
    let texts = match record.take("reference") {
        None => return Ok(None),
        Some(Value::String(text)) => return Ok(Some(Reference::Text(text))),
        Some(Value::Object(fields)) => return Ok(Some(Reference::Object(fields))),
        Some(Value::Array(texts)) => texts,
        Some(other) => return Err(record.expected("reference", WHAT, &other)),
    };
    if texts.is_empty() {
        return Err(record.error(format!("reference: expected {WHAT}, found an empty list")));
    }
    let texts = texts.into_iter().enumerate().map(|(index, text)| match text {
        Value::String(text) => Ok(text),
        other => Err(record.expected(&format!("reference[{index}]"), "a string", &other)),
    });
    texts.collect::<Result<_>>().map(|texts| Some(Reference::Several(texts)))
}
