//! Errors that a person can act on, warnings, and the exit codes of the program.
//!
//! An [`Error`] is a sentence that names the place (file, line, field), with optional details and an optional
//! hint that says what to do. Its [`ErrorKind`] decides the exit code, so no caller matches on text. Nothing
//! here prints or exits: the binary does. Where a hint would name a flag of the program, the library gives a
//! [`Remedy`] and the binary words it.

mod remedy;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use remedy::Remedy;

/// What kind of failure an [`Error`] is; each kind has one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A fault of evenhand itself.
    Internal,
    /// The options contradict each other, or one of them has no meaning here.
    Usage,
    /// A file, a field or an environment variable is missing or malformed.
    Input,
    /// The run file is locked, of a newer format, read-only or on a full disk.
    Run,
    /// The run file contains another run.
    Identity,
    /// A server cannot be reached, refuses what it is asked for, or gives something else.
    Endpoint,
    /// Somebody else has changed the same thing meanwhile.
    Conflict,
    /// What was asked for is not complete; the same request again continues it.
    Incomplete,
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
    /// Some comparisons are still open; the same command resumes.
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

/// A failure: what happened and where, details, and what to do about it.
///
/// Its display is the message alone; details, hint and source come separately.
#[derive(Debug, Clone)]
pub struct Error(Box<Contents>);

/// The contents of an error, behind one pointer: every fallible function returns an `Error`.
#[derive(Debug, Clone)]
struct Contents {
    kind: ErrorKind,
    message: String,
    details: Vec<String>,
    place: Option<InputPlace>,
    advice: Option<Advice>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// Where an error is in the input, for programs. The message of the error says it in words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputPlace {
    /// The file as the message names it; `stdin` for standard input.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The path of the field, or the name of the column; `None` if the line as a whole is wrong, or if only the message
    /// says which field it is.
    pub field: Option<String>,
}

/// What the reader of an error can do about it.
#[derive(Debug, Clone)]
enum Advice {
    Hint(String),
    Remedy(Remedy),
}

/// A non-fatal problem with a result.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Warning {
    /// The stable name of the problem.
    pub code: &'static str,
    /// What the problem is, and what to do about it.
    pub message: String,
    /// What a caller can do about it in its own words, such as a command.
    #[serde(skip)]
    pub remedy: Option<Remedy>,
}

impl Warning {
    /// Returns a warning.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), remedy: None }
    }

    /// Returns a warning that begins with a number of things, `[one, several]`; `None` if there are none.
    pub(crate) fn counted(
        code: &'static str,
        number: u64,
        [one, several]: [&str; 2],
        rest: &str,
    ) -> Option<Self> {
        (number > 0).then(|| Self::new(code, format!("{} {rest}", counted(number, one, several))))
    }

    /// Adds what a caller can do about it.
    #[must_use]
    pub fn with_remedy(self, remedy: Option<Remedy>) -> Self {
        Self { remedy, ..self }
    }
}

