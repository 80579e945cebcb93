//! Prompts, responses and references for the page: each text as Markdown and as it was written.
//!
//! A conversation stays one: its turns have their roles, and calls of tools stand apart from texts. Ids of calls are
//! left out, and so are names of speakers in a response, because one could be that of a system.

use std::ops::Range;

use serde_json::{Value, json};

use super::highlight::highlighted;
use super::markdown::markdown;
use super::nodes::{Marks, Node, marked};
use super::pretty_json::pretty_json;
use crate::input::{Content, Reference, Turn};

/// The role of the result of a tool.
const TOOL: &str = "tool";

/// A prompt or a response as it is shown, and each of its texts in order.
pub(super) struct Shown {
    turns: Vec<ShownTurn>,
    is_conversation: bool,
    is_empty: bool,
}

struct ShownTurn {
    role: String,
    /// The speaker, or the tool that this is the result of.
    name: Option<String>,
    text: String,
    /// The names and the arguments of the calls.
    calls: Vec<(String, String)>,
}

impl Shown {
    /// Returns how a prompt is shown.
    pub(super) fn prompt(content: &Content) -> Self {
        Self::new(content, &[], true)
    }

    /// Returns how a response to a prompt is shown.
    pub(super) fn response(content: &Content, prompt: &Content) -> Self {
        Self::new(content, prompt.turns(), false)
    }

    fn new(content: &Content, earlier: &[Turn], shows_speakers: bool) -> Self {
        let turns: Vec<ShownTurn> = match content {
            Content::Text(text) => vec![ShownTurn {
                role: String::new(),
                name: None,
                text: with_unix_lines(text),
                calls: Vec::new(),
            }],
            Content::Turns(turns) => {
                let turn = |(at, turn): (usize, &Turn)| {
                    let before = earlier.iter().chain(&turns[..at]);
                    shown_turn(turn, before, shows_speakers)
                };
                turns.iter().enumerate().map(turn).collect()
            }
        };
        let is_blank = |turn: &ShownTurn| turn.text.trim().is_empty() && turn.calls.is_empty();
        let is_empty = turns.iter().all(is_blank);
        Self { turns, is_conversation: matches!(content, Content::Turns(_)), is_empty }
    }

    /// Returns the texts in the order in which they are shown.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.turns.iter().flat_map(|turn| {
            let calls = turn.calls.iter().map(|(_, arguments)| arguments.as_str());
            std::iter::once(turn.text.as_str()).chain(calls)
        })
    }

    /// Returns the content for the page's script; `marks` are those of each text.
    pub(super) fn view(&self, marks: &[Vec<Range<usize>>]) -> Value {
        if self.is_empty && !self.is_conversation {
            return json!({ "empty": true });
        }
        let mut marks = marks.iter();
        let mut next = || marks.next().map_or(Marks::NONE, |marks| Marks(marks));
        let turns: Vec<Value> = self.turns.iter().map(|turn| turn.view(&mut next)).collect();
        json!({ "empty": self.is_empty, "conversation": self.is_conversation, "turns": turns })
    }
}

impl ShownTurn {
    fn view<'a>(&self, next_marks: &mut impl FnMut() -> Marks<'a>) -> Value {
        let marks = next_marks();
        let text = if self.text.is_empty() && !self.calls.is_empty() {
            Value::Null
        } else if self.role == TOOL {
            plain_view(&self.text, marks)
        } else {
            text_view(&self.text, marks)
        };
        let calls = self.calls.iter().map(|(name, arguments)| {
            json!({ "name": name, "arguments": highlighted(arguments, "json", next_marks()) })
        });
        let calls: Vec<Value> = calls.collect();
        json!({ "role": self.role, "name": self.name, "text": text, "calls": calls })
    }
}

/// Returns how a turn is shown that comes after others.
fn shown_turn<'a>(
    turn: &Turn,
    before: impl DoubleEndedIterator<Item = &'a Turn>,
    shows_speakers: bool,
) -> ShownTurn {
    let is_result = turn.role == TOOL || turn.tool_call_id.is_some();
    let name = if is_result {
        let called = || {
            let id = turn.tool_call_id.as_ref()?;
            let mut calls = before.rev().flat_map(|turn| turn.tool_calls.iter().rev());
            calls.find(|call| call.id.as_ref() == Some(id)).map(|call| call.name.clone())
        };
        turn.name.clone().or_else(called)
    } else {
        turn.name.clone().filter(|_| shows_speakers)
    };
    let text = with_unix_lines(&turn.content);
    let text = if is_result { pretty_json(&text).unwrap_or(text) } else { text };
    let calls = turn.tool_calls.iter().map(|call| {
        let arguments = pretty_json(&call.arguments);
        (call.name.clone(), arguments.unwrap_or_else(|| with_unix_lines(&call.arguments)))
    });
    let role = if is_result { TOOL.to_owned() } else { turn.role.clone() };
    ShownTurn { role, name, text, calls: calls.collect() }
}

/// Returns a text both as Markdown and as it was written.
fn text_view(text: &str, marks: Marks<'_>) -> Value {
    let raw = marked(text, 0..text.len(), marks);
    let (tree, note) = match markdown(text, marks) {
        Ok(nodes) => (Some(nodes), None),
        Err(why) => (None, Some(why)),
    };
    view(tree.as_deref(), &raw, note, text)
}

