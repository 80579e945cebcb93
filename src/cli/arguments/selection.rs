//! Which comparisons of a run a command reads.

use std::path::PathBuf;

use clap::Args;

use super::values::tag;

/// Which comparisons of a run a command reads: shared by the commands that read a run.
#[derive(Debug, Args)]
pub(crate) struct SelectionArguments {
    /// Only comparisons whose item is still in this file of items (and has both responses, if the file has any)
    #[arg(long, value_name = "FILE", help_heading = "Selection")]
    pub(crate) items: Option<PathBuf>,
    /// Only comparisons whose item has this tag; can be repeated: values of one tag are alternatives
    #[arg(long, value_name = "TAG=VALUE", value_parser = tag, help_heading = "Selection")]
    pub(crate) tag: Vec<(String, String)>,
}
