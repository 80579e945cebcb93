//! One line of a JSONL file as an object, with error messages that name file, line and field.
//!
//! Fields are taken out of a generic tree one by one instead of by derived deserialisation, so that an error
//! can name a misspelt field and suggest the right one.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::json::kind_of;
use super::path::Path;
use crate::error::{Error, Result, nearest};

/// A JSON object together with the file and line it was read from.
#[derive(Debug)]
pub(crate) struct Record {
    /// `file:line`, for messages.
    pub(crate) place: String,
    /// The line's number, counted from 1.
    pub(crate) line: usize,
    fields: Map<String, Value>,
    /// The paths of ignored fields of objects inside the record.
    ignored: BTreeSet<String>,
}

impl Record {
    pub(in crate::input) fn new(place: String, line: usize, fields: Map<String, Value>) -> Self {
        Self { place, line, fields, ignored: BTreeSet::new() }
    }

    /// Removes `field` and returns its value; `None` if it is absent or `null`.
    pub(crate) fn take(&mut self, field: &str) -> Option<Value> {
        self.fields.remove(field).filter(|value| !value.is_null())
    }

    /// Returns the value of `field`; `None` if it is absent or `null`.
    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// Returns whether `field` is present, perhaps as `null`.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// Returns the names of the fields, in the order of the file.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// Returns all fields that were not removed.
    pub(crate) fn into_fields(self) -> Map<String, Value> {
        self.fields
    }

    /// Returns whether `field` is present and `null`.
    pub(crate) fn is_null(&self, field: &str) -> bool {
        self.fields.get(field).is_some_and(Value::is_null)
    }

    /// Removes fields without looking at their values.
    pub(crate) fn discard(&mut self, fields: &[&str]) {
        self.fields.retain(|field, _| !fields.contains(&field.as_str()));
    }

    /// Removes a required string field and returns it.
    ///
    /// # Errors
    ///
    /// The field is absent, `null` or not a string.
    pub(crate) fn take_text(&mut self, field: &str) -> Result<String> {
        match self.take(field) {
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err(self.expected(field, "a string", &other)),
            None => Err(self.missing(field)),
        }
    }

    /// Removes an optional string field and returns it; `None` if it is absent or `null`.
    ///
    /// # Errors
    ///
    /// The field is not a string.
    pub(crate) fn take_optional_text(&mut self, field: &str) -> Result<Option<String>> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.expected(field, "a string", &other)),
        }
    }

    /// Removes a required string field that must not be empty and returns it.
    ///
    /// # Errors
    ///
    /// The field is absent, `null`, not a string, or empty.
    pub(crate) fn take_name(&mut self, field: &str) -> Result<String> {
        let text = self.take_text(field)?;
        if text.is_empty() {
            return Err(self.error(format!("{field} is empty")).in_field(field));
        }
        Ok(text)
    }

    /// Removes the required field `id` and returns it as a text. A whole number is the text of its digits: files of
    /// many programs have such ids.
    ///
    /// # Errors
    ///
    /// The field is absent, `null`, neither a string nor a whole number, or empty.
    pub(crate) fn take_id(&mut self) -> Result<String> {
        self.take_id_field("id")
    }

    /// Removes a required field that is an id, as [`Self::take_id`] does.
    ///
    /// # Errors
    ///
    /// As there.
    pub(crate) fn take_id_field(&mut self, field: &str) -> Result<String> {
        match self.fields.get(field) {
            Some(Value::Number(number)) if number.is_i64() || number.is_u64() => {
                let id = number.to_string();
                self.take(field);
                Ok(id)
            }
            Some(Value::Number(number)) => Err(self
                .error(format!("{field}: expected a string or a whole number, found {number}"))
                .in_field(field)
                .hint("write the id as a string, so that it is the same text in every file")),
            Some(Value::Null | Value::String(_)) | None => self.take_name(field),
            Some(other) => Err(self.expected(field, "a string or a whole number", other)),
        }
    }

    /// Returns an error that names the file and line of this record.
    pub(crate) fn error(&self, message: impl std::fmt::Display) -> Error {
        Error::input(format!("{}: {message}", self.place)).at(&self.place)
    }

    /// Returns the error for a field of the wrong type.
    pub(crate) fn expected(
        &self,
        field: impl std::fmt::Display,
        what: &str,
        found: &Value,
    ) -> Error {
        self.error(format!("{field}: expected {what}, found {}", kind_of(found))).in_field(field)
    }

    /// Returns the error for an absent field, with a hint if a present field looks like a misspelling of it.
    pub(crate) fn missing(&self, field: &str) -> Error {
        match self.list_of_records(field) {
            Some(list) => self.error(format!("{field} is missing")).in_field(field).hint(format!(
                "the records seem to be in the list `{list}`; write them one per line: jq -c {} FILE > records.jsonl",
                jq_filter(list)
            )),
            None => self.missing_among(field, field, self.fields.keys()),
        }
    }

    /// Returns the key of a list that seems to hold the records of the file: its objects have the missing field; or it
    /// is all that there is, and no conversation.
    fn list_of_records(&self, missing: &str) -> Option<&str> {
        let is_only = self.fields.len() == 1;
        let holds_records = |value: &Value| {
            let Value::Array(entries) = value else { return false };
            let Some(Value::Object(first)) = entries.first() else { return false };
            first.contains_key(missing) || (is_only && !first.contains_key("role"))
        };
        self.fields.iter().find(|(_, value)| holds_records(value)).map(|(key, _)| key.as_str())
    }

    /// Returns the same error for the field at `path` of an object inside the record, which has the fields
    /// `present`.
    pub(super) fn missing_among<'a>(
        &self,
        path: impl std::fmt::Display,
        field: &str,
        present: impl Iterator<Item = &'a String>,
    ) -> Error {
        let error = self.error(format!("{path} is missing")).in_field(path);
        match nearest(field, present.map(String::as_str)) {
            Some(close) => error.hint(format!("`{close}` looks like a misspelling of `{field}`")),
            None => error,
        }
    }

    /// Notes that a field of an object inside the record is ignored.
    pub(in crate::input) fn ignore(&mut self, path: &Path<'_>) {
        self.ignored.insert(path.of_any_entry());
    }

    /// Returns the names of the fields that were not removed, and the paths of those that were ignored in objects
    /// inside the record, each once.
    ///
    /// # Errors
    ///
    /// One of them is not `null` and looks like a misspelling of a field in `known`.
    pub(crate) fn unknown_fields(self, known: &[&str]) -> Result<Vec<String>> {
        for (field, value) in &self.fields {
            if value.is_null() {
                continue;
            }
            if let Some(close) = nearest(field, known.iter().copied()) {
                return Err(self
                    .error(format!("unknown field `{field}`"))
                    .in_field(field)
                    .hint(format!("did you mean `{close}`?")));
            }
        }
        Ok(self.fields.into_iter().map(|(field, _)| field).chain(self.ignored).collect())
    }
}

/// Returns the filter of `jq` that gives the entries of a list, as a word of a shell.
fn jq_filter(key: &str) -> String {
    let is_plain = key.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let path = if is_plain { key.to_owned() } else { format!("[{}]", Value::from(key)) };
    format!("'.{}[]'", path.replace('\'', r"'\''"))
}
