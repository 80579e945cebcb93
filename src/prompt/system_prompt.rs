//! The prompt of a system: what a model is sent for the prompt of an item.
//!
//! Without a template that is the item's prompt as it is. A template with `{% block user %}` replaces it; one that has
//! only `{% block system %}` puts a system message before it. The reference and the responses of an item are no
//! variables here: a system must not see what it is measured by.

use minijinja::value::{Serde, Value};

use super::conversation::content_view;
use super::fence::fence_of_prompt;
use super::templates::{TemplateWords, Templates};
use crate::error::{Error, Result};
use crate::input::{Content, Item, LoadedTemplate, Message, Turn};

/// The roles of the turns that can be sent as they are.
const ROLES: [&str; 3] = ["system", "user", "assistant"];

/// The compiled prompt of a system.
#[derive(Debug)]
pub struct SystemPrompt {
    /// `None` sends the prompts of items as they are.
    templates: Option<Templates>,
}

impl SystemPrompt {
    /// Compiles a template with all templates of its folder that it may include.
    ///
    /// # Errors
    ///
    /// The template has a syntax error.
    pub fn compile(template: Option<&LoadedTemplate>) -> Result<Self> {
        let compiled = template.map(|template| {
            let words = TemplateWords {
                folder: template.folder.clone(),
                variables: "item.id, item.prompt, item.context and fence; guard what only some items have with \
                            {% if item.context is defined %}",
            };
            Templates::compile(&template.sources, words)
        });
        Ok(Self { templates: compiled.transpose()? })
    }

    /// Renders the messages for an item.
    ///
    /// # Errors
    ///
    /// The template uses a variable that the item does not define, or makes no message; or the item's prompt, which is
    /// sent as it is, is empty or has turns that cannot be sent: tools, another role, a system message beside that of
    /// the template or after the first turn, or no turn of the user at its end.
    pub fn render(&self, item: &Item) -> Result<Vec<Message>> {
        let Some(templates) = &self.templates else { return turns_of(item) };
        let fence = fence_of_prompt(item);
        let mut fields = vec![
            ("id", Value::from(item.id.as_str())),
            ("prompt", content_view(&item.prompt, &[])),
        ];
        if let Some(context) = &item.context {
            fields.push(("context", Value::from(Serde(context))));
        }
        let context = minijinja::context! {
            item => Value::from_pairs(fields),
            fence => fence.as_str(),
            __fence => fence.as_str(),
        };
        let mut messages = templates.messages(context, &fence, item)?;
        messages.retain(|message| message.role != "system" || !message.content.is_empty());
        let Some(last) = messages.last() else {
            return Err(Error::input(format!(
                "{}: there is neither `{{% block system %}}` nor `{{% block user %}}`",
                templates.shown()
            ))
            .hint(
                "the block `system` becomes a message before the item's prompt; the block `user`, which may print \
                 {{ item.prompt }}, replaces the prompt",
            ));
        };
        if last.role != "user" {
            let turns = turns_of(item)?;
            if turns.iter().any(|turn| turn.role == "system") {
                let name = templates.shown();
                return Err(Error::input(format!(
                    "{}: prompt: this has a system message, and {name} gives another one",
                    item.place
                ))
                .in_field("prompt")
                .hint(
                    "remove one of them, or write the whole prompt into `{% block user %}` of the template",
                ));
            }
            messages.extend(turns);
        } else if last.content.is_empty() {
            return Err(Error::input(format!(
                "{}: item {}: `{{% block user %}}` is empty",
                templates.shown(),
                item.id
            ))
            .detail(item.place.clone())
            .hint("print the prompt in it: {{ item.prompt }}"));
        }
        Ok(messages)
    }
}

/// Returns the prompt of an item as messages.
fn turns_of(item: &Item) -> Result<Vec<Message>> {
    let message =
        |role: &str, content: &str| Message { role: role.to_owned(), content: content.to_owned() };
    let turns = match &item.prompt {
        Content::Text(text) if text.trim().is_empty() => return Err(empty(item)),
        Content::Text(text) => return Ok(vec![message("user", text)]),
        Content::Turns(turns) => turns,
    };
    let wrong = |why: String| {
        Err(Error::input(format!("{}: prompt: {why}", item.place)).in_field("prompt").hint(
            "change the item, or give the system a prompt whose `{% block user %}` writes the conversation as text",
        ))
    };
    let mut has_begun = false;
    for turn in turns {
        if !turn.tool_calls.is_empty() || turn.tool_call_id.is_some() || turn.role == "tool" {
            return wrong("tools cannot be sent to a system".to_owned());
        }
        if !ROLES.contains(&role(turn)) {
            return wrong(format!("a turn of the role `{}` cannot be sent to a system", turn.role));
        }
        if role(turn) != "system" {
            has_begun = true;
        } else if has_begun {
            return wrong(
                "a system message after the first turn cannot be sent to every model".to_owned(),
            );
        }
    }
    if turns.last().is_none_or(|last| last.role != "user") {
        return wrong(
            "the last turn is not the user's, so that there is nothing to respond to".to_owned(),
        );
    }
    if turns.last().is_some_and(|last| last.content.trim().is_empty()) {
        return Err(empty(item));
    }
    let is_empty = |turn: &&Turn| turn.content.trim().is_empty();
    if turns.iter().filter(is_empty).any(|turn| role(turn) != "system") {
        return wrong("a turn is empty".to_owned());
    }
    let sent = turns.iter().filter(|turn| !is_empty(turn));
    Ok(sent.map(|turn| message(role(turn), &turn.content)).collect())
}

/// Returns the role under which a turn is sent. `developer` is the name of one provider for a system message.
fn role(turn: &Turn) -> &str {
    if turn.role == "developer" { "system" } else { &turn.role }
}

fn empty(item: &Item) -> Error {
    Error::input(format!("{}: prompt: the prompt is empty", item.place))
        .in_field("prompt")
        .hint("write what the system is asked, or remove the item")
}
