//! The flags of `evenhand budget`.

use std::path::PathBuf;

use clap::Args;

use super::Format;
use super::task::TaskArguments;
use super::values::{amount, inner_share};

#[derive(Debug, Args)]
pub(crate) struct BudgetWays {
    #[command(flatten)]
    pub(crate) task: TaskArguments,
    /// A judge from evenhand.toml or openai:MODEL; can be repeated: each is a way of its own, and the cheapest with each
    /// dearer one a cascade
    #[arg(long, value_name = "JUDGE", required = true, help_heading = "Judge")]
    pub(crate) judge: Vec<String>,
    /// How often does this system win against each other one? [default: of two systems the one whose name is later]
    #[arg(long, value_name = "SYSTEM", help_heading = "Question")]
    pub(crate) system: Option<String>,
    /// How near the win rate is to be known: 0.05 is ±5 points
    #[arg(long, value_name = "M", default_value_t = 0.05, help_heading = "Question")]
    pub(crate) margin: f64,
    /// The probability that it is further off, at most, for all pairs of systems together
    #[arg(long, value_name = "P", value_parser = inner_share, default_value_t = 0.05, help_heading = "Question")]
    pub(crate) error: f64,
    /// A run of a judge over a few of the items, which shows costs, outcomes and scores; can be repeated, for other judges
    #[arg(long, value_name = "RUN", help_heading = "Pilot")]
    pub(crate) pilot: Vec<PathBuf>,
    /// Human labels of comparisons of the pilots: JSONL or CSV, one per line or row
    #[arg(long, value_name = "FILE", requires = "pilot", help_heading = "Pilot")]
    pub(crate) labels: Option<PathBuf>,
    /// How often the system wins, for a judge without a pilot [default: one half plus the margin]
    #[arg(long, value_name = "R", value_parser = inner_share, help_heading = "Assumptions")]
    pub(crate) win_rate: Option<f64>,
    /// What an hour of people costs, in USD [default: hours are not counted as money]
    #[arg(long, value_name = "USD", value_parser = amount, help_heading = "Assumptions")]
    pub(crate) hourly_rate: Option<f64>,
    /// How many minutes a label takes
    #[arg(long, value_name = "X", default_value_t = 0.6, help_heading = "Assumptions")]
    pub(crate) minutes_per_label: f64,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub(crate) format: Format,
}
