//! Answers that other programs hold: Label Studio, Argilla, and tables.
//!
//! This module reads; what an answer means for a label file is decided where it is merged. An answer is about a place
//! in a form ([`TaskReference`]), or about a comparison whose systems are named. What says neither is left out and
//! counted, since a project of another program may hold tasks of other origin; a value that is no answer is an error.

mod argilla;
mod label_studio;
mod reference;
mod rows;
mod words;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};

use super::PageAnswer;
use super::merged::{LeftOut, leave_out};
use crate::error::{Error, Result};
use crate::input::{DataFile, Scale, first_record, read_records};
use words::Asked;

pub use reference::{ForeignTask, TaskReference};
pub(crate) use words::slug;
pub(super) use words::use_known_criteria;

/// A program that holds answers of people, by the layout of its exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherProgram {
    /// Label Studio: JSON or JSON-MIN.
    LabelStudio,
    /// Argilla: records as JSON, of version 1 or 2.
    Argilla,
    /// A table, or JSON of the same fields: one answer a row.
    Rows,
}

/// An answer that another program holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignAnswer {
    /// Where in its file it is, for messages.
    pub shown: String,
    /// What it is about.
    pub task: ForeignTask,
    /// Who answered, as the program says: a number, a name, an address.
    pub person: Option<String>,
    /// The answer.
    pub answer: PageAnswer,
}

/// The answers in a file of another program.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ForeignAnswers {
    /// The answers, in file order.
    pub answers: Vec<ForeignAnswer>,
    /// How many tasks, or answers that somebody began, say nothing.
    pub open: usize,
    /// How many answers were cancelled or discarded.
    pub discarded: usize,
    /// Why answers were left out, with how many and the place of the first.
    pub left_out: LeftOut,
    /// Controls, questions and columns that mean nothing here.
    pub ignored: BTreeSet<String>,
}

/// Why an answer that is about nothing known is left out.
const NO_TASK: &str = "the task names neither a place of a form in `evenhand`, nor an item and its systems in `id`, \
                       `left_system` and `right_system`, or in `id` and `system`";

/// Reads the answers in a file of another program: which of two responses is better, or with a scale the grade of one.
///
/// # Errors
///
/// The file cannot be read, or holds a value that is no answer, two that contradict each other, or an answer to the other
/// question.
pub fn read_foreign_answers(
    path: &Path,
    program: OtherProgram,
    scale: Option<&Scale>,
) -> Result<ForeignAnswers> {
    let file = DataFile::foreign(path);
    let (mut read, mut records) = (ForeignAnswers::default(), 0_usize);
    let asked = scale.map_or(Asked::Side, Asked::Grade);
    read_records(&file, |record| {
        records += 1;
        let shown = record.place.clone();
        let fields = record.into_fields();
        match program {
            OtherProgram::LabelStudio => label_studio::read_task(&shown, fields, asked, &mut read),
            OtherProgram::Argilla => {
                argilla::read_argilla_record(&shown, &fields, asked, &mut read)
            }
            OtherProgram::Rows => rows::read_row(&shown, &fields, true, asked, &mut read),
        }
    })?;
    if records == 0 { Err(without_tasks(path)) } else { Ok(read) }
}

fn without_tasks(path: &Path) -> Error {
    Error::input(format!("{}: the file has no tasks", path.display()))
        .hint("export the project again, with its answers")
}

/// What a file with answers is, by its first record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recognised {
    Program(OtherProgram),
    /// A label file: its lines name items and systems.
    Labels,
}

/// Recognises a file with answers by the fields of its first record.
///
/// # Errors
///
/// The file cannot be read, or is nothing that is known.
pub(super) fn recognise(path: &Path) -> Result<Recognised> {
    let first = first_record(&DataFile::foreign(path))?.ok_or_else(|| without_tasks(path))?;
    let shown = first.place.clone();
    recognised(&first.into_fields()).ok_or_else(|| {
        Error::input(format!(
            "{shown}: neither an export of Label Studio or Argilla, nor a table of answers, nor a label file"
        ))
        .hint(
            "a table needs the columns `evenhand` (or `id`, `left_system` and `right_system`) and `winner`; where single responses are graded, `evenhand` (or `id` and `system`) and `grade`",
        )
    })
}

/// Returns what has records with such fields.
fn recognised(fields: &Map<String, Value>) -> Option<Recognised> {
    let has = |name: &str| fields.contains_key(name);
    let is_annotated = has("annotations") || has("completions");
    let is_answered = has("winner") || has("grade");
    // The mark of a table of labels that evenhand wrote is no reference to a task.
    let reference = fields.get("evenhand").and_then(Value::as_str);
    // A label file calls the item `id`.
    let is_row = has("left_system") || (has("item_id") && has("system") && !has("id"));
    let is_task = reference.is_some_and(|text| TaskReference::parse(text).is_some());
    if (is_annotated && has("data")) || has("annotation_id") {
        Some(Recognised::Program(OtherProgram::LabelStudio))
    } else if (has("fields") && has("responses"))
        || fields.keys().any(|name| name.ends_with(".responses"))
    {
        Some(Recognised::Program(OtherProgram::Argilla))
    } else if is_answered && (is_task || is_row || (has("evenhand") && !has("id"))) {
        Some(Recognised::Program(OtherProgram::Rows))
    } else if is_answered && has("id") {
        Some(Recognised::Labels)
    } else {
        None
    }
}

/// Returns who somebody is, out of a number, a name, or an object with either.
fn person(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(name) => Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(user) => {
            ["email", "username", "id"].into_iter().find_map(|field| person(user.get(field)))
        }
        _ => None,
    }
}

/// Returns a duration in seconds; `None` if it is none.
fn seconds(value: Option<&Value>) -> Option<f64> {
    let seconds = match value? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    (seconds.is_finite() && seconds >= 0.0).then_some(seconds)
}

/// Returns a time in UTC; `None` if it is none.
fn time(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).and_then(words::utc)
}
