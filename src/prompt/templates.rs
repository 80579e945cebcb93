//! Templates: compiled with strict rules, and rendered to the messages that their blocks make.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, ErrorKind as TemplateError, Template, UndefinedBehavior};

use crate::error::{Error, Result};
use crate::input::{Item, Message, PromptSource};

/// The blocks of a prompt, each of which becomes a message.
const ROLES: [&str; 2] = ["system", "user"];
/// The name of the internal template that marks these blocks.
const MESSAGES: &str = "(messages)";
/// The number of instructions a template may execute for one prompt, which ends endless loops.
const FUEL: u64 = 10_000_000;

/// What messages say about templates.
#[derive(Debug)]
pub(super) struct TemplateWords {
    /// Their folder, with a slash at its end.
    pub(super) folder: String,
    /// What they may use, and how.
    pub(super) variables: &'static str,
}

/// A compiled template with those that it may include.
#[derive(Debug)]
pub(super) struct Templates {
    environment: Environment<'static>,
    name: String,
    words: TemplateWords,
    /// Other templates of the folder that do not compile, with the reason.
    invalid: Vec<(String, Error)>,
}

impl Templates {
    /// Compiles the first of some templates and those of the others that it may include.
    ///
    /// # Errors
    ///
    /// The first template has a syntax error.
    pub(super) fn compile(sources: &[PromptSource], words: TemplateWords) -> Result<Self> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(syntax()?);
        environment.set_fuel(Some(FUEL));
        environment.set_debug(true);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        let main = sources.first().ok_or_else(|| Error::internal("there is no template"))?;
        let mut invalid = Vec::new();
        for PromptSource { name, text } in sources {
            if let Err(error) = environment.add_template_owned(name.clone(), text.clone()) {
                let failure = explain(&error, None, &words);
                if name == &main.name {
                    return Err(failure);
                }
                // An error only if the prompt extends or includes this template.
                invalid.push((name.clone(), failure));
            }
        }
        environment
            .add_template_owned(MESSAGES, marking_template(&main.name))
            .map_err(|error| explain(&error, None, &words))?;
        Ok(Self { environment, name: main.name.clone(), words, invalid })
    }

    /// Returns the file name of the template.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns a template of the folder; `None` if it does not compile.
    pub(super) fn get(&self, name: &str) -> Option<Template<'_, '_>> {
        self.environment.get_template(name).ok()
    }

    /// Returns the file of the template, for messages.
    pub(super) fn shown(&self) -> String {
        format!("{}{}", self.words.folder, self.name)
    }

    /// Renders the blocks to messages, in the order system, user; a block that the template lacks makes none. `context`
    /// has the fence as `__fence`, which no text in it contains.
    ///
    /// # Errors
    ///
    /// The template uses a variable that is not defined; the message names the item's line, the variable and the
    /// template's line.
    pub(super) fn messages(
        &self,
        context: Value,
        fence: &str,
        item: &Item,
    ) -> Result<Vec<Message>> {
        let failed = |error: minijinja::Error| self.failure(&error, item);
        let template = self.environment.get_template(MESSAGES).map_err(failed)?;
        let rendered = template.render(context).map_err(failed)?;
        let mut messages = Vec::with_capacity(ROLES.len());
        for role in ROLES {
            if let Some(text) = between(&rendered, &mark(fence, role), &mark(fence, "")) {
                messages.push(Message { role: role.to_owned(), content: text.trim().to_owned() });
            }
        }
        Ok(messages)
    }

    /// Converts a rendering error; a template that was not found may be one that does not compile.
    fn failure(&self, error: &minijinja::Error, item: &Item) -> Error {
        let said = error.to_string();
        let missing = innermost(error).kind() == TemplateError::TemplateNotFound;
        match self.invalid.iter().find(|(name, _)| missing && said.contains(name.as_str())) {
            Some((_, why)) => why.clone(),
            None => explain(error, Some((&item.id, &item.place)), &self.words),
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

/// Converts a template error into one that names item, template, line and variable.
fn explain(error: &minijinja::Error, item: Option<(&str, &str)>, words: &TemplateWords) -> Error {
    let inner = innermost(error);
    let folder = &words.folder;
    let place = match (inner.name().or(error.name()), inner.line().or(error.line())) {
        (Some(name), Some(line)) => format!("{folder}{name}:{line}"),
        (Some(name), None) => format!("{folder}{name}"),
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
        TemplateError::UndefinedError => {
            failure.hint(format!("the prompt may use {}", words.variables))
        }
        TemplateError::TemplateNotFound => failure
            .hint("templates may include or extend files of their own folder that end in .j2"),
        _ => failure,
    }
}
