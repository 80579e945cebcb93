//! The runs of a folder: what each is, and how far it is. Looking at them locks and writes nothing.
//!
//! A folder may contain anything. A file is recognised by its first bytes before it is opened as a database, and one
//! that cannot be read is listed with the reason.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::outstanding::{RetryScope, trials_to_ask};
use crate::error::{Error, Result};
use crate::input::{Connection, JudgeSettings};
use crate::store::{
    FORMAT, FileKind, GradeRun, OrderRecord, RowSet, RunFile, file_kind, has_responses, is_locked,
    remove_run,
};
use crate::verdict::GivenBy;
use crate::vote::Answer;

/// What a folder contains.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RunList {
    /// Its runs, in the order of their names.
    pub runs: Vec<ListedRun>,
    /// Other files in it.
    pub other_files: u64,
}

/// A run file of a folder.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ListedRun {
    /// The file.
    pub path: PathBuf,
    /// Whether it is a link to a file elsewhere.
    pub is_link: bool,
    /// A link in the same folder that leads to it.
    pub linked_from: Option<PathBuf>,
    /// Its size, with what `SQLite` keeps beside it.
    pub bytes: u64,
    /// When it was last written, if the file system says so.
    pub written: Option<SystemTime>,
    /// How far it is.
    pub state: RunState,
    /// What it contains, as far as it can be read.
    pub contents: Option<RunContents>,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunState {
    /// Nothing is left to ask.
    Complete,
    /// So many comparisons, or responses that are graded, have trials that the same command would ask.
    Open(u64),
    /// It has responses that were generated, and no comparisons.
    Responses,
    /// A process is writing it.
    Running,
    /// The process that wrote it was killed; the same command resumes it.
    Interrupted,
    /// A newer version of the program has written it, in this format.
    NewerFormat(i32),
    /// It cannot be read, for this reason.
    Unreadable(String),
}

/// What a run contains.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunContents {
    /// When it was started, in seconds since 1970.
    pub started: u64,
    /// The name and version of its rubric.
    pub rubric: (String, String),
    /// The names of its judges; of a cascade the cheap one first.
    pub judges: Vec<String>,
    /// Whether the second judge was asked only about what the first one left to it.
    pub is_cascade: bool,
    /// The number of items.
    pub items: u64,
    /// The number of comparisons, or of responses that are graded.
    pub comparisons: u64,
    /// Whether single responses are graded.
    pub is_graded: bool,
}

