//! The columns of a table of labels beside those that every one has, and the texts of cells that evenhand has escaped.
//!
//! A table of other origin may use the same names for something else, such as `left` for the response on the left. A
//! column is therefore read only where it cannot be that.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::TableRow;
use super::header::Header;

/// The columns of numbers, of words, and of yes or no.
const NUMBERS: [&str; 1] = ["seconds"];
const WORDS: [&str; 3] = ["at", "adjudicated", "skipped"];
const FLAGS: [&str; 2] = ["both_acceptable", "repeat"];

/// Those of the words and flags that only labels of comparisons have.
const COMPARISON_ONLY: [&str; 2] = ["choice", "both_acceptable"];

/// Which further columns there are.
#[derive(Debug, Default)]
pub(super) struct FurtherColumns {
    numbers: Vec<(&'static str, usize)>,
    words: Vec<(&'static str, usize)>,
    flags: Vec<(&'static str, usize)>,
    /// Those that name a system.
    systems: Vec<(&'static str, usize)>,
    /// By the name of the criterion.
    criteria: Vec<(String, usize)>,
    note: Option<usize>,
    /// Whether evenhand wrote the table.
    is_exact: bool,
}

impl FurtherColumns {
    pub(super) fn new(header: &Header, is_exact: bool) -> Self {
        // It holds items too, whose systems may have any name.
        if !is_exact && header.known("prompt").is_some() {
            return Self::default();
        }
        let present = |names: &[&'static str]| -> Vec<(&'static str, usize)> {
            names.iter().filter_map(|name| Some((*name, header.known(name)?))).collect()
        };
        let mut systems = present(&["equal"]);
        let mut words = present(&WORDS);
        // The side of a choice means something only between two copies of one response.
        if is_exact || !systems.is_empty() {
            words.extend(present(&["choice"]));
        }
        // Beside a column of the right, that of the left probably holds texts.
        if is_exact || header.known("right").is_none() {
            systems.extend(present(&["left"]));
        }
        let criteria = header.with_keys("criteria").into_iter().map(|(name, column)| {
            (if is_exact { restored(&name).into_owned() } else { name }, column)
        });
        Self {
            numbers: present(&NUMBERS),
            words,
            flags: present(&FLAGS),
            systems,
            criteria: criteria.collect(),
            note: header.known("note"),
            is_exact,
        }
    }

    /// Returns those of a table of labels of grades, in which no further column names a system.
    pub(super) fn of_grades(header: &Header, is_exact: bool) -> Self {
        let systems = Vec::new();
        let is_of_comparisons = |name: &&'static str| COMPARISON_ONLY.contains(name);
        let Self { numbers, mut words, mut flags, criteria, note, .. } =
            Self::new(header, is_exact);
        words.retain(|(name, _)| !is_of_comparisons(name));
        flags.retain(|(name, _)| !is_of_comparisons(name));
        Self { numbers, words, flags, systems, criteria, note, is_exact }
    }

    /// Adds the cells of a row to its record. What is no number, and neither yes nor no, stays a text, which the reader
    /// of labels refuses. `answer` returns the system or the grade that a cell names.
    pub(super) fn copy(
        &self,
        row: &TableRow<'_>,
        record: &mut Map<String, Value>,
        answer: &dyn Fn(&TableRow<'_>, usize) -> Option<String>,
    ) {
        let mut add = |field: &str, value: Value| record.insert(field.to_owned(), value);
        for (field, column) in &self.numbers {
            if let Some(cell) = row.word(*column) {
                let number = cell.parse::<f64>().ok().filter(|number| number.is_finite());
                add(field, number.map_or(cell.into(), Value::from));
            }
        }
        for (field, column) in &self.words {
            if let Some(cell) = row.word(*column) {
                add(field, cell.into());
            }
        }
        for (field, column) in &self.flags {
            if let Some(cell) = row.word(*column) {
                add(field, flag(cell).map_or(cell.into(), Value::from));
            }
        }
        for (field, column) in &self.systems {
            if let Some(name) = answer(row, *column) {
                add(field, name.into());
            }
        }
        if let Some(note) = self.note.and_then(|column| row.cell(column)) {
            add("note", if self.is_exact { restored(note).into() } else { note.into() });
        }
        let criteria = self.criteria.iter().filter_map(|(criterion, column)| {
            Some((criterion.clone(), answer(row, *column)?.into()))
        });
        let criteria: Map<String, Value> = criteria.collect();
        if !criteria.is_empty() {
            add("criteria", criteria.into());
        }
    }
}

/// Returns what a cell says of yes and no, also as a spreadsheet writes it.
fn flag(cell: &str) -> Option<bool> {
    let is = |words: [&str; 2]| words.iter().any(|word| cell.eq_ignore_ascii_case(word));
    match (is(["true", "yes"]), is(["false", "no"])) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// Returns whether a spreadsheet would take a text for a formula, or for one that was escaped.
pub(crate) fn looks_like_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// Returns the text of a cell of a table that evenhand wrote. A backslash that begins no escape stays one.
pub(crate) fn restored(cell: &str) -> Cow<'_, str> {
    let text = if cell.starts_with('\'') && begins_as_formula(cell) { &cell[1..] } else { cell };
    if !text.contains('\\') {
        return text.into();
    }
    let (mut restored, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('\\') {
        restored.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(after) = after.strip_prefix('\\') {
            restored.push('\\');
            rest = after;
        } else if let Some((char, after)) = code_point(after) {
            restored.push(char);
            rest = after;
        } else {
            restored.push('\\');
            rest = after;
        }
    }
    restored.push_str(rest);
    restored.into()
}

/// Returns whether a cell begins with apostrophes before the beginning of a formula, which may be escaped.
fn begins_as_formula(cell: &str) -> bool {
    let text = cell.trim_start_matches('\'');
    looks_like_formula(text)
        || text
            .strip_prefix('\\')
            .and_then(code_point)
            .is_some_and(|(char, _)| matches!(char, '\t' | '\r'))
}

/// Reads `u{…}` at the beginning of a text; returns the character and the rest.
fn code_point(text: &str) -> Option<(char, &str)> {
    let (digits, rest) = text.strip_prefix("u{")?.split_once('}')?;
    Some((u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?, rest))
}
