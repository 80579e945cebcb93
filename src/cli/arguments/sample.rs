//! The flags of `evenhand sample`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::selection::SelectionArguments;
use super::values::positive;

#[derive(Debug, Args)]
pub(crate) struct Sample {
    /// The run file
    #[arg(env = "EVENHAND_RUN")]
    pub(crate) run: PathBuf,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// How many comparisons to draw, or responses of a run of grades; without --by, a larger N includes those of a
    /// smaller one
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) n: u64,
    /// The seed, which decides which are drawn
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Draw more of those on which labels are likely to differ from the judge [default: all are equally likely]
    #[arg(long, value_enum)]
    pub(crate) by: Option<SampleBy>,
    /// Use the outcomes of one judge of a jury [default: the jury]
    #[arg(long, value_name = "NAME")]
    pub(crate) judge: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SampleBy {
    /// More of those without a kept verdict, and each kind with one probability
    Outcome,
    /// Comparisons, by how unsure the judge's replies are: probabilities, repeats, flips, ties, unreadable orders
    Uncertainty,
}
