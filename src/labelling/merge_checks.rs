//! Whether a merge can take place, once all of its files are read.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::merged::{Merged, MergedFile};
use super::names::check_names;
use super::other_programs::ForeignTask;
use super::session_line::SessionLine;
use super::state::State;
use crate::error::{Error, Result, counted};
use crate::input::{GradeAnswer, LabelAnswer, Scale, SkipReason, StandingLine as _};

/// How many conflicts a message lists.
const MOST_LISTED: usize = 5;

/// Fails if answers differ from those that stand.
pub(super) fn check_conflicts(labels: &Path, conflicts: &[String]) -> Result<()> {
    if conflicts.is_empty() {
        return Ok(());
    }
    let error = Error::input(format!(
        "{}: {} from what the label file or another file says; nothing was merged",
        labels.display(),
        counted(conflicts.len() as u64, "answer differs", "answers differ")
    ))
    .hint("ask the annotator which answer counts, and correct the others where they are");
    let error = conflicts.iter().take(MOST_LISTED).fold(error, Error::detail);
    let more = conflicts.len().saturating_sub(MOST_LISTED);
    Err(if more > 0 { error.detail(format!("and {more} more")) } else { error })
}

/// Fails if no answer of all files could be used.
pub(super) fn check_any(merged: &Merged) -> Result<()> {
    let files = &merged.files;
    if files.iter().any(|file| file.merged + file.already_there > 0) {
        return Ok(());
    }
    let left_out: usize = files.iter().map(MergedFile::left_out).sum();
    let error = if left_out == 0 {
        let open: usize = files.iter().map(|file| file.open + file.discarded).sum();
        Error::input(format!(
            "there is no answer to merge: {} open or cancelled",
            counted(open as u64, "task is", "tasks are")
        ))
        .hint("export the answers again once there are some")
    } else {
        Error::input(format!(
            "nothing was merged: {} cannot be used",
            counted(left_out as u64, "answer", "answers")
        ))
        .hint("merge them with the items or the run and the label file for which the tasks were exported")
    };
    let reasons = files.iter().flat_map(|file| &file.left_out);
    Err(reasons.fold(error, |error, (why, (answers, first))| {
        let answers = counted(*answers as u64, "answer", "answers");
        error.detail(format!("{answers}: {why} (first: {first})"))
    }))
}

/// Checks the names of annotators who are new to the file.
pub(super) fn check_new_names(state: &State, lines: &[SessionLine]) -> Result<()> {
    let known = state.annotators();
    let new: BTreeSet<&Arc<str>> = lines.iter().map(SessionLine::annotator).collect();
    let new: Vec<String> =
        new.into_iter().filter(|name| !known.contains(name)).map(ToString::to_string).collect();
    if new.is_empty() { Ok(()) } else { check_names(&new, &known).map(drop) }
}

/// Checks that an answer of another program is about the kind of task that is labelled here.
///
/// # Errors
///
/// It compares two responses where single ones are graded, or the reverse.
pub(super) fn check_kind(shown: &str, task: &ForeignTask, scale: Option<&Scale>) -> Result<()> {
    match (task, scale) {
        (ForeignTask::Systems { .. }, Some(_)) => Err(Error::input(format!(
            "{shown}: the task compares two responses, and single responses are graded here"
        ))
        .hint("merge labels of comparisons with the run or the items that were compared, and their label file")),
        (ForeignTask::Response { .. }, None) => Err(Error::input(format!(
            "{shown}: the task grades a single response, and responses are compared here"
        ))
        .hint("merge labels of grades with the run or the items that were graded, their rubric and their label file")),
        _ => Ok(()),
    }
}

/// Returns whether two lines say the same, whenever, how fast and on which sides.
pub(super) fn says_the_same(one: &SessionLine, other: &SessionLine) -> bool {
    match (one, other) {
        (SessionLine::Comparison(one), SessionLine::Comparison(other)) => {
            let (a, b) = (&one.details, &other.details);
            one.answer == other.answer
                && a.both_acceptable == b.both_acceptable
                && a.criteria == b.criteria
                && a.note == b.note
        }
        (SessionLine::Grade(one), SessionLine::Grade(other)) => {
            let (a, b) = (&one.details, &other.details);
            one.answer == other.answer && a.criteria == b.criteria && a.note == b.note
        }
        _ => false,
    }
}

/// Returns what a line says, in a few words. `scale` is that of the grades.
pub(super) fn said(line: &SessionLine, scale: Option<&Scale>) -> String {
    let skipped = |reason: SkipReason| format!("skipped ({})", reason.as_str());
    let (said, has_note) = match line {
        SessionLine::Comparison(line) => {
            let said = match &line.answer {
                LabelAnswer::Winner(Some(system)) => format!("`{system}`"),
                LabelAnswer::Winner(None) => "tie".to_owned(),
                LabelAnswer::Side(side) => side.as_str().to_owned(),
                LabelAnswer::Skipped(reason) => skipped(*reason),
                LabelAnswer::Blank | LabelAnswer::Undone => "nothing".to_owned(),
            };
            (said, line.details.note.is_some())
        }
        SessionLine::Grade(line) => {
            let said = match (line.answer, scale) {
                (GradeAnswer::Grade(grade), Some(scale)) => format!("`{}`", scale.name_of(grade)),
                (GradeAnswer::Skipped(reason), _) => skipped(reason),
                _ => "nothing".to_owned(),
            };
            (said, line.details.note.is_some())
        }
    };
    if has_note { format!("{said} with a note") } else { said }
}
