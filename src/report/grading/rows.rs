//! The numbers of a system's grades, in rows.

use crate::grading::{GradeSummary, SystemGrades};
use crate::report::calibration::NumberRow;
use crate::report::number_format::NumberFormat;
use crate::report::wording::{HAD_THEY_BEEN_READ, UNREADABLE_EITHER_WAY};
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
    let [passed, kept] = if is_jury {
        ["what its judges pass", "if most judges agree"]
    } else {
        ["what the judge passes", "if both agree"]
    };
    let mut rows = vec![row("direction-averaged", &rate.averaged, passed)];
    if rate.unreadable_directions > 0 {
        rows.push(row(UNREADABLE_EITHER_WAY, &rate.unreadable_bounds, HAD_THEY_BEEN_READ));
    }
    let note = if rate.kept.n == 0 { "none kept" } else { kept };
    rows.push(row("kept grades only", &rate.kept, note));
    rows.extend(
        rate.one_direction
            .as_ref()
            .map(|one: &Estimate| row("one direction only", one, "unconfirmed grades")),
    );
    rows
}
