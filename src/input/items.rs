//! Items: a prompt with the responses of two or more systems, and perhaps a reference.
//!
//! An item's responses may lie in the items file or in one file per system, joined by id. Oddities
//! that are allowed (an empty response, two equal ones, fields nobody knows, ids without a partner)
//! are counted and reported, never passed over in silence.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json::{Record, read_lines};
use crate::error::{Error, Result};

const FIELDS: [&str; 6] = ["id", "prompt", "responses", "reference", "context", "tags"];

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks: `system`, `user`, `assistant`…
    pub role: String,
    /// What is said.
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

impl Content {
    /// Returns whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.parts().all(str::is_empty)
    }

    /// Returns every piece of text, in order.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let text = match self {
            Self::Text(text) => Some(text.as_str()),
            Self::Turns(_) => None,
        };
        text.into_iter().chain(self.turns().iter().map(|turn| turn.content.as_str()))
    }

    /// Returns who speaks in each turn; nobody in a single text.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.turns().iter().map(|turn| turn.role.as_str())
    }

    fn turns(&self) -> &[Message] {
        match self {
            Self::Text(_) => &[],
            Self::Turns(turns) => turns,
        }
    }

    /// Returns the text, with the turns of a conversation joined by line breaks.
    pub fn to_text(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Turns(_) => self.parts().collect::<Vec<_>>().join("\n").into(),
        }
    }
}

/// One prompt with the responses of two or more systems.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The name that joins items, labels and recorded replies; unique in a file.
    pub id: String,
    /// What the systems were asked.
    pub prompt: Content,
    /// What each system answered, by the system's name, in byte order of the names.
    pub responses: BTreeMap<String, Content>,
    /// The answer a person would have wanted, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Anything else that the prompt template may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Value>,
    /// Slices for reports; no judge sees them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The file and line it was read from, for messages; empty for an item from a run file.
    #[serde(skip)]
    pub place: String,
}

/// Items as read, with what was odd about them.
#[derive(Debug, Default)]
pub struct Items {
    /// The items, in file order.
    pub items: Vec<Item>,
    /// One sentence for each kind of oddity, with its count.
    pub warnings: Vec<String>,
}

/// Reads the items of `path` and joins the responses of the files in `responses` (system, file).
///
/// # Errors
///
/// A line that is not a JSON object, a field of the wrong type, an id that is there twice, a reserved
/// system name, an item with fewer than two responses. Items to which no response file has an answer
/// are left out with a warning as long as others remain.
pub fn read_items(path: &Path, responses: &[(String, &Path)]) -> Result<Items> {
    let mut items = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    read_lines(path, |mut record| {
        let item = read_item(&mut record)?;
        if let Some(earlier) = seen.insert(item.id.clone(), record.line) {
            return Err(record
                .error(format!("id `{}` is already on line {earlier}", item.id))
                .hint("every item needs an id of its own"));
        }
        for field in record.leftovers(&FIELDS)? {
            *unknown.entry(field).or_default() += 1;
        }
        items.push(item);
        Ok(())
    })?;
    if items.is_empty() {
        return Err(Error::input(format!("{}: there are no items in it", path.display())));
    }
    let mut warnings: Vec<String> = unknown
        .iter()
        .map(|(field, count)| {
            format!("field `{field}` of {count} items is not used; `context` is for what the prompt needs, `tags` for slices")
        })
        .collect();
    for (system, file) in responses {
        join_responses(&mut items, system, file, &mut warnings)?;
    }
    if responses.is_empty() {
        require_two_responses(&items)?;
    } else {
        drop_unpaired(path, &mut items, &mut warnings)?;
    }
    warn_of_odd_responses(&items, &mut warnings);
    Ok(Items { items, warnings })
}

fn read_item(record: &mut Record) -> Result<Item> {
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
            return Err(record.expected("responses", "an object of system and response", &other));
        }
        None => {}
    }
    let reference = match record.take("reference") {
        Some(Value::String(text)) => Some(text),
        Some(other) => return Err(record.expected("reference", "a string", &other)),
        None => None,
    };
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

