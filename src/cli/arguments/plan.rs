//! The flags of `evenhand plan`.

use std::path::PathBuf;

use clap::Args;

use super::Format;
use super::labels::LabelArguments;
use super::selection::SelectionArguments;
use super::values::{
    coverage, duration, inner_share, kappa, positive, power, share, system_inner_share,
};

#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// The run file, which tells coverage and comparisons; without one, the plan follows from assumptions alone
    pub(crate) run: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    #[command(flatten)]
    pub(crate) labels: LabelArguments,
    /// Use the outcomes of one judge of a jury [default: the jury]
    #[arg(long, value_name = "NAME", requires = "run", help_heading = "Input")]
    pub(crate) judge: Option<String>,
    /// Plan for this whole width of the 95 % interval of the win rate: 0.1 is ±5 points [default without a gate: 0.1]
    #[arg(long, value_name = "W", value_parser = inner_share, help_heading = "Targets")]
    pub(crate) width: Option<f64>,
    /// Plan for this gate on κ over every reply
    #[arg(long, value_name = "X", value_parser = kappa, allow_negative_numbers = true, help_heading = "Targets")]
    pub(crate) min_kappa: Option<f64>,
    /// Plan for this gate on the win rate of SYSTEM, corrected with labels; can be repeated
    #[arg(long, value_name = "SYSTEM=X", value_parser = system_inner_share, help_heading = "Targets")]
    pub(crate) min_win_rate: Vec<(String, f64)>,
    /// The probability with which the labels decide a gate, from 0.5 to below 1
    #[arg(long, value_name = "P", value_parser = power, default_value_t = 0.8, help_heading = "Targets")]
    pub(crate) power: f64,
    /// How many comparisons are judged [default: as in the run, else 1000]
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Assumptions")]
    pub(crate) comparisons: Option<u64>,
    /// Kept of all comparisons [default: as in the run, else 0.75]
    #[arg(long, value_name = "C", value_parser = coverage, help_heading = "Assumptions")]
    pub(crate) coverage: Option<f64>,
    /// The share of all replies that agree with people [default: by the labels, else 0.75]
    #[arg(long, value_name = "A", value_parser = inner_share, help_heading = "Assumptions")]
    pub(crate) agreement: Option<f64>,
    /// How often the system of the gate wins [default: by the labels, else by the judge; for --width 0.5]
    #[arg(long, value_name = "R", value_parser = inner_share, help_heading = "Assumptions")]
    pub(crate) win_rate: Option<f64>,
    /// Comparisons of each item [default: as in the run, else 1]
    #[arg(long, value_name = "M", value_parser = positive, conflicts_with = "run", help_heading = "Assumptions")]
    pub(crate) per_item: Option<u64>,
    /// The correlation of people's labels on two comparisons of one item [default: by the labels, else 0.4]
    #[arg(long, value_name = "ICC", value_parser = share, help_heading = "Assumptions")]
    pub(crate) item_correlation: Option<f64>,
    /// How many people label
    #[arg(long, value_name = "K", value_parser = positive, default_value_t = 1, help_heading = "Effort")]
    pub(crate) annotators: u64,
    /// How many comparisons all of them label, so that people can be compared with each other
    #[arg(long, value_name = "N", default_value_t = 30, help_heading = "Effort")]
    pub(crate) overlap: u64,
    /// How long a label takes
    #[arg(long, value_name = "S", value_parser = duration, default_value_t = 36.0, help_heading = "Effort")]
    pub(crate) seconds_per_label: f64,
    /// How often each order is asked [default: as in the run, else 1]
    #[arg(long, value_name = "K", value_parser = positive, conflicts_with = "run", help_heading = "Effort")]
    pub(crate) repeat: Option<u64>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub(crate) format: Format,
}
