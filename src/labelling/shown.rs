//! What an annotator sees of a comparison or of a response: nothing that reveals the systems, what the judge said or what
//! other people chose.

use std::sync::Arc;

use serde_json::Value;

use super::answer::PageAnswer;
use super::entry::FormEntry;
use super::material::Material;
use super::session_line::SessionLine;
use super::sides::{Sides, task_word};
use crate::error::{Error, Result};
use crate::input::{Content, Reference};
use crate::keyed_hash::KeyedHash;

/// What an annotator sees of one entry of a form.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ShownTask {
    /// What the systems were asked.
    pub prompt: Content,
    /// What the systems responded.
    pub responses: ShownResponses,
    /// The expected answer, where the judge's prompt shows it.
    pub reference: Option<Reference>,
    /// Further data of the item, where the judge's prompt shows it.
    pub context: Option<Value>,
    /// What the annotator has answered so far.
    pub answer: Option<PageAnswer>,
}

/// The responses of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum ShownResponses {
    /// Two, which are compared.
    Pair {
        /// The response on the left.
        left: Content,
        /// The response on the right.
        right: Content,
    },
    /// One, which is graded.
    One(Content),
}

impl ShownResponses {
    /// Returns each response with the name of its place: `left` and `right`, or `response`.
    pub fn named(&self) -> Vec<(&'static str, &Content)> {
        match self {
            Self::Pair { left, right } => vec![("left", left), ("right", right)],
            Self::One(response) => vec![("response", response)],
        }
    }
}

impl ShownTask {
    /// Returns what is shown of an entry.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn of(
        material: &Material,
        annotator: &str,
        entry: &FormEntry,
        answer: Option<&SessionLine>,
    ) -> Result<Self> {
        let sides = Sides::of(annotator, material.id(&entry.key), entry);
        let answer = answer.map(|line| PageAnswer::of_line(line, &sides, material.scale()));
        Ok(Self { answer: answer.transpose()?, ..Self::on_sides(material, entry, &sides)? })
    }

    /// Returns what is shown of an entry on these sides.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn on_sides(material: &Material, entry: &FormEntry, sides: &Sides) -> Result<Self> {
        let item = material.item(&entry.key)?;
        let response = |system: &Arc<str>| {
            item.responses.get(&**system).cloned().ok_or_else(|| {
                Error::input(format!("item {}: a response is missing", material.id(&entry.key)))
            })
        };
        let responses = if entry.key.is_response() {
            ShownResponses::One(response(&entry.key.between[0])?)
        } else {
            ShownResponses::Pair { left: response(&sides.left)?, right: response(&sides.right)? }
        };
        Ok(Self {
            responses,
            prompt: item.prompt,
            reference: item.reference,
            context: item.context,
            answer: None,
        })
    }
}

/// Returns a digest of everything that an annotator is asked: the question, and each entry with what it shows on which
/// side. Answers to one form mean nothing for another.
///
/// # Errors
///
/// The run cannot be read.
pub(super) fn form_digest(
    material: &Material,
    annotator: &str,
    form: &[FormEntry],
) -> Result<[u8; 32]> {
    let digests = form_digests(material, annotator, form)?;
    // There is one for the form without entries, too.
    digests.last().copied().ok_or_else(|| Error::internal("a form has no digest"))
}

/// Returns the digest of the form that has the first entries only, for each number of entries from none to all.
///
/// A form that was handed out may have grown since: what was asked then has the digest of that beginning.
///
/// # Errors
///
/// The run cannot be read.
pub(super) fn form_digests(
    material: &Material,
    annotator: &str,
    form: &[FormEntry],
) -> Result<Vec<[u8; 32]>> {
    let question = material.question();
    let mut hash = KeyedHash::new("evenhand: form of a page of labels")
        .text(annotator)
        .text(&question.text)
        .seed(question.criteria.len() as u64);
    for criterion in &question.criteria {
        hash = hash.text(&criterion.name).text(&criterion.description);
        for (step, description) in &criterion.steps {
            hash = hash.text(step).text(description);
        }
    }
    for step in question.scale.iter().flat_map(|scale| &scale.steps) {
        hash = hash.text(&step.name).text(step.description.as_deref().unwrap_or_default());
    }
    let mut digests = Vec::with_capacity(form.len() + 1);
    digests.push(hash.digest());
    for entry in form {
        let shown = ShownTask::of(material, annotator, entry, None)?;
        hash = hash.text(task_word(&entry.task));
        let responses = shown.responses.named().into_iter().map(|(_, response)| response);
        for content in responses.chain([&shown.prompt]) {
            hash = hash.text(&json(content)?);
        }
        hash = hash.text(&json(&shown.reference)?).text(&json(&shown.context)?);
        digests.push(hash.digest());
    }
    Ok(digests)
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::internal(format!("text as JSON: {error}")))
}
