//! Answers one a row: tables that people fill in, JSON-MIN and CSV of Label Studio, and JSON of the same fields.

use serde_json::{Map, Value};

use super::words::{Asked, Collected};
use super::{
    ForeignAnswer, ForeignAnswers, ForeignTask, NO_TASK, leave_out, person, seconds, time,
};
use crate::error::Result;

/// The fields that show the task, or say who answered and when.
const OTHER_FIELDS: [&str; 29] = [
    "evenhand",
    "id",
    "item_id",
    "left_system",
    "right_system",
    "system",
    "prompt",
    "left",
    "right",
    "response",
    "question",
    "reference",
    "context",
    "annotator",
    "person",
    "email",
    "annotation_id",
    "created_at",
    "updated_at",
    "at",
    "lead_time",
    "seconds",
    "agreement",
    "repeat",
    "adjudicated",
    "other_system",
    "probability",
    "completed_by",
    "unique_id",
];

/// Reads a row. Where `own_id` is false, `id` is a number of the other program.
pub(super) fn read_row(
    shown: &str,
    fields: &Map<String, Value>,
    own_id: bool,
    asked: Asked<'_>,
    read: &mut ForeignAnswers,
) -> Result<()> {
    let Some(task) = ForeignTask::of(fields, own_id) else {
        leave_out(&mut read.left_out, NO_TASK, shown, 1);
        return Ok(());
    };
    let mut collected = Collected::new(shown, asked, task.systems());
    for (control, value) in fields {
        if OTHER_FIELDS.contains(&control.as_str()) {
            continue;
        }
        collected.add_all(control, value)?;
    }
    read.ignored.extend(collected.ignored.iter().cloned());
    let first = |names: [&str; 2]| names.into_iter().find_map(|name| fields.get(name));
    let at = time(first(["at", "created_at"]));
    let person = ["person", "annotator", "completed_by", "email"]
        .into_iter()
        .find_map(|name| person(fields.get(name)));
    match collected.finish(seconds(first(["seconds", "lead_time"])), at)? {
        Some(answer) => {
            read.answers.push(ForeignAnswer { shown: shown.to_owned(), task, person, answer });
        }
        None => read.open += 1,
    }
    Ok(())
}
