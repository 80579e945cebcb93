//! The flags of `evenhand check`.

use std::path::PathBuf;

use clap::Args;

use super::Format;
use super::task::TaskArguments;

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) task: TaskArguments,
    /// A judge from evenhand.toml, openai:MODEL or builtin:NAME (bleu, ter…); can be repeated
    #[arg(long, value_name = "JUDGE", help_heading = "Judge")]
    pub(crate) judge: Vec<String>,
    /// Also check human labels against the items
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) labels: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub(crate) format: Format,
}
