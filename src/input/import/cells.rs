//! The cells of tables that anybody may have written: columns by any of their names, and values as texts.

use serde_json::Value;

use super::source::Source;
use crate::error::{Error, Result};
use crate::input::jsonl::Record;

/// The names of the column of the prompt.
pub(super) const PROMPT: [&str; 4] = ["prompt", "input", "instruction", "question"];

/// The names of the column of the item's id.
pub(super) const ID: [&str; 2] = ["id", "item_id"];

/// What to do about two rows of one id with other texts.
pub(super) const OTHER_ID: &str =
    "an item has one prompt, and one response of each system: give other texts another `id`";

/// The names of the column of who labelled.
pub(super) const ANNOTATOR: [&str; 2] = ["annotator", "rater"];

/// The names of the column of the judge's words, for people.
pub(super) const REPLY: [&str; 3] = ["reply", "reasoning", "reason"];

/// A column with its cell.
pub(super) type Cell = Option<(&'static str, String)>;

/// Returns those of some columns that have a filled cell in any row.
pub(super) fn filled(source: &Source, names: &[&'static str]) -> Vec<&'static str> {
    let is_filled = |name: &str| {
        let mut cells = source.records.iter().filter_map(|record| record.get(name));
        cells.any(|cell| cell.as_str().is_none_or(|word| !word.trim().is_empty()))
    };
    names.iter().copied().filter(|name| is_filled(name)).collect()
}

/// Checks that one column alone holds `what`.
///
/// # Errors
///
/// Several do.
pub(super) fn check_one(source: &Source, columns: &[&str], what: &str) -> Result<()> {
    let [one, other, ..] = columns else { return Ok(()) };
    Err(Error::input(format!("{}: both `{one}` and `{other}` say {what}", source.shown))
        .hint("keep one of the two columns; import each into a folder of its own if you need both"))
}

/// Removes the first of some fields that has a value, as a text.
pub(super) fn take_any(record: &mut Record, names: &[&str]) -> Result<Option<String>> {
    for name in names {
        match record.take(name) {
            None => {}
            Some(Value::String(text)) => return Ok(Some(text)),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => {
                return Ok(Some(value.to_string()));
            }
            Some(other) => return Err(record.expected(*name, "a text", &other)),
        }
    }
    Ok(None)
}

/// Removes the same without surrounding white space, where an empty cell is no value.
pub(super) fn take_word(record: &mut Record, names: &[&'static str]) -> Result<Option<String>> {
    Ok(take_cell(record, names)?.map(|(_, word)| word))
}

/// Removes the same with the name of its column.
pub(super) fn take_cell(record: &mut Record, names: &[&'static str]) -> Result<Cell> {
    for name in names {
        if let Some(word) = take_any(record, &[name])?.filter(|word| !word.trim().is_empty()) {
            return Ok(Some((name, word.trim().to_owned())));
        }
    }
    Ok(None)
}
