//! Reads a prompt or a response as people have it: a text, or messages in the form of `OpenAI` or Anthropic.
//!
//! Whatever the form, calls of tools and their results become [`Turn`]s. A judge sees text only, so parts that are
//! no text (images, sounds, files) are refused by name. Other unknown fields are ignored and counted.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::conversation::{Content, ToolCall, Turn};
use super::jsonl::{Object, Path, Record};
use crate::error::{Error, Result};

const MESSAGE: &str = r#"a message {"role","content"}"#;
const CONTENT: &str = "a string or a list of content parts";
const MESSAGE_FIELDS: [&str; 8] =
    ["role", "content", "tool_calls", "function_call", "tool_call_id", "name", "refusal", "audio"];
/// The types of parts that are media, in any of the forms.
const MEDIA: [&str; 12] = [
    "audio",
    "document",
    "file",
    "image",
    "image_file",
    "image_url",
    "input_audio",
    "input_file",
    "input_image",
    "input_video",
    "video",
    "video_url",
];

/// Reads a prompt or a response: a string, or a non-empty list of messages.
///
/// # Errors
///
/// The value is neither, a message is invalid, or it has a part that is no text.
pub(super) fn read_content(record: &mut Record, path: &Path<'_>, value: Value) -> Result<Content> {
    let messages = match value {
        Value::String(text) => return Ok(Content::Text(text)),
        Value::Array(messages) => messages,
        other => return Err(record.expected(path, "a string or a list of messages", &other)),
    };
    if messages.is_empty() {
        return Err(record.error(format!("{path}: the list of messages is empty")));
    }
    let mut turns = Vec::with_capacity(messages.len());
    for (index, message) in messages.into_iter().enumerate() {
        turns.extend(read_message(record, &path.index(index), message)?);
    }
    Ok(Content::Turns(turns))
}

/// The turns of one message. Results of tools in its content are turns of their own, and a text after a call
/// begins a new turn, so that everything stays in order.
struct MessageTurns {
    role: String,
    turns: Vec<Turn>,
    /// Whether the last turn is of the message's own role, not a result.
    is_own: bool,
}

impl MessageTurns {
    /// Returns the last turn if it is of the message's own role and `fits`, else a new one.
    fn own(&mut self, fits: impl Fn(&Turn) -> bool) -> &mut Turn {
        let fits = self.is_own && self.turns.last().is_some_and(fits);
        if !fits {
            self.turns.push(Turn::new(self.role.as_str(), ""));
            self.is_own = true;
        }
        let last = self.turns.len() - 1;
        &mut self.turns[last]
    }

    fn add_text(&mut self, text: &str) {
        let turn = self.own(|last| last.tool_calls.is_empty());
        if !turn.content.is_empty() {
            turn.content.push('\n');
        }
        turn.content.push_str(text);
    }

    fn add_call(&mut self, call: ToolCall) {
        self.own(|_| true).tool_calls.push(call);
    }

    fn add_result(&mut self, result: Turn) {
        self.turns.push(result);
        self.is_own = false;
    }
}

/// Reads one message.
fn read_message(record: &mut Record, path: &Path<'_>, value: Value) -> Result<Vec<Turn>> {
    let mut message = Object::new(record, path, value, MESSAGE)?;
    if let (None, Some(Value::String(kind))) = (message.get("role"), message.get("type")) {
        return Err(record
            .error(format!("{path}: an entry of type `{kind}` is not a message"))
            .hint(format!("write it as {MESSAGE}, with `tool_calls` where it calls tools")));
    }
    let role = message.require_text(record, "role")?;
    if message.take("audio").is_some() {
        return Err(not_text(record, &path.field("audio"), "audio"));
    }
    let mut turns = MessageTurns { role, turns: Vec::new(), is_own: false };
    let content_is_null = message.is_null("content");
    let content = message.take("content");
    let has_content = content.is_some();
    read_parts(record, &path.field("content"), content, &mut turns)?;
    if let Some(refusal) = message.take_text(record, "refusal")? {
        turns.add_text(&refusal);
    }
    let calls = message.take("tool_calls");
    read_calls(record, &path.field("tool_calls"), calls, &mut turns)?;
    if let Some(call) = message.take("function_call") {
        let path = path.field("function_call");
        turns.add_call(read_function(record, &path, call, None)?);
    }
    if turns.turns.is_empty() && !has_content {
        if content_is_null {
            return Err(record.expected(path.field("content"), CONTENT, &Value::Null).hint(
                "content may be null only beside `tool_calls`; write \"\" for an empty text",
            ));
        }
        return Err(message.missing(record, "content"));
    }
    if turns.turns.is_empty() {
        turns.add_text("");
    }
    // A message that consists of results has no turn of its own; the results name their calls themselves.
    let MessageTurns { role, mut turns, .. } = turns;
    let mut own = turns.iter_mut().filter(|turn| turn.tool_call_id.is_none() && turn.role == role);
    if let Some(first) = own.next() {
        first.tool_call_id = message.take_text(record, "tool_call_id")?;
        first.name = message.take_text(record, "name")?;
        own.for_each(|turn| turn.name.clone_from(&first.name));
    }
    message.finish(record, &MESSAGE_FIELDS)?;
    Ok(turns)
}

