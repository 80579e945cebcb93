//! What a caller can do about an error, where the words depend on how the library is used.

use std::fmt;
use std::path::PathBuf;

/// What a caller can do about an [`Error`](super::Error), where that depends on how the library is used: a program names
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
    /// Name the steps of the grades in a table, worst first.
    NameSteps,
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
    /// Give the scale of the grades in a label file.
    SupplyScale,
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
            Self::NameSteps => f.write_str("name all steps of the scale, worst first"),
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
            Self::SupplyScale => f.write_str("give a scale that has these steps, the worst first"),
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
