//! What can go wrong, said so that a person can act on it, and the exit code that goes with it.
//!
//! An [`Error`] is a sentence that names the place (file, line, field), perhaps a few lines of
//! detail, and perhaps a hint that says what to do. Its [`ErrorKind`] decides the exit code, so no
//! caller has to match on text. Nothing here prints or exits: the binary does.

use std::fmt;

/// What kind of failure an [`Error`] is; each kind has one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A fault of evenhand itself.
    Internal,
    /// The command line asks for something that makes no sense.
    Usage,
    /// A file, a field or an environment variable is missing or malformed.
    Input,
    /// The run file is locked, of a newer format, read-only or on a full disk.
    Run,
    /// The run file holds another run.
    Identity,
}

/// The documented exit codes of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// The command did what it was asked.
    Done = 0,
    /// A fault of evenhand itself.
    Internal = 1,
    /// Wrong flags or arguments.
    Usage = 2,
    /// Bad input: the message names file, line and field.
    Input = 3,
    /// No request has succeeded, or the endpoint refuses everything.
    Endpoint = 4,
    /// Some comparisons are still open; the same command again goes on.
    Incomplete = 5,
    /// A gate was missed: the whole interval is below the threshold.
    GateMissed = 6,
    /// The run file cannot be used.
    Run = 7,
    /// A gate is inconclusive: the interval spans the threshold, or there is none.
    GateInconclusive = 8,
    /// Interrupted by SIGINT; records are safe.
    Interrupted = 130,
    /// Terminated by SIGTERM; records are safe.
    Terminated = 143,
}

/// A failure with everything that is to be said about it.
#[derive(Debug, Clone, thiserror::Error)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    details: Vec<String>,
    hint: Option<String>,
}

/// Something to mind about a result that is none the less one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Warning {
    /// A stable name for it.
    pub code: &'static str,
    /// What is so, and what to do about it.
    pub message: String,
}

impl Warning {
    /// Returns a warning.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The result of every fallible function of this library that is not a statistic.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: Vec::new(), hint: None }
    }

    /// Returns an error about evenhand itself.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Returns an error about the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Returns an error about something the user wrote.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Input, message)
    }

    /// Returns an error about the run file.
    pub fn run(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Run, message)
    }

    /// Returns an error about a run file that holds another run.
    pub fn identity(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Identity, message)
    }

    /// Adds a line of detail below the message.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// Sets what the reader can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the kind, which decides the exit code.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the lines of detail, in the order they were added.
    pub fn details(&self) -> &[String] {
        &self.details
    }

    /// Returns what the reader can do about it, if anything is known to help.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the documented exit code of this failure.
    pub fn exit_code(&self) -> ExitCode {
        match self.kind {
            ErrorKind::Internal => ExitCode::Internal,
            ErrorKind::Usage => ExitCode::Usage,
            ErrorKind::Input => ExitCode::Input,
            ErrorKind::Run | ErrorKind::Identity => ExitCode::Run,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Returns the member of `known` that is closest to `word`, if any is close enough to be meant.
///
/// Close means at most a third of the letters differ (Damerau-Levenshtein distance).
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = word.chars().count() / 3;
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Returns the first few of many names, and how many more there are.
pub(crate) fn listed(names: &[impl AsRef<str>]) -> String {
    const MOST: usize = 8;
    let first: Vec<&str> = names.iter().take(MOST).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(MOST) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
