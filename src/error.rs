//! Errors that a person can act on, warnings, and the exit codes of the program.
//!
//! An [`Error`] is a sentence that names the place (file, line, field), with optional details and an optional
//! hint that says what to do. Its [`ErrorKind`] decides the exit code, so no caller matches on text. Nothing
//! here prints or exits: the binary does. Where a hint would name a flag of the program, the library gives a
//! [`Remedy`] and the binary words it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    advice: Option<Advice>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// What the reader of an error can do about it.
#[derive(Debug, Clone)]
enum Advice {
    Hint(String),
    Remedy(Remedy),
}

/// What a caller can do about an [`Error`], where that depends on how the library is used: a program names
/// its own flags for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// Use another run file.
    AnotherRunFile,
    /// Wait until the other process has finished, or use another run file.
    WaitOrAnotherRunFile,
    /// Use another run file; replies to unchanged requests can be copied from this one.
    AnotherRunFileReusing(PathBuf),
    /// The same where one item has changed, which can also be given a new id.
    AnotherRunFileOrItemId(PathBuf),
    /// Divide the quota among fewer shards, or shorten the longest items.
    FewerShards {
        /// How many shards there are.
        shards: u32,
    },
    /// Remove the duplicate; repeats of one judge have a setting of their own.
    RepeatInsteadOfDuplicate,
    /// Check this path, where there is no run file; judging creates one.
    CreateRunFile(PathBuf),
    /// Name one of the run files in this folder.
    RunFileInFolder(PathBuf),
    /// Start the run of this file, which has none yet.
    StartRun,
    /// Name the column of a table that holds the prompts.
    NamePromptColumn,
    /// Name the columns of a table that hold responses.
    NameResponseColumns,
    /// Name the columns of a table that hold the winners of labels.
    NameLabelColumn,
    /// Say what empty cells of a table mean.
    DecideEmptyCells,
    /// Resume the run once its file can be written.
    ResumeOnceWritable,
    /// Take the ids of the labels from a sample of the run.
    LabelSample,
    /// Draw comparisons of the run to label.
    DrawLabels,
    /// Say which annotators the people of another program are.
    NamePeople,
    /// Add responses to the items, or in files of their own.
    AddResponses,
    /// Compare responses with references that are objects by the metric for these.
    MetricForObjects,
    /// Add references, or choose metrics that need none.
    ReferencesOrOtherMetrics,
    /// Give a file with labels of people.
    SupplyLabels,
    /// Name the system that others were compared with.
    NameBaseline,
    /// Supply the JSON Schema that a metric needs.
    SupplySchema,
    /// Supply the program of this name that a metric needs.
    SupplyProgram(String),
    /// Supply the text encoder that a metric or a judge needs.
    SupplyEncoder,
    /// Raise the time limit of a program, or correct how it answers.
    RaiseTimeLimit,
    /// Keep models in another folder.
    AnotherCacheFolder,
    /// Fetch the files of a model by other means, from the page of this address, and give their folder.
    ModelFilesFromElsewhere {
        /// The model.
        model: String,
        /// The page in a browser that has the files.
        page: String,
    },
    /// Ask for the same model again, which resumes.
    ResumeModel(String),
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnotherRunFile => f.write_str("use another run file"),
            Self::WaitOrAnotherRunFile => f.write_str("wait until it has finished, or use another run file"),
            Self::AnotherRunFileReusing(path) => write!(
                f,
                "use another run file; replies to unchanged requests can be copied from {}",
                path.display()
            ),
            Self::AnotherRunFileOrItemId(path) => write!(
                f,
                "use another run file (unchanged replies can be copied from {}), or give the changed item a new id",
                path.display()
            ),
            Self::FewerShards { shards } => write!(
                f,
                "each of {shards} shards has an equal part of the quota; use fewer shards, or shorten the longest items"
            ),
            Self::NamePromptColumn => f.write_str("name the column of the prompts"),
            Self::NameResponseColumns => f.write_str("name the columns that are responses"),
            Self::NameLabelColumn => f.write_str(
                "name the columns of the winners; each is then the labels of one annotator",
            ),
            Self::DecideEmptyCells => f.write_str(
                "fill in the cell or remove the row, or say whether empty cells are empty or missing responses",
            ),
            Self::RepeatInsteadOfDuplicate => {
                f.write_str("remove one of them; to ask a judge several times, set the number of repeats")
            }
            Self::CreateRunFile(_) => {
                f.write_str("check the path; a run file is created by judging items")
            }
            Self::RunFileInFolder(_) => f.write_str("name a run file in it"),
            Self::StartRun => f.write_str("judge the items again with this run file to start it"),
            Self::ResumeOnceWritable => {
                f.write_str("make the run file writable again, then resume the run")
            }
            Self::DrawLabels => f.write_str("draw comparisons of the run to label"),
            Self::NamePeople => f.write_str("say which annotator each person of the other program is"),
            Self::LabelSample => f.write_str(
                "`id` must be the id of an item in the run; a sample of the run is a blank label file",
            ),
            Self::AddResponses => f.write_str(
                r#"write "responses":{"SYSTEM":"…","OTHER":"…"} (in a table, a column for each system), or add a file with the responses of each system"#,
            ),
            Self::MetricForObjects => {
                f.write_str("use the metric json-fields to compare responses with JSON objects")
            }
            Self::ReferencesOrOtherMetrics => f.write_str(
                "add \"reference\": \"…\" to the items, or use metrics that need none: json-valid, \
                 compression or a program of your own",
            ),
            Self::SupplyLabels => f.write_str("give the labels of people"),
            Self::NameBaseline => f.write_str(
                "name the model that others were compared with: gpt-4-0314 in that version, unless it was changed",
            ),
            Self::SupplySchema => f.write_str("supply a JSON Schema"),
            Self::SupplyProgram(name) => write!(f, "supply a program called `{name}`"),
            Self::SupplyEncoder => f.write_str("supply a text encoder"),
            Self::RaiseTimeLimit => f.write_str(
                "raise the time limit if one answer takes longer; the program must read lines of JSON \
                 from stdin until it is closed, and write one line to stdout for each",
            ),
            Self::AnotherCacheFolder => {
                f.write_str("make space or give write access, or keep models in another folder")
            }
            Self::ModelFilesFromElsewhere { page, .. } => {
                write!(f, "download the files of {page} by other means, and give their folder")
            }
            Self::ResumeModel(_) => f.write_str("ask for the model again, which resumes"),
        }
    }
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

    /// Adds a line of detail below the message.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.0.details.push(line.into());
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
    const MOST: usize = 8;
    let first: Vec<&str> = names.iter().take(MOST).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(MOST) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
