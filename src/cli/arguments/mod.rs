//! The command line's grammar: one file per command. The doc comments are the help.

mod budget;
mod budget_ways;
mod calibrate;
mod cascade;
mod check;
mod completions;
mod decide;
mod diff;
mod encoder;
mod export;
mod gates;
mod generate;
mod import;
mod init;
mod judge;
mod label;
mod labels;
mod labels_command;
mod man;
mod merge;
mod messages;
mod metrics;
mod models;
mod monitor;
mod plan;
mod rank;
mod report;
mod rubric;
mod runs;
mod sample;
mod selection;
mod show;
mod table;
mod task;
mod values;
mod verdicts;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use budget::BudgetArguments;
pub(crate) use budget_ways::BudgetWays;
pub(crate) use calibrate::{Calibrate, PartName};
pub(crate) use cascade::{Cascade, CascadeFormat};
pub(crate) use check::Check;
pub(crate) use completions::Completions;
pub(crate) use decide::RuleName;
pub(crate) use diff::{Diff, DiffFormat};
pub(crate) use encoder::{BertScoreArguments, EncoderArguments};
pub(crate) use export::{Export, ExportLayout};
pub(crate) use gates::{GateArguments, Inconclusive};
pub(crate) use generate::{Generate, GenerateFormat};
pub(crate) use import::{ForeignFormat, Import};
pub(crate) use init::Init;
pub(crate) use judge::{BatchArguments, Judge, JudgeFormat};
pub(crate) use label::{Label, TaskLayout};
pub(crate) use labels::{LabelArguments, LabelColumnArguments};
pub(crate) use labels_command::{
    AnswersFrom, LabelsArguments, LabelsCommand, LabelsExport, LabelsMerge, ProgramLayout,
};
pub(crate) use man::Man;
pub(crate) use merge::Merge;
pub(crate) use messages::{LogFormat, MessageArguments};
pub(crate) use metrics::{BleuSmoothing, BleuWords, Metrics, MetricsFormat, Squad, Tokenizer};
pub(crate) use models::{Models, ModelsCommand, ModelsList, ModelsPath, ModelsPull};
pub(crate) use monitor::{
    CheckArguments, HistoryFormat, MonitorAdd, MonitorArguments, MonitorCheck, MonitorCommand,
    MonitorReport, MonitorSample, SampleTrafficBy,
};
pub(crate) use plan::Plan;
pub(crate) use rank::{Rank, RankFormat};
pub(crate) use report::{Report, ReportDocument};
pub(crate) use rubric::{
    RubricArguments, RubricCheck, RubricCommand, RubricLog, RubricPreview, RubricTry,
};
pub(crate) use runs::{Prune, Runs, RunsCommand};
pub(crate) use sample::{Sample, SampleBy};
pub(crate) use selection::SelectionArguments;
pub(crate) use show::{Colour, Show, ShowFormat};
pub(crate) use table::{is_stdin, or_stdin, stdin_twice};
pub(crate) use task::TaskArguments;
pub(crate) use verdicts::{VerdictFormat, Verdicts};

/// The version with what the program was built from (`build.rs`).
const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit: ",
    env!("EVENHAND_BUILD_COMMIT"),
    "\ntarget: ",
    env!("EVENHAND_BUILD_TARGET"),
    "\nfeatures: ",
    env!("EVENHAND_BUILD_FEATURES")
);

