//! The numbers of both runs in rows.

use serde_json::Value;

use crate::diff::{CriterionChange, CriterionEstimates, FieldChange, RubricVersion, RunDiff};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, counted};
use crate::report::text_report::p_value;
use crate::stats::Estimate;

/// The titles of the numbers of a row.
pub(in crate::report) const TITLES: [&str; 5] =
    ["before", "after", "difference", "95 % interval", "n"];

/// A number in both runs: its label, then what [`TITLES`] names.
pub(in crate::report) struct ChangeRow {
    pub(in crate::report) label: String,
    pub(in crate::report) cells: [String; 5],
    /// The intervals of the number before and after, where there is room for them.
    pub(super) intervals: [String; 2],
}

impl ChangeRow {
    pub(super) fn new(
        label: impl Into<String>,
        format: NumberFormat,
        [before, after]: [&Estimate; 2],
        difference: &Estimate,
    ) -> Self {
        let points = match format {
            NumberFormat::Plain => NumberFormat::Plain,
            _ => NumberFormat::Points,
        };
        let cells = [
            format.value(before.value),
            format.value(after.value),
            points.value(difference.value),
            points.interval(difference),
            observations([before, after]),
        ];
        let intervals = [before, after].map(|estimate| format.interval(estimate));
        Self { label: label.into(), cells, intervals }
    }

    /// Returns the cells with the intervals of both runs.
    pub(super) fn cells_with_intervals(&self) -> [String; 5] {
        let mut cells = self.cells.clone();
        for (cell, interval) in cells.iter_mut().zip(&self.intervals) {
            if !interval.is_empty() {
                *cell = format!("{cell} ({interval})");
            }
        }
        cells
    }
}

/// Returns how many observations there are in each run: one number where they are as many, else `178 / 534`.
fn observations(both: [&Estimate; 2]) -> String {
    match both.map(|estimate| count(estimate.n)) {
        [before, after] if before == after => before,
        [before, after] => format!("{before} / {after}"),
    }
}

/// Returns the numbers of both runs, agreement first.
pub(in crate::report) fn change_rows(diff: &RunDiff) -> Vec<ChangeRow> {
    let mut rows = Vec::new();
    if let Some(agreement) = &diff.agreement {
        let both = [&agreement.before, &agreement.after];
        let label = "agreement, every reply";
        rows.push(ChangeRow::new(label, NumberFormat::Percent, both, &agreement.difference));
    }
    if let Some(kappa) = &diff.kappa {
        let both = [&kappa.before, &kappa.after];
        let label = "Cohen's κ, every reply";
        rows.push(ChangeRow::new(label, NumberFormat::Plain, both, &kappa.difference));
    }
    let coverage = &diff.coverage;
    let both = [&coverage.before, &coverage.after];
    rows.push(ChangeRow::new("coverage", NumberFormat::Percent, both, &coverage.difference));
    rows.extend(diff.win_rates.iter().map(|rate| {
        let other = &rate.between[usize::from(rate.between[0] == rate.system)];
        let label = format!("{} against {other}", rate.system);
        let both = [&rate.before, &rate.after];
        ChangeRow::new(label, NumberFormat::Percent, both, &rate.difference)
    }));
    rows
}

/// Returns the sentence about the comparisons that only one run has the right verdict on; `None` without labels.
pub(in crate::report) fn right_verdicts(diff: &RunDiff) -> Option<String> {
    let agreement = diff.agreement.as_ref()?;
    let correct = &agreement.correct;
    let p = agreement.mcnemar_mid_p.map(|p| format!(", McNemar's mid-p: {}", p_value(p)));
    Some(format!(
        "Verdicts that are kept and what most people prefer: {} in both runs, {} only before, {} only after, {} in \
         neither{}.",
        count(correct.both),
        count(correct.only_before),
        count(correct.only_after),
        count(correct.neither),
        p.unwrap_or_default()
    ))
}

/// Returns how many votes on a criterion changed, and what its consistency leaves out: `10 of 20 votes changed`.
pub(in crate::report) fn criterion_words(criterion: &CriterionChange) -> String {
    let votes = match criterion.votes {
        0 => "no votes in both runs".to_owned(),
        votes => {
            format!("{} of {} changed", count(criterion.votes_changed), counted(votes, "vote"))
        }
    };
    match criterion.consistency_left_out {
        0 => votes,
        left_out => format!(
            "{votes}; consistency without {} that only one run has both votes on",
            counted(left_out, "comparison")
        ),
    }
}

/// Returns the numbers of a criterion in both runs.
pub(in crate::report) fn criterion_rows(criterion: &CriterionChange) -> Vec<ChangeRow> {
    let agreement = criterion.agreement.map(|found| ("agreement", found));
    let rows = agreement.into_iter().chain([("consistency", criterion.consistency)]);
    rows.map(|(label, CriterionEstimates { before, after, difference })| {
        // A run without the criterion has no number; the n is that of the other.
        let n = difference.or(after).or(before).map_or(0, |estimate| estimate.n);
        let [before, after, difference] =
            [before, after, difference].map(|one| one.unwrap_or(Estimate::undefined(n)));
        ChangeRow::new(label, NumberFormat::Percent, [&before, &after], &difference)
    })
    .collect()
}

/// Returns the fields of the manifest with values that fit in a line: `judge.temperature: 0.0 → 1.0`.
pub(in crate::report) fn field_lines(diff: &RunDiff) -> Vec<String> {
    field_lines_of(&diff.manifest, diff.redacted)
}

/// Returns the fields that differ with values that fit in a line, unless they were left out.
pub(super) fn field_lines_of(manifest: &[FieldChange], redacted: bool) -> Vec<String> {
    /// Longer values are shown as a difference of the files.
    const LONGEST: usize = 60;
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        value => value.to_string(),
    };
    let fields = manifest.iter().filter(|change| !(redacted && change.before.is_null()));
    let lines = fields.map(|change| (change, text(&change.before), text(&change.after)));
    let short = lines.filter(|(_, before, after)| before.len() + after.len() <= LONGEST);
    short.map(|(change, before, after)| format!("{}: {before} → {after}", change.field)).collect()
}

/// Returns what each run is: `before: gpt-4, rubric helpfulness 1.0.0, runs/a.db`.
pub(in crate::report) fn run_lines(diff: &RunDiff) -> [String; 2] {
    run_lines_of(&diff.judges, &diff.rubrics, &diff.runs)
}

/// Returns what each run is, by its judge, rubric and file.
pub(super) fn run_lines_of(
    judges: &[String; 2],
    rubrics: &[RubricVersion; 2],
    runs: &[String; 2],
) -> [String; 2] {
    [0, 1].map(|at| {
        let rubric = &rubrics[at];
        let side = ["before", "after"][at];
        format!("{side}: {}, rubric {} {}, {}", judges[at], rubric.name, rubric.version, runs[at])
    })
}
