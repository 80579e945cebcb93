//! The flags of `evenhand diff`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::PartName;
use super::selection::SelectionArguments;
use super::values::system_column;

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
    /// Human labels: JSONL or CSV, one per line or row; `-` is stdin
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) labels: Option<PathBuf>,
    /// In a CSV or TSV file: a column with the winners that one annotator chose; can be repeated
    #[arg(long, value_name = "COLUMN", requires = "labels", help_heading = "Input")]
    pub(crate) label_column: Vec<String>,
    /// In a CSV or TSV file: the column of a system's responses, by which labels may name it; can be repeated
    #[arg(long, value_name = "SYSTEM=COLUMN", value_parser = system_column, requires = "labels", help_heading = "Input")]
    pub(crate) response: Vec<(String, String)>,
    /// In a CSV or TSV file: the column of the ids [default: id]
    #[arg(long, value_name = "COLUMN", requires = "labels", help_heading = "Input")]
    pub(crate) id_column: Option<String>,
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
