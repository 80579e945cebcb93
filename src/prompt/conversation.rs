//! Conversations as templates see them, where each result of a tool has the name of its tool; and whether a prompt
//! shows the calls of tools at all.

use minijinja::value::{Serde, Value};

use crate::input::{Content, Message, Turn};
use crate::trial::Subject;

/// Returns a prompt or a response for templates: a text, or a list of turns.
///
/// A result that has no name gets that of the last call before it with its id; `earlier` are the turns before the
/// content. Formats differ in whether a result names its tool, and a template should not have to search for it.
pub(super) fn content_view(content: &Content, earlier: &[Turn]) -> Value {
    let is_unnamed = |turn: &Turn| turn.tool_call_id.is_some() && turn.name.is_none();
    if !content.turns().iter().any(is_unnamed) {
        return Value::from(Serde(content));
    }
    let mut turns = content.turns().to_vec();
    for at in 0..turns.len() {
        if is_unnamed(&turns[at]) {
            turns[at].name = called_name(&turns[at], &turns[..at])
                .or_else(|| called_name(&turns[at], earlier))
                .map(ToOwned::to_owned);
        }
    }
    Value::from(Serde(turns))
}

/// Returns the name of the tool that a result is of, if one of the turns before it calls it.
fn called_name<'a>(result: &Turn, before: &'a [Turn]) -> Option<&'a str> {
    let mut calls = before.iter().rev().flat_map(|turn| turn.tool_calls.iter().rev());
    let call = calls.find(|call| call.id.is_some() && call.id == result.tool_call_id);
    call.map(|call| call.name.as_str())
}

/// Returns whether rendered messages name every tool that the item's prompt or one of the responses calls.
///
/// A template that prints only the content of each turn leaves calls out, so that the judge sees less than the
/// responses contain.
pub fn shows_tools(subject: &Subject, messages: &[Message]) -> bool {
    let contents = [&subject.item().prompt].into_iter().chain(subject.responses());
    let mut calls = contents.flat_map(Content::turns).flat_map(|turn| &turn.tool_calls);
    calls.all(|call| messages.iter().any(|message| message.content.contains(&call.name)))
}
