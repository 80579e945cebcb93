//! The flags of `evenhand verdicts`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::RuleName;
use super::labels::LabelArguments;
use super::selection::SelectionArguments;
use super::values::{inner_share, share};

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
    /// Print every comparison or response, not only those with a kept verdict
    #[arg(long)]
    pub(crate) all: bool,
    /// Print only comparisons with this outcome: kept, flipped, split, unparsed, failed, pending or hung; undecided
    /// with --decide margin; of grades: kept, changed, unparsed, failed, pending or hung
    #[arg(long, value_name = "OUTCOME")]
    pub(crate) outcome: Option<String>,
    /// Print the verdicts of one judge of a jury, or of `all` [default: the jury]
    #[arg(long, value_name = "NAME")]
    pub(crate) judge: Option<String>,
    /// Include the stored replies of each order (JSONL only)
    #[arg(long)]
    pub(crate) replies: bool,
    /// How both orders of a comparison become a verdict; `margin` needs --threshold or --labels
    #[arg(long, value_enum, default_value_t = RuleName::BothOrders, value_name = "RULE", help_heading = "Decision")]
    pub(crate) decide: RuleName,
    /// The least margin of a kept verdict, from 0 to 1
    #[arg(long, value_name = "X", value_parser = share, conflicts_with = "labels", help_heading = "Decision")]
    pub(crate) threshold: Option<f64>,
    /// By the dev part of --labels, choose the threshold from which on at most this share of verdicts is wrong, with
    /// 95 % confidence [default: 0.1]
    #[arg(long, value_name = "X", value_parser = inner_share, conflicts_with = "threshold", help_heading = "Decision")]
    pub(crate) max_error: Option<f64>,
    #[command(flatten)]
    pub(crate) labels: LabelArguments,
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
