//! Whether a merge can take place, once all of its files are read.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::merged::{Merged, MergedFile};
use super::names::check_names;
use super::state::State;
use crate::error::{Error, Result, counted};
use crate::input::LabelLine;

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
pub(super) fn check_new_names(state: &State, lines: &[LabelLine]) -> Result<()> {
    let known = state.annotators();
    let new: BTreeSet<&Arc<str>> = lines.iter().map(|line| &line.annotator).collect();
    let new: Vec<String> =
        new.into_iter().filter(|name| !known.contains(name)).map(ToString::to_string).collect();
    if new.is_empty() { Ok(()) } else { check_names(&new, &known).map(drop) }
}
