//! A change of an answer, as the lines that make it.

use std::sync::Arc;

use super::answer::PageAnswer;
use super::entry::FormEntry;
use super::material::Material;
use super::session_line::SessionLine;
use super::sides::Sides;
use super::state::State;
use crate::error::{Error, Result};

/// An answer that takes the place of another, or of none.
pub(super) struct Change {
    pub(super) annotator: Arc<str>,
    pub(super) entry: FormEntry,
    /// The answer that stood when the change was made.
    pub(super) known: Option<SessionLine>,
    /// `None` withdraws it.
    pub(super) answer: Option<PageAnswer>,
}

impl Change {
    /// Adds the lines that make the change.
    ///
    /// # Errors
    ///
    /// Another answer stands than was known.
    pub(super) fn add_lines(
        self,
        material: &Material,
        state: &State,
        lines: &mut Vec<SessionLine>,
    ) -> Result<()> {
        let id = material.id(&self.entry.key);
        let blank = self.entry.form_line(id, &self.annotator);
        let standing = state.answer(&self.annotator, &self.entry);
        let (sides, scale) = (Sides::of(&self.annotator, id, &self.entry), material.scale());
        let said = |line| PageAnswer::of_line(line, &sides, scale);
        let line_of = |answer: PageAnswer| answer.line(blank.clone(), &sides, scale);
        let wanted = self.answer.clone().map(line_of).transpose()?;
        let is_same = match (standing, &wanted) {
            (Some(standing), Some(wanted)) => said(standing)?.says_the_same(&said(wanted)?),
            (None, None) => true,
            _ => false,
        };
        if is_same {
            return Ok(());
        }
        if standing != self.known.as_ref() {
            let what = if standing.is_some() { "answered" } else { "withdrawn the answer to" };
            return Err(Error::conflict(format!(
                "`{}` has meanwhile {what} this {} elsewhere",
                self.annotator,
                material.unit()[0]
            ))
            .hint("look at the answer that stands now, and change it if it is wrong"));
        }
        if standing.is_some() {
            lines.push(blank.undone());
        }
        lines.extend(wanted);
        Ok(())
    }
}
