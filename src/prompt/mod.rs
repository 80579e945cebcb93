//! Prompts: rendering a comparison, or the prompt of an item for a system, into messages.
//!
//! Templates are written by the user and trusted; candidate text is data. It is passed as a value, is never
//! parsed as a template, and is quoted by a fence that it cannot contain. Undefined variables are errors, so
//! that a typo is found before any request costs money.

mod conversation;
mod fence;
mod fields;
mod system_prompt;
mod templates;

use minijinja::value::{Serde, Value};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::input::{LoadedRubric, Message};
use crate::trial::{Comparison, Order, Side};
use conversation::content_view;
use templates::{TemplateWords, Templates};

pub use conversation::shows_tools;
pub use fence::fence;
pub use fields::UsedField;
pub use system_prompt::SystemPrompt;

/// What the prompt of a rubric may use, for messages.
const VARIABLES: &str = "item.id, item.prompt, item.reference, item.context, first, second, rubric and fence; guard what \
                         only some items have with {% if item.reference is defined %}";

/// A compiled prompt template with its rubric.
#[derive(Debug)]
pub struct Prompt {
    templates: Templates,
    rubric: Value,
}

#[derive(Serialize)]
struct RubricView<'a> {
    name: &'a str,
    version: &'a str,
    description: &'a str,
    ties: bool,
    criteria: &'a [crate::input::Criterion],
}

impl Prompt {
    /// Compiles a rubric's prompt and all templates of its folder that it may include.
    ///
    /// # Errors
    ///
    /// A template has a syntax error, or the named one has no `{% block user %}`.
    pub fn compile(rubric: &LoadedRubric) -> Result<Self> {
        let words = TemplateWords { folder: "prompts/".to_owned(), variables: VARIABLES };
        let templates = Templates::compile(&rubric.prompts, words)?;
        let view = &rubric.rubric;
        let view = Value::from(Serde(RubricView {
            name: &view.name,
            version: &view.version,
            description: &view.description,
            ties: view.ties,
            criteria: &view.criteria,
        }));
        Ok(Self { templates, rubric: view })
    }

    /// Returns the file name of the template.
    pub fn name(&self) -> &str {
        self.templates.name()
    }

    /// Renders one comparison in one order.
    ///
    /// # Errors
    ///
    /// The template uses a variable that the item does not define; the message names the item's line, the
    /// variable and the template's line.
    pub fn render(&self, comparison: &Comparison, order: Order) -> Result<Vec<Message>> {
        let fence = fence(comparison);
        let context = minijinja::context! {
            item => item_view(comparison),
            first => response_view(comparison, order.first()),
            second => response_view(comparison, order.first().other()),
            rubric => self.rubric.clone(),
            fence => fence.as_str(),
            __fence => fence.as_str(),
        };
        let messages = self.templates.messages(context, &fence, &comparison.item)?;
        if messages.last().is_none_or(|last| last.role != "user") {
            return Err(Error::input(format!(
                "prompts/{}: there is no `{{% block user %}}`",
                self.name()
            ))
            .hint("the blocks `system` (optional) and `user` become the messages"));
        }
        Ok(messages)
    }
}

/// Returns the fields of an item for templates; an absent field is undefined, not null.
fn item_view(comparison: &Comparison) -> Value {
    let item = &comparison.item;
    let mut fields =
        vec![("id", Value::from(item.id.as_str())), ("prompt", content_view(&item.prompt, &[]))];
    if let Some(reference) = &item.reference {
        fields.push(("reference", Value::from(Serde(reference))));
    }
    if let Some(context) = &item.context {
        fields.push(("context", Value::from(Serde(context))));
    }
    Value::from_pairs(fields)
}

/// Returns the response on a side for templates.
fn response_view(comparison: &Comparison, side: Side) -> Value {
    content_view(comparison.response(side), comparison.item.prompt.turns())
}
