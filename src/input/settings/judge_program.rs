//! The program that is a judge: it gets each trial as a line of JSON and answers with a line.

use std::path::{Path, PathBuf};

use super::command_line::{CommandLine, WrittenCommand};
use crate::error::{Error, Result};

/// The most processes that one judge may have.
const MAX_PROCESSES: usize = 1024;

/// A program that is a judge.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct JudgeProgram {
    command: CommandLine,
    /// The folder that it is run in.
    pub folder: PathBuf,
    /// The name of its model in requests, run files and reports.
    pub model: String,
    /// How many processes run at once.
    pub processes: usize,
}

impl JudgeProgram {
    /// Returns the program of a command, which is divided into words as a shell does; nothing in it is expanded. It is
    /// run in the working folder, in one process.
    ///
    /// # Errors
    ///
    /// The text is no command; the message begins with `place`.
    pub fn parse(place: &str, command: &str, model: impl Into<String>) -> Result<Self> {
        let written = WrittenCommand::Text(command.to_owned());
        Ok(Self {
            command: CommandLine::read(place, &written)?,
            folder: PathBuf::from("."),
            model: model.into(),
            processes: 1,
        })
    }

    /// Reads the program of a judge called `name`; it is run in `folder`.
    pub(super) fn read(
        place: &str,
        name: &str,
        written: &WrittenCommand,
        model: Option<&str>,
        processes: Option<usize>,
        folder: &Path,
    ) -> Result<Self> {
        let command = CommandLine::read(&format!("{place}.command"), written)?;
        if model.is_some_and(str::is_empty) {
            return Err(Error::input(format!("{place}.model is empty"))
                .hint("remove it: the model of a program is then called like the judge"));
        }
        let processes = processes
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        if !(1..=MAX_PROCESSES).contains(&processes) {
            return Err(Error::input(format!(
                "{place}.processes: expected a number from 1 to {MAX_PROCESSES}"
            )));
        }
        Ok(Self {
            command,
            // The folder of a file without one is the working folder, whose name is not the empty one.
            folder: Path::new(".").join(folder),
            model: model.unwrap_or(name).to_owned(),
            processes,
        })
    }

    /// Returns the program and its arguments.
    pub(crate) fn words(&self) -> &[String] {
        self.command.words()
    }

    /// Returns the command for messages, without what looks like a secret.
    pub fn shown(&self) -> String {
        self.command.shown()
    }

    /// Returns what a run file contains about the command: the name of its program and a digest of all words.
    pub fn identity(&self) -> String {
        self.command.identity("evenhand: command of a judge")
    }
}
