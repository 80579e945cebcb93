//! A comparison or a response as the page gets it.

use serde_json::{Value, json};

use super::content::{Shown, context_view, reference_view};
use super::differences::differences;
use crate::error::{Error, Result};
use crate::labelling::{PageAnswer, ShownResponse, ShownTask};

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
    let answer = answer_json(task.answer.as_ref())?;
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

/// Returns a response that is graded for a page: `prompt`, `response`, `reference`, `context` and `answer`.
///
/// # Errors
///
/// The answer cannot be written as JSON.
pub fn response_json(task: &ShownResponse) -> Result<Value> {
    Ok(json!({
        "prompt": Shown::prompt(&task.prompt).view(&[]),
        "response": Shown::response(&task.response, &task.prompt).view(&[]),
        "reference": task.reference.as_ref().map(reference_view),
        "context": task.context.as_ref().map(context_view),
        "answer": answer_json(task.answer.as_ref())?,
    }))
}

fn answer_json(answer: Option<&PageAnswer>) -> Result<Value> {
    serde_json::to_value(answer)
        .map_err(|error| Error::internal("an answer cannot be written as JSON").caused_by(error))
}
