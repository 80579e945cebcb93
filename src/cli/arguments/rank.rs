//! The flags of `evenhand rank`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::labels::LabelArguments;
use super::selection::SelectionArguments;

#[derive(Debug, Args)]
pub(crate) struct Rank {
    /// The run files, over the same items; every judge of every run counts by itself. Of runs of grades, the higher
    /// grade of two responses wins
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// Count this judge only; can be repeated [default: all judges of every run]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) judge: Vec<String>,
    /// The system that others are compared with: wins are counted for the other one, and the table shows those next to
    /// it
    #[arg(long, value_name = "SYSTEM", help_heading = "Input")]
    pub(crate) baseline: Option<String>,
    /// For runs of grades: a run of comparisons over the same items, to show with --labels what grades lose against it;
    /// can be repeated
    #[arg(long, value_name = "RUN", requires = "labels", help_heading = "Input")]
    pub(crate) against: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) labels: LabelArguments,
    /// The seed of the resamples behind the ranges of ranks
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Input")]
    pub(crate) seed: u64,
    /// The output format [default: by the ending of --output (.json, .csv), or else table]
    #[arg(long, value_enum, help_heading = "Output")]
    pub(crate) format: Option<RankFormat>,
    /// Write to this file, which is replaced once all is written
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RankFormat {
    /// For people: all of up to 20 systems, else the first ten, those next to the baseline, and the last
    Table,
    /// For programs
    Json,
    /// For spreadsheets: everything, one number or text per row
    Csv,
}