fn read_content(record: &Record, field: &str, value: Value) -> Result<Content> {
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

/// Says why `name` cannot be a system's name, if it cannot.
fn check_system_name(name: &str) -> std::result::Result<(), String> {
    if name.is_empty() {
        Err("a system's name is empty".to_owned())
    } else if name == "tie" || name == "jury" || name.starts_with("builtin:") {
        Err(format!("`{name}` is a reserved name and cannot be a system"))
    } else {
        Ok(())
    }
}

fn join_responses(
    items: &mut [Item],
    system: &str,
    file: &Path,
    warnings: &mut Vec<String>,
) -> Result<()> {
    check_system_name(system)
        .map_err(|why| Error::usage(format!("--responses {system}=…: {why}")))?;
    let index: HashMap<String, usize> =
        items.iter().enumerate().map(|(at, item)| (item.id.clone(), at)).collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut unmatched = Vec::new();
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    read_lines(file, |mut record| {
        let id = record.take_name("id")?;
        let content = match record.take("response") {
            Some(value) => read_content(&record, "response", value)?,
            None => return Err(record.missing("response")),
        };
        if let Some(earlier) = seen.insert(id.clone(), record.line) {
            return Err(record.error(format!("id `{id}` is already on line {earlier}")));
        }
        let Some(&at) = index.get(&id) else {
            unmatched.push(id);
            return Ok(());
        };
        if items[at].responses.insert(system.to_owned(), content).is_some() {
            let place = &items[at].place;
            return Err(
                record.error(format!("`{system}` already has a response to `{id}` in {place}"))
            );
        }
        for field in record.leftovers(&["id", "response"])? {
            *unknown.entry(field).or_default() += 1;
        }
        Ok(())
    })?;
    for (field, count) in unknown {
        let file = file.display();
        warnings.push(format!("{file}: field `{field}` of {count} responses is not used"));
    }
    if !unmatched.is_empty() {
        warnings.push(format!(
            "{}: {} ids are not in the items file and were left out, the first is `{}`",
            file.display(),
            unmatched.len(),
            unmatched[0]
        ));
    }
    let without: Vec<&Item> =
        items.iter().filter(|item| !item.responses.contains_key(system)).collect();
    if let Some(first) = without.first() {
        warnings.push(format!(
            "{}: {} items have no response of `{system}`, the first is `{}`",
            file.display(),
            without.len(),
            first.id
        ));
    }
    Ok(())
}

fn require_two_responses(items: &[Item]) -> Result<()> {
    for item in items {
        let names: Vec<&str> = item.responses.keys().map(String::as_str).collect();
        match names.as_slice() {
            [] => {
                return Err(Error::input(format!("{}: responses is missing", item.place))
                    .detail(format!("item {} has nothing to compare", item.id))
                    .hint(r#"write "responses":{"SYSTEM":"…","OTHER":"…"}, or give --responses SYSTEM=FILE"#));
            }
            [only] => {
                return Err(Error::input(format!(
                    "{}: responses: expected two or more systems, found one (`{only}`)",
                    item.place
                ))
                .detail(format!("item {} has nothing to compare it with", item.id))
                .hint("give the other system's response, or leave the item out"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn drop_unpaired(path: &Path, items: &mut Vec<Item>, warnings: &mut Vec<String>) -> Result<()> {
    let before = items.len();
    let first = items.iter().find(|item| item.responses.len() < 2).map(|item| item.id.clone());
    items.retain(|item| item.responses.len() >= 2);
    if items.is_empty() {
        return Err(Error::input(format!(
            "{}: no item has responses of two systems once the response files are joined",
            path.display()
        ))
        .hint("the `id`s of the items and of the response files must be the same"));
    }
    if let Some(first) = first {
        warnings.push(format!(
            "{} items have fewer than two responses and are left out, the first is `{first}`",
            before - items.len()
        ));
    }
    Ok(())
}

fn warn_of_odd_responses(items: &[Item], warnings: &mut Vec<String>) {
    let empty: Vec<&Item> =
        items.iter().filter(|item| item.responses.values().any(Content::is_empty)).collect();
    if let Some(first) = empty.first() {
        warnings.push(format!(
            "{} of {} items have an empty response; it is judged like any other (first: {})",
            empty.len(),
            items.len(),
            first.place
        ));
    }
    let equal: Vec<&Item> = items
        .iter()
        .filter(|item| {
            let distinct: HashSet<String> =
                item.responses.values().map(|content| format!("{content:?}")).collect();
            distinct.len() < item.responses.len()
        })
        .collect();
    if let Some(first) = equal.first() {
        warnings.push(format!(
            "{} of {} items have two equal responses; they are judged like any other (first: {})",
            equal.len(),
            items.len(),
            first.place
        ));
    }
}

/// Says how the text of an item differs from what it was, if a judge could see the difference.
///
/// A response of a further system is no difference, neither is one that has left the file: the plan
/// may grow. Tags are never shown to a judge.
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
