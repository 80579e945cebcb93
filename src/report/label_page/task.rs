//! A comparison or a response as the page gets it.

use serde_json::{Value, json};

use super::content::{Shown, context_view, reference_view};
use super::differences::differences;
use crate::error::{Error, Result};
use crate::labelling::{ShownResponses, ShownTask};

/// Returns a task for a page: `prompt`, `reference`, `context` and `answer`; of a comparison also `left`, `right` and
/// `difference` (a sentence), and `response` where one is graded.
///
/// # Errors
///
/// The answer cannot be written as JSON.
pub fn task_json(task: &ShownTask) -> Result<Value> {
    let answer = serde_json::to_value(&task.answer)
        .map_err(|error| Error::internal("an answer cannot be written as JSON").caused_by(error))?;
    let mut json = json!({
        "prompt": Shown::prompt(&task.prompt).view(&[]),
        "reference": task.reference.as_ref().map(reference_view),
        "context": task.context.as_ref().map(context_view),
        "answer": answer,
    });
    match &task.responses {
        ShownResponses::Pair { left, right } => {
            let [left, right] = [left, right].map(|content| Shown::response(content, &task.prompt));
            let ([left_marks, right_marks], difference) = differences([&left, &right]);
            json["left"] = left.view(&left_marks);
            json["right"] = right.view(&right_marks);
            json["difference"] = json!(difference);
        }
        ShownResponses::One(response) => {
            json["response"] = Shown::response(response, &task.prompt).view(&[]);
        }
    }
    Ok(json)
}