/// Returns a text that is no Markdown.
fn plain_view(text: &str, marks: Marks<'_>) -> Value {
    if !text.starts_with(['{', '[']) {
        return view(None, &marked(text, 0..text.len(), marks), None, text);
    }
    let mut view = view(None, &highlighted(text, "json", marks), None, text);
    view["code"] = json!(true);
    view
}

fn view(tree: Option<&[Node]>, raw: &[Node], note: Option<&str>, text: &str) -> Value {
    let length = text.encode_utf16().count();
    let mut view = json!({ "markdown": tree, "raw": raw, "length": length });
    if let Some(note) = note {
        view["note"] = json!(note);
    }
    view
}

/// Returns the texts of a reference.
pub(super) fn reference_view(reference: &Reference) -> Value {
    match reference {
        Reference::Text(text) => json!([text_view(&with_unix_lines(text), Marks::NONE)]),
        Reference::Several(texts) => {
            texts.iter().map(|text| text_view(&with_unix_lines(text), Marks::NONE)).collect()
        }
        Reference::Object(fields) => json!([json_view(&Value::Object(fields.clone()))]),
    }
}

/// Returns the texts of a context, which is a text, a list of texts or any other value.
pub(super) fn context_view(context: &Value) -> Value {
    let text = |value: &Value| match value {
        Value::String(text) => text_view(&with_unix_lines(text), Marks::NONE),
        other => json_view(other),
    };
    match context {
        Value::Array(values) if values.iter().all(Value::is_string) => {
            values.iter().map(text).collect()
        }
        other => json!([text(other)]),
    }
}

fn json_view(value: &Value) -> Value {
    let text = value.to_string();
    plain_view(&pretty_json(&text).unwrap_or(text), Marks::NONE)
}

/// Returns a text whose lines end as those of Unix do: another end is nothing to see.
fn with_unix_lines(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::ToolCall;

    fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
        ToolCall { id: Some(id.into()), name: name.into(), arguments: arguments.into() }
    }

    #[test]
    fn a_conversation_has_turns_with_calls_and_results() {
        let asks = Turn {
            tool_calls: vec![call("id-7", "weather", r#"{"city":"Oslo"}"#)],
            name: Some("gpt-secret".into()),
            ..Turn::new("assistant", "")
        };
        let result = Turn { tool_call_id: Some("id-7".into()), ..Turn::new("tool", r#"{"t":3}"#) };
        let turns = Content::Turns(vec![asks, result, Turn::new("assistant", "*3* degrees")]);
        let view = Shown::response(&turns, &"?".into()).view(&[]);
        let text = view.to_string();
        assert!(!text.contains("gpt-secret") && !text.contains("id-7"), "{text}");
        assert_eq!(view["turns"][0]["text"], Value::Null);
        assert_eq!(view["turns"][0]["calls"][0]["name"], "weather");
        let arguments = &view["turns"][0]["calls"][0]["arguments"];
        assert_eq!(arguments[0], "{\n  ");
        assert_eq!(arguments[1], json!(["token", ["\"city\""], "string"]));
        assert_eq!(view["turns"][1]["name"], "weather");
        assert_eq!(view["turns"][1]["text"]["markdown"], Value::Null);
        assert_eq!(view["turns"][2]["text"]["markdown"][0][1][0], json!(["emphasis", ["3"]]));
        assert_eq!(view["turns"][2]["text"]["raw"], json!(["*3* degrees"]));
    }

    #[test]
    fn a_speaker_of_the_prompt_is_shown_and_a_name_in_a_response_is_not() {
        let turn = || Turn { name: Some("ana".into()), ..Turn::new("user", "hi") };
        let content = Content::Turns(vec![turn()]);
        assert_eq!(Shown::prompt(&content).view(&[])["turns"][0]["name"], "ana");
        let response = Shown::response(&content, &"?".into()).view(&[]);
        assert_eq!(response["turns"][0]["name"], Value::Null);
    }

    #[test]
    fn a_text_of_white_space_is_empty() {
        for text in ["", " \n\t"] {
            assert_eq!(Shown::prompt(&text.into()).view(&[])["empty"], true, "{text:?}");
        }
        let turns = Content::Turns(vec![Turn::new("assistant", " ")]);
        assert_eq!(Shown::prompt(&turns).view(&[])["empty"], true);
    }

    #[test]
    fn references_and_contexts_of_every_form_are_texts() {
        let several = Reference::Several(vec!["a".into(), "b\r\nc".into()]);
        assert_eq!(reference_view(&several)[1]["raw"], json!(["b\nc"]));
        let fields = json!({"a": 1}).as_object().unwrap().clone();
        assert_eq!(reference_view(&Reference::Object(fields)).as_array().unwrap().len(), 1);
        assert_eq!(context_view(&json!(["a", "b"])).as_array().unwrap().len(), 2);
        assert_eq!(context_view(&json!([1, "b"])).as_array().unwrap().len(), 1);
        assert_eq!(context_view(&json!("a"))[0]["raw"], json!(["a"]));
    }

    #[test]
    fn a_megabyte_is_shown_as_it_was_written() {
        let text = "word ".repeat(300_000);
        let view = Shown::prompt(&text.as_str().into()).view(&[]);
        assert_eq!(view["turns"][0]["text"]["markdown"], Value::Null);
        assert!(view["turns"][0]["text"]["note"].as_str().unwrap().contains("too long"));
        assert_eq!(view["turns"][0]["text"]["raw"][0], text);
    }
}
