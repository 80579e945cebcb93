//! Prompts and responses out of the conversations and turns that other programs store.

use serde_json::Value;

use super::collected::Collector;
use crate::error::Result;
use crate::input::conversation::{Content, Turn};
use crate::input::jsonl::{Path, Record, parse_unique};
use crate::input::read_conversation::read_content;

const FURTHER_CHOICES: (&str, &str) = (
    "answer has several choices, of which the first is read: a system has one response to an item",
    "answers have several choices, of which the first is read: a system has one response to an item",
);

/// Reads the conversation in a field and divides it before the first turn of an assistant: what was asked, and what was
/// answered. Further turns of the user belong to the response, which they are part of the context of.
///
/// # Errors
///
/// The field is missing or no list of messages, or it has no answer.
pub(super) fn take_conversation(record: &mut Record, field: &str) -> Result<(Content, Content)> {
    let Some(mut value) = record.take(field) else { return Err(record.missing(field)) };
    // A cell of a table has the list as a text.
    if let Value::String(cell) = &value {
        let Ok(list @ Value::Array(_)) = parse_unique(cell) else {
            return Err(record
                .error(format!("{field}: expected a list of messages, found a text that is no such list in JSON"))
                .hint("write JSON Lines, or in a table the list of messages as JSON"));
        };
        value = list;
    }
    let content = read_content(record, &Path::new(field), value)?;
    divide(record, field, &content)
}

/// Divides a conversation as [`take_conversation`] does.
///
/// # Errors
///
/// It is no list of messages, has no answer, or begins with one.
pub(super) fn divide(
    record: &Record,
    field: &str,
    content: &Content,
) -> Result<(Content, Content)> {
    let turns = content.turns();
    let answer = turns.iter().position(|turn| turn.role == "assistant");
    match answer {
        Some(answer) if answer > 0 => {
            Ok((content_of(&turns[..answer], "user"), content_of(&turns[answer..], "assistant")))
        }
        Some(_) => Err(record.error(format!("{field}: the conversation begins with an answer"))),
        None => Err(record.error(format!(
            "{field}: expected a list of messages with one of the role `assistant`"
        ))),
    }
}

/// Returns turns as a text, where it is only one of this role, else as a conversation.
pub(super) fn content_of(turns: &[Turn], role: &str) -> Content {
    match turns {
        [only] if only.role == role && only.tool_calls.is_empty() => {
            Content::Text(only.content.clone())
        }
        _ => Content::Turns(turns.to_vec()),
    }
}

/// Returns the prompt of a question with several turns up to one of them: the first turn. The later ones are part of
/// each response.
pub(super) fn response_up_to(questions: &[String], answers: &[String]) -> Content {
    if let [only] = answers {
        return Content::Text(only.clone());
    }
    let mut turns = Vec::new();
    for (at, answer) in answers.iter().enumerate() {
        if at > 0 {
            turns.push(Turn::new("user", questions.get(at).map_or("", String::as_str)));
        }
        turns.push(Turn::new("assistant", answer.as_str()));
    }
    Content::Turns(turns)
}

/// Reads a list of texts: strings, or objects with the text under `content`.
///
/// # Errors
///
/// The field is missing or no list, or an entry has no text.
pub(super) fn take_texts(record: &mut Record, field: &str) -> Result<Vec<String>> {
    let Some(value) = record.take(field) else { return Err(record.missing(field)) };
    texts(record, field, &value)
}

/// Reads a list of texts as [`take_texts`] does.
///
/// # Errors
///
/// As there.
pub(super) fn texts(record: &Record, path: &str, value: &Value) -> Result<Vec<String>> {
    let Value::Array(entries) = value else {
        return Err(record.expected(path, "a list of turns", value));
    };
    if entries.is_empty() {
        return Err(record.error(format!("{path}: the list of turns is empty")));
    }
    entries
        .iter()
        .enumerate()
        .map(|(at, entry)| match entry {
            Value::String(text) => Ok(text.clone()),
            Value::Object(fields) => match fields.get("content") {
                Some(Value::String(text)) => Ok(text.clone()),
                Some(other) => {
                    Err(record.expected(format!("{path}[{at}].content"), "a string", other))
                }
                None => Err(record.error(format!("{path}[{at}].content is missing"))),
            },
            other => Err(record.expected(format!("{path}[{at}]"), "a text", other)),
        })
        .collect()
}

/// Reads the turns of the only or the first choice of an answer; further ones are counted.
///
/// # Errors
///
/// There is no choice, or it has no turns.
pub(super) fn take_choice(collector: &mut Collector, record: &mut Record) -> Result<Vec<String>> {
    let Some(choices) = record.take("choices") else { return Err(record.missing("choices")) };
    if choices.get(1).is_some() {
        collector.notice(FURTHER_CHOICES, &record.place);
    }
    let turns = choices.get(0).and_then(|choice| choice.get("turns"));
    let Some(turns) = turns else { return Err(record.error("choices[0].turns is missing")) };
    texts(record, "choices[0].turns", turns)
}
