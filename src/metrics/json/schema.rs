//! JSON Schema: the form that a response must have, read from a file.
//!
//! The file must be complete. Nothing is fetched for it, neither over the network nor from other files, so
//! that the same file gives the same numbers everywhere.

use std::path::Path;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ReferencingError, ValidationError, Validator};
use regex::Regex;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::input::read_json;
use crate::metrics::short_digest;

/// A JSON Schema, ready to be asked.
///
/// The drafts are 4, 6, 7, 2019-09 and 2020-12, the last where the file names none in `$schema`. `format` is
/// checked where the draft says so: up to draft 7, while later ones take it for a note. Keywords that the
/// draft has not are passed over, as it demands.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::Schema;
/// use serde_json::json;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("invoice.json");
/// std::fs::write(&path, r#"{"required": ["total"], "properties": {"total": {"type": "number"}}}"#)?;
/// let schema = Schema::read(&path)?;
/// assert!(schema.accepts(&json!({"total": 12.5})));
/// assert!(!schema.accepts(&json!({"total": "12.50"})));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
///
/// Wright, A., Andrews, H., Hutton, B. and Dennis, G. (2022). JSON Schema: a media type for describing JSON
/// documents. Draft 2020-12.
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
    digest: String,
}

impl Schema {
    /// Reads a schema from its file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is not JSON or repeats a key; it is no schema of its draft, and then the
    /// message says where; it names a draft in `$schema` that is not known; a `$ref` leads nowhere or to
    /// another document; a regular expression looks around or back. Such expressions are refused because a
    /// response could make them run for ever; all others take time in proportion to the text.
    pub fn read(path: &Path) -> Result<Self> {
        let schema = read_json(path)?;
        let validator = jsonschema::options()
            .offline()
            .with_pattern_options(PatternOptions::regex())
            .build(&schema)
            .map_err(|error| explain(path, &schema, &error))?;
        Ok(Self { validator, digest: short_digest(schema.to_string().as_bytes()) })
    }

    /// Returns what tells it from other schemas: the beginning of a hash, whatever white space is in the file.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns whether the value satisfies the schema.
    pub fn accepts(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }
}

/// Says what is wrong with a schema, where it is, and what to do about it.
fn explain(path: &Path, schema: &Value, error: &ValidationError<'_>) -> Error {
    let wrong = |place: &str, what: String| {
        let place = if place.is_empty() { String::new() } else { format!(" at {place}") };
        Error::input(format!("{}: not a valid JSON Schema{place}: {what}", path.display()))
    };
    let place = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::Referencing(reason) => {
            let place = place_of(schema, &|text| is_meant(reason, text)).unwrap_or_default();
            match reason {
                ReferencingError::Unretrievable { uri, .. } => {
                    let document = document_of(uri).trim_start_matches("json-schema:///");
                    wrong(&place, format!("it refers to another document, {document}"))
                        .hint("nothing is fetched: put that schema into `$defs` of this file")
                }
                ReferencingError::UnknownSpecification { specification } => {
                    wrong(&place, format!("unknown draft {specification}")).hint(
                        "known are drafts 4, 6, 7, 2019-09 and 2020-12, the last as \
                         https://json-schema.org/draft/2020-12/schema",
                    )
                }
                other => wrong(&place, other.to_string()),
            }
        }
        ValidationErrorKind::Format { format } if format == "regex" => {
            let pattern = error.instance().as_str().unwrap_or_default();
            let why = why_refused(pattern).map_or(String::new(), |why| format!(": {why}"));
            let refused =
                wrong(place, format!("{} is no regular expression here{why}", error.instance()));
            if looks_around_or_back(pattern) {
                refused
                    .hint("look-around and back-references are not allowed: they can take for ever")
            } else {
                refused
            }
        }
        _ => wrong(place, message(error)),
    }
}

/// Returns why a pattern is refused, as the program says that searches for it.
fn why_refused(pattern: &str) -> Option<String> {
    Some(match Regex::new(pattern).err()? {
        regex::Error::CompiledTooBig(limit) => format!("it takes more than {limit} bytes"),
        // The lines before the last one show the pattern again.
        error => error.to_string().lines().last()?.trim_start_matches("error: ").to_owned(),
    })
}

/// Returns whether a pattern asks for what comes before or after it, or for what it has found already.
fn looks_around_or_back(pattern: &str) -> bool {
    let mut escapes = pattern.split('\\').skip(1);
    ["(?=", "(?!", "(?<=", "(?<!", "\\k<"].iter().any(|sign| pattern.contains(sign))
        || escapes.any(|escaped| escaped.starts_with(|char: char| matches!(char, '1'..='9')))
}

/// Returns what is wrong in words, with the value unless it is a whole part of the schema.
fn message(error: &ValidationError<'_>) -> String {
    let first = match error.kind() {
        // The first of several forms that a keyword can have is the plainest one.
        ValidationErrorKind::AnyOf { context } => context.iter().flatten().next().unwrap_or(error),
        _ => error,
    };
    match first.instance().as_ref() {
        Value::Object(_) | Value::Array(_) => first.masked().to_string(),
        _ => first.to_string(),
    }
}

/// Returns an address without what stands for a place inside of the document.
fn document_of(address: &str) -> &str {
    address.split('#').next().unwrap_or(address)
}

/// Whether a reference, an identifier or a draft's name in the schema is the one that is at fault.
fn is_meant(reason: &ReferencingError, text: &str) -> bool {
    // What the address is made of besides may come from elsewhere in the schema.
    let name = document_of(text).rsplit('/').next().unwrap_or_default();
    match reason {
        ReferencingError::Unretrievable { uri, .. } => {
            !name.is_empty() && document_of(uri).ends_with(name)
        }
        ReferencingError::UnknownSpecification { specification } => text == specification,
        ReferencingError::PointerToNowhere { pointer } => text.ends_with(pointer),
        ReferencingError::NoSuchAnchor { anchor } | ReferencingError::InvalidAnchor { anchor } => {
            text.ends_with(anchor)
        }
        other => !text.is_empty() && other.to_string().contains(text),
    }
}

/// Returns where the first keyword stands that refers to something and whose text is `meant`, as a JSON
/// pointer.
fn place_of(schema: &Value, meant: &impl Fn(&str) -> bool) -> Option<String> {
    const REFERRING: [&str; 6] = ["$ref", "$dynamicRef", "$recursiveRef", "$schema", "$id", "id"];
    let below = |key: &str, inner: &Value| {
        let key = key.replace('~', "~0").replace('/', "~1");
        place_of(inner, meant).map(|place| format!("/{key}{place}"))
    };
    match schema {
        Value::Object(fields) => fields.iter().find_map(|(key, inner)| match inner {
            Value::String(text) if REFERRING.contains(&key.as_str()) && meant(text) => {
                Some(format!("/{key}"))
            }
            _ => below(key, inner),
        }),
        Value::Array(elements) => {
            elements.iter().enumerate().find_map(|(at, inner)| below(&at.to_string(), inner))
        }
        _ => None,
    }
}
