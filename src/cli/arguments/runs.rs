//! The flags of `evenhand runs` and `evenhand runs prune`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::Format;
use super::values::age;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Runs {
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    /// The folder [default: runs/ beside evenhand.toml]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Delete complete runs that have not been written for some time; asks before it deletes
    Prune(Prune),
}

#[derive(Debug, Args)]
pub(crate) struct Prune {
    /// The folder [default: runs/ beside evenhand.toml]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// Delete only runs that were last written at least this long ago, for example 30d or 12h
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(crate) older_than: Duration,
    /// Delete without asking, as a job needs it
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print what would be deleted, and delete nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
}
