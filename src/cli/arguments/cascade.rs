//! The flags of `evenhand cascade`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::PartName;
use super::labels::LabelColumnArguments;
use super::selection::SelectionArguments;
use super::values::{amount, share};

#[derive(Debug, Args)]
pub(crate) struct Cascade {
    /// The run file of the judge that is asked about everything
    #[arg(value_name = "RUN_CHEAP")]
    pub(crate) cheap: PathBuf,
    /// The run file of the judge that decides what the first one does not keep or is unsure of, over the same items
    #[arg(value_name = "RUN_STRONG")]
    pub(crate) strong: PathBuf,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// Human labels: JSONL or CSV, one per line or row; `-` is stdin
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) labels: PathBuf,
    #[command(flatten)]
    pub(crate) columns: LabelColumnArguments,
    /// With `dev`: only choose a rule, without a look at the test part [default: also report on the test part, which is
    /// counted as a look]
    #[arg(long, value_enum, help_heading = "Input")]
    pub(crate) part: Option<PartName>,
    /// The cheap judge, where its run has several
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) cheap_judge: Option<String>,
    /// The strong judge, where its run has several
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) strong_judge: Option<String>,
    /// What 1,000 comparisons cost with the cheap judge, in USD [default: by the stored tokens and prices]
    #[arg(long, value_name = "USD", value_parser = amount, help_heading = "Decision")]
    pub(crate) cheap_cost: Option<f64>,
    /// What 1,000 comparisons cost with the strong judge, in USD [default: by the stored tokens and prices]
    #[arg(long, value_name = "USD", value_parser = amount, help_heading = "Decision")]
    pub(crate) strong_cost: Option<f64>,
    /// Choose the cheapest rule whose agreement on the dev part is at most this share below that of the best rule
    #[arg(long, value_name = "X", value_parser = share, default_value_t = 0.02, help_heading = "Decision")]
    pub(crate) loss: f64,
    /// The output format [default: by the ending of --output (.json, .jsonl, .md), or else table]
    #[arg(long, value_enum, help_heading = "Output")]
    pub(crate) format: Option<CascadeFormat>,
    /// Write to this file, which is replaced once all is written
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CascadeFormat {
    /// For people
    Table,
    /// For programs
    Json,
    /// For a pull request
    Markdown,
    /// The verdicts by the chosen rule, one JSON object per line with the judge that gave it; no look at the test part
    Jsonl,
}
