//! The prompt rendered with made-up items: what a judge would read.
//!
//! The items differ in what a template may ask of an item: texts or lists of turns, with and without a reference
//! and a context. A context has the fields that the templates use. Where a template cannot be rendered for one of
//! them, the others are looked at.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::input::{Content, Item, LoadedRubric, Message, Reference, Turn};
use crate::prompt::{Prompt, fence_of_subject};
use crate::trial::{Comparison, Order, Subject, SystemResponse};

/// How every made-up text begins.
pub(super) const SAMPLE_WORD: &str = "evenhandsample";
/// What made-up texts consist of: words that no template contains.
pub(super) const PROMPT: &str = "evenhandsampleprompt";
pub(super) const RESPONSES: [&str; 2] = ["evenhandsampleone", "evenhandsampletwo"];
/// What is put in place of the rubric's texts, to see whether the prompt shows them.
pub(super) const DESCRIPTION: &str = "evenhandsampledescription";

/// The prompt for one made-up item.
#[derive(Debug)]
pub(super) struct RenderedPrompt {
    pub(super) messages: Vec<Message>,
    pub(super) fence: String,
}

/// The prompt for every made-up item that it can be rendered for.
#[derive(Debug)]
pub(super) struct Rendered {
    pub(super) prompts: Vec<RenderedPrompt>,
    /// The same with marks in place of the rubric's texts.
    pub(super) marked: Vec<RenderedPrompt>,
    /// Why none could be rendered.
    pub(super) failure: Option<Error>,
}

impl RenderedPrompt {
    /// Returns all messages as one text.
    pub(super) fn text(&self) -> String {
        let contents = self.messages.iter().map(|message| message.content.as_str());
        contents.collect::<Vec<_>>().join("\n")
    }

    /// Returns the lines that instruct the judge: neither the marked lines around quoted texts nor these texts.
    pub(super) fn instructions(&self) -> String {
        let text = self.text();
        let is_quoted = |line: &&str| {
            let made_up = RESPONSES.into_iter().chain([PROMPT]);
            made_up.into_iter().any(|words| line.contains(words)) || line.contains(&self.fence)
        };
        text.lines().filter(|line| !is_quoted(line)).collect::<Vec<_>>().join("\n")
    }
}

impl Rendered {
    /// Renders the prompt of a rubric with made-up items.
    ///
    /// # Errors
    ///
    /// A fault of evenhand itself.
    pub(super) fn with_samples(loaded: &LoadedRubric, prompt: &Prompt) -> Result<Self> {
        let subjects = subjects(prompt, loaded.rubric.scale.is_some())?;
        let (mut prompts, mut failure) = (Vec::new(), None);
        for subject in &subjects {
            match render(prompt, subject) {
                Ok(rendered) => prompts.extend(rendered),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let marked = Prompt::compile(&with_marks(loaded))?;
        let marked: Vec<RenderedPrompt> =
            subjects.iter().filter_map(|subject| render(&marked, subject).ok()).flatten().collect();
        let failure = failure.filter(|_| prompts.is_empty());
        Ok(Self { prompts, marked, failure })
    }

    /// Returns whether any prompt contains a text.
    pub(super) fn shows(&self, text: &str) -> bool {
        self.prompts.iter().any(|prompt| prompt.text().contains(text))
    }

    /// Returns whether any prompt with marks contains a mark.
    pub(super) fn shows_mark(&self, mark: &str) -> bool {
        self.marked.iter().any(|prompt| prompt.text().contains(mark))
    }
}

/// Returns the mark in place of the name or the description of a criterion.
pub(super) fn criterion_mark(number: usize, key: &str) -> String {
    format!("evenhandsamplecriterion{number}{key}end")
}

fn with_marks(loaded: &LoadedRubric) -> LoadedRubric {
    let mut marked = loaded.clone();
    DESCRIPTION.clone_into(&mut marked.rubric.description);
    for (number, criterion) in marked.rubric.criteria.iter_mut().enumerate() {
        criterion.name = criterion_mark(number, "name");
        criterion.description = criterion_mark(number, "description");
    }
    marked
}

fn render(prompt: &Prompt, subject: &Subject) -> Result<Vec<RenderedPrompt>> {
    let render = |order| {
        let messages = prompt.render_subject(subject, order)?;
        Ok(RenderedPrompt { messages, fence: fence_of_subject(subject) })
    };
    Order::BOTH.into_iter().map(render).collect()
}

/// Returns comparisons of made-up items, or their first responses where these are graded.
fn subjects(prompt: &Prompt, is_graded: bool) -> Result<Vec<Subject>> {
    let fields = prompt.used_fields()?;
    let paths = |of: &str| -> Vec<Vec<String>> {
        let is_inside = |path: &[String]| path.len() > 2 && path[0] == "item" && path[1] == of;
        let inside = fields.iter().filter(|field| is_inside(&field.path));
        inside.map(|field| field.path[2..].to_vec()).collect()
    };
    let context = match paths("context") {
        paths if paths.is_empty() => Value::from("evenhandsamplecontext"),
        paths => Value::Object(object(&paths)),
    };
    let reference = match paths("reference") {
        paths if paths.is_empty() => Reference::Text("evenhandsamplereference".to_owned()),
        paths => Reference::Object(object(&paths)),
    };
    let text = |text: &str| Content::Text(text.to_owned());
    let turns = |text: &str| Content::Turns(vec![Turn::new("user", text)]);
    let as_text = item([PROMPT, RESPONSES[0], RESPONSES[1]].map(text));
    let as_turns = item([PROMPT, RESPONSES[0], RESPONSES[1]].map(turns));
    let with = |item: &Item| Item {
        reference: Some(reference.clone()),
        context: Some(context.clone()),
        ..item.clone()
    };
    let items = [with(&as_text), as_text, with(&as_turns), as_turns];
    Ok(items
        .into_iter()
        .map(|item| {
            let mut systems = item.responses.keys().cloned();
            let between = [(); 2].map(|()| systems.next().unwrap_or_default());
            let item = Arc::new(item);
            if is_graded {
                let [system, _] = between;
                return Subject::Response(SystemResponse { item, system });
            }
            Subject::Comparison(Comparison { item, between })
        })
        .collect())
}

fn item([prompt, one, two]: [Content; 3]) -> Item {
    Item::new("evenhandsampleid", prompt).with_response("one", one).with_response("two", two)
}

/// Returns an object that has a text at each of the paths.
fn object(paths: &[Vec<String>]) -> Map<String, Value> {
    let mut top = Map::new();
    for path in paths {
        let mut inside = &mut top;
        for (at, key) in path.iter().enumerate() {
            let is_last = at + 1 == path.len();
            let entry = inside.entry(key.clone()).or_insert_with(|| {
                if is_last { Value::from("evenhandsamplefield") } else { Value::Object(Map::new()) }
            });
            if !is_last && !entry.is_object() {
                *entry = Value::Object(Map::new());
            }
            match entry {
                Value::Object(fields) => inside = fields,
                _ => break,
            }
        }
    }
    top
}
