//! The flags of `evenhand generate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use evenhand::run::RetryScope;

use super::budget::BudgetArguments;
use super::table::TableArguments;
use super::values::{positive, tag};

#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// Prompts: items as JSONL or CSV, which need no responses; those that they have are kept; `-` is stdin
    pub(crate) prompts: PathBuf,
    /// A system: NAME declared as [systems.NAME] in evenhand.toml, or NAME=MODEL with openai:MODEL, anthropic:MODEL or a
    /// judge from evenhand.toml; can be repeated
    #[arg(long, value_name = "NAME[=MODEL]", required = true, help_heading = "Systems")]
    pub(crate) system: Vec<String>,
    /// Ask each system K times for each prompt, and write a file for each sample: OUT.jsonl, OUT.2.jsonl…
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100), help_heading = "Systems")]
    pub(crate) samples: u32,
    /// The items file to write: JSONL, an item per prompt with the responses of the systems
    #[arg(long, value_name = "OUT", help_heading = "Output")]
    pub(crate) to: PathBuf,
    /// Write items with a single response too: `evenhand grade` grades it, but `evenhand judge` refuses such an item
    #[arg(long, help_heading = "Output")]
    pub(crate) keep_single: bool,
    /// Use only items with this tag; can be repeated: values of one tag are alternatives
    #[arg(long, value_name = "TAG=VALUE", value_parser = tag, help_heading = "Input")]
    pub(crate) tag: Vec<(String, String)>,
    /// Use only N prompts, drawn at random; a larger N includes the prompts of a smaller one
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Input")]
    pub(crate) limit: Option<u64>,
    /// The settings file [default: evenhand.toml in the working folder or the nearest folder above]
    #[arg(long, value_name = "FILE", env = "EVENHAND_CONFIG", help_heading = "Input")]
    pub(crate) config: Option<PathBuf>,
    /// A setting, as a line of the settings file would write it, such as `systems.NAME.temperature = 0.5`; replaces that
    /// of the file; can be repeated
    #[arg(long, value_name = "SETTING", help_heading = "Input")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) table: TableArguments,
    /// The run file, which keeps every answer [default: runs/generate-OUT.db beside evenhand.toml]
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub(crate) run: Option<PathBuf>,
    /// The seed, which decides which prompts --limit draws
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Run")]
    pub(crate) seed: u64,
    /// Retry only the responses that failed or were broken off
    #[arg(long, help_heading = "Run")]
    pub(crate) retry_failed: bool,
    /// Show the first prompt, the plan, tokens and cost, and send nothing
    #[arg(long, help_heading = "Run")]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) budget: BudgetArguments,
    /// The output format
    #[arg(long, value_enum, default_value_t = GenerateFormat::Table, help_heading = "Output")]
    pub(crate) format: GenerateFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GenerateFormat {
    /// For people
    Table,
    /// For programs
    Json,
    /// For programs that follow the command: a line for each event as it happens, the result last
    Jsonl,
}

impl Generate {
    /// Returns which responses the command asks for.
    pub(crate) fn scope(&self) -> RetryScope {
        if self.retry_failed { RetryScope::Failed } else { RetryScope::Open }
    }
}