/// Reads the content of a message: a string or a list of parts.
fn read_parts(
    record: &mut Record,
    path: &Path<'_>,
    content: Option<Value>,
    turns: &mut MessageTurns,
) -> Result<()> {
    match content {
        None => {}
        Some(Value::String(text)) => turns.add_text(&text),
        Some(Value::Array(parts)) => {
            for (index, part) in parts.into_iter().enumerate() {
                read_part(record, &path.index(index), part, turns)?;
            }
        }
        Some(other) => return Err(record.expected(path, CONTENT, &other)),
    }
    Ok(())
}

/// Reads the list of calls of a message.
fn read_calls(
    record: &mut Record,
    path: &Path<'_>,
    calls: Option<Value>,
    turns: &mut MessageTurns,
) -> Result<()> {
    match calls {
        None => {}
        Some(Value::Array(calls)) => {
            for (index, call) in calls.into_iter().enumerate() {
                turns.add_call(read_call(record, &path.index(index), call)?);
            }
        }
        Some(other) => return Err(record.expected(path, "a list of tool calls", &other)),
    }
    Ok(())
}

/// Reads one part of a message's content.
fn read_part(
    record: &mut Record,
    path: &Path<'_>,
    value: Value,
    turns: &mut MessageTurns,
) -> Result<()> {
    let mut part = Object::new(record, path, value, r#"a content part {"type":"text","text"}"#)?;
    let kind = part.require_text(record, "type")?;
    match kind.as_str() {
        "tool_use" => {
            let id = part.take_text(record, "id")?;
            let name = part.require_text(record, "name")?;
            let arguments = read_arguments(record, &path.field("input"), part.take("input"))?;
            turns.add_call(ToolCall { id, name, arguments });
            part.finish(record, &["type", "id", "name", "input"])
        }
        "tool_result" => {
            let id = part.require_text(record, "tool_use_id")?;
            let content = read_result(record, &path.field("content"), part.take("content"))?;
            turns.add_result(Turn { tool_call_id: Some(id), ..Turn::new("tool", content) });
            part.finish(record, &["type", "tool_use_id", "content"])
        }
        _ => {
            turns.add_text(&read_text_part(record, part, &kind)?);
            Ok(())
        }
    }
}

/// Reads the rest of a part whose type was taken, and which must be a text.
fn read_text_part(record: &mut Record, mut part: Object<'_>, kind: &str) -> Result<String> {
    let field = match kind {
        "text" | "input_text" | "output_text" => "text",
        "refusal" => "refusal",
        _ => return Err(not_text(record, part.path, kind)),
    };
    let text = part.require_text(record, field)?;
    part.finish(record, &["type", field])?;
    Ok(text)
}

/// Reads the content of a tool's result: a string or text parts; absent for an empty result.
fn read_result(record: &mut Record, path: &Path<'_>, value: Option<Value>) -> Result<String> {
    let parts = match value {
        None => return Ok(String::new()),
        Some(Value::String(text)) => return Ok(text),
        Some(Value::Array(parts)) => parts,
        Some(other) => return Err(record.expected(path, "a string or a list of parts", &other)),
    };
    let mut texts = Vec::with_capacity(parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        let path = path.index(index);
        let mut part = Object::new(record, &path, part, r#"a part {"type":"text","text"}"#)?;
        let kind = part.require_text(record, "type")?;
        texts.push(read_text_part(record, part, &kind)?);
    }
    Ok(texts.join("\n"))
}

/// Reads one entry of `tool_calls`: the name and the arguments are in `function`, in `custom`, or in the entry
/// itself, as in run files.
fn read_call(record: &mut Record, path: &Path<'_>, value: Value) -> Result<ToolCall> {
    let expected = r#"a tool call {"id","type":"function","function":{"name","arguments"}}"#;
    let mut call = Object::new(record, path, value, expected)?;
    let kind = call.take_text(record, "type")?;
    let id = call.take_text(record, "id")?;
    let read = match kind.as_deref() {
        None | Some("function") => match call.take("function") {
            Some(function) => read_function(record, &path.field("function"), function, id)?,
            None if call.get("name").is_some() => {
                let name = call.require_text(record, "name")?;
                let path = path.field("arguments");
                ToolCall {
                    id,
                    name,
                    arguments: read_arguments(record, &path, call.take("arguments"))?,
                }
            }
            None => return Err(call.missing(record, "function")),
        },
        Some("custom") => {
            let path = path.field("custom");
            let custom = call.take("custom").ok_or_else(|| call.missing(record, "custom"))?;
            let mut custom = Object::new(record, &path, custom, r#"an object {"name","input"}"#)?;
            let name = custom.require_text(record, "name")?;
            let arguments = custom.require_text(record, "input")?;
            custom.finish(record, &["name", "input"])?;
            ToolCall { id, name, arguments }
        }
        Some(other) => {
            return Err(record
                .error(format!("{path}: a tool call of type `{other}` cannot be shown to a judge"))
                .hint("the types of tool calls are `function` and `custom`"));
        }
    };
    call.finish(record, &["id", "type", "function", "custom", "name", "arguments"])?;
    Ok(read)
}

/// Reads the function that is called, with its arguments.
fn read_function(
    record: &mut Record,
    path: &Path<'_>,
    value: Value,
    id: Option<String>,
) -> Result<ToolCall> {
    let mut function = Object::new(record, path, value, r#"an object {"name","arguments"}"#)?;
    let name = function.require_text(record, "name")?;
    let arguments = function.take("arguments");
    let arguments = read_arguments(record, &path.field("arguments"), arguments)?;
    function.finish(record, &["name", "arguments"])?;
    Ok(ToolCall { id, name, arguments })
}

/// Reads the arguments of a call: an object, or a text with JSON; absent if there are none.
fn read_arguments(record: &Record, path: &Path<'_>, value: Option<Value>) -> Result<String> {
    match value {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(compact_json(text)),
        Some(arguments @ Value::Object(_)) => Ok(arguments.to_string()),
        Some(other) => Err(record.expected(path, "an object or a string with JSON", &other)),
    }
}

/// Returns JSON without the white space between its tokens; numbers and strings stay as they were written. A text
/// that is not JSON is returned as it is: models make mistakes, and the judge is to see them.
fn compact_json(text: String) -> String {
    if serde_json::from_str::<IgnoredAny>(&text).is_err() {
        return text;
    }
    let (mut in_string, mut is_escaped) = (false, false);
    let keep = |char: &char| {
        if in_string {
            in_string = is_escaped || *char != '"';
            is_escaped = *char == '\\' && !is_escaped;
            return true;
        }
        in_string = *char == '"';
        !char.is_ascii_whitespace()
    };
    text.chars().filter(keep).collect()
}

/// Returns the error for a part that is no text.
fn not_text(record: &Record, path: &Path<'_>, kind: &str) -> Error {
    let error = record.error(format!("{path}: a part of type `{kind}` cannot be shown to a judge"));
    error.hint(if MEDIA.contains(&kind) {
        "a judge sees text only: describe it in text (a part of type `text`), or remove the item"
    } else {
        "a judge sees text only: write what it should see as a part of type `text`, and remove this part"
    })
}
