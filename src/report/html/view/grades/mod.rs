//! What a page on grades says, in the order of a reader's questions: how good the responses are, whether the grades can be
//! trusted, what the run contains.

mod changes;
mod contents;
mod plots;
mod quality;
mod trust;

use self::changes::grade_changes;
use self::contents::contents;
use self::quality::{quality, title};
use self::trust::trust;
use super::cases::{CaseWords, CasesView};
use super::{DIFF_WORDS, Page, REDACTED, TwoRuns};
use crate::diff::GradeDiff;
use crate::overview::GradeOverview;
use crate::report::html::cases_data::CasesData;
use crate::report::html::html_report::GradeHtmlReport;
use crate::report::quantities::{count, counted};

/// What the words of a case mean.
const WORDS: CaseWords =
    CaseWords { state: "outcome", verdict: "grade", people: "grade and people" };

impl Page {
    /// Returns the page of a report on grades.
    pub(in crate::report::html) fn of_grades(
        report: &GradeHtmlReport<'_>,
        cases: Option<&CasesData>,
    ) -> Self {
        let overview = report.overview;
        let redacted = if report.redaction.is_some() { REDACTED } else { "" };
        Self {
            title: title(overview),
            subtitle: subtitle(overview),
            evenhand: overview.evenhand,
            sections: vec![
                quality(overview, report.gates),
                trust(overview, report.wording),
                contents(overview),
            ],
            shows_cases: true,
            cases: cases.map(|data| CasesView::of(data, WORDS)),
            footer: format!(
                "Made by evenhand {} from {}.{redacted} The same numbers are in the JSON document of the report.",
                overview.evenhand, overview.run.file
            ),
        }
    }
}

impl Page {
    /// Returns the page of what changed between two runs of grades.
    pub(in crate::report::html) fn of_grade_diff(diff: &GradeDiff, cases: &CasesData) -> Self {
        TwoRuns {
            runs: &diff.runs,
            judges: &diff.judges,
            rubrics: &diff.rubrics,
            units: counted(diff.responses, "response"),
            redacted: diff.redacted,
        }
        .page(grade_changes(diff), CasesView::of(cases, DIFF_WORDS))
    }
}

/// Returns what was graded, in a line.
fn subtitle(overview: &GradeOverview) -> String {
    let run = &overview.run;
    let mut parts = vec![
        counted(run.responses, "response"),
        format!("rubric {} {}", run.rubric.name, run.rubric.version),
        match &overview.calibration {
            Some(results) => format!("{} labelled", count(results.labelled)),
            None => "no labels".to_owned(),
        },
    ];
    if let Some(part) = run.part {
        parts.push(format!("only the {} part of the items", part.as_str()));
    }
    if !run.selection.is_empty() {
        parts.push(format!("only {}", run.selection.join(", ")));
    }
    parts.push(run.begun.clone());
    parts.join(" · ")
}
