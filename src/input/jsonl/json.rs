//! JSON values in which no object repeats a key.
//!
//! A repeated key is an error because most parsers silently keep only one of its values: of two responses
//! under one name, one would be lost.

use std::path::Path;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::input::text::read_text;

/// Reads a file that holds one JSON value in which no object repeats a key.
///
/// # Errors
///
/// The file cannot be read, is not valid JSON, or has an object that repeats a key.
pub(crate) fn read_json(path: &Path) -> Result<Value> {
    let shown = path.display();
    parse_unique(&read_text(path)?).map_err(|error| {
        Error::input(format!("{shown}:{}: {}", error.line(), invalid_json(&error, 0)))
    })
}

/// Parses one JSON value in which no object repeats a key.
///
/// # Errors
///
/// The text is not valid JSON, or an object repeats a key.
pub(crate) fn parse_unique(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).map(|Unique(value)| value)
}

/// Returns the parser's message with the column; the caller's message names file and line. `before` is the number
/// of columns before the text that was parsed.
pub(crate) fn invalid_json(error: &serde_json::Error, before: usize) -> String {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
    format!("not valid JSON at column {}: {message}", before + error.column())
}

/// Returns the type of a JSON value as a noun with its article, for messages.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A JSON value in which no object repeats a key.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct UniqueVisitor;
        impl<'de> Visitor<'de> for UniqueVisitor {
            type Value = Value;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_bool<E>(self, value: bool) -> std::result::Result<Value, E> {
                Ok(value.into())
            }
            fn visit_i64<E>(self, value: i64) -> std::result::Result<Value, E> {
                Ok(value.into())
            }
            fn visit_u64<E>(self, value: u64) -> std::result::Result<Value, E> {
                Ok(value.into())
            }
            fn visit_f64<E>(self, value: f64) -> std::result::Result<Value, E> {
                Ok(value.into())
            }
            fn visit_str<E>(self, value: &str) -> std::result::Result<Value, E> {
                Ok(value.into())
            }
            fn visit_string<E>(self, value: String) -> std::result::Result<Value, E> {
                Ok(value.into())
            }
            fn visit_unit<E>(self) -> std::result::Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut seq: A,
            ) -> std::result::Result<Value, A::Error> {
                let mut list = Vec::new();
                while let Some(Unique(value)) = seq.next_element()? {
                    list.push(value);
                }
                Ok(Value::Array(list))
            }
            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Value, A::Error> {
                let mut fields = Map::new();
                while let Some((key, Unique(value))) = map.next_entry::<String, Unique>()? {
                    if fields.contains_key(&key) {
                        return Err(A::Error::custom(format!("the key `{key}` is repeated")));
                    }
                    fields.insert(key, value);
                }
                Ok(Value::Object(fields))
            }
        }
        deserializer.deserialize_any(UniqueVisitor).map(Unique)
    }
}
