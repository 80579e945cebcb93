//! JSON objects, one a line, with messages that name file, line and field.
//!
//! Values are read by hand from a generic tree rather than by derived deserialisation, because a
//! person who mistyped a field deserves to hear its name, and because a repeated key must be an
//! error: it would silently lose one of two responses.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::error::{Error, Result, nearest};

/// A JSON object together with the place it was read from.
#[derive(Debug)]
pub(crate) struct Record {
    /// `file:line`, for messages.
    pub(crate) place: String,
    /// The line's number, counted from 1.
    pub(crate) line: usize,
    fields: Map<String, Value>,
}

impl Record {
    /// Takes the value of `field`; an absent one and `null` are both `None`.
    pub(crate) fn take(&mut self, field: &str) -> Option<Value> {
        self.fields.remove(field).filter(|value| !value.is_null())
    }

    /// Returns whether a field is there and is `null`.
    pub(crate) fn is_null(&self, field: &str) -> bool {
        self.fields.get(field).is_some_and(Value::is_null)
    }

    /// Takes fields whatever they hold.
    pub(crate) fn drop_fields(&mut self, fields: &[&str]) {
        self.fields.retain(|field, _| !fields.contains(&field.as_str()));
    }

    /// Takes a field that must be there and be a string.
    pub(crate) fn take_text(&mut self, field: &str) -> Result<String> {
        match self.take(field) {
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err(self.expected(field, "a string", &other)),
            None => Err(self.missing(field)),
        }
    }

    /// Takes a name: a string that is not empty.
    pub(crate) fn take_name(&mut self, field: &str) -> Result<String> {
        let text = self.take_text(field)?;
        if text.is_empty() {
            return Err(self.error(format!("{field} is empty")));
        }
        Ok(text)
    }

    /// Returns an error at this line.
    pub(crate) fn error(&self, message: impl std::fmt::Display) -> Error {
        Error::input(format!("{}: {message}", self.place))
    }

    /// Returns the error for a field of the wrong type.
    pub(crate) fn expected(&self, field: &str, what: &str, found: &Value) -> Error {
        self.error(format!("{field}: expected {what}, found {}", kind_of(found)))
    }

    /// Returns the error for an absent field, with the field that may have been meant.
    pub(crate) fn missing(&self, field: &str) -> Error {
        let error = self.error(format!("{field} is missing"));
        match nearest(field, self.fields.keys().map(String::as_str)) {
            Some(close) => error.hint(format!("`{close}` looks like a misspelling of `{field}`")),
            None => error,
        }
    }

    /// Returns the names of the fields that nobody took, or an error if one of them looks like a
    /// misspelling of a field in `known`.
    pub(crate) fn leftovers(self, known: &[&str]) -> Result<Vec<String>> {
        for (field, value) in &self.fields {
            if value.is_null() {
                continue;
            }
            if let Some(close) = nearest(field, known.iter().copied()) {
                return Err(self
                    .error(format!("unknown field `{field}`"))
                    .hint(format!("did you mean `{close}`?")));
            }
        }
        Ok(self.fields.into_iter().map(|(field, _)| field).collect())
    }
}

/// Reads a JSONL file and hands every object to `each`, in order. Blank lines are passed over.
///
/// # Errors
///
/// The file cannot be read, a line is not UTF-8, or a line is not one JSON object without repeated
/// keys; and whatever `each` returns.
pub(crate) fn read_lines(path: &Path, mut each: impl FnMut(Record) -> Result<()>) -> Result<()> {
    let mut lines = Lines::open(path)?;
    while let Some(line) = lines.next_line()? {
        each(line.parse()?)?;
    }
    Ok(())
}

/// The lines of a JSONL file, one after the other.
#[derive(Debug)]
pub(super) struct Lines {
    shown: String,
    reader: BufReader<File>,
    buffer: Vec<u8>,
    number: usize,
    offset: u64,
}

/// One line, not parsed yet, so that that can be done elsewhere.
#[derive(Debug)]
pub(super) struct Line {
    place: String,
    number: usize,
    /// Where in the file it begins.
    pub(super) offset: u64,
    /// Without white space around it.
    pub(super) text: String,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        let file = File::open(path).map_err(|error| Error::input(format!("{shown}: {error}")))?;
        let reader = BufReader::with_capacity(1 << 16, file);
        Ok(Self { shown, reader, buffer: Vec::new(), number: 0, offset: 0 })
    }

    /// Returns the next line that is not blank.
    pub(super) fn next_line(&mut self) -> Result<Option<Line>> {
        loop {
            self.buffer.clear();
            let read = self.reader.read_until(b'\n', &mut self.buffer).map_err(|error| {
                Error::input(format!("{}:{}: {error}", self.shown, self.number + 1))
            })?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            let offset = self.offset;
            self.offset += read as u64;
            let place = format!("{}:{}", self.shown, self.number);
            let line = Line::of(&self.buffer, place, self.number)?;
            if !line.text.is_empty() {
                return Ok(Some(Line { offset, ..line }));
            }
        }
    }
}

impl Line {
    /// Takes the bytes of a line; the first may begin with a byte order mark.
    pub(super) fn of(bytes: &[u8], place: String, number: usize) -> Result<Self> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Error::input(format!("{place}: the line is not valid UTF-8")))?;
        let text = if number == 1 { text.trim_start_matches('\u{feff}') } else { text };
        Ok(Self { place, number, offset: 0, text: text.trim().to_owned() })
    }

    /// Reads the object that the line must be.
    pub(super) fn parse(self) -> Result<Record> {
        let Self { place, number, text, .. } = self;
        let value = parse_unique(&text)
            .map_err(|error| Error::input(format!("{place}: {}", parse_message(&error))))?;
        match value {
            Value::Object(fields) => Ok(Record { place, line: number, fields }),
            other => {
                let found = kind_of(&other);
                Err(Error::input(format!("{place}: expected a JSON object, found {found}"))
                    .hint("the file is JSONL: one object a line"))
            }
        }
    }
}

/// Reads a file that is one JSON value in which no object repeats a key.
///
/// # Errors
///
/// The file cannot be read, or is not that.
pub(crate) fn read_json(path: &Path) -> Result<Value> {
    let shown = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| Error::input(format!("{shown}: {error}")))?;
    parse_unique(text.trim_start_matches('\u{feff}')).map_err(|error| {
        Error::input(format!("{shown}:{}: {}", error.line(), parse_message(&error)))
    })
}

/// Parses one JSON value in which no object repeats a key.
pub(crate) fn parse_unique(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).map(|Unique(value)| value)
}

/// The parser's message with the column; the line is told with the file's name.
fn parse_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
    format!("not valid JSON at column {}: {message}", error.column())
}

/// Returns what a JSON value is, with its article.
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
        struct Tree;
        impl<'de> Visitor<'de> for Tree {
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
                        return Err(A::Error::custom(format!("the key `{key}` is there twice")));
                    }
                    fields.insert(key, value);
                }
                Ok(Value::Object(fields))
            }
        }
        deserializer.deserialize_any(Tree).map(Unique)
    }
}
