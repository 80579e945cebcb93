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

/// Instructions a template may execute for one prompt; a loop without end stops here.
const FUEL: u64 = 10_000_000;

/// A compiled prompt template with the rubric it speaks of.
#[derive(Debug)]
pub struct Prompt {
    environment: Environment<'static>,
    name: String,
    rubric: Value,
    has_system: bool,
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
        for PromptSource { name, text } in &rubric.prompts {
            let added = environment.add_template_owned(name.clone(), text.clone());
            if let Err(error) = added {
                // A neighbour that nobody includes may be broken; one that is included is missed later.
                if name == &main.name {
                    return Err(explain(&error, None));
                }
            }
        }
        let view = &rubric.rubric;
        let view = Value::from(Serde(RubricView {
            name: &view.name,
            version: &view.version,
            description: &view.description,
            ties: view.ties,
            criteria: &view.criteria,
        }));
        let blocks = blocks_of(rubric, &main.text);
        if !blocks.contains(&"user") {
            return Err(Error::input(format!(
                "prompts/{}: there is no `{{% block user %}}`",
                main.name
            ))
            .hint("the blocks `system` (optional) and `user` become the two messages"));
        }
        let has_system = blocks.contains(&"system");
        Ok(Self { environment, name: main.name.clone(), rubric: view, has_system })
    }

    /// Renders one comparison in one order.
    ///
    /// # Errors
    ///
    /// The template uses something that the item does not have; the message names the item's line, the
    /// variable and the template's line.
    pub fn render(&self, comparison: &Comparison, order: Order) -> Result<Vec<Message>> {
        let item = &comparison.item;
        let context = minijinja::context! {
            item => item_view(comparison),
            first => Value::from(Serde(comparison.response(order.first()))),
            second => Value::from(Serde(comparison.response(order.first().other()))),
            rubric => self.rubric.clone(),
            fence => fence(comparison),
        };
        let failed = |error: minijinja::Error| explain(&error, Some((&item.id, &item.place)));
        let template = self.environment.get_template(&self.name).map_err(failed)?;
        let mut rendered = template.render_captured_to(context, std::io::sink()).map_err(failed)?;
        rendered.with_state_mut(|state| {
            let mut messages = Vec::with_capacity(2);
            for role in ["system", "user"] {
                if role == "system" && !self.has_system {
                    continue;
                }
                let text = state.render_block(role).map_err(failed)?;
                messages.push(Message { role: role.to_owned(), content: text.trim().to_owned() });
            }
            Ok(messages)
        })
    }
}

/// A line with nothing but a tag on it leaves no trace in the prompt.
fn syntax() -> Result<SyntaxConfig> {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(|error| Error::internal(format!("template syntax: {error}")))
}

/// The names of the blocks that the template or what it extends may define.
fn blocks_of<'a>(rubric: &'a LoadedRubric, main: &'a str) -> Vec<&'a str> {
    let extends = main.contains("extends");
    let texts = rubric.prompts.iter().take(if extends { usize::MAX } else { 1 });
    texts
        .flat_map(|source| source.text.split("{%").skip(1))
        .filter_map(|tag| {
            let mut words = tag.trim_start_matches(['-', '+']).split_whitespace();
            (words.next() == Some("block")).then(|| words.next()).flatten()
        })
        .map(|name| name.trim_end_matches("%}"))
        .collect()
}

/// What a template sees of an item: an absent field is undefined there, not null.
fn item_view(comparison: &Comparison) -> Value {
    let item = &comparison.item;
    let mut fields =
        vec![("id", Value::from(item.id.as_str())), ("prompt", Value::from(Serde(&item.prompt)))];
    if let Some(reference) = &item.reference {
        fields.push(("reference", Value::from(reference.as_str())));
    }
    if let Some(context) = &item.context {
        fields.push(("context", Value::from(Serde(context))));
    }
    Value::from_pairs(fields)
}

/// Turns a template error into one that names item, template, line and variable.
fn explain(error: &minijinja::Error, item: Option<(&str, &str)>) -> Error {
    // The innermost error knows the place; those around it only say that a block or macro failed.
    let mut inner = error;
    while let Some(source) = std::error::Error::source(inner)
        .and_then(|source| source.downcast_ref::<minijinja::Error>())
    {
        inner = source;
    }
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