impl RunState {
    /// Returns the word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Open(_) => "open",
            Self::Responses => "responses",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::NewerFormat(_) => "newer-format",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

/// Lists the runs of a folder, those of its subfolders not included.
///
/// # Errors
///
/// The folder cannot be read.
pub fn list_runs(folder: &Path) -> Result<RunList> {
    let failed = |error: std::io::Error| {
        Error::input(format!("{}: {error}", folder.display()))
            .hint("name a folder with run files")
            .caused_by(error)
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    let mut list = RunList::default();
    for path in paths {
        // Pipes and devices are not opened: reading them could block.
        if !path.is_file() || is_side_file(&path) {
            continue;
        }
        match listed(&path) {
            Some(run) => list.runs.push(run),
            None => list.other_files += 1,
        }
    }
    mark_linked(&mut list.runs);
    Ok(list)
}

/// Sets for each run which of the listed links leads to it.
fn mark_linked(runs: &mut [ListedRun]) {
    let links = runs.iter().filter(|run| run.is_link);
    let links = links.filter_map(|link| Some((link.path.canonicalize().ok()?, link.path.clone())));
    let links: HashMap<PathBuf, PathBuf> = links.collect();
    for run in runs.iter_mut().filter(|run| !links.is_empty() && !run.is_link) {
        run.linked_from = run.path.canonicalize().ok().and_then(|real| links.get(&real).cloned());
    }
}

/// Deletes a listed run that is complete and has not changed since; returns whether it did. Neither a link nor the run
/// that a listed link leads to is deleted.
///
/// # Errors
///
/// A process is writing the run, or the file cannot be deleted.
pub fn remove_listed_run(run: &ListedRun) -> Result<bool> {
    if run.state != RunState::Complete || run.is_link || run.linked_from.is_some() {
        return Ok(false);
    }
    remove_run(&run.path, || {
        let now = listed_unlocked(&run.path);
        Ok(now.is_some_and(|now| {
            let is_same = (now.bytes, now.written) == (run.bytes, run.written);
            is_same
                && now.state == RunState::Complete
                && now.contents == run.contents
                && !now.is_link
        }))
    })
}

/// Returns whether a file belongs to a run file beside it.
fn is_side_file(path: &Path) -> bool {
    let name = path.to_string_lossy();
    let run = ["-wal", "-shm", "-journal", ".lock"].iter().find_map(|end| name.strip_suffix(end));
    run.is_some_and(|run| Path::new(run).is_file())
}

/// Returns what a file is, `None` if it is no run.
fn listed(path: &Path) -> Option<ListedRun> {
    // The lock is beside the file that a link names.
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let run = listed_unlocked(path)?;
    Some(if is_locked(&real) { ListedRun { state: RunState::Running, ..run } } else { run })
}

/// Returns what a file is that no process is writing, `None` if it is no run.
fn listed_unlocked(path: &Path) -> Option<ListedRun> {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let side = |suffix: &str| {
        let mut name = real.as_os_str().to_owned();
        name.push(suffix);
        std::fs::metadata(name).ok()
    };
    let log = side("-wal").filter(|log| log.len() > 0);
    let (state, contents) = match file_kind(path) {
        Ok(FileKind::Run { format }) if format > FORMAT => (RunState::NewerFormat(format), None),
        Ok(FileKind::Run { .. }) => read(path, log.is_some()),
        // Killed before the first tables reached the file.
        Ok(FileKind::Unmarked | FileKind::Other) if log.is_some() && is_named_like_a_run(path) => {
            (RunState::Interrupted, None)
        }
        Err(error) if is_named_like_a_run(path) => (RunState::Unreadable(error.to_string()), None),
        Ok(FileKind::Unmarked | FileKind::Other) | Err(_) => return None,
    };
    let metadata = std::fs::metadata(path).ok()?;
    let bytes = metadata.len() + log.as_ref().map_or(0, std::fs::Metadata::len);
    let written = [Some(&metadata), log.as_ref()];
    let written = written.into_iter().flatten().filter_map(|file| file.modified().ok()).max();
    let is_link = path.symlink_metadata().map_or(true, |found| found.is_symlink());
    let path = path.to_owned();
    Some(ListedRun { path, is_link, linked_from: None, bytes, written, state, contents })
}

fn is_named_like_a_run(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "db")
}

/// Reads a run file; `has_log` says that a killed process has left replies beside it, which only the next command moves
/// into the file.
fn read(path: &Path, has_log: bool) -> (RunState, Option<RunContents>) {
    let unreadable = |error: Error| {
        if has_log { RunState::Interrupted } else { RunState::Unreadable(error.to_string()) }
    };
    if !has_log && has_responses(path) {
        return (RunState::Responses, None);
    }
    let run = match RunFile::open_any_snapshot(path) {
        Ok(run) => run,
        Err(error) => return (unreadable(error), None),
    };
    let contents = run.size().map(|(items, comparisons)| RunContents {
        started: run.manifest().created,
        rubric: (run.rubric().name.clone(), run.rubric().version.clone()),
        judges: run.asked_judges().iter().map(|judge| judge.record.name.clone()).collect(),
        is_cascade: run.cascade().is_some(),
        items,
        comparisons,
        is_graded: run.rubric().scale.is_some(),
    });
    let contents = match contents {
        Ok(contents) => Some(contents),
        Err(error) => return (unreadable(error), None),
    };
    if has_log {
        return (RunState::Interrupted, contents);
    }
    match count_open(run) {
        Ok(0) => (RunState::Complete, contents),
        Ok(open) => (RunState::Open(open), contents),
        Err(error) => (unreadable(error), contents),
    }
}

/// Returns how many comparisons, or responses that are graded, have trials that the same command would ask, or that are in an open
/// batch. The run does not say how often an unreadable reply is asked again, so that is the default.
fn count_open(run: RunFile) -> Result<u64> {
    let settings = JudgeSettings::new("", Connection::Builtin(String::new()));
    // A judge in this program would give the same reply again.
    let is_external = run.asked_judges().iter().map(|judge| judge.record.is_external());
    let retries: Vec<u32> =
        is_external.map(|is| if is { settings.max_parse_attempts } else { 0 }).collect();
    let mut in_batches = RowSet::default();
    for judge in run.asked_judges() {
        in_batches = in_batches.union(&run.rows_in_open_batches(judge.row)?);
    }
    let mut open = 0;
    if run.rubric().scale.is_some() {
        GradeRun::of(run)?.for_each(|record| {
            let is_open = is_open(record.judged.iter().map(|judged| &judged.orders), &retries);
            open += u64::from(is_open || in_batches.contains(record.row));
            Ok(())
        })?;
    } else {
        run.for_each(|record| {
            // Of a cascade, the judge that decides is still to be asked.
            let first = record.judged.first().and_then(|judged| judged.given_by);
            let retries = &retries[first.map_or(0, GivenBy::place)..];
            let is_open = is_open(record.judged.iter().map(|judged| &judged.orders), retries);
            open += u64::from(is_open || in_batches.contains(record.row));
            Ok(())
        })?;
    }
    Ok(open)
}

/// Returns whether one of the judges has trials to be asked, given how often each asks an unreadable reply again.
fn is_open<'a, A: Answer + 'a>(
    judged: impl Iterator<Item = &'a Vec<OrderRecord<A>>>,
    retries: &[u32],
) -> bool {
    let mut judged = judged.zip(retries);
    judged.any(|(orders, retries)| !trials_to_ask(orders, RetryScope::Open, *retries).is_empty())
}
