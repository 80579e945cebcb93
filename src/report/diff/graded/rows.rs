//! The numbers of both runs of grades in rows.

use crate::diff::{GradeDiff, PairedEstimates, SystemChange};
use crate::report::diff::rows::{ChangeRow, field_lines_of, run_lines_of};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::count;
use crate::report::text_report::p_value;

/// Returns the numbers of both runs, agreement first, those of systems last.
pub(in crate::report) fn change_rows(diff: &GradeDiff) -> Vec<ChangeRow> {
    let row = |label: &str, format, of: &PairedEstimates| {
        ChangeRow::new(label, format, [&of.before, &of.after], &of.difference)
    };
    let mut rows = Vec::new();
    if let Some(agreement) = &diff.agreement {
        let both = [&agreement.before, &agreement.after];
        let label = "agreement, every reply";
        rows.push(ChangeRow::new(label, NumberFormat::Percent, both, &agreement.difference));
    }
    if let Some(kappa) = &diff.kappa {
        let label = match diff.scales[0].len() {
            0..=2 => "Cohen's κ, every reply",
            _ => "weighted κ, every reply",
        };
        rows.push(row(label, NumberFormat::Plain, kappa));
    }
    rows.push(row("coverage", NumberFormat::Percent, &diff.coverage));
    rows
}

/// Returns the pass rate and the mean step of a system in both runs.
pub(in crate::report) fn system_rows(system: &SystemChange) -> Vec<ChangeRow> {
    let row = |label: &str, format, of: &PairedEstimates| {
        ChangeRow::new(label, format, [&of.before, &of.after], &of.difference)
    };
    let rate = system.pass_rate.as_ref();
    let rate = rate.map(|rate| row("pass rate", NumberFormat::Percent, rate));
    rate.into_iter().chain([row("mean step", NumberFormat::Plain, &system.mean_step)]).collect()
}

/// Returns the sentence about the responses that only one run has the right grade of; `None` without labels.
pub(in crate::report) fn right_grades(diff: &GradeDiff) -> Option<String> {
    let agreement = diff.agreement.as_ref()?;
    let correct = &agreement.correct;
    let p = agreement.mcnemar_mid_p.map(|p| format!(", McNemar's mid-p: {}", p_value(p)));
    Some(format!(
        "Grades that are kept and that most people give: {} in both runs, {} only before, {} only after, {} in \
         neither{}.",
        count(correct.both),
        count(correct.only_before),
        count(correct.only_after),
        count(correct.neither),
        p.unwrap_or_default()
    ))
}

/// Returns what each run is, then the fields of the manifest whose values fit in a line.
pub(in crate::report) fn manifest_lines(diff: &GradeDiff) -> impl Iterator<Item = String> {
    let runs = run_lines_of(&diff.judges, &diff.rubrics, &diff.runs);
    runs.into_iter().chain(field_lines_of(&diff.manifest, diff.redacted))
}
