//! Validation of responses against a JSON Schema.
//!
//! The schema must be complete in one file. Nothing is fetched, neither over the network nor from other files, so
//! that the same file gives the same scores everywhere.

use std::path::Path;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ReferencingError, ValidationError, Validator};
use regex::Regex;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::input::read_json;
use crate::metrics::short_digest;

/// A compiled JSON Schema.
///
/// The supported drafts are 4, 6, 7, 2019-09 and 2020-12; the default is 2020-12 if `$schema` names none.
/// `format` is validated up to draft 7; later drafts define it as an annotation. Unknown keywords are
/// ignored, as the drafts require.
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
    /// The file cannot be read, is not valid JSON or repeats a key; it is not a valid schema of its draft
    /// (the message names the place); `$schema` names an unknown draft; a `$ref` cannot be resolved or refers
    /// to another document; or a regular expression has look-around or back-references. Such expressions are
    /// refused because their run time can be exponential; all others take time linear in the text.
    pub fn read(path: &Path) -> Result<Self> {
        let schema = read_json(path)?;
        let validator = jsonschema::options()
            .offline()
            .with_pattern_options(PatternOptions::regex())
            .build(&schema)
            .map_err(|error| explain(path, &schema, &error))?;
        Ok(Self { validator, digest: short_digest(schema.to_string().as_bytes()) })
    }

    /// Returns the beginning of a hash that identifies the schema; it does not depend on white space in the file.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns whether the value satisfies the schema.
    pub fn accepts(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }
}

/// Returns the error for an invalid schema: what is wrong, where, and what to do.
fn explain(path: &Path, schema: &Value, error: &ValidationError<'_>) -> Error {
    let invalid = |place: &str, what: String| {
        let place = if place.is_empty() { String::new() } else { format!(" at {place}") };
        Error::input(format!("{}: not a valid JSON Schema{place}: {what}", path.display()))
    };
    let place = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::Referencing(reason) => {
            let place = find_reference(schema, &|text| is_cause(reason, text)).unwrap_or_default();
            match reason {
                ReferencingError::Unretrievable { uri, .. } => {
                    let document = document_of(uri).trim_start_matches("json-schema:///");
                    invalid(&place, format!("it refers to another document: {document}"))
                        .hint("copy that schema into `$defs` of this file; other documents are not fetched")
                }
                ReferencingError::UnknownSpecification { specification } => {
                    invalid(&place, format!("unknown draft {specification}")).hint(
                        "the supported drafts are 4, 6, 7, 2019-09 and 2020-12; the last is \
                         https://json-schema.org/draft/2020-12/schema",
                    )
                }
                other => invalid(&place, other.to_string()),
            }
        }
        ValidationErrorKind::Format { format } if format == "regex" => {
            let pattern = error.instance().as_str().unwrap_or_default();
            let why = regex_error(pattern).map_or(String::new(), |why| format!(": {why}"));
            let error = invalid(
                place,
                format!("{} is not a valid regular expression{why}", error.instance()),
            );
            if has_look_around_or_back_reference(pattern) {
                error.hint(
                    "look-around and back-references are not supported, because matching them can take \
                     exponential time",
                )
            } else {
                error
            }
        }
        _ => invalid(place, message(error)),
    }
}

/// Returns why the regex engine refuses a pattern; `None` if it does not.
fn regex_error(pattern: &str) -> Option<String> {
    Some(match Regex::new(pattern).err()? {
        regex::Error::CompiledTooBig(limit) => format!("it takes more than {limit} bytes"),
        // The lines before the last repeat the pattern.
        error => error.to_string().lines().last()?.trim_start_matches("error: ").to_owned(),
    })
}

/// Returns whether a pattern seems to have look-around or back-references.
fn has_look_around_or_back_reference(pattern: &str) -> bool {
    let mut escapes = pattern.split('\\').skip(1);
    ["(?=", "(?!", "(?<=", "(?<!", "\\k<"].iter().any(|sign| pattern.contains(sign))
        || escapes.any(|escaped| escaped.starts_with(|char: char| matches!(char, '1'..='9')))
}

/// Returns the validator's message; a value that is an object or array is not repeated in it.
fn message(error: &ValidationError<'_>) -> String {
    let first = match error.kind() {
        // Of several forms that a keyword can have, the first is the simplest.
        ValidationErrorKind::AnyOf { context } => context.iter().flatten().next().unwrap_or(error),
        _ => error,
    };
    match first.instance().as_ref() {
        Value::Object(_) | Value::Array(_) => first.masked().to_string(),
        _ => first.to_string(),
    }
}

/// Returns a URI without its fragment.
fn document_of(uri: &str) -> &str {
    uri.split('#').next().unwrap_or(uri)
}

/// Returns whether the reference, identifier or draft name `text` in the schema is the cause of an error.
fn is_cause(reason: &ReferencingError, text: &str) -> bool {
    // Only the last part is compared, because the base of a URI may come from elsewhere in the schema.
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

/// Returns the JSON pointer of the first referring keyword whose text satisfies `is_cause`.
fn find_reference(schema: &Value, is_cause: &impl Fn(&str) -> bool) -> Option<String> {
    const REFERRING: [&str; 6] = ["$ref", "$dynamicRef", "$recursiveRef", "$schema", "$id", "id"];
    let below = |key: &str, inner: &Value| {
        let key = key.replace('~', "~0").replace('/', "~1");
        find_reference(inner, is_cause).map(|place| format!("/{key}{place}"))
    };
    match schema {
        Value::Object(fields) => fields.iter().find_map(|(key, inner)| match inner {
            Value::String(text) if REFERRING.contains(&key.as_str()) && is_cause(text) => {
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
