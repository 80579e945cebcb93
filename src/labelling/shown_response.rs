//! What an annotator sees of a response that is graded: nothing that reveals its system, its grade or what others said.

use serde_json::Value;

use super::answer::PageAnswer;
use super::entry::FormEntry;
use super::material::Material;
use crate::error::{Error, Result};
use crate::input::{Content, Reference};

/// What an annotator sees of one entry of a form of grades.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ShownResponse {
    /// What the system was asked.
    pub prompt: Content,
    /// What it responded.
    pub response: Content,
    /// The expected answer, where the judge's prompt shows it.
    pub reference: Option<Reference>,
    /// Further data of the item, where the judge's prompt shows it.
    pub context: Option<Value>,
    /// What the annotator has answered so far.
    pub answer: Option<PageAnswer>,
}

impl ShownResponse {
    /// Returns what is shown of an entry.
    ///
    /// # Errors
    ///
    /// The run cannot be read, or the entry compares two responses.
    pub(super) fn of(
        material: &Material,
        entry: &FormEntry,
        answer: Option<PageAnswer>,
    ) -> Result<Self> {
        if !entry.key.is_response() {
            return Err(Error::usage("the form compares two responses, and none is graded"));
        }
        let mut item = material.item(&entry.key)?;
        let response = item.responses.remove(&*entry.key.between[0]).ok_or_else(|| {
            Error::input(format!("item {}: a response is missing", material.id(&entry.key)))
        })?;
        Ok(Self {
            prompt: item.prompt,
            response,
            reference: item.reference,
            context: item.context,
            answer,
        })
    }
}
