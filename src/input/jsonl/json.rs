//! JSON values in which no object repeats a key.
//!
//! A repeated key is an error because most parsers silently keep only one of its values: of two responses
//! under one name, one would be lost.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
};
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
    serde_json::from_str(text).map(|UniqueValue(value)| value)
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
struct UniqueValue(Value);

impl<'de> Deserialize<'de> for UniqueValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        LimitedValue::new(usize::MAX).deserialize(deserializer).map(Self)
    }
}

/// Reads a value in which no object repeats a key, and which has a limited size: some forms name a value once and repeat
/// it often.
#[derive(Clone)]
pub(in crate::input) struct LimitedValue {
    /// How many bytes may follow.
    left: Rc<Cell<usize>>,
}

impl LimitedValue {
    /// `bytes` limits the texts and the number of values, each of which takes some.
    pub(in crate::input) fn new(bytes: usize) -> Self {
        Self { left: Rc::new(Cell::new(bytes)) }
    }

    fn take<E: serde::de::Error>(&self, text: usize) -> std::result::Result<(), E> {
        let left = self.left.get().checked_sub(text + size_of::<Value>());
        self.left
            .set(left.ok_or_else(|| E::custom("its values, which it repeats, are too large"))?);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for LimitedValue {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for LimitedValue {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E: serde::de::Error>(self, value: bool) -> std::result::Result<Value, E> {
        self.take(0)?;
        Ok(value.into())
    }
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> std::result::Result<Value, E> {
        self.take(0)?;
        Ok(value.into())
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> std::result::Result<Value, E> {
        self.take(0)?;
        Ok(value.into())
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> std::result::Result<Value, E> {
        self.take(0)?;
        Ok(value.into())
    }
    fn visit_str<E: serde::de::Error>(self, value: &str) -> std::result::Result<Value, E> {
        self.take(value.len())?;
        Ok(value.into())
    }
    fn visit_string<E: serde::de::Error>(self, value: String) -> std::result::Result<Value, E> {
        self.take(value.len())?;
        Ok(value.into())
    }
    fn visit_unit<E: serde::de::Error>(self) -> std::result::Result<Value, E> {
        self.take(0)?;
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Value, A::Error> {
        self.take(0)?;
        let mut list = Vec::new();
        while let Some(value) = seq.next_element_seed(self.clone())? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Value, A::Error> {
        self.take(0)?;
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            self.take(key.len())?;
            let value = map.next_value_seed(self.clone())?;
            if fields.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` is repeated")));
            }
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}
