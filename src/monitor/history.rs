//! The history: a file of JSON lines in a folder, to which lines are only added.
//!
//! Two processes may add at the same time: the file is locked while one looks for what is there and adds its line,
//! which is written whole and synchronised. Reading takes no lock. The file may be kept in a version control system that
//! joins the lines of two branches: entries are ordered by when their runs began, an entry that is there twice counts
//! once, and the marks of an unresolved conflict are passed over. A run that was added again with more verdicts or labels
//! has two entries, of which the later one counts. A crash leaves at most one torn line at the end.
//!
//! A line that is damaged, or that does not have its digests and so was changed after it was written, may be the baseline
//! or the newest entry, without which a check would compare something else. It is passed over with a warning only if an
//! entry of its name is there, too; else the history can be added to, but not checked.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::entry::{Entry, FORMAT};
use super::matched::is_same_run;
use crate::error::{Error, Result, Warning};
use crate::store::is_at;

/// How long another writer is waited for, and how often it is looked whether it has finished.
const PATIENCE: Duration = Duration::from_millis(20);
const LOOKS: u32 = 1_500;

/// What a version control system should know of the folder: lines of two branches are joined.
const ATTRIBUTES: &str = "history.jsonl merge=union -diff\n";

/// The entries of a folder.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct History {
    /// The entries, the earliest run first.
    pub entries: Vec<Entry>,
    /// What could not be read and is not needed.
    pub warnings: Vec<Warning>,
    /// Lines that cannot be read and may be needed, with what is wrong: a history that has some cannot be checked.
    pub damaged: Vec<String>,
}

/// What adding an entry did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// A line was added.
    New,
    /// A line was added, which counts in place of an earlier one of the same run.
    Replaced,
    /// The entry was there, and is part of the baseline from now on.
    NowBaseline,
    /// The entry was there already.
    Present,
}

impl History {
    /// The name of the file.
    pub const FILE: &str = "history.jsonl";

    /// Reads the history of a folder.
    ///
    /// # Errors
    ///
    /// There is none, it cannot be read, no line of it is an entry, or an entry has a newer format.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(Self::FILE);
        let bytes = std::fs::read(&path).map_err(|error| {
            let message = if error.kind() == ErrorKind::NotFound {
                format!("{}: there is no history in this folder", folder.display())
            } else {
                format!("{}: {error}", path.display())
            };
            Error::input(message).caused_by(error)
        })?;
        let history = Self::parse(&path, &bytes)?;
        if history.entries.is_empty() {
            let error = Error::input(format!("{}: no line is an entry", path.display()));
            return Err(history.damaged.into_iter().take(5).fold(error, Error::detail));
        }
        Ok(history)
    }

    /// Adds an entry to the history of a folder, which is made if there is none.
    ///
    /// # Errors
    ///
    /// The file cannot be written, another process writes it for too long, it has entries of a newer format, or one of them is
    /// of comparisons and the other of grades.
    pub fn add(folder: &Path, mut entry: Entry) -> Result<Added> {
        let path = folder.join(Self::FILE);
        let failed = |error: std::io::Error| Error::unwritable(&path, error);
        std::fs::create_dir_all(folder).map_err(|error| Error::unwritable(folder, error))?;
        let mut file = lock(&path)?;
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        file.read_to_end(&mut bytes).map_err(failed)?;
        let known = Self::parse(&path, &bytes)?;
        if let Some(other) = known.entries.iter().find(|one| one.has_grades() != entry.has_grades())
        {
            let [there, here] = [other, &entry].map(|entry| {
                if entry.has_grades() { "grades of single responses" } else { "comparisons" }
            });
            return Err(Error::input(format!(
                "{}: this history is of {there}, and the run has {here}",
                folder.display()
            ))
            .hint("add it to a history in another folder"));
        }
        let same = known.entries.iter().find(|known| known.entry == entry.entry);
        let added = match same {
            Some(same) if (same.baseline || !entry.baseline) && (same.begins || !entry.begins) => {
                return Ok(Added::Present);
            }
            Some(same) => {
                entry.after = same.after;
                Added::NowBaseline
            }
            None => {
                entry.after = known.entries.len() as u64;
                let is_known = known.entries.iter().any(|known| is_same_run(known, &entry));
                if is_known { Added::Replaced } else { Added::New }
            }
        };
        if bytes.is_empty() {
            write_attributes(folder)?;
        }
        entry.seal = entry.seal();
        let line = serde_json::to_string(&entry)
            .map_err(|error| Error::internal(format!("cannot write an entry: {error}")))?;
        let begin = if bytes.last().is_some_and(|last| *last != b'\n') { "\n" } else { "" };
        let line = format!("{begin}{line}\n");
        file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(added)
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self> {
        let mut history = Self::default();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut damaged: Vec<(&'static str, &str, String)> = Vec::new();
        let text = String::from_utf8_lossy(bytes);
        let is_whole = bytes.last().is_none_or(|last| *last == b'\n');
        let lines = text.lines().count();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim_start_matches('\u{feff}').trim();
            if line.is_empty() {
                continue;
            }
            let place = format!("{}:{}", path.display(), at + 1);
            let entry = match read_entry(line) {
                Ok(entry) => entry,
                Err(Problem::NewerFormat(format)) => {
                    return Err(Error::run(format!(
                        "{place}: the entry has format {format}, and this program reads up to {FORMAT}"
                    ))
                    .hint("read the history with a newer evenhand"));
                }
                Err(Problem::Conflict) => {
                    history.warn(
                        "conflict-in-history",
                        format!("{place}: the mark of an unresolved merge conflict, passed over"),
                    );
                    continue;
                }
                Err(Problem::Damaged(_)) if at + 1 == lines && !is_whole => {
                    let message = format!(
                        "{place}: the last line is torn, since the process that wrote it was stopped; its run can be \
                         added again"
                    );
                    damaged.push(("torn-entry", line, message));
                    continue;
                }
                Err(Problem::Damaged(why)) => {
                    damaged.push(("damaged-entry", line, format!("{place}: not an entry: {why}")));
                    continue;
                }
            };
            if let Some(place) = places.get(&entry.entry) {
                history.entries[*place].baseline |= entry.baseline;
                history.entries[*place].begins |= entry.begins;
            } else {
                places.insert(entry.entry.clone(), history.entries.len());
                history.entries.push(entry);
            }
        }
        let whole: HashSet<&str> =
            history.entries.iter().map(|entry| entry.entry.as_str()).collect();
        let (spare, needed): (Vec<_>, Vec<_>) = damaged
            .into_iter()
            .partition(|(_, line, _)| name_of(line).is_some_and(|name| whole.contains(name)));
        history.damaged.extend(needed.into_iter().map(|(_, _, message)| message));
        for (code, _, message) in spare {
            history.warn(code, format!("{message}; an entry of its name is there, too"));
        }
        history.entries.sort_by(|one, other| {
            let key = |entry: &Entry| (entry.run.begun, entry.added, entry.after);
            key(one).cmp(&key(other)).then_with(|| one.entry.cmp(&other.entry))
        });
        history.drop_replaced();
        Ok(history)
    }

    /// Leaves out entries of which a later one is of the same run; that is part of the baseline if any of them is.
    fn drop_replaced(&mut self) {
        let mut kept: Vec<Entry> = Vec::with_capacity(self.entries.len());
        for mut entry in self.entries.drain(..) {
            if let Some(earlier) = kept.iter().rposition(|known| is_same_run(known, &entry)) {
                entry.baseline |= kept[earlier].baseline;
                entry.begins |= kept[earlier].begins;
                kept[earlier] = entry;
            } else {
                kept.push(entry);
            }
        }
        self.entries = kept;
    }

    fn warn(&mut self, code: &'static str, message: String) {
        self.warnings.push(Warning::new(code, message));
    }
}

