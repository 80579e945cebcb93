//! The flags of `evenhand monitor add`, `check`, `report` and `sample`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;
use super::gates::Inconclusive;
use super::labels::LabelArguments;
use super::values::{positive, share};

#[derive(Debug, Args)]
pub(crate) struct MonitorArguments {
    #[command(subcommand)]
    pub(crate) command: MonitorCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MonitorCommand {
    /// Add a run to a history: verdicts, win rates and digests of texts, but no text
    Add(MonitorAdd),
    /// Compare the newest run with the baseline: have judge, systems or traffic changed?
    Check(MonitorCheck),
    /// Show the history: a page, lines in the terminal, or a document
    Report(MonitorReport),
    /// Draw items from production traffic, masked, to be judged and labelled
    Sample(MonitorSample),
}

#[derive(Debug, Args)]
pub(crate) struct MonitorAdd {
    /// The run file
    #[arg(env = "EVENHAND_RUN")]
    pub(crate) run: PathBuf,
    /// The folder of the history, which is made if there is none
    #[arg(long, value_name = "DIR")]
    pub(crate) history: PathBuf,
    #[command(flatten)]
    pub(crate) labels: LabelArguments,
    /// The scores of metrics on the same items: what `evenhand metrics --format json` printed
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) metrics: Option<PathBuf>,
    /// Add one judge of a jury [default: the only judge, or the jury]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) judge: Option<String>,
    /// Add this run to the baseline: several in a row, judged alike, show how much changes by noise alone
    #[arg(long)]
    pub(crate) baseline: bool,
    /// Begin a new baseline with this run; those before it no longer count
    #[arg(long, conflicts_with = "baseline")]
    pub(crate) new_baseline: bool,
}

/// What a history is checked against.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The folder of the history
    #[arg(long, value_name = "DIR")]
    pub(crate) history: PathBuf,
    /// Compare with this entry [default: the runs that were added with --baseline, else the first one]
    #[arg(long, value_name = "ENTRY", help_heading = "Alarm")]
    pub(crate) baseline: Option<String>,
    /// Without a change, N checks or more between false alarms on average, of everything that is watched
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..), help_heading = "Alarm")]
    pub(crate) false_alarm_every: u32,
    /// Inconclusive (exit 8) until a change of this size, a share, would be seen with a power of 80 %
    #[arg(long, value_name = "X", default_value_t = 0.1, value_parser = share, help_heading = "Alarm")]
    pub(crate) visible_change: f64,
}

#[derive(Debug, Args)]
pub(crate) struct MonitorCheck {
    #[command(flatten)]
    pub(crate) check: CheckArguments,
    /// What to do if the check is inconclusive: fail (exit 8) or pass
    #[arg(long, value_enum, env = "EVENHAND_INCONCLUSIVE", default_value_t = Inconclusive::Fail, help_heading = "Alarm")]
    pub(crate) inconclusive: Inconclusive,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct MonitorReport {
    #[command(flatten)]
    pub(crate) check: CheckArguments,
    /// The output format [default: by the ending of --output (.html, .json), or else table]
    #[arg(long, value_enum, help_heading = "Output")]
    pub(crate) format: Option<HistoryFormat>,
    /// Write to this file, which is replaced once all is written
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HistoryFormat {
    /// Lines for a terminal
    Table,
    /// One self-contained page for people
    Html,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct MonitorSample {
    /// Logs of requests to a model: JSON (requests with responses, or OpenTelemetry spans) or CSV; `-` is stdin
    #[arg(required = true)]
    pub(crate) traffic: Vec<PathBuf>,
    /// How many items to draw
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) n: u64,
    /// The seed, which decides which items are drawn
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Draw as equally as possible from each; can be repeated [default: language and length]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) by: Vec<SampleTrafficBy>,
    /// The name of the system that answered
    #[arg(long, value_name = "NAME", default_value = "production")]
    pub(crate) system: String,
    /// Also mask what this regular expression matches, or its group; can be repeated
    #[arg(long, value_name = "REGEX")]
    pub(crate) mask: Vec<String>,
    /// In a CSV file: the column of the prompts [default: prompt, input, question and others]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) prompt_column: Option<String>,
    /// In a CSV file: the column of the responses [default: response, output, answer and others]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) response_column: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SampleTrafficBy {
    /// By the language of the prompt
    Language,
    /// By its length: below 200 characters, below 1,000, longer
    Length,
    /// By the model that answered
    Model,
    /// From all of it together
    None,
}
