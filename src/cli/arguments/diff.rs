//! The flags of `evenhand diff`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::PartName;
use super::labels::LabelArguments;
use super::selection::SelectionArguments;

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The run file before the change
    #[arg(value_name = "RUN_A")]
    pub(crate) before: PathBuf,
    /// The run file after the change, over the same items
    #[arg(value_name = "RUN_B")]
    pub(crate) after: PathBuf,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    #[command(flatten)]
    pub(crate) labels: LabelArguments,
    /// Use one half of the items: tune on dev, report on test; each look at test is counted
    #[arg(long, value_enum, help_heading = "Input")]
    pub(crate) part: Option<PartName>,
    /// Compare one judge of a jury, in both runs [default: the only judge, or the jury]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) judge: Option<String>,
    /// The judge of the second run, where it has another name
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) judge_b: Option<String>,
    /// The output format [default: by the ending of --output (.html, .json, .md), or else table]
    #[arg(long, value_enum, help_heading = "Output")]
    pub(crate) format: Option<DiffFormat>,
    /// Write to this file, which is replaced once all is written
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Include N comparisons with the replies of both runs, those that changed first [default: at most 3 of those
    /// that changed in the table and 10 in Markdown, all of them in JSON; every comparison in HTML]
    #[arg(long, value_name = "N", help_heading = "Output")]
    pub(crate) limit: Option<u64>,
    /// Leave out texts, addresses and the names of annotators, to send the numbers elsewhere
    #[arg(long, help_heading = "Output")]
    pub(crate) redact: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people
    Table,
    /// One self-contained page for people, with every comparison
    Html,
    /// For programs
    Json,
    /// For a pull request
    Markdown,
}
