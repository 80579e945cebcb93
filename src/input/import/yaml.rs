//! Records out of YAML, which promptfoo is configured in: a mapping is one record, a list has one for each entry.
//!
//! The words for values are those of YAML 1.2 (`yes` is a text). A key that is repeated, a tag of an application and what
//! would be expanded to more than a file may hold are errors. Messages name an entry of a list as `[12]`.

use std::path::Path;

use serde::de::DeserializeSeed as _;
use serde_json::Value;
use serde_saphyr::options::NonFiniteFloatPolicy;

use crate::error::{Error, Result};
use crate::input::jsonl::{LimitedValue, Record, kind_of};
use crate::input::text::read_text;

/// The deepest nesting; that of JSON.
const MOST_DEPTH: usize = 127;
/// The most values that aliases (`*name`) may repeat.
const MOST_REPEATED: usize = 1_000_000;

/// The most bytes that aliases may repeat.
const MOST_REPEATED_BYTES: usize = 1 << 26;
/// The bytes that a byte of the text takes at most without them: the shortest value in it has two.
const BYTES_OF_VALUES: usize = size_of::<Value>();

/// Returns whether a file is YAML, by its ending: its beginning may look like a table or a text.
pub(super) fn is_yaml(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    ["yaml", "yml"].iter().any(|yaml| ending.eq_ignore_ascii_case(yaml))
}

/// Reads all records of a file.
///
/// # Errors
///
/// The file cannot be read or is not valid YAML, it holds several documents, a mapping repeats a key, or it is neither a
/// mapping nor a list of mappings.
pub(super) fn read_yaml(path: &Path) -> Result<Vec<Record>> {
    let shown = path.display();
    let text = read_text(path)?;
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            // What a text may hold grows with its length; what aliases add to it is limited below.
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_total_scalar_bytes: usize::MAX,
            max_aliases: MOST_REPEATED,
            max_merge_keys: MOST_REPEATED,
            max_depth: MOST_DEPTH,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_REPEATED,
        },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        reject_unsupported_tags: true,
        with_snippet: false,
    };
    let limit = text.len().saturating_mul(BYTES_OF_VALUES).saturating_add(MOST_REPEATED_BYTES);
    let value = serde_saphyr::with_deserializer_from_str_with_options(&text, options, |reader| {
        LimitedValue::new(limit).deserialize(reader)
    });
    let value = value.map_err(|error| invalid(&shown.to_string(), &error))?;
    let entries = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Object(fields) => return Ok(vec![Record::new(shown.to_string(), 1, fields)]),
        Value::Array(entries) => entries,
        other => {
            return Err(Error::input(format!(
                "{shown}: expected a mapping or a list, found {}",
                kind_of(&other)
            )));
        }
    };
    let record = |(at, entry)| match entry {
        Value::Object(fields) => Ok(Record::new(format!("{shown}: [{at}]"), 1, fields)),
        other => Err(Error::input(format!(
            "{shown}: [{at}]: expected a mapping, found {}",
            kind_of(&other)
        ))),
    };
    entries.into_iter().enumerate().map(record).collect()
}

/// Returns the error for what the library refuses, without its advice to programmers.
fn invalid(shown: &str, error: &serde_saphyr::Error) -> Error {
    let text = error.to_string();
    let advice = [" at line ", ", set ", "; use "];
    let message = advice.iter().fold(text.as_str(), |text, from| match text.split_once(from) {
        Some((message, _)) => message,
        None => text,
    });
    Error::input(match error.location() {
        Some(location) => format!(
            "{shown}:{}: not valid YAML at column {}: {message}",
            location.line(),
            location.column()
        ),
        None => format!("{shown}: not valid YAML: {message}"),
    })
}
