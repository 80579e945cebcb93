//! The numbers of a system's grades, in rows.

use crate::grading::{GradeSummary, SystemGrades};
use crate::report::calibration::NumberRow;
use crate::report::number_format::NumberFormat;
use crate::stats::Estimate;

/// Returns the name of the lowest step that passes, if the rubric says what passes.
pub(super) fn lowest_passing(summary: &GradeSummary) -> Option<&str> {
    let step = summary.scale.pass_from?;
    summary.scale.steps.get(usize::from(step)).map(|step| step.name.as_str())
}

/// Returns the pass rates of a system: over all its responses, over kept grades alone, and by grades of one direction
/// only. `is_jury` says whether they are of a jury.
pub(super) fn pass_rate_rows(system: &SystemGrades, is_jury: bool) -> Vec<NumberRow<'_>> {
    let Some(rate) = &system.pass_rate else { return Vec::new() };
    let row =
        |label, estimate, note| NumberRow { label, format: NumberFormat::Percent, estimate, note };
    let kept = if is_jury { "if most judges agree" } else { "if both agree" };
    let mut rows = vec![
        row("direction-averaged", &rate.averaged, "what the judge passes"),
        row("kept grades only", &rate.kept, if rate.kept.n == 0 { "none kept" } else { kept }),
    ];
    rows.extend(
        rate.one_direction
            .as_ref()
            .map(|one: &Estimate| row("one direction only", one, "unconfirmed grades")),
    );
    rows
}
