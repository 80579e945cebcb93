//! What the page of a report is made from.

use crate::cases::{Cases, GradeCases};
use crate::overview::{GradeOverview, Overview, Redaction};
use crate::report::wording::Wording;
use crate::summary::Gate;

/// What the page of a report shows.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct HtmlReport<'a> {
    /// The numbers.
    pub overview: &'a Overview,
    /// The single comparisons; `None` leaves them out.
    pub cases: Option<&'a Cases>,
    /// How the overview was redacted: then the cases have no texts, and annotators the same names.
    pub redaction: Option<&'a Redaction>,
    /// The gates that the run must pass.
    pub gates: &'a [Gate],
    /// How the warnings refer to flags and commands.
    pub wording: Wording,
}

impl<'a> HtmlReport<'a> {
    /// Returns a page without cases and gates.
    pub fn of(overview: &'a Overview) -> Self {
        Self { overview, cases: None, redaction: None, gates: &[], wording: Wording::default() }
    }
}

/// What the page of a report on grades shows.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct GradeHtmlReport<'a> {
    /// The numbers.
    pub overview: &'a GradeOverview,
    /// The single responses; `None` leaves them out.
    pub cases: Option<&'a GradeCases>,
    /// How the overview was redacted: then the responses have no texts.
    pub redaction: Option<&'a Redaction>,
    /// The gates that the run must pass.
    pub gates: &'a [Gate],
    /// How the warnings refer to flags and commands.
    pub wording: Wording,
}

impl<'a> GradeHtmlReport<'a> {
    /// Returns a page without cases and gates.
    pub fn of(overview: &'a GradeOverview) -> Self {
        Self { overview, cases: None, redaction: None, gates: &[], wording: Wording::default() }
    }
}
