//! What changed between two runs: the manifest, the verdicts, and agreement with people.

use super::parts::{Fact, Figure, Part, Section, TableView, TextChanges, WarningView};
use super::plots::{difference_forest, sides_forest};
use crate::diff::{PairedEstimates, RunDiff, Transition};
use crate::report::diff::{
    ChangeRow, NOISE_UNKNOWN, TITLES, change_rows, criterion_rows, criterion_words, diff_headline,
    field_lines, right_verdicts, run_lines,
};
use crate::report::quantities::count;

/// Returns the sections of a page about two runs.
pub(super) fn changes(diff: &RunDiff) -> Vec<Section> {
    let lines = run_lines(diff).into_iter().chain(field_lines(diff));
    let texts = [("rubric", &diff.rubric_diff), ("prompt", &diff.prompt_diff)];
    vec![verdicts(diff), agreement(diff), manifest_section(lines, texts)]
}

/// Returns what changed in the verdicts, and how much of that is noise.
fn verdicts(diff: &RunDiff) -> Section {
    let mut sentences = diff_headline(diff);
    // The first sentence is about the manifest, and with labels the last one about people.
    let first = sentences.remove(0);
    if diff.agreement.is_some() {
        sentences.pop();
    }
    let rest = sentences.split_off(sentences.len().min(1));
    let table = outcome_table("comparisons", &diff.outcomes.transitions);
    // A sentence above says that the noise is unknown.
    let warnings = diff.warnings.iter().filter(|warning| warning.code != NOISE_UNKNOWN);
    let warnings = WarningView::all(warnings);
    let mut parts = vec![Part { table: Some(table), ..Part::default() }];
    if !warnings.is_empty() {
        let heading = "What changes how these numbers may be used".to_owned();
        parts.push(Part { heading, warnings, ..Part::default() });
    }
    Section {
        id: "verdicts",
        short: "Which verdicts changed?",
        heading: "Which verdicts changed?".to_owned(),
        lead: sentences,
        sentences: std::iter::once(first).chain(rest).collect(),
        parts,
    }
}

/// Returns whether the second run agrees more often with people, in all and on each criterion.
fn agreement(diff: &RunDiff) -> Section {
    let labelled = diff.agreement.as_ref();
    let lead = match labelled {
        Some(_) => diff_headline(diff).pop(),
        None => Some(
            "Which run agrees more often with people is not known: there are no labels.".to_owned(),
        ),
    };
    let figures: Vec<Figure> = labelled
        .map(|found| {
            let paired = PairedEstimates::new(found.before, found.after, found.difference);
            vec![sides_forest(&paired, "comparisons"), difference_forest(&paired)]
        })
        .unwrap_or_default();
    let numbers = Part {
        figures,
        notes: right_verdicts(diff).into_iter().collect(),
        table: Some(change_table("Before and after", "number", &change_rows(diff))),
        ..Part::default()
    };
    let criteria = diff.criteria.iter().map(|criterion| Part {
        heading: format!("Criterion {}", criterion.name),
        sentences: vec![format!("{}.", criterion_words(criterion))],
        table: Some(change_table(&criterion.name, "", &criterion_rows(criterion))),
        ..Part::default()
    });
    Section {
        id: "people",
        short: "Which run agrees with people?",
        heading: "Which run agrees more often with people?".to_owned(),
        lead: lead.into_iter().collect(),
        parts: std::iter::once(numbers).chain(criteria).collect(),
        ..Section::default()
    }
}

/// Returns how often each outcome became which.
pub(super) fn outcome_table(units: &'static str, transitions: &[Transition]) -> TableView {
    let heads = [("before", false), ("after", false), (units, true)];
    let mut table = TableView::new("Outcomes before and after", &heads);
    for transition in transitions {
        table.rows.push(vec![
            transition.before.as_str().to_owned(),
            transition.after.as_str().to_owned(),
            count(transition.comparisons),
        ]);
    }
    table
}

/// Returns numbers before and after, with their differences.
pub(super) fn change_table(caption: &str, label: &str, rows: &[ChangeRow]) -> TableView {
    let [before, after, difference, interval, n] = TITLES;
    let heads = [
        (label, false),
        (before, true),
        (after, true),
        (difference, true),
        (interval, true),
        (n, true),
    ];
    let mut table = TableView::new(caption, &heads);
    for row in rows {
        table.rows.push(std::iter::once(row.label.clone()).chain(row.cells.clone()).collect());
    }
    table
}

/// Returns what the runs were asked with, and how that differs.
pub(super) fn manifest_section(
    lines: impl Iterator<Item = String>,
    texts: [(&'static str, &Option<String>); 2],
) -> Section {
    let facts = lines.map(|line| Fact::of_line(&line)).collect();
    let texts =
        texts.into_iter().filter_map(|(label, text)| Some(TextChanges::new(label, text.as_ref()?)));
    Section {
        id: "manifest",
        short: "What was changed?",
        heading: "What was changed?".to_owned(),
        parts: vec![Part { facts, changes: texts.collect(), ..Part::default() }],
        ..Section::default()
    }
}
