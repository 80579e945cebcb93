//! What changed between two runs of grades: the grades, agreement with people, and the manifest.

use super::super::changes::{change_table, manifest_section, outcome_table};
use super::super::parts::{Figure, Part, Section, WarningView};
use super::super::plots::{difference_forest, sides_forest};
use crate::diff::{GradeDiff, PairedEstimates};
use crate::report::diff::{
    grade_change_rows, grade_diff_headline, grade_manifest_lines, right_grades, system_rows,
};
use crate::report::quantities::counted;

/// Returns the sections of a page about two runs of grades.
pub(in crate::report::html::view) fn grade_changes(diff: &GradeDiff) -> Vec<Section> {
    let texts = [("rubric", &diff.rubric_diff), ("prompt", &diff.prompt_diff)];
    vec![grades(diff), agreement(diff), manifest_section(grade_manifest_lines(diff), texts)]
}

/// Returns what changed in the grades and in the numbers of each system.
fn grades(diff: &GradeDiff) -> Section {
    let mut sentences = grade_diff_headline(diff);
    // With labels the last one is about people.
    if diff.agreement.is_some() {
        sentences.pop();
    }
    let first = sentences.remove(0);
    let outcomes = outcome_table("responses", &diff.changes.transitions);
    let mut parts = vec![Part { table: Some(outcomes), ..Part::default() }];
    parts.extend(diff.systems.iter().map(|system| Part {
        heading: format!("{}, {}", system.system, counted(system.responses, "response")),
        table: Some(change_table(&system.system, "number", &system_rows(system))),
        ..Part::default()
    }));
    let warnings = WarningView::all(&diff.warnings);
    if !warnings.is_empty() {
        let heading = "What changes how these numbers may be used".to_owned();
        parts.push(Part { heading, warnings, ..Part::default() });
    }
    Section {
        id: "grades",
        short: "Which grades changed?",
        heading: "Which grades changed?".to_owned(),
        lead: sentences,
        sentences: vec![first],
        parts,
    }
}

/// Returns whether the second run agrees more often with people.
fn agreement(diff: &GradeDiff) -> Section {
    let labelled = diff.agreement.as_ref();
    let lead = match labelled {
        Some(_) => grade_diff_headline(diff).pop(),
        None => Some(
            "Which run agrees more often with people is not known: there are no labels.".to_owned(),
        ),
    };
    let figures: Vec<Figure> = labelled
        .map(|found| {
            let paired = PairedEstimates::new(found.before, found.after, found.difference);
            vec![sides_forest(&paired, "responses"), difference_forest(&paired)]
        })
        .unwrap_or_default();
    let numbers = Part {
        figures,
        notes: right_grades(diff).into_iter().collect(),
        table: Some(change_table("Before and after", "number", &grade_change_rows(diff))),
        ..Part::default()
    };
    Section {
        id: "people",
        short: "Which run agrees with people?",
        heading: "Which run agrees more often with people?".to_owned(),
        lead: lead.into_iter().collect(),
        parts: vec![numbers],
        ..Section::default()
    }
}
