//! Items: a prompt with the responses of systems and an optional reference.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::conversation::Content;
use super::generated::{Generated, take_generated};
use super::jsonl::{Path, Record};
use super::read_conversation::read_content;
use super::reference::{Reference, take_reference};
use super::system_name::check_system_name;
use crate::error::Result;

/// The names of the fields of an item.
pub(super) const FIELDS: [&str; 7] =
    ["id", "prompt", "responses", "reference", "context", "tags", "generated"];

/// One message of a rendered prompt, as it is sent to a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The speaker: `system` or `user`; in a conversation for a system also `assistant` or `developer`.
    pub role: String,
    /// The text.
    pub content: String,
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
    /// How responses were generated, by the system's name; never shown to a judge.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub generated: BTreeMap<String, Generated>,
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
            generated: BTreeMap::new(),
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
    let id = record.take_id()?;
    let prompt = match record.take("prompt") {
        Some(value) => read_content(record, &Path::new("prompt"), value)?,
        None => return Err(record.missing("prompt")),
    };
    let mut responses = BTreeMap::new();
    match record.take("responses") {
        Some(Value::Object(given)) => {
            for (system, value) in given {
                check_system_name(&system)
                    .map_err(|why| record.error(format!("responses: {why}")))?;
                let path = Path::new("responses");
                let content = read_content(record, &path.field(&system), value)?;
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
                        return Err(record.expected(format!("tags.{tag}"), "a string", &other));
                    }
                };
                tags.insert(tag, value);
            }
        }
        Some(other) => return Err(record.expected("tags", "an object of strings", &other)),
        None => {}
    }
    let context = record.take("context");
    let generated = take_generated(record)?;
    let place = record.place.clone();
    Ok(Item { id, prompt, responses, reference, context, tags, generated, place })
}

/// Returns the first field in which an item differs from its earlier version in a way that a judge could see.
///
/// Added or removed responses do not count, because systems may be added to a plan. Neither do tags and what is known
/// of how responses were generated, because they are never shown to a judge. Returns the field's name with its earlier
/// and its new text.
pub(crate) fn changed_field(before: &Item, now: &Item) -> Option<(String, String, String)> {
    let field = |name: &str, before: String, now: String| Some((name.to_owned(), before, now));
    if before.prompt != now.prompt {
        return field("prompt", shown(&before.prompt), shown(&now.prompt));
    }
    if before.reference != now.reference {
        return field("reference", shown(&before.reference), shown(&now.reference));
    }
    if before.context != now.context {
        return field("context", shown(&before.context), shown(&now.context));
    }
    now.responses.iter().find_map(|(system, content)| {
        let stored = before.responses.get(system).filter(|stored| *stored != content)?;
        field(&format!("responses.{system}"), shown(stored), shown(content))
    })
}

/// Returns the text of a field, or JSON in lines.
fn shown(field: &impl Serialize) -> String {
    match serde_json::to_value(field) {
        Ok(Value::String(text)) => text,
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_default(),
        Err(_) => String::new(),
    }
}