/// Ask an LLM judge which of two responses is better, in both orders, and keep the verdicts that agree
#[derive(Debug, Parser)]
#[command(version, long_version = LONG_VERSION, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) messages: MessageArguments,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create a starter folder with settings, rubrics, prompts and a small sample
    Init(Init),
    /// Convert files of other programs and data sets to items, labels and recorded judges; no network
    Import(Import),
    /// Ask systems (models with prompts) for responses, and write them as items to be judged
    Generate(Generate),
    /// Validate all input and show the first prompt, the plan, tokens and cost; no network
    Check(Check),
    /// List the ways to find out how often a system wins, with the cost of each and what it leaves uncertain; no network
    #[command(mut_args(without_flags_of_asking))]
    Budget(BudgetWays),
    /// Judge every comparison in both orders; run it again to resume
    #[command(mut_args(without_flags_of_grades))]
    Judge(Judge),
    /// Grade every response by itself, on the scale of a rubric with mode = "grade"; run it again to resume
    #[command(mut_args(without_flags_of_comparisons))]
    Grade(Judge),
    /// Merge the runs of several shards or machines into one
    Merge(Merge),
    /// Print one line per comparison or graded response: the kept verdicts, or all
    Verdicts(Verdicts),
    /// Show comparisons or graded responses with texts, replies and votes
    Show(Show),
    /// Plan how many comparisons people should label, for an interval or a gate; no network
    Plan(Plan),
    /// Draw comparisons for people to label, as a blank label file
    Sample(Sample),
    /// Collect labels of people on a local page that shows neither systems nor verdicts
    Label(Label),
    /// Merge answers into a label file, or write labels and tasks for other programs
    Labels(LabelsArguments),
    /// Measure how well the judge agrees with people
    Calibrate(Calibrate),
    /// Report on a run: everything that is known of it, for people, programs, pull requests and CI
    Report(Report),
    /// Compare two runs over the same items: what changed, how much is noise, who agrees with people
    Diff(Diff),
    /// Replay two runs as a cascade: the strong judge decides what the cheap one is unsure of; cost against agreement
    Cascade(Cascade),
    /// Rank two or more systems by the verdicts of one or more runs, with intervals
    Rank(Rank),
    /// Write a run in the layouts of other programs: preference pairs, annotations, tables
    Export(Export),
    /// Follow the same evaluation over time: have judge, systems or traffic changed?
    ///
    /// Runs are added to a history, a folder that can be kept in git or on a shared disk. Comparisons whose texts stay
    /// the same in all of them, the anchors, show whether the judge has changed.
    Monitor(MonitorArguments),
    /// Check, preview and try a rubric, and list its tries
    Rubric(RubricArguments),
    /// Score systems by reference metrics, with intervals; no judge, no network
    Metrics(Metrics),
    /// List, fetch and find models that run on this machine: encoders for metrics, language models for servers
    ///
    /// Models are kept in `evenhand/models` of the user's cache folder, or in `models` of the folder that the
    /// environment variable `EVENHAND_CACHE_DIR` names.
    Models(Models),
    /// List the runs of a folder with state, size and judge, or delete old ones
    Runs(Runs),
    /// Print a script that completes commands and flags in a shell
    Completions(Completions),
    /// Print the manual page, or write those of all commands to a folder
    Man(Man),
}

/// Hides the flags of `judge` that only runs of grades have.
fn without_flags_of_grades(argument: clap::Arg) -> clap::Arg {
    hide_any_of(&["min_pass_rate"], argument)
}

/// Hides the flags of `grade` that only runs of comparisons have.
fn without_flags_of_comparisons(argument: clap::Arg) -> clap::Arg {
    hide_any_of(&["baseline", "encoder", "layer", "min_win_rate"], argument)
}

/// Hides the flags that are about asking, which `budget` does not do, or that its question replaces.
fn without_flags_of_asking(argument: clap::Arg) -> clap::Arg {
    hide_any_of(&["baseline", "reuse", "run", "shard", "encoder", "layer"], argument)
}

/// Leaves an argument out of help, manual and completions if it is one of these. It is parsed all the same, so that the
/// message says why it has no meaning.
fn hide_any_of(ids: &[&str], argument: clap::Arg) -> clap::Arg {
    if ids.contains(&argument.get_id().as_str()) { argument.hide(true) } else { argument }
}

impl Command {
    /// Returns the name by which the command is called.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Init(_) => "init",
            Self::Import(_) => "import",
            Self::Generate(_) => "generate",
            Self::Check(_) => "check",
            Self::Budget(_) => "budget",
            Self::Judge(_) => "judge",
            Self::Grade(_) => "grade",
            Self::Merge(_) => "merge",
            Self::Verdicts(_) => "verdicts",
            Self::Show(_) => "show",
            Self::Plan(_) => "plan",
            Self::Sample(_) => "sample",
            Self::Label(_) => "label",
            Self::Labels(_) => "labels",
            Self::Calibrate(_) => "calibrate",
            Self::Report(_) => "report",
            Self::Diff(_) => "diff",
            Self::Cascade(_) => "cascade",
            Self::Rank(_) => "rank",
            Self::Export(_) => "export",
            Self::Monitor(_) => "monitor",
            Self::Rubric(_) => "rubric",
            Self::Metrics(_) => "metrics",
            Self::Models(_) => "models",
            Self::Runs(_) => "runs",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Table,
    /// For programs
    Json,
    /// For a pull request
    Markdown,
}
