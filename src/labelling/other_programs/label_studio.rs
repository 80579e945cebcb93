//! Exports of Label Studio: JSON, where a task has its annotations, and JSON-MIN, with one flat object an annotation.

use serde_json::{Map, Value};

use super::words::Collected;
use super::{ForeignAnswer, ForeignAnswers, ForeignTask, NO_TASK, person, rows, seconds, time};
use crate::error::{Error, Result};

/// Reads a task, or an annotation of JSON-MIN.
pub(super) fn read_task(
    shown: &str,
    mut fields: Map<String, Value>,
    read: &mut ForeignAnswers,
) -> Result<()> {
    if fields.contains_key("annotation_id") {
        // Its own number has taken the place of the `id` of the data.
        return rows::read_row(shown, &fields, false, read);
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
        read.leave_out(NO_TASK, shown, annotations.len());
        return Ok(());
    };
    if annotations.is_empty() {
        read.open += 1;
    }
    for (number, annotation) in annotations.iter().enumerate() {
        let shown = format!("{shown}: annotation {}", number + 1);
        read_annotation(shown, &task, annotation, read)?;
    }
    Ok(())
}

fn read_annotation(
    shown: String,
    task: &ForeignTask,
    annotation: &Value,
    read: &mut ForeignAnswers,
) -> Result<()> {
    let is = |field: &str| annotation.get(field) == Some(&Value::Bool(true));
    if is("was_cancelled") || is("skipped") {
        read.discarded += 1;
        return Ok(());
    }
    let mut collected = Collected::default();
    for result in annotation.get("result").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| result.get(field).and_then(Value::as_str).unwrap_or_default();
        let (control, kind) = (text("from_name"), text("type"));
        let Some(value) = result.get("value") else { continue };
        // Of the kinds of controls, these alone say which response is better.
        if matches!(kind, "pairwise" | "choices" | "textarea" | "") {
            collected.add_all(&shown, control, value, task.systems())?;
        } else {
            collected.ignored.insert(control.to_owned());
        }
    }
    read.ignored.extend(collected.ignored.iter().cloned());
    let taken = seconds(annotation.get("lead_time"));
    match collected.answer(taken, time(annotation.get("created_at"))) {
        Some(answer) => {
            let person = person(annotation.get("completed_by"));
            read.answers.push(ForeignAnswer { shown, task: task.clone(), person, answer });
        }
        None => read.open += 1,
    }
    Ok(())
}
