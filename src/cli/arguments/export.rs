//! The flags of `evenhand export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::labels::LabelArguments;
use super::selection::SelectionArguments;

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The run file
    #[arg(env = "EVENHAND_RUN")]
    pub(crate) run: PathBuf,
    /// The layout to write
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) to: ExportLayout,
    /// Write to this file, and to FILE.meta.json how far the judge agrees with people; for `csv` and `parquet`, to
    /// this folder [default: stdout]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) labels: LabelArguments,
    /// The verdicts of one judge of a jury
    #[arg(long, value_name = "NAME", help_heading = "Selection")]
    pub(crate) judge: Option<String>,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// Read the stored replies by this rubric, whose prompts must be unchanged
    #[arg(long, value_name = "RUBRIC", help_heading = "Input")]
    pub(crate) rubric: Option<String>,
    /// The settings file beside which --rubric is looked for [default: evenhand.toml, as in `judge`]
    #[arg(long, value_name = "FILE", env = "EVENHAND_CONFIG", help_heading = "Input")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportLayout {
    /// Kept verdicts on comparisons as pairs for training: prompt, chosen and rejected, as texts
    Preferences,
    /// The same as lists of messages
    PreferencesChat,
    /// Annotations of `alpaca_eval`, one for each comparison
    #[value(name = "alpaca_eval", alias = "alpaca", alias = "alpaca-eval")]
    AlpacaEval,
    /// Outputs of `JudgeBench`; needs labels
    #[value(name = "judgebench")]
    JudgeBench,
    /// items.csv, verdicts.csv (of grades: grades.csv) and, with labels, labels.csv
    Csv,
    /// The same as Parquet, with typed columns and every text as it is
    Parquet,
}

impl ExportLayout {
    /// Returns its name on the command line.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Preferences => "preferences",
            Self::PreferencesChat => "preferences-chat",
            Self::AlpacaEval => "alpaca_eval",
            Self::JudgeBench => "judgebench",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}