/// The result of every fallible function of this library that is not a statistic.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Contents {
            kind,
            message: message.into(),
            details: Vec::new(),
            place: None,
            advice: None,
            source: None,
        }))
    }

    /// Returns an error for a fault of evenhand itself.
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

    /// Returns an error about a run file that contains another run.
    pub fn identity(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Identity, message)
    }

    /// Returns an error about a server that cannot be reached, refuses what it is asked for, or gives something else.
    pub fn endpoint(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Endpoint, message)
    }

    /// Returns an error about something that somebody else has changed meanwhile.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// Returns an error about something that is not complete, and which the same request again continues.
    pub fn incomplete(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Incomplete, message)
    }

    /// Returns the error of a document that cannot be written while it is made, to a writer whose errors name its file.
    pub fn unwritten(error: std::io::Error) -> Self {
        Self::run(error.to_string()).hint("write it to a disk with enough space").caused_by(error)
    }

    /// Returns an error about a file or folder that cannot be written. A full or read-only disk is of the same kind
    /// as that of a run file; anything else is about the path that the user wrote.
    pub fn unwritable(path: &Path, error: std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let message = format!("{}: {error}", path.display());
        let is_disk =
            matches!(error.kind(), Io::StorageFull | Io::QuotaExceeded | Io::ReadOnlyFilesystem);
        let written = if is_disk {
            Self::run(message).hint("write it to a disk with enough space that is not read-only")
        } else {
            Self::input(message)
        };
        written.caused_by(error)
    }

    /// Returns an error about a file that cannot be read: that it is not there, is a folder, or is not for this user, and
    /// what to do about it.
    pub fn unreadable(path: &Path, error: std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let shown = path.display();
        let unreadable = match error.kind() {
            Io::NotFound => {
                Self::input(format!("{shown}: there is no such file")).hint(if path.is_relative() {
                    "check the path, which begins in the working folder"
                } else {
                    "check the path"
                })
            }
            Io::IsADirectory => {
                Self::input(format!("{shown}: this is a folder")).hint("name a file")
            }
            Io::PermissionDenied => Self::input(format!("{shown}: this user may not read it"))
                .hint("have its owner give the right to read it, or read a copy"),
            _ => Self::input(format!("{shown}: {error}")),
        };
        unreadable.caused_by(error)
    }

    /// Adds a line of detail below the message.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.0.details.push(line.into());
        self
    }

    /// Says on which line of which file it is.
    #[must_use]
    pub fn at_line(mut self, file: impl Into<String>, line: usize) -> Self {
        self.0.place = Some(InputPlace { file: file.into(), line, field: None });
        self
    }

    /// Says where it is, given `file:line` or `file:line (row N)`; any other text is ignored.
    #[must_use]
    pub(crate) fn at(self, place: &str) -> Self {
        let place = place.rsplit_once(" (row ").map_or(place, |(place, _)| place);
        match place.rsplit_once(':').map(|(file, line)| (file, line.parse())) {
            Some((file, Ok(line))) => self.at_line(file, line),
            _ => self,
        }
    }

    /// Says in which field of its line it is, if the line is known.
    #[must_use]
    pub fn in_field(mut self, field: impl fmt::Display) -> Self {
        if let Some(place) = &mut self.0.place {
            place.field = Some(field.to_string());
        }
        self
    }

    /// Sets what the reader can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.advice = Some(Advice::Hint(hint.into()));
        self
    }

    /// Sets what the caller can do about it, in place of a hint.
    #[must_use]
    pub fn suggest(mut self, remedy: Remedy) -> Self {
        self.0.advice = Some(Advice::Remedy(remedy));
        self
    }

    /// Sets the error that caused this one.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Returns the kind, which decides the exit code.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the lines of detail, in the order they were added.
    pub fn details(&self) -> &[String] {
        &self.0.details
    }

    /// Returns what the reader can do about it, if anything is known to help.
    pub fn hint_text(&self) -> Option<String> {
        self.0.advice.as_ref().map(|advice| match advice {
            Advice::Hint(hint) => hint.clone(),
            Advice::Remedy(remedy) => remedy.to_string(),
        })
    }

    /// Returns where it is in the input, if it is on a line of a file.
    pub fn place(&self) -> Option<&InputPlace> {
        self.0.place.as_ref()
    }

    /// Returns what the caller can do about it, where a program should name its own flags for that.
    pub fn remedy(&self) -> Option<&Remedy> {
        match &self.0.advice {
            Some(Advice::Remedy(remedy)) => Some(remedy),
            _ => None,
        }
    }

    /// Returns the documented exit code of this failure.
    pub fn exit_code(&self) -> ExitCode {
        match self.0.kind {
            ErrorKind::Internal => ExitCode::Internal,
            ErrorKind::Usage => ExitCode::Usage,
            ErrorKind::Input | ErrorKind::Conflict => ExitCode::Input,
            ErrorKind::Run | ErrorKind::Identity => ExitCode::Run,
            ErrorKind::Endpoint => ExitCode::Endpoint,
            ErrorKind::Incomplete => ExitCode::Incomplete,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
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

/// Returns a whole number with commas between its thousands.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Returns a number with the words for one or for several.
pub(crate) fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { several })
}

/// Returns a text that begins with a capital letter.
pub(crate) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Returns the first few of many names, and how many more there are.
pub(crate) fn listed(names: &[impl AsRef<str>]) -> String {
    listed_of(names, names.len() as u64)
}

/// Returns the first few of `total` things, of which some have their names here, and how many more there are.
pub(crate) fn listed_of(names: &[impl AsRef<str>], total: u64) -> String {
    const MOST: usize = 8;
    let first: Vec<&str> = names.iter().take(MOST).map(AsRef::as_ref).collect();
    match total.saturating_sub(first.len() as u64) {
        0 => first.join(", "),
        more => format!("{} and {} more", first.join(", "), count(more)),
    }
}
