//! A comparison as the page gets it.

use serde_json::{Value, json};

use super::content::{Shown, context_view, reference_view};
use super::differences::differences;
use crate::error::{Error, Result};
use crate::labelling::ShownTask;

/// Returns a comparison for a page: `prompt`, `left`, `right`, `reference`, `context`, `difference` (a sentence) and
/// `answer`.
///
/// # Errors
///
/// The answer cannot be written as JSON.
pub fn task_json(task: &ShownTask) -> Result<Value> {
    let [left, right] =
        [&task.left, &task.right].map(|content| Shown::response(content, &task.prompt));
    let ([left_marks, right_marks], difference) = differences([&left, &right]);
    let answer = serde_json::to_value(&task.answer)
        .map_err(|error| Error::internal("an answer cannot be written as JSON").caused_by(error))?;
    Ok(json!({
        "prompt": Shown::prompt(&task.prompt).view(&[]),
        "left": left.view(&left_marks),
        "right": right.view(&right_marks),
        "reference": task.reference.as_ref().map(reference_view),
        "context": task.context.as_ref().map(context_view),
        "difference": difference,
        "answer": answer,
    }))
}
