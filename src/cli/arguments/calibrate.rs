//! The flags of `evenhand calibrate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::gates::GateArguments;
use super::labels::LabelColumnArguments;
use super::selection::SelectionArguments;
use super::values::{inner_share, kappa};
use super::{ReportFormat, RuleName};

#[derive(Debug, Args)]
pub(crate) struct Calibrate {
    /// The run file
    #[arg(env = "EVENHAND_RUN")]
    pub(crate) run: PathBuf,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// Human labels: JSONL or CSV, one per line or row; `-` is stdin
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) labels: PathBuf,
    #[command(flatten)]
    pub(crate) columns: LabelColumnArguments,
    /// Use one half of the items: tune on dev, report on test; each look at test is counted
    #[arg(long, value_enum, help_heading = "Input")]
    pub(crate) part: Option<PartName>,
    /// Read the stored replies by this rubric, whose prompts must be unchanged
    #[arg(long, value_name = "RUBRIC", help_heading = "Input")]
    pub(crate) rubric: Option<String>,
    /// The settings file beside which --rubric is looked for [default: evenhand.toml, as in `judge`]
    #[arg(long, value_name = "FILE", env = "EVENHAND_CONFIG", help_heading = "Input")]
    pub(crate) config: Option<PathBuf>,
    /// Measure one judge of a jury [default: the jury]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) judge: Option<String>,
    /// Another labelled run of this judge, to correct win rates by its error rates
    #[arg(long, value_name = "RUN", requires = "error_labels", help_heading = "Input")]
    pub(crate) error_rates: Option<PathBuf>,
    /// The labels of the run that --error-rates names
    #[arg(long, value_name = "FILE", requires = "error_rates", help_heading = "Input")]
    pub(crate) error_labels: Option<PathBuf>,
    /// With `margin`: choose a threshold on the dev part and compare both rules on the test part, which counts as a look
    #[arg(long, value_enum, default_value_t = RuleName::BothOrders, value_name = "RULE", help_heading = "Decision")]
    pub(crate) decide: RuleName,
    /// Choose the threshold from which on at most this share of verdicts is wrong, with 95 % confidence [default: 0.1]
    #[arg(long, value_name = "X", value_parser = inner_share, help_heading = "Decision")]
    pub(crate) max_error: Option<f64>,
    /// Exit 6 if κ over every reply (of a scale of more than two steps, weighted κ) is below X, 8 if its interval contains X
    #[arg(long, value_name = "X", value_parser = kappa, env = "EVENHAND_MIN_KAPPA", allow_negative_numbers = true, help_heading = "Gates")]
    pub(crate) min_kappa: Option<f64>,
    #[command(flatten)]
    pub(crate) gates: GateArguments,
    /// Show all coefficients, the confusion matrix, people among themselves, simple rules and slices
    #[arg(long, help_heading = "Output")]
    pub(crate) full: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t = ReportFormat::Table, help_heading = "Output")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PartName {
    /// For tuning a rubric
    Dev,
    /// For reporting on it
    Test,
}
