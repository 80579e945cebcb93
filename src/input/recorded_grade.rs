//! Recorded grades of single responses, which a recording has beside or in place of replies about comparisons.
//!
//! `{"id","system","scale","reply"}` holds the text of a reply, which is read as the rubric says; `scale` is the
//! direction in which the steps were shown, `"written"` or `"reversed"`, and `"written"` if it is left out. In place of
//! the text a line may hold `"grade"`, the name of a step.

use serde::Serialize;
use serde_json::Value;

use super::jsonl::{Fingerprint, Record};
use super::label_values::{take_word, unknown_grade};
use super::recorded_answer::RecordedAnswer;
use super::rubric::Scale;
use crate::error::Result;

/// The words for both directions of a scale, that of the rubric first.
const DIRECTIONS: [&str; 2] = ["written", "reversed"];

/// One line of a recording of grades.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RecordedGrade {
    /// The id of the item.
    pub id: String,
    /// The system whose response was graded.
    pub system: String,
    /// The direction in which the steps were shown: `written` or `reversed`.
    pub scale: &'static str,
    /// The raw reply, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// The name of the grade, where one was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
}

impl RecordedGrade {
    /// Returns a line without an answer, which is read as an empty reply.
    pub fn new(id: impl Into<String>, system: impl Into<String>, is_reversed: bool) -> Self {
        Self {
            id: id.into(),
            system: system.into(),
            scale: DIRECTIONS[usize::from(is_reversed)],
            reply: None,
            grade: None,
        }
    }
}

/// Returns the key of a line about the grade of a response.
pub(super) fn key(id: &str, system: &str, is_reversed: bool) -> Fingerprint {
    // A comparison has three names, so its keys differ from these.
    Fingerprint::of(&[id, system, "", DIRECTIONS[usize::from(is_reversed)]])
}

/// Takes what identifies the line.
pub(super) fn key_of(record: &mut Record) -> Result<Fingerprint> {
    let (id, system) = (record.take_id()?, record.take_name("system")?);
    let is_reversed =
        take_word(record, "scale", &[false, true], |reversed| DIRECTIONS[usize::from(reversed)])?;
    Ok(key(&id, &system, is_reversed.unwrap_or(false)))
}

/// Takes the answer of the line.
pub(super) fn answer_of(record: &mut Record) -> Result<RecordedAnswer> {
    let is_without_text = record.is_null("reply");
    let reply = match record.take("reply") {
        Some(Value::String(text)) => Some(text),
        Some(other) => return Err(record.expected("reply", "a string", &other)),
        None => None,
    };
    let grade = match record.take("grade") {
        None => None,
        Some(Value::String(name)) => Some(name),
        // Scales of numbers are common, and their steps are often written without quotation marks.
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(other) => return Err(record.expected("grade", "the name of a step", &other)),
    };
    if reply.is_none() && grade.is_none() && !is_without_text {
        return Err(record.missing("reply").hint("a line holds `reply` or `grade`"));
    }
    Ok(RecordedAnswer { reply, grade, ..RecordedAnswer::default() })
}

/// Checks that a recorded grade is one of the scale.
///
/// Whatever wrote a name in place of a reply has read a reply already: another name is no reply that cannot be read, which
/// would be counted as the judge's, but the scale of another rubric.
///
/// # Errors
///
/// The scale does not have the grade.
pub(super) fn check(record: &Record, answer: &RecordedAnswer, scale: &Scale) -> Result<()> {
    match &answer.grade {
        Some(name) if scale.grade_named(name).is_none() => {
            let names: Vec<&str> = scale.names().collect();
            Err(unknown_grade(record, "grade", name, &names))
        }
        _ => Ok(()),
    }
}
