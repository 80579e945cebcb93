//! Published JSON files: one list of objects, with `NaN` where a spreadsheet had an empty cell or a scorer no score.
//!
//! Python writes `NaN` without quotes, which is not valid JSON; it is read as `null`. Messages name the entry as
//! `[12].field`, counted from 0 like the ids that are derived from it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::error::{Error, Result, nearest};
use crate::input::jsonl::{Record, kind_of, parse_unique};
use crate::input::text::read_text;

const UNKNOWN_LAYOUT: &str =
    "use the file as its authors published it; other layouts are not supported";

/// One object of a published list.
#[derive(Debug)]
pub(super) struct Entry {
    /// `file: [index]`, for messages.
    pub(super) place: String,
    fields: Map<String, Value>,
}

/// A published file.
#[derive(Debug)]
pub(super) struct PublishedFile {
    /// The path from which it was read.
    pub(super) path: PathBuf,
    /// Its objects, in file order; at least one.
    pub(super) entries: Vec<Entry>,
}

impl Entry {
    /// Returns the value of `field`; an absent one, `null` and `NaN` are all `None`.
    pub(super) fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// Returns whether the object has the field at all.
    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// Returns the names of the fields, in file order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// Returns the prefix of the first field whose name ends in `ending`.
    pub(super) fn prefix_before(&self, ending: &str) -> Option<String> {
        self.names().find_map(|name| name.strip_suffix(ending)).map(ToOwned::to_owned)
    }

    /// Returns the value of a field that must be a string.
    pub(super) fn text(&self, field: &str) -> Result<&str> {
        match self.get(field) {
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err(self.expected(field, "a string", other)),
            None => Err(self.missing(field)),
        }
    }

    /// Returns the value of a field that must be a whole number that `valid` accepts; `what` describes it.
    pub(super) fn number(
        &self,
        field: &str,
        what: &str,
        valid: impl Fn(u64) -> bool,
    ) -> Result<u64> {
        let value = self.get(field).ok_or_else(|| self.missing(field))?;
        match value.as_u64() {
            Some(number) if valid(number) => Ok(number),
            _ if value.is_number() => {
                Err(self.error(field, format!("expected {what}, found {value}")))
            }
            _ => Err(self.expected(field, what, value)),
        }
    }

    /// Returns an error about a field of this object, with a general hint.
    pub(super) fn error(&self, field: &str, message: impl std::fmt::Display) -> Error {
        Error::input(format!("{}.{field}: {message}", self.place)).hint(UNKNOWN_LAYOUT)
    }

    /// Returns the error for a field of the wrong type.
    pub(super) fn expected(&self, field: &str, what: &str, found: &Value) -> Error {
        self.error(field, format!("expected {what}, found {}", kind_of(found)))
    }

    /// Returns the error for a field that is absent, `null` or `NaN`.
    pub(super) fn missing(&self, field: &str) -> Error {
        let error = Error::input(format!("{}.{field} is missing", self.place));
        match nearest(field, self.names().filter(|name| *name != field)) {
            Some(close) => error.hint(format!("`{close}` looks like a misspelling of `{field}`")),
            None => error.hint(UNKNOWN_LAYOUT),
        }
    }
}

impl PublishedFile {
    /// Returns the objects as records.
    pub(super) fn into_records(self) -> Vec<Record> {
        let numbered = (1..).zip(self.entries);
        numbered.map(|(line, entry)| Record::new(entry.place, line, entry.fields)).collect()
    }

    /// Returns the first object, by which the kind of file is recognised.
    pub(super) fn first(&self) -> Result<&Entry> {
        self.entries.first().ok_or_else(|| Error::internal("a published file has no entries"))
    }
}

/// Reads a published file.
///
/// # Errors
///
/// The file cannot be read, is not JSON, or is anything but a list of at least one object.
pub(super) fn read_published(path: &Path) -> Result<PublishedFile> {
    let shown = path.display();
    let invalid = |why: String| Error::input(format!("{shown}: {why}"));
    let text = read_text(path)?;
    let text = null_for_nan(&text);
    let value = parse_unique(&text).map_err(|error| {
        invalid(format!("not valid JSON: {error}"))
            .hint("download the raw file, not the web page that shows it")
    })?;
    let list = match value {
        Value::Array(list) if list.is_empty() => {
            return Err(invalid("the file has no entries".to_owned()).hint(
                "download the file again; the published files have a hundred entries or more",
            ));
        }
        Value::Array(list) => list,
        other => {
            return Err(invalid(format!("expected a list of objects, found {}", kind_of(&other)))
                .hint(
                    "give the files with the data and the results, not statistics.json or settings",
                ));
        }
    };
    let entries = list.into_iter().enumerate().map(|(index, value)| {
        let place = format!("{shown}: [{index}]");
        match value {
            Value::Object(fields) => Ok(Entry { place, fields }),
            other => {
                Err(Error::input(format!("{place}: expected an object, found {}", kind_of(&other)))
                    .hint("the file must be a list with one object per comparison"))
            }
        }
    });
    Ok(PublishedFile { path: path.to_owned(), entries: entries.collect::<Result<_>>()? })
}

/// Reads a file in which `NaN` is no value: a list of objects, or one object.
///
/// # Errors
///
/// As for [`read_published`], except that one object is no error.
pub(super) fn read_with_nan(path: &Path) -> Result<Vec<Record>> {
    let text = read_text(path)?;
    if let Ok(Value::Object(fields)) = parse_unique(&null_for_nan(&text)) {
        return Ok(vec![Record::new(path.display().to_string(), 1, fields)]);
    }
    read_published(path).map(PublishedFile::into_records)
}

/// Replaces every `NaN` outside of strings by `null`.
fn null_for_nan(text: &str) -> Cow<'_, str> {
    let mut parts = Vec::new();
    let (mut begin, mut quoted, mut escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'N' if !quoted && text[at..].starts_with("NaN") => {
                parts.push(&text[begin..at]);
                begin = at + "NaN".len();
            }
            _ => {}
        }
    }
    if parts.is_empty() {
        return text.into();
    }
    parts.push(&text[begin..]);
    parts.join("null").into()
}
