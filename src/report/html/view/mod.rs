//! What a page says, as rows of text and plots in the order of a reader's questions: which system is better, whether
//! the judge can be trusted, what the run contains.
//!
//! The numbers are those of the [`Overview`]; each is formatted by the function that the other reports use.

mod annotators;
mod cases;
mod changes;
mod contents;
mod generated;
mod grades;
mod history;
mod juries;
mod parts;
mod plots;
mod ranking;
mod trust;
mod which;

use std::path::Path;

use serde::Serialize;

use self::cases::{CaseWords, CasesView};
use self::changes::changes;
use self::contents::contents;
use self::history::history;
use self::parts::Section;
use self::trust::trust;
use self::which::{title, which};
use super::cases_data::CasesData;
use super::html_report::HtmlReport;
use crate::diff::{RubricVersion, RunDiff};
use crate::monitor::{Check, History, Trend};
use crate::overview::Overview;
use crate::report::overview::overview_warnings;
use crate::report::quantities::{count, counted};

/// What the words of a case mean in a report on one run.
const WORDS: CaseWords =
    CaseWords { state: "outcome", verdict: "prefers", people: "verdict and people" };

/// What they mean on a page about two runs.
const DIFF_WORDS: CaseWords =
    CaseWords { state: "change", verdict: "before → after", people: "right by people" };

/// What is said of a page without texts.
const REDACTED: &str = " Texts are left out, and annotators have numbers instead of names.";

/// A page: sections, and then the cases.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    title: String,
    subtitle: String,
    evenhand: &'static str,
    sections: Vec<Section>,
    /// Whether the page has a section of single comparisons.
    shows_cases: bool,
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
            shows_cases: true,
            cases: cases.map(|data| CasesView::of(data, WORDS)),
            footer: footer(overview, report.redaction.is_some()),
        }
    }
}

impl Page {
    /// Returns the page of what changed between two runs.
    pub(super) fn of_diff(diff: &RunDiff, cases: &CasesData) -> Self {
        TwoRuns {
            runs: &diff.runs,
            judges: &diff.judges,
            rubrics: &diff.rubrics,
            units: counted(diff.comparisons, "comparison"),
            redacted: diff.redacted,
        }
        .page(changes(diff), CasesView::of(cases, DIFF_WORDS))
    }
}

/// What the page of two runs says of them.
struct TwoRuns<'a> {
    runs: &'a [String; 2],
    judges: &'a [String; 2],
    rubrics: &'a [RubricVersion; 2],
    /// How much both have, in words.
    units: String,
    redacted: bool,
}

impl TwoRuns<'_> {
    fn page(self, sections: Vec<Section>, cases: CasesView) -> Page {
        let [before, after] = self.judges;
        let judges = if before == after { before.clone() } else { format!("{before} and {after}") };
        let [one, other] =
            self.rubrics.each_ref().map(|rubric| format!("{} {}", rubric.name, rubric.version));
        let rubrics = if one == other {
            format!("rubric {one}")
        } else {
            format!("rubrics {one} and {other}")
        };
        let version = env!("CARGO_PKG_VERSION");
        let redacted = if self.redacted { REDACTED } else { "" };
        let [one, other] = self.runs.each_ref().map(|run| file_name(run));
        Page {
            title: format!("What changed from {one} to {other}"),
            subtitle: format!("{judges} · {} of both runs · {rubrics}", self.units),
            evenhand: version,
            sections,
            shows_cases: true,
            cases: Some(cases),
            footer: format!(
                "Made by evenhand {version} from {}.{redacted} The same numbers are in the JSON document.",
                self.runs.join(" and ")
            ),
        }
    }
}

impl Page {
    /// Returns the page of a history.
    pub(super) fn of_history(past: &History, trends: &[Trend], check: &Check) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let judge = past.entries.last().map_or("", |entry| entry.judge.name.as_str());
        Self {
            title: format!("{judge} over time"),
            subtitle: format!(
                "{} · {} since the baseline",
                counted(past.entries.len() as u64, "run"),
                counted(check.checks, "run")
            ),
            evenhand: version,
            sections: history(past, trends, check),
            shows_cases: false,
            cases: None,
            footer: format!(
                "Made by evenhand {version} from {}. The same numbers are in the JSON document.",
                check.history
            ),
        }
    }
}

/// Returns the name of a file without its folder.
fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or(path.to_owned(), |name| name.to_string_lossy().into_owned())
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
    let redacted = if is_redacted { REDACTED } else { "" };
    format!(
        "Made by evenhand {} from {}.{redacted} The same numbers are in the JSON document of the report.",
        overview.evenhand, overview.run.file
    )
}
