//! Items: a prompt with the responses of systems and an optional reference.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::jsonl::Record;
use super::reference::{Reference, take_reference};
use crate::error::Result;

/// The names of the fields of an item.
pub(super) const FIELDS: [&str; 6] = ["id", "prompt", "responses", "reference", "context", "tags"];

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The speaker: `system`, `user`, `assistant`, …
    pub role: String,
    /// The text of the turn.
    pub content: String,
}

/// A prompt or a response: one text, or the turns of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// A single text.
    Text(String),
    /// A conversation of at least one turn.
    Turns(Vec<Message>),
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Message>> for Content {
    fn from(turns: Vec<Message>) -> Self {
        Self::Turns(turns)
    }
}

impl Content {
    /// Returns whether all of its text is empty.
    pub fn is_empty(&self) -> bool {
        self.parts().all(str::is_empty)
    }

    /// Returns the single text, or the text of each turn in order.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let text = match self {
            Self::Text(text) => Some(text.as_str()),
            Self::Turns(_) => None,
        };
        text.into_iter().chain(self.turns().iter().map(|turn| turn.content.as_str()))
    }

    /// Returns the role of each turn; a single text has none.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.turns().iter().map(|turn| turn.role.as_str())
    }

    fn turns(&self) -> &[Message] {
        match self {
            Self::Text(_) => &[],
            Self::Turns(turns) => turns,
        }
    }

    /// Returns the text that the system itself wrote.
    ///
    /// Of a conversation these are the turns of the role `assistant`, joined by line breaks; all turns if none
    /// has that role.
    pub fn answer(&self) -> std::borrow::Cow<'_, str> {
        let Self::Turns(turns) = self else { return self.to_text() };
        let own = turns.iter().filter(|turn| turn.role == "assistant");
        let own: Vec<&str> = own.map(|turn| turn.content.as_str()).collect();
        if own.is_empty() { self.to_text() } else { own.join("\n").into() }
    }

    /// Returns the whole text; the turns of a conversation are joined by line breaks.
    pub fn to_text(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Turns(_) => self.parts().collect::<Vec<_>>().join("\n").into(),
        }
    }
}

/// One prompt with the responses of two or more systems, or of one where responses are only scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The name by which labels and recorded replies refer to the item; unique in a file.
    pub id: String,
    /// What the systems were asked.
    pub prompt: Content,
    /// The response of each system, by the system's name, in byte order of the names.
    pub responses: BTreeMap<String, Content>,
    /// The expected answer, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// Further data for the prompt template, any JSON value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Value>,
    /// Tags by which reports are sliced; they are never shown to a judge.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Where the item is from, for messages: `file:line`, or `item ID` for one made by [`Item::new`]; empty for
    /// an item from a run file.
    #[serde(skip)]
    pub place: String,
}

impl Item {
    /// Returns an item without responses.
    pub fn new(id: impl Into<String>, prompt: impl Into<Content>) -> Self {
        let id = id.into();
        Self {
            place: format!("item {id}"),
            id,
            prompt: prompt.into(),
            responses: BTreeMap::new(),
            reference: None,
            context: None,
            tags: BTreeMap::new(),
        }
    }

    /// Adds the response of a system, or replaces the one that it has.
    #[must_use]
    pub fn with_response(
        mut self,
        system: impl Into<String>,
        response: impl Into<Content>,
    ) -> Self {
        self.responses.insert(system.into(), response.into());
        self
    }

    /// Sets the reference answer.
    #[must_use]
    pub fn with_reference(mut self, reference: Reference) -> Self {
        self.reference = Some(reference);
        self
    }
}

/// Reads one item from a line of the items file.
///
/// # Errors
///
/// A required field is missing, a field has the wrong type, or a system has a reserved name.
pub(super) fn read_item(record: &mut Record) -> Result<Item> {
    let id = record.take_name("id")?;
    let prompt = match record.take("prompt") {
        Some(value) => read_content(record, "prompt", value)?,
        None => return Err(record.missing("prompt")),
    };
    let mut responses = BTreeMap::new();
    match record.take("responses") {
        Some(Value::Object(given)) => {
            for (system, value) in given {
                check_system_name(&system)
                    .map_err(|why| record.error(format!("responses: {why}")))?;
                let content = read_content(record, &format!("responses.{system}"), value)?;
                responses.insert(system, content);
            }
        }
        Some(other) => {
            return Err(record.expected(
                "responses",
                "an object that maps each system to its response",
                &other,
            ));
        }
        None => {}
    }
    let reference = take_reference(record)?;
    let mut tags = BTreeMap::new();
    match record.take("tags") {
        Some(Value::Object(given)) => {
            for (tag, value) in given {
                let value = match value {
                    Value::String(text) => text,
                    Value::Bool(_) | Value::Number(_) => value.to_string(),
                    other => {
                        return Err(record.expected(&format!("tags.{tag}"), "a string", &other));
                    }
                };
                tags.insert(tag, value);
            }
        }
        Some(other) => return Err(record.expected("tags", "an object of strings", &other)),
        None => {}
    }
    let context = record.take("context");
    Ok(Item { id, prompt, responses, reference, context, tags, place: record.place.clone() })
}

/// Reads a prompt or a response: a string, or a non-empty list of messages.
pub(super) fn read_content(record: &Record, field: &str, value: Value) -> Result<Content> {
    let turns = match value {
        Value::String(text) => return Ok(Content::Text(text)),
        Value::Array(turns) => turns,
        other => return Err(record.expected(field, "a string or a list of messages", &other)),
    };
    if turns.is_empty() {
        return Err(record.error(format!("{field}: the list of messages is empty")));
    }
    let turns = turns.into_iter().enumerate().map(|(index, turn)| {
        let place = format!("{field}[{index}]");
        let Value::Object(mut turn) = turn else {
            return Err(record.expected(&place, r#"a message {"role","content"}"#, &turn));
        };
        let mut part = |name: &str| match turn.remove(name) {
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err(record.expected(&format!("{place}.{name}"), "a string", &other)),
            None => Err(record.error(format!("{place}.{name} is missing"))),
        };
        Ok(Message { role: part("role")?, content: part("content")? })
    });
    turns.collect::<Result<_>>().map(Content::Turns)
}

/// Checks that `name` may be the name of a system; the error says why not.
pub(super) fn check_system_name(name: &str) -> std::result::Result<(), String> {
    if name.is_empty() {
        Err("a system's name is empty".to_owned())
    } else if name == "tie" || name == "jury" || name.starts_with("builtin:") {
        Err(format!("`{name}` is a reserved name and cannot be a system"))
    } else {
        Ok(())
    }
}

/// Returns the first field in which an item differs from its earlier version in a way that a judge could see.
///
/// Added or removed responses do not count, because systems may be added to a plan. Tags do not count either,
/// because they are never shown to a judge.
pub(crate) fn changed_field(before: &Item, now: &Item) -> Option<String> {
    if before.prompt != now.prompt {
        return Some("prompt".to_owned());
    }
    if before.reference != now.reference {
        return Some("reference".to_owned());
    }
    if before.context != now.context {
        return Some("context".to_owned());
    }
    now.responses
        .iter()
        .find(|(system, content)| before.responses.get(*system).is_some_and(|was| was != *content))
        .map(|(system, _)| format!("responses.{system}"))
}
