//! The history of tries: a file of JSON lines beside the labels, to which lines are only added.
//!
//! A try has a line when it begins and one when it is complete, so that one that was interrupted is resumed only by
//! the same inputs. A line is written whole and synchronised, so that a crash leaves at most one torn line at the end. Lines that
//! cannot be read are passed over with a warning: a damaged history must not keep an author from working. A try that
//! is measured again (more labels arrived, failed comparisons were retried) adds a line with its number; the last line
//! of a number counts. A line names files relative to the history's folder; in memory, paths can be opened from the
//! working folder.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::places;
use super::record::{BegunTry, Try};
use crate::calibration::Part;
use crate::error::{Error, Result, Warning};

/// The tries of one file.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct History {
    /// The tries in the order of their first lines; each as its last line says.
    pub tries: Vec<Try>,
    /// The tries that were begun and are not complete.
    pub begun: Vec<BegunTry>,
    /// What could not be read.
    pub warnings: Vec<Warning>,
}

impl History {
    /// The name of the file.
    pub const FILE: &str = "tries.jsonl";

    /// Returns the path of the history: `tries.jsonl` beside the label file, symbolic links resolved.
    ///
    /// # Errors
    ///
    /// The label file is not a regular file.
    pub fn beside(labels: &Path) -> Result<PathBuf> {
        let real = labels.canonicalize().unwrap_or_else(|_| labels.to_owned());
        if !real.is_file() {
            let why = if real.exists() { "not a regular file" } else { "there is no such file" };
            return Err(Error::input(format!("{}: {why}", labels.display()))
                .hint("tries are recorded beside the label file, so it must be a file on disk"));
        }
        // A path that the user wrote stays as it is, since it is shown.
        let shown = if labels.is_symlink() { real } else { labels.to_owned() };
        Ok(shown.with_file_name(Self::FILE))
    }

    /// Reads a history; one that does not exist is empty.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let mut history = Self::default();
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(history),
            Err(error) => return Err(Error::unreadable(path, error)),
        };
        for (at, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            match Line::read(line) {
                Ok(Line::Complete(one)) => {
                    history.add(one.with_files(|file| places::found(folder(path), file)));
                }
                Ok(Line::Begun(one)) => {
                    history.begun.push(one.with_files(|file| places::found(folder(path), file)));
                }
                Err(why) => history.warnings.push(Warning::new(
                    "unreadable-try",
                    format!(
                        "{}:{}: not a record of a try, passed over: {why}",
                        path.display(),
                        at + 1
                    ),
                )),
            }
        }
        Ok(history)
    }

    /// Appends a complete try to the file of a history.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn append(path: &Path, one: &Try) -> Result<()> {
        Self::append_line(path, &one.clone().with_files(|file| places::stored(folder(path), file)))
    }

    /// Appends a try that begins to the file of a history.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn append_begun(path: &Path, one: &BegunTry) -> Result<()> {
        Self::append_line(path, &one.clone().with_files(|file| places::stored(folder(path), file)))
    }

    fn append_line(path: &Path, one: &impl serde::Serialize) -> Result<()> {
        let failed = |error: std::io::Error| {
            Error::unwritable(path, error).hint(
                "tries are recorded beside the labels; make that folder writable, on a disk with enough space",
            )
        };
        let line = serde_json::to_string(one)
            .map_err(|error| Error::internal(format!("cannot write a try: {error}")))?;
        let is_torn = match std::fs::read(path) {
            Ok(bytes) => bytes.last().is_some_and(|last| *last != b'\n'),
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(failed(error)),
        };
        let begin = if is_torn { "\n" } else { "" };
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        let line = format!("{begin}{line}\n");
        file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
    }

    /// Returns the last try of a rubric on one half of the items.
    pub fn last(&self, rubric: &str, part: Part) -> Option<&Try> {
        self.of(rubric).rfind(|one| one.facts.part == part)
    }

    /// Returns the number of the next try of a rubric, above those of all that were begun.
    pub fn next_number(&self, rubric: &str) -> u64 {
        let complete = self.of(rubric).map(|one| one.facts.number);
        let begun = self.begun_of(rubric).map(|one| one.begun);
        complete.chain(begun).max().unwrap_or(0) + 1
    }

    /// Returns the tries of a rubric that are not complete.
    pub fn begun_of(&self, rubric: &str) -> impl DoubleEndedIterator<Item = &BegunTry> {
        self.begun.iter().filter(move |one| one.rubric == rubric)
    }

    /// Returns the complete tries of a rubric.
    pub fn of(&self, rubric: &str) -> impl DoubleEndedIterator<Item = &Try> {
        self.tries.iter().filter(move |one| one.facts.rubric == rubric)
    }

    fn add(&mut self, read: Try) {
        let (rubric, number) = (&read.facts.rubric, read.facts.number);
        self.begun.retain(|one| one.rubric != *rubric || one.begun != number);
        let is_same = |one: &&mut Try| one.facts.rubric == *rubric && one.facts.number == number;
        match self.tries.iter_mut().find(is_same) {
            Some(earlier) => *earlier = read,
            None => self.tries.push(read),
        }
    }
}

/// Returns the folder of a history.
fn folder(history: &Path) -> &Path {
    history.parent().unwrap_or(Path::new(""))
}

/// A line of the file: its number is `try` if the try is complete, and `begun` if it has only begun.
enum Line {
    Complete(Box<Try>),
    Begun(BegunTry),
}

impl Line {
    /// Reads a line, or says what is wrong with which of its fields.
    fn read(line: &str) -> std::result::Result<Self, String> {
        let value: Value = serde_json::from_str(line).map_err(|error| not_json(&error))?;
        match value.as_object() {
            None => Err("it is no JSON object".to_owned()),
            Some(keys) if keys.contains_key("try") => Ok(Self::Complete(Try::read(&value)?.into())),
            Some(keys) if keys.contains_key("begun") => Ok(Self::Begun(BegunTry::read(&value)?)),
            Some(_) => Err("it has neither the key `try` nor `begun`".to_owned()),
        }
    }
}

/// Returns what is wrong with a text that is no JSON. Its line is always the first, so only the column is named.
fn not_json(error: &serde_json::Error) -> String {
    let why = error.to_string();
    let why = why.split(" at line ").next().unwrap_or_default();
    format!("it is no JSON: {why} at column {}", error.column())
}
