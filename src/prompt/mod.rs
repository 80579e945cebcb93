//! Prompts: a template and a trial become messages.
//!
//! Templates are written by the user and trusted; candidate text is data. It goes in as a value, is
//! never taken for a template, and stands behind a fence that it cannot contain. Undefined variables
//! are errors, so a typo is found before anything is paid for.

mod fence;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, ErrorKind as TemplateError, UndefinedBehavior};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::input::{LoadedRubric, Message, PromptSource};
use crate::trial::{Comparison, Order};

pub use fence::fence;

/// The blocks of a prompt, each of which becomes a message.
const ROLES: [&str; 2] = ["system", "user"];
/// The name of the template that marks them.
const MESSAGES: &str = "(messages)";
/// Instructions a template may execute for one prompt; a loop without end stops here.
const FUEL: u64 = 10_000_000;

/// A compiled prompt template with the rubric it speaks of.
#[derive(Debug)]
pub struct Prompt {
    environment: Environment<'static>,
    name: String,
    rubric: Value,
    /// Neighbours that cannot be compiled, and why.
    broken: Vec<(String, Error)>,
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
    /// Compiles a rubric's prompt and everything in its folder that it may include.
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
            rubric.prompts.first().ok_or_else(|| Error::internal("a rubric without a prompt"))?;
        let mut broken = Vec::new();
        for PromptSource { name, text } in &rubric.prompts {
            if let Err(error) = environment.add_template_owned(name.clone(), text.clone()) {
                let failure = explain(&error, None);
                if name == &main.name {
                    return Err(failure);
                }
                // It matters only if the prompt extends or includes it.
                broken.push((name.clone(), failure));
            }
        }
        environment
            .add_template_owned(MESSAGES, messages_of(&main.name))
            .map_err(|error| explain(&error, None))?;
        let view = &rubric.rubric;
        let view = Value::from(Serde(RubricView {
            name: &view.name,
            version: &view.version,
            description: &view.description,
            ties: view.ties,
            criteria: &view.criteria,
        }));
        Ok(Self { environment, name: main.name.clone(), rubric: view, broken })
    }

    /// Renders one comparison in one order.
    ///
    /// # Errors
    ///
    /// The template uses something that the item does not have; the message names the item's line, the
    /// variable and the template's line.
    pub fn render(&self, comparison: &Comparison, order: Order) -> Result<Vec<Message>> {
        let fence = fence(comparison);
        let context = minijinja::context! {
            item => item_view(comparison),
            first => Value::from(Serde(comparison.response(order.first()))),
            second => Value::from(Serde(comparison.response(order.first().other()))),
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

    /// Explains a failure; a template that was not found may be one that could not be compiled.
    fn failure(&self, error: &minijinja::Error, comparison: &Comparison) -> Error {
        let said = error.to_string();
        let missing = innermost(error).kind() == TemplateError::TemplateNotFound;
        match self.broken.iter().find(|(name, _)| missing && said.contains(name.as_str())) {
            Some((_, why)) => why.clone(),
            None => explain(error, Some((&comparison.item.id, &comparison.item.place))),
        }
    }
}

/// A template around the prompt that marks where each message begins and ends, so that one pass renders them
/// all. No text of a comparison contains the fence, so none can imitate a mark; templates are trusted.
fn messages_of(name: &str) -> String {
    let name = Value::from(name);
    let blocks = ROLES.map(|role| {
        let (begin, end) = (mark("{{ __fence }}", role), mark("{{ __fence }}", ""));
        format!("{{% block {role} %}}{begin}{{{{ super() }}}}{end}{{% endblock %}}")
    });
    format!("{{% extends {name:?} %}}{}", blocks.concat())
}

fn mark(fence: &str, role: &str) -> String {
    format!("\u{1}{fence}\u{1}{role}\u{1}")
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    let from = text.find(begin)? + begin.len();
    let length = text[from..].find(end)?;
    Some(&text[from..from + length])
}

/// Returns the innermost error, which knows the place; those around it only say that a block failed.
fn innermost(error: &minijinja::Error) -> &minijinja::Error {
    let mut inner = error;
    while let Some(source) = std::error::Error::source(inner)
        .and_then(|source| source.downcast_ref::<minijinja::Error>())
    {
        inner = source;
    }
    inner
}

/// A line with nothing but a tag on it leaves no trace in the prompt.
fn syntax() -> Result<SyntaxConfig> {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(|error| Error::internal(format!("template syntax: {error}")))
}

/// What a template sees of an item: an absent field is undefined there, not null.
fn item_view(comparison: &Comparison) -> Value {
    let item = &comparison.item;
    let mut fields =
        vec![("id", Value::from(item.id.as_str())), ("prompt", Value::from(Serde(&item.prompt)))];
    if let Some(reference) = &item.reference {
        fields.push(("reference", Value::from(Serde(reference))));
    }
    if let Some(context) = &item.context {
        fields.push(("context", Value::from(Serde(context))));
    }
    Value::from_pairs(fields)
}

/// Turns a template error into one that names item, template, line and variable.
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
