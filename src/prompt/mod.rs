//! Prompts: rendering a comparison with a template into messages.
//!
//! Templates are written by the user and trusted; candidate text is data. It is passed as a value, is never
//! parsed as a template, and is quoted by a fence that it cannot contain. Undefined variables are errors, so
//! that a typo is found before any request costs money.

mod conversation;
mod fence;
mod fields;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, ErrorKind as TemplateError, UndefinedBehavior};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::input::{LoadedRubric, Message, PromptSource};
use crate::trial::{Comparison, Order, Side};
use conversation::content_view;

pub use conversation::shows_tools;
pub use fence::fence;
pub use fields::UsedField;

/// The blocks of a prompt, each of which becomes a message.
const ROLES: [&str; 2] = ["system", "user"];
/// The name of the internal template that marks these blocks.
const MESSAGES: &str = "(messages)";
/// The number of instructions a template may execute for one prompt, which ends endless loops.
const FUEL: u64 = 10_000_000;

/// A compiled prompt template with its rubric.
#[derive(Debug)]
pub struct Prompt {
    environment: Environment<'static>,
    name: String,
    rubric: Value,
    /// Other templates of the folder that do not compile, with the reason.
    invalid: Vec<(String, Error)>,
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
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(syntax()?);
        environment.set_fuel(Some(FUEL));
        environment.set_debug(true);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        let main =
            rubric.prompts.first().ok_or_else(|| Error::internal("the rubric has no prompt"))?;
        let mut invalid = Vec::new();
        for PromptSource { name, text } in &rubric.prompts {
            if let Err(error) = environment.add_template_owned(name.clone(), text.clone()) {
                let failure = explain(&error, None);
                if name == &main.name {
                    return Err(failure);
                }
                // An error only if the prompt extends or includes this template.
                invalid.push((name.clone(), failure));
            }
        }
        environment
            .add_template_owned(MESSAGES, marking_template(&main.name))
            .map_err(|error| explain(&error, None))?;
        let view = &rubric.rubric;
        let view = Value::from(Serde(RubricView {
            name: &view.name,
            version: &view.version,
            description: &view.description,
            ties: view.ties,
            criteria: &view.criteria,
        }));
        Ok(Self { environment, name: main.name.clone(), rubric: view, invalid })
    }

    /// Returns the file name of the template.
    pub fn name(&self) -> &str {
        &self.name
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
        let failed = |error: minijinja::Error| self.failure(&error, comparison);
        let template = self.environment.get_template(MESSAGES).map_err(failed)?;
        let rendered = template.render(context).map_err(failed)?;
        let mut messages = Vec::with_capacity(2);
        for role in ROLES {
            if let Some(text) = between(&rendered, &mark(&fence, role), &mark(&fence, "")) {
                messages.push(Message { role: role.to_owned(), content: text.trim().to_owned() });
            }
        }
        if messages.last().is_none_or(|last| last.role != "user") {
            return Err(Error::input(format!(
                "prompts/{}: there is no `{{% block user %}}`",
                self.name
            ))
            .hint("the blocks `system` (optional) and `user` become the messages"));
        }
        Ok(messages)
    }

    /// Converts a rendering error; a template that was not found may be one that does not compile.
    fn failure(&self, error: &minijinja::Error, comparison: &Comparison) -> Error {
        let said = error.to_string();
        let missing = innermost(error).kind() == TemplateError::TemplateNotFound;
        match self.invalid.iter().find(|(name, _)| missing && said.contains(name.as_str())) {
            Some((_, why)) => why.clone(),
            None => explain(error, Some((&comparison.item.id, &comparison.item.place))),
        }
    }
}

/// Returns a template around the prompt that marks the beginning and end of each message, so that one pass
/// renders them all. No text of a comparison contains the fence, so none can imitate a mark; templates are
/// trusted.
fn marking_template(name: &str) -> String {
    let name = Value::from(name);
    let blocks = ROLES.map(|role| {
        let (begin, end) = (mark("{{ __fence }}", role), mark("{{ __fence }}", ""));
        format!("{{% block {role} %}}{begin}{{{{ super() }}}}{end}{{% endblock %}}")
    });
    format!("{{% extends {name:?} %}}{}", blocks.concat())
}

/// Returns the mark before the message of a role, or with an empty role the mark after a message.
fn mark(fence: &str, role: &str) -> String {
    format!("\u{1}{fence}\u{1}{role}\u{1}")
}

/// Returns the text between two marks, `None` if one is missing.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    let from = text.find(begin)? + begin.len();
    let length = text[from..].find(end)?;
    Some(&text[from..from + length])
}

/// Returns the innermost error, which has the place; the errors around it only say that a block failed.
fn innermost(error: &minijinja::Error) -> &minijinja::Error {
    let mut inner = error;
    while let Some(source) = std::error::Error::source(inner)
        .and_then(|source| source.downcast_ref::<minijinja::Error>())
    {
        inner = source;
    }
    inner
}

/// Returns the template syntax, in which a line that holds only a tag adds nothing to the prompt.
fn syntax() -> Result<SyntaxConfig> {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(|error| Error::internal(format!("template syntax: {error}")))
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

/// Converts a template error into one that names item, template, line and variable.
fn explain(error: &minijinja::Error, item: Option<(&str, &str)>) -> Error {
    let inner = innermost(error);
    let place = match (inner.name().or(error.name()), inner.line().or(error.line())) {
        (Some(name), Some(line)) => format!("prompts/{name}:{line}"),
        (Some(name), None) => format!("prompts/{name}"),
        _ => "the prompt".to_owned(),
    };
    let what = match inner.detail() {
        Some(detail) => detail.to_owned(),
        None => inner.kind().to_string(),
    };
    let mut failure = Error::input(format!("{place}: {what}"));
    if let Some((id, at)) = item {
        let at = if at.is_empty() { String::new() } else { format!("{at}: ") };
        failure = failure.detail(format!("{at}item {id}"));
    }
    match inner.kind() {
        TemplateError::UndefinedError => failure.hint(
            "the prompt may use item.id, item.prompt, item.reference, item.context, first, second, rubric and fence; guard what only some items have with {% if item.reference is defined %}",
        ),
        TemplateError::TemplateNotFound => {
            failure.hint("templates may include or extend files of their own folder that end in .j2")
        }
        _ => failure,
    }
}
