//! Spans of OpenTelemetry by its conventions for generative AI, and by those of instrumentations that came before them.
//!
//! The messages are attributes (`gen_ai.input.messages`, `gen_ai.prompt.0.content`) or events of the span
//! (`gen_ai.user.message`, `gen_ai.choice`). Attributes are objects, or lists of keys with typed values.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::exchange::{Exchange, Read, Skipped, exchange, message, prompt_of, text_of};

/// Returns whether a record is a span, and not an object with a request and a response.
pub(super) fn is_span(record: &Value) -> bool {
    record.get("attributes").is_some()
        || record.get("spanId").is_some()
        || record.get("events").is_some()
}

/// Reads a span.
pub(super) fn read(span: &Value) -> Read<Exchange> {
    let mut attributes = attributes(span.get("attributes"));
    let events: Vec<(String, Map<String, Value>)> = events(span);
    // Events may hold what other instrumentations put into the attributes of the span.
    for (_, of_event) in &events {
        for (key, value) in of_event.iter().filter(|(key, _)| key.starts_with("gen_ai.")) {
            attributes.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    let is_gen_ai = attributes.keys().any(|key| key.starts_with("gen_ai."))
        || events.iter().any(|(name, _)| name.starts_with("gen_ai."));
    let operation = attributes.get("gen_ai.operation.name").and_then(Value::as_str);
    if !is_gen_ai
        || operation
            .is_some_and(|name| !["chat", "text_completion", "generate_content"].contains(&name))
    {
        return Err(Skipped::NoExchange);
    }
    let model = ["gen_ai.response.model", "gen_ai.request.model"];
    let model = model.into_iter().find_map(|key| attributes.get(key).and_then(Value::as_str));
    let mut asked = Vec::new();
    if let Some(instructions) = attributes.get("gen_ai.system_instructions").map(unpacked) {
        asked.push(json!({ "role": "system", "content": text_of(&instructions)? }));
    }
    let (prompt, response) = match messages(&attributes, "gen_ai.input.messages")
        .or_else(|| messages(&attributes, "gen_ai.prompt"))
        .or_else(|| numbered(&attributes, "gen_ai.prompt"))
    {
        Some(messages) => (messages, output(&attributes)?),
        None => of_events(&events)?,
    };
    for one in &prompt {
        asked.push(message(one)?);
    }
    exchange(prompt_of(asked)?, response, model.map(ToOwned::to_owned))
}

/// Returns the attributes as an object: of the list of keys and typed values of an export, or of an object.
fn attributes(value: Option<&Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map.clone(),
        Some(Value::Array(list)) => {
            let pair = |one: &Value| {
                Some((one.get("key")?.as_str()?.to_owned(), plain(one.get("value")?)))
            };
            list.iter().filter_map(pair).collect()
        }
        _ => Map::new(),
    }
}

/// Returns a typed value of an export as plain JSON.
fn plain(value: &Value) -> Value {
    let Value::Object(map) = value else { return value.clone() };
    let Some((kind, inside)) = map.iter().next().filter(|_| map.len() == 1) else {
        return value.clone();
    };
    match (kind.as_str(), inside) {
        ("stringValue" | "boolValue" | "doubleValue" | "intValue" | "bytesValue", inside) => {
            inside.clone()
        }
        ("arrayValue", inside) => {
            let values = inside.get("values").and_then(Value::as_array);
            Value::Array(
                values.map(|values| values.iter().map(plain).collect()).unwrap_or_default(),
            )
        }
        ("kvlistValue", inside) => Value::Object(attributes(inside.get("values"))),
        _ => value.clone(),
    }
}

/// Returns a value that is JSON in a text as that JSON.
fn unpacked(value: &Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        other => other.clone(),
    }
}

fn events(span: &Value) -> Vec<(String, Map<String, Value>)> {
    let all = span.get("events").and_then(Value::as_array);
    let event = |one: &Value| {
        let name = one.get("name").and_then(Value::as_str)?;
        let mut fields = attributes(one.get("attributes"));
        // Events of logs have a body.
        if let Some(body) = one.get("body").map(plain) {
            match unpacked(&body) {
                Value::Object(body) => fields.extend(body),
                text => {
                    fields.insert("content".to_owned(), text);
                }
            }
        }
        Some((name.to_owned(), fields))
    };
    all.map(|all| all.iter().filter_map(event).collect()).unwrap_or_default()
}

/// Returns the messages of an attribute: a list, or JSON of a list in a text, or one text.
fn messages(attributes: &Map<String, Value>, key: &str) -> Option<Vec<Value>> {
    match unpacked(attributes.get(key)?) {
        Value::Array(messages) => Some(messages),
        Value::String(text) => Some(vec![json!({ "role": "user", "content": text })]),
        _ => None,
    }
}

/// Returns the messages of attributes that have their number in their names: `gen_ai.prompt.0.role`.
fn numbered(attributes: &Map<String, Value>, prefix: &str) -> Option<Vec<Value>> {
    let mut found: BTreeMap<u32, Map<String, Value>> = BTreeMap::new();
    for (key, value) in attributes {
        let rest = key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.'));
        let Some((number, field)) = rest.and_then(|rest| rest.split_once('.')) else { continue };
        if let (Ok(number), "role" | "content") = (number.parse(), field) {
            found.entry(number).or_default().insert(field.to_owned(), value.clone());
        }
    }
    (!found.is_empty()).then(|| found.into_values().map(Value::Object).collect())
}

fn output(attributes: &Map<String, Value>) -> Read<String> {
    let found = messages(attributes, "gen_ai.output.messages")
        .or_else(|| messages(attributes, "gen_ai.completion"))
        .or_else(|| numbered(attributes, "gen_ai.completion"))
        .ok_or(Skipped::NoResponse)?;
    let first = found.first().ok_or(Skipped::NoResponse)?;
    let first = first.get("message").unwrap_or(first);
    text_of(first.get("content").or_else(|| first.get("parts")).unwrap_or(&Value::Null))
}

/// Returns the messages and the response of events: one for each message, and one for each choice.
fn of_events(events: &[(String, Map<String, Value>)]) -> Read<(Vec<Value>, String)> {
    let (mut asked, mut answered) = (Vec::new(), None);
    for (name, fields) in events {
        let content = fields.get("content").or_else(|| fields.get("gen_ai.event.content"));
        let content = content.map(unpacked);
        match name.as_str() {
            "gen_ai.system.message"
            | "gen_ai.user.message"
            | "gen_ai.assistant.message"
            | "gen_ai.tool.message" => {
                let role = name.trim_start_matches("gen_ai.").trim_end_matches(".message");
                asked.push(
                    json!({ "role": role, "content": text_of(&content.unwrap_or_default())? }),
                );
            }
            "gen_ai.choice" if answered.is_none() => {
                let message = fields.get("message").map(unpacked).or(content).unwrap_or_default();
                let content = message.get("content").cloned().unwrap_or(message);
                answered = Some(text_of(&content)?);
            }
            _ => {}
        }
    }
    match answered {
        _ if asked.is_empty() => Err(Skipped::NoPrompt),
        Some(answered) => Ok((asked, answered)),
        None => Err(Skipped::NoResponse),
    }
}
