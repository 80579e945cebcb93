//! Prompts: rendering a comparison, a single response, or the prompt of an item for a system, into messages.
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
use crate::input::{Criterion, Item, LoadedRubric, Message, Rubric, Step};
use crate::trial::{Comparison, Order, ScaleOrder, Side, Subject, SystemResponse};
use conversation::content_view;
use fence::fence_of_response;
use templates::{TemplateWords, Templates};

pub use conversation::shows_tools;
pub use fence::fence;
pub(crate) use fence::fence_of_subject;
pub use fields::UsedField;
pub use system_prompt::SystemPrompt;

/// What the prompt of a rubric that grades may use, for messages.
const GRADE_VARIABLES: &str = "item.id, item.prompt, item.reference, item.context, response, rubric and fence; guard \
                               what only some items have with {% if item.reference is defined %}";

/// What the prompt of a rubric that compares may use, for messages.
const VARIABLES: &str = "item.id, item.prompt, item.reference, item.context, first, second, rubric and fence; guard what \
                         only some items have with {% if item.reference is defined %}";

/// A compiled prompt template with its rubric.
#[derive(Debug)]
pub struct Prompt {
    templates: Templates,
    /// The rubric with the steps of its scale and its criteria as written, then reversed; without a scale, both are the
    /// rubric as written.
    rubrics: [Value; 2],
}

#[derive(Serialize)]
struct RubricView<'a> {
    name: &'a str,
    version: &'a str,
    description: &'a str,
    ties: bool,
    criteria: Vec<&'a Criterion>,
    /// The steps of the scale, those of the other direction last.
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<Vec<&'a Step>>,
    /// Whether a response may be said to be impossible to assess.
    #[serde(skip_serializing_if = "Option::is_none")]
    cannot_assess: Option<bool>,
    /// Whether the grade is computed from those on the criteria, and not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    weighted: Option<bool>,
}

impl<'a> RubricView<'a> {
    fn of(rubric: &'a Rubric, order: ScaleOrder) -> Self {
        let scale = rubric.scale.as_ref();
        let is_reversed = scale.is_some() && order == ScaleOrder::Reversed;
        let (mut criteria, mut steps): (Vec<_>, Option<Vec<_>>) =
            (rubric.criteria.iter().collect(), scale.map(|scale| scale.steps.iter().collect()));
        if is_reversed {
            criteria.reverse();
            if let Some(steps) = &mut steps {
                steps.reverse();
            }
        }
        Self {
            name: &rubric.name,
            version: &rubric.version,
            description: &rubric.description,
            ties: rubric.ties,
            criteria,
            scale: steps,
            cannot_assess: scale.map(|scale| scale.cannot_assess),
            weighted: scale.map(|_| rubric.is_weighted()),
        }
    }
}

impl Prompt {
    /// Compiles a rubric's prompt and all templates of its folder that it may include.
    ///
    /// # Errors
    ///
    /// A template has a syntax error, or the named one has no `{% block user %}`.
    pub fn compile(rubric: &LoadedRubric) -> Result<Self> {
        let variables = if rubric.rubric.scale.is_some() { GRADE_VARIABLES } else { VARIABLES };
        let words = TemplateWords { folder: "prompts/".to_owned(), variables };
        let templates = Templates::compile(&rubric.prompts, words)?;
        let view = |order| Value::from(Serde(RubricView::of(&rubric.rubric, order)));
        Ok(Self { templates, rubrics: ScaleOrder::BOTH.map(view) })
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
            item => item_view(&comparison.item),
            first => response_view(comparison, order.first()),
            second => response_view(comparison, order.first().other()),
            rubric => self.rubrics[0].clone(),
            fence => fence.as_str(),
            __fence => fence.as_str(),
        };
        self.messages(context, &fence, &comparison.item)
    }

    /// Renders one response with the scale in one direction.
    ///
    /// # Errors
    ///
    /// As for [`Prompt::render`].
    pub fn render_response(
        &self,
        response: &SystemResponse,
        order: ScaleOrder,
    ) -> Result<Vec<Message>> {
        let fence = fence_of_response(response);
        let context = minijinja::context! {
            item => item_view(&response.item),
            response => content_view(response.content(), response.item.prompt.turns()),
            rubric => self.rubrics[order as usize].clone(),
            fence => fence.as_str(),
            __fence => fence.as_str(),
        };
        self.messages(context, &fence, &response.item)
    }

    /// Renders what a judge is asked about in one order.
    ///
    /// # Errors
    ///
    /// As for [`Prompt::render`].
    pub fn render_subject(&self, subject: &Subject, order: Order) -> Result<Vec<Message>> {
        match subject {
            Subject::Comparison(comparison) => self.render(comparison, order),
            Subject::Response(response) => self.render_response(response, order.into()),
            Subject::Prompt(_) => Err(Error::internal("the prompt of a rubric for a system")),
        }
    }

    fn messages(&self, context: Value, fence: &str, item: &Item) -> Result<Vec<Message>> {
        let messages = self.templates.messages(context, fence, item)?;
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
fn item_view(item: &Item) -> Value {
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
