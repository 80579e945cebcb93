//! An object inside a record, whose fields are taken one by one like those of the record.

use serde_json::{Map, Value};

use super::path::Path;
use super::record::Record;
use crate::error::{Error, Result, nearest};

/// An object inside a record, with its path.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    /// Where the object is.
    pub(crate) path: &'a Path<'a>,
    fields: Map<String, Value>,
}

impl<'a> Object<'a> {
    /// Returns the object at `path`.
    ///
    /// # Errors
    ///
    /// The value is not an object; the message says that `what` was expected.
    pub(crate) fn new(
        record: &Record,
        path: &'a Path<'a>,
        value: Value,
        what: &str,
    ) -> Result<Self> {
        match value {
            Value::Object(fields) => Ok(Self { path, fields }),
            other => Err(record.expected(path, what, &other)),
        }
    }

    /// Returns a field; `None` if it is absent or `null`.
    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// Returns whether a field is present and `null`.
    pub(crate) fn is_null(&self, field: &str) -> bool {
        self.fields.get(field).is_some_and(Value::is_null)
    }

    /// Removes a field and returns its value; `None` if it is absent or `null`.
    pub(crate) fn take(&mut self, field: &str) -> Option<Value> {
        self.fields.remove(field).filter(|value| !value.is_null())
    }

    /// Removes an optional string field and returns it; `None` if it is absent or `null`.
    ///
    /// # Errors
    ///
    /// The field is not a string.
    pub(crate) fn take_text(&mut self, record: &Record, field: &str) -> Result<Option<String>> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(record.expected(self.path.field(field), "a string", &other)),
        }
    }

    /// Removes a required string field and returns it.
    ///
    /// # Errors
    ///
    /// The field is absent or not a string.
    pub(crate) fn require_text(&mut self, record: &Record, field: &str) -> Result<String> {
        if self.is_null(field) {
            return Err(record.expected(self.path.field(field), "a string", &Value::Null));
        }
        self.take_text(record, field)?.ok_or_else(|| self.missing(record, field))
    }

    /// Returns the error for an absent field, with a hint if a present field looks like a misspelling of it.
    pub(crate) fn missing(&self, record: &Record, field: &str) -> Error {
        record.missing_among(self.path.field(field), field, self.fields.keys())
    }

    /// Notes in the record which fields were not removed, so that they are counted as ignored.
    ///
    /// # Errors
    ///
    /// One of them is not `null` and looks like a misspelling of a field in `known`. A known field that was not
    /// removed is ignored like an unknown one.
    pub(crate) fn finish(self, record: &mut Record, known: &[&str]) -> Result<()> {
        for (field, value) in &self.fields {
            let path = self.path.field(field);
            match nearest(field, known.iter().copied()) {
                Some(close) if close != field && !value.is_null() => {
                    return Err(record
                        .error(format!("unknown field `{path}`"))
                        .in_field(path)
                        .hint(format!("did you mean `{close}`?")));
                }
                _ => record.ignore(&path),
            }
        }
        Ok(())
    }
}
