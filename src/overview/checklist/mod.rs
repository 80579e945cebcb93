//! What was validated and what was not, each item with what would fill the gap.
//!
//! Entries about replies follow from the run, entries about people from the calibration; without labels these say
//! so.

mod entry;
mod model_version;
mod people;
mod replies;

pub use entry::{Check, CheckState, ChecklistEntry, GapRemedy};
pub(crate) use model_version::names_version;

pub(super) use people::test_part;

use super::judged::Judged;
use crate::calibration::{Calibration, Part};
use crate::error::Result;
use crate::store::{JudgeChoice, RunFile};
use crate::summary::JudgeSummary;

/// What the checks look at.
pub(super) struct Checked<'a> {
    pub(super) judged: &'a Judged<'a>,
    pub(super) summary: &'a JudgeSummary,
    pub(super) calibration: Option<&'a Calibration>,
    pub(super) part: Option<Part>,
}

/// Returns every entry, in the order of reports.
///
/// # Errors
///
/// The run cannot be read.
pub(super) fn checklist(
    run: &RunFile,
    choice: JudgeChoice,
    checked: &Checked<'_>,
) -> Result<Vec<ChecklistEntry>> {
    let judges = run.judges_of(choice);
    let mut entries = vec![
        replies::both_orders(checked),
        replies::answered(checked),
        replies::readable(checked),
        replies::repeats(judges, run.manifest().repeat),
    ];
    entries.extend(people::entries(checked));
    entries.push(model_version::pinned_model(run, judges)?);
    Ok(entries)
}
