//! Exports of Label Studio: JSON, where a task has its annotations, and JSON-MIN, with one flat object an annotation.

use serde_json::{Map, Value};

use super::words::{Asked, Collected};
use super::{
    ForeignAnswer, ForeignAnswers, ForeignTask, NO_TASK, leave_out, person, rows, seconds, time,
};
use crate::error::{Error, Result};

/// Reads a task, or an annotation of JSON-MIN.
pub(super) fn read_task(
    shown: &str,
    mut fields: Map<String, Value>,
    asked: Asked<'_>,
    read: &mut ForeignAnswers,
) -> Result<()> {
    if fields.contains_key("annotation_id") {
        // Its own number has taken the place of the `id` of the data.
        return rows::read_row(shown, &fields, false, asked, read);
    }
    // The second name is that of older versions.
    let annotations = fields.remove("annotations").or_else(|| fields.remove("completions"));
    let annotations = match annotations {
        Some(Value::Array(annotations)) => annotations,
        None | Some(Value::Null) => Vec::new(),
        Some(_) => return Err(Error::input(format!("{shown}: annotations: expected a list"))),
    };
    let task = fields.get("data").and_then(Value::as_object);
    let Some(task) = task.and_then(|data| ForeignTask::of(data, true)) else {
        leave_out(&mut read.left_out, NO_TASK, shown, annotations.len());
        return Ok(());
    };
    if annotations.is_empty() {
        read.open += 1;
    }
    for (number, annotation) in annotations.iter().enumerate() {
        let shown = format!("{shown}: annotation {}", number + 1);
        read_annotation(shown, &task, annotation, asked, read)?;
    }
    Ok(())
}

fn read_annotation(
    shown: String,
    task: &ForeignTask,
    annotation: &Value,
    asked: Asked<'_>,
    read: &mut ForeignAnswers,
) -> Result<()> {
    let is = |field: &str| annotation.get(field) == Some(&Value::Bool(true));
    if is("was_cancelled") || is("skipped") {
        read.discarded += 1;
        return Ok(());
    }
    let mut collected = Collected::new(&shown, asked, task.systems());
    for result in annotation.get("result").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| result.get(field).and_then(Value::as_str).unwrap_or_default();
        let (control, kind) = (text("from_name"), text("type"));
        let Some(value) = result.get("value") else { continue };
        // Of the kinds of controls, these alone say which response is better, or how good one is.
        let is_read = match asked {
            Asked::Side => matches!(kind, "pairwise" | "choices" | "textarea" | ""),
            Asked::Grade(_) => {
                matches!(kind, "choices" | "rating" | "number" | "pairwise" | "textarea" | "")
            }
        };
        if is_read {
            collected.add_all(control, value)?;
        } else {
            collected.ignored.insert(control.to_owned());
        }
    }
    read.ignored.extend(collected.ignored.iter().cloned());
    let taken = seconds(annotation.get("lead_time"));
    match collected.finish(taken, time(annotation.get("created_at")))? {
        Some(answer) => {
            let person = person(annotation.get("completed_by"));
            read.answers.push(ForeignAnswer { shown, task: task.clone(), person, answer });
        }
        None => read.open += 1,
    }
    Ok(())
}