/// What is wrong with a line.
enum Problem {
    Conflict,
    NewerFormat(u64),
    Damaged(String),
}

/// Returns the name that a damaged line gives its entry, as far as it can still be read.
fn name_of(line: &str) -> Option<&str> {
    line.split_once("\"entry\":\"")?.1.split_once('"').map(|(name, _)| name)
}

fn read_entry(line: &str) -> std::result::Result<Entry, Problem> {
    let is_mark =
        ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark));
    if is_mark {
        return Err(Problem::Conflict);
    }
    let value: Value = serde_json::from_str(line)
        .map_err(|error| Problem::Damaged(format!("it is no JSON (column {})", error.column())))?;
    if let Some(format) = value.get("format").and_then(Value::as_u64)
        && format > u64::from(FORMAT)
    {
        return Err(Problem::NewerFormat(format));
    }
    let entry: Entry = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        Problem::Damaged(format!("{path}: {}", error.into_inner()))
    })?;
    if let Some(problem) = entry.problem() {
        return Err(Problem::Damaged(problem));
    }
    match entry.digest() {
        Ok(digest) if digest == entry.entry && entry.seal == entry.seal() => Ok(entry),
        _ => Err(Problem::Damaged(
            "it was changed after it was written (its digest differs)".to_owned(),
        )),
    }
}

/// Opens a file for appending and takes its lock, which is released when the file is closed.
fn lock(path: &Path) -> Result<File> {
    let failed = |error: std::io::Error| Error::unwritable(path, error);
    for _ in 0..LOOKS {
        let file =
            OpenOptions::new().create(true).read(true).append(true).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => return Ok(file),
            // Another program has replaced the file since it was opened.
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => std::thread::sleep(PATIENCE),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    Err(Error::run(format!("{}: another process is writing this history", path.display()))
        .hint("add the run again when it has finished"))
}

/// Writes the attributes of a new history, unless the folder has some.
fn write_attributes(folder: &Path) -> Result<()> {
    let path = folder.join(".gitattributes");
    match File::create_new(&path).and_then(|mut file| file.write_all(ATTRIBUTES.as_bytes())) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(Error::unwritable(&path, error))
        }
        _ => Ok(()),
    }
}
