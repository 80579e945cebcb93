//! Kept verdicts as preference pairs for training: `prompt`, `chosen`, `rejected`, with the id of the item
//! and the two systems, which tell the pairs of one item apart.
//!
//! Only kept verdicts with a winner are pairs: a flip says nothing about the responses, and of two equal ones neither is
//! to be preferred, whatever the judge said.

use std::io::Write;

use serde_json::{Value, json};

use super::{ExportCounts, response, system, texts, write_line};
use crate::cases::Cases;
use crate::error::Result;
use crate::input::Content;
use crate::verdict::Outcome;
use crate::vote::Preference;

/// How a pair is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreferenceForm {
    /// Three texts. Items with a conversation have no such form and are left out.
    Texts,
    /// Three lists of messages: the prompt from the user, the responses from the assistant.
    Messages,
}

/// Writes one line of JSON for each kept verdict with a winner.
///
/// # Errors
///
/// The run cannot be read, or the output not written.
pub fn export_preferences(
    cases: &Cases,
    form: PreferenceForm,
    output: &mut dyn Write,
) -> Result<ExportCounts> {
    let mut counts = ExportCounts::default();
    cases.for_each(|case| {
        if case.verdict.outcome != Outcome::Kept {
            counts.not_kept += 1;
            return Ok(());
        }
        let Some(Preference::For(winner)) = case.verdict.winner else {
            counts.ties += 1;
            return Ok(());
        };
        let sides = [winner, winner.other()];
        if response(&case, sides[0]) == response(&case, sides[1]) {
            counts.equal += 1;
            return Ok(());
        }
        let write = |prompt: Value, [chosen, rejected]: [Value; 2]| {
            json!({
                "id": case.record.id,
                "prompt": prompt,
                "chosen": chosen,
                "rejected": rejected,
                "chosen_system": system(&case, sides[0]),
                "rejected_system": system(&case, sides[1]),
            })
        };
        let pair = match form {
            PreferenceForm::Texts => texts(&case, sides)
                .map(|(prompt, pair)| write(prompt.into(), pair.map(Value::from))),
            PreferenceForm::Messages => {
                let said =
                    |side| response(&case, side).map(|content| messages(content, "assistant"));
                let prompt = messages(&case.item.prompt, "user");
                said(sides[0])
                    .zip(said(sides[1]))
                    .map(|(chosen, rejected)| write(prompt, [chosen, rejected]))
            }
        };
        let Some(pair) = pair else {
            counts.conversations += 1;
            return Ok(());
        };
        counts.written += 1;
        write_line(output, &pair)
    })?;
    Ok(counts)
}

/// Returns a content as messages; a text is one of the role.
fn messages(content: &Content, role: &str) -> Value {
    match content {
        Content::Text(text) => json!([{ "role": role, "content": text }]),
        Content::Turns(turns) => json!(turns),
    }
}
