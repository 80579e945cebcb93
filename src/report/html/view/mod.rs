//! What a page says, as rows of text and plots in the order of a reader's questions: which system is better, whether
//! the judge can be trusted, what the run contains.
//!
//! The numbers are those of the [`Overview`]; each is formatted by the function that the other reports use.

mod cases;
mod contents;
mod parts;
mod plots;
mod trust;
mod which;

use serde::Serialize;

use self::cases::{CaseWords, CasesView};
use self::contents::contents;
use self::parts::Section;
use self::trust::trust;
use self::which::{title, which};
use super::cases_data::CasesData;
use super::template::HtmlReport;
use crate::overview::Overview;
use crate::report::overview::overview_warnings;
use crate::report::quantities::{count, counted};

/// What the words of a case mean in a report on one run.
const WORDS: CaseWords =
    CaseWords { state: "outcome", verdict: "prefers", people: "verdict and people" };

/// A page: sections, and then the cases.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    title: String,
    subtitle: String,
    evenhand: &'static str,
    sections: Vec<Section>,
    cases: Option<CasesView>,
    footer: String,
}

impl Page {
    /// Returns the page of a report.
    pub(super) fn of_report(report: &HtmlReport<'_>, cases: Option<&CasesData>) -> Self {
        let overview = report.overview;
        let warnings = overview_warnings(overview, report.wording);
        Self {
            title: title(overview),
            subtitle: subtitle(overview),
            evenhand: overview.evenhand,
            sections: vec![
                which(overview, report.gates),
                trust(overview, &warnings),
                contents(overview),
            ],
            cases: cases.map(|data| CasesView::of(data, WORDS)),
            footer: footer(overview, report.redaction.is_some()),
        }
    }
}

/// Returns what was judged, in a line.
fn subtitle(overview: &Overview) -> String {
    let run = &overview.run;
    let mut parts = vec![
        counted(run.comparisons, "comparison"),
        format!("rubric {} {}", run.rubric.name, run.rubric.version),
    ];
    parts.push(match &overview.calibration {
        Some(results) => {
            let people = if results.annotators == 1 { "one person" } else { "people" };
            match results.annotators {
                1 => format!("{} labelled by {people}", count(results.labelled)),
                several => {
                    format!("{} labelled by {} {people}", count(results.labelled), count(several))
                }
            }
        }
        None => "no labels".to_owned(),
    });
    if let Some(part) = run.part {
        parts.push(format!("only the {} part of the items", part.as_str()));
    }
    if !run.selection.is_empty() {
        parts.push(format!("only {}", run.selection.join(", ")));
    }
    parts.push(run.begun.clone());
    parts.join(" · ")
}

fn footer(overview: &Overview, is_redacted: bool) -> String {
    let redacted = if is_redacted {
        " Texts are left out, and annotators have numbers instead of names."
    } else {
        ""
    };
    format!(
        "Made by evenhand {} from {}.{redacted} The same numbers are in the JSON document of the report.",
        overview.evenhand, overview.run.file
    )
}
