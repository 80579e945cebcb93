//! The flags of `evenhand init`.

use std::path::PathBuf;

use clap::Args;

use super::table::TableArguments;

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to create; existing files are never overwritten
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// A file with your own prompts and responses, instead of the sample: CSV, TSV, JSONL or JSON, also packed;
    /// `-` is stdin. They are converted to items.jsonl, and labels to labels.jsonl
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) table: TableArguments,
}
