//! The flags of `evenhand rubric check`, `preview`, `try` and `log`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use evenhand::run::RetryScope;

use super::Format;
use super::budget::BudgetArguments;
use super::gates::Inconclusive;
use super::table::TableArguments;
use super::values::system_file;

#[derive(Debug, Args)]
pub(crate) struct RubricArguments {
    #[command(subcommand)]
    pub(crate) command: RubricCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RubricCommand {
    /// Find faults of rubrics and their prompts; no network
    Check(RubricCheck),
    /// Show the messages that a judge gets for an item in both orders, and what it answered; no network
    Preview(RubricPreview),
    /// Ask a judge about the labelled comparisons or responses of the dev half, and show what has changed since the last try
    Try(RubricTry),
    /// List the tries of rubrics with their numbers
    Log(RubricLog),
}

#[derive(Debug, Args)]
pub(crate) struct RubricCheck {
    /// Rubrics: paths, names in rubrics/, or names of rubrics that ship with evenhand
    #[arg(required = true, value_name = "RUBRIC")]
    pub(crate) rubrics: Vec<String>,
    /// Exit 6 if there are any findings
    #[arg(long)]
    pub(crate) strict: bool,
    /// The settings file beside which rubrics are looked for [default: evenhand.toml, as in `judge`]
    #[arg(long, value_name = "FILE", env = "EVENHAND_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct RubricPreview {
    /// The rubric: a path, a name in rubrics/, or the name of a rubric that ships with evenhand
    pub(crate) rubric: String,
    /// Items: JSONL or CSV, one prompt with its responses per line or row; `-` is stdin
    pub(crate) items: PathBuf,
    /// The item to show
    #[arg(long, value_name = "ID", help_heading = "Input")]
    pub(crate) id: String,
    /// Only comparisons with this system; can be given twice, for one pair
    #[arg(long, value_name = "SYSTEM", help_heading = "Input")]
    pub(crate) system: Vec<String>,
    /// Also show what the judges of this run answered
    #[arg(long, value_name = "RUN", env = "EVENHAND_RUN", help_heading = "Input")]
    pub(crate) run: Option<PathBuf>,
    /// The responses of a system in a separate file, joined by id; can be repeated
    #[arg(long, value_name = "SYSTEM=FILE", value_parser = system_file, help_heading = "Input")]
    pub(crate) responses: Vec<(String, PathBuf)>,
    /// The settings file beside which the rubric is looked for [default: evenhand.toml, as in `judge`]
    #[arg(long, value_name = "FILE", env = "EVENHAND_CONFIG", help_heading = "Input")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) table: TableArguments,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct RubricTry {
    /// The rubric: a path, a name in rubrics/, or the name of a rubric that ships with evenhand
    pub(crate) rubric: String,
    /// Items: JSONL or CSV, one prompt with its responses per line or row; `-` is stdin
    pub(crate) items: PathBuf,
    /// Human labels: JSONL or CSV, one per line or row; the history of tries is written beside them
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) labels: PathBuf,
    /// A judge from evenhand.toml, openai:MODEL or builtin:NAME (bleu, ter…); several form a jury
    #[arg(long, value_name = "JUDGE", required = true, help_heading = "Judge")]
    pub(crate) judge: Vec<String>,
    /// Compare with this run instead of the last try
    #[arg(long, value_name = "RUN", conflicts_with = "test", help_heading = "Input")]
    pub(crate) against: Option<PathBuf>,
    /// Ask about the whole half, not only about what has labels
    #[arg(long, help_heading = "Input")]
    pub(crate) all: bool,
    /// Report on the locked test half instead; each look at it is counted
    #[arg(long, help_heading = "Input")]
    pub(crate) test: bool,
    /// The responses of a system in a separate file, joined by id; can be repeated
    #[arg(long, value_name = "SYSTEM=FILE", value_parser = system_file, help_heading = "Input")]
    pub(crate) responses: Vec<(String, PathBuf)>,
    /// Compare every other system with this one, instead of every pair; not for a rubric that grades
    #[arg(long, value_name = "SYSTEM", help_heading = "Input")]
    pub(crate) baseline: Option<String>,
    /// The settings file [default: evenhand.toml in the working folder or the nearest folder above]; rubrics/ and
    /// prompts/ are found beside it
    #[arg(long, value_name = "FILE", env = "EVENHAND_CONFIG", help_heading = "Input")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) table: TableArguments,
    /// Ask each order, or each direction of the scale, K times; the answer of more than half of them counts
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=100), help_heading = "Run")]
    pub(crate) repeat: Option<u32>,
    /// The seed, which decides which order is asked first
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Run")]
    pub(crate) seed: u64,
    /// Retry only what failed in the last try or has no readable answer
    #[arg(long, help_heading = "Run")]
    pub(crate) retry_failed: bool,
    #[command(flatten)]
    pub(crate) budget: BudgetArguments,
    /// What to do if no verdict or grade was kept: fail (exit 8) or pass
    #[arg(long, value_enum, env = "EVENHAND_INCONCLUSIVE", default_value_t = Inconclusive::Fail, help_heading = "Output")]
    pub(crate) inconclusive: Inconclusive,
    /// Show at most N changed comparisons or responses
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Output")]
    pub(crate) cases: u64,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub(crate) format: Format,
}

impl RubricTry {
    /// Returns which trials the command asks.
    pub(crate) fn scope(&self) -> RetryScope {
        if self.retry_failed { RetryScope::Failed } else { RetryScope::Open }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RubricLog {
    /// The name of a rubric [default: all rubrics]
    pub(crate) name: Option<String>,
    /// The label file beside which the history is [default: every history in calibration/]
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// The settings file beside which calibration/ is [default: evenhand.toml, as in `judge`]
    #[arg(long, value_name = "FILE", env = "EVENHAND_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}
