//! The flags of `evenhand report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::gates::GateArguments;
use super::labels::LabelArguments;
use super::selection::SelectionArguments;
use super::values::{inner_share, kappa};
use super::{PartName, RuleName};

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The run file
    #[arg(env = "EVENHAND_RUN")]
    pub(crate) run: PathBuf,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    #[command(flatten)]
    pub(crate) labels: LabelArguments,
    /// Use one half of the items: tune on dev, report on test; each look at test is counted
    #[arg(long, value_enum, requires = "labels", help_heading = "Input")]
    pub(crate) part: Option<PartName>,
    /// Read the stored replies by this rubric, whose prompts must be unchanged
    #[arg(long, value_name = "RUBRIC", help_heading = "Input")]
    pub(crate) rubric: Option<String>,
    /// The settings file beside which --rubric is looked for [default: evenhand.toml, as in `judge`]
    #[arg(long, value_name = "FILE", env = "EVENHAND_CONFIG", help_heading = "Input")]
    pub(crate) config: Option<PathBuf>,
    /// Report on one judge of a jury [default: the jury]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) judge: Option<String>,
    /// With `margin`: choose a threshold on the dev part and compare both rules on the test part, which counts as a look
    #[arg(long, value_enum, default_value_t = RuleName::BothOrders, value_name = "RULE", requires_if("margin", "labels"), help_heading = "Decision")]
    pub(crate) decide: RuleName,
    /// Choose the threshold from which on at most this share of verdicts is wrong, with 95 % confidence [default: 0.1]
    #[arg(long, value_name = "X", value_parser = inner_share, help_heading = "Decision")]
    pub(crate) max_error: Option<f64>,
    /// Exit 6 if κ over every reply is below X, 8 if its interval contains X
    #[arg(long, value_name = "X", value_parser = kappa, env = "EVENHAND_MIN_KAPPA", requires = "labels", allow_negative_numbers = true, help_heading = "Gates")]
    pub(crate) min_kappa: Option<f64>,
    #[command(flatten)]
    pub(crate) gates: GateArguments,
    /// Apply the gates on coverage, consistency, win rates and pass rates also to each value of this tag; can be repeated
    #[arg(long, value_name = "TAG", help_heading = "Gates")]
    pub(crate) gate_by: Vec<String>,
    /// The output format [default: by the ending of --output: .html, .json, .md or .xml; else table]
    #[arg(long, value_enum, help_heading = "Output")]
    pub(crate) format: Option<ReportDocument>,
    /// Write the report to this file, which it replaces once it is complete [default: stdout]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Open the report with the program that the desktop has for it; without --output, from a temporary file
    #[arg(long, help_heading = "Output")]
    pub(crate) open: bool,
    /// Leave out texts, annotators' names, folders and addresses: numbers only, to share outside your team
    #[arg(long, help_heading = "Output")]
    pub(crate) redact: bool,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportDocument {
    /// For people
    Table,
    /// One self-contained page for people, with every case
    Html,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
    /// `JUnit` XML for a CI system: a test case for each gate
    Junit,
}
