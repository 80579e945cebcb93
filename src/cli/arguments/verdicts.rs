//! The flags of `evenhand verdicts`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::selection::SelectionArguments;

#[derive(Debug, Args)]
pub(crate) struct Verdicts {
    /// The run file
    #[arg(env = "EVENHAND_RUN")]
    pub(crate) run: PathBuf,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// The output format
    #[arg(long, value_enum, default_value_t = VerdictFormat::Jsonl)]
    pub(crate) format: VerdictFormat,
    /// Print every comparison, not only those with a kept verdict
    #[arg(long)]
    pub(crate) all: bool,
    /// Print only comparisons with this outcome: kept, flipped, split, unparsed, failed, pending or hung
    #[arg(long, value_name = "OUTCOME")]
    pub(crate) outcome: Option<String>,
    /// Print the verdicts of one judge of a jury, or of `all` [default: the jury]
    #[arg(long, value_name = "NAME")]
    pub(crate) judge: Option<String>,
    /// Include the stored replies of each order (JSONL only)
    #[arg(long)]
    pub(crate) replies: bool,
    /// Read the stored replies by this rubric, whose prompts must be unchanged
    #[arg(long, value_name = "RUBRIC")]
    pub(crate) rubric: Option<String>,
    /// The settings file beside which --rubric is looked for [default: evenhand.toml, as in `judge`]
    #[arg(long, value_name = "FILE", env = "EVENHAND_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerdictFormat {
    /// One JSON object per line
    Jsonl,
    /// For spreadsheets
    Csv,
}
