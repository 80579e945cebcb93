//! What is wrong with a rubric, and where.

use serde::Serialize;

use super::places::{Place, Places};

/// Whether a finding is advice or keeps the rubric from being used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FindingLevel {
    /// The rubric can be used, and probably does not do what its author wants.
    Warning,
    /// No judge can be asked with this rubric.
    Error,
}

/// One thing that is wrong with a rubric or its prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RubricFinding {
    /// The stable name of the fault.
    pub code: &'static str,
    /// Whether it is advice.
    pub level: FindingLevel,
    /// The file: the rubric's, or `prompts/NAME` for a template.
    pub file: String,
    /// The line in the file, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong and what to do about it.
    pub message: String,
}

/// The findings so far, without those that comments allow.
pub(super) struct Findings<'a> {
    places: &'a Places,
    found: Vec<RubricFinding>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(places: &'a Places) -> Self {
        Self { places, found: Vec::new() }
    }

    /// Adds advice.
    pub(super) fn add(&mut self, code: &'static str, place: Place, message: impl Into<String>) {
        self.push(code, FindingLevel::Warning, place, message.into());
    }

    /// Adds a fault that keeps the rubric from being used.
    pub(super) fn add_error(
        &mut self,
        code: &'static str,
        place: Place,
        message: impl Into<String>,
    ) {
        self.push(code, FindingLevel::Error, place, message.into());
    }

    fn push(&mut self, code: &'static str, level: FindingLevel, place: Place, message: String) {
        let is_allowed = level == FindingLevel::Warning && self.places.allow(code, &place);
        let Place { file, line } = place;
        let finding = RubricFinding { code, level, file, line, message };
        if !is_allowed && !self.found.contains(&finding) {
            self.found.push(finding);
        }
    }

    /// Returns the findings: those of the rubric's file first, each file by lines.
    pub(super) fn finish(mut self) -> Vec<RubricFinding> {
        let places = self.places;
        self.found.sort_by_key(|finding| (places.number(&finding.file), finding.line));
        self.found
    }
}
