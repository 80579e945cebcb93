//! The flags of `evenhand show`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::labels::LabelArguments;
use super::selection::SelectionArguments;
use super::values::positive;

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The run file
    #[arg(env = "EVENHAND_RUN")]
    pub(crate) run: PathBuf,
    /// Only comparisons with this outcome: kept, flipped, split, unparsed, failed, pending or hung; of grades: kept,
    /// changed, unparsed, failed, pending or hung
    #[arg(long, value_name = "OUTCOME", help_heading = "Selection")]
    pub(crate) outcome: Option<String>,
    /// Only comparisons or responses of this item; can be repeated
    #[arg(long, value_name = "ID", help_heading = "Selection")]
    pub(crate) id: Vec<String>,
    /// Only comparisons in which this system takes part, two of them name a pair; or only its responses
    #[arg(long, value_name = "SYSTEM", help_heading = "Selection")]
    pub(crate) system: Vec<String>,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// At most N comparisons or responses, the first ones
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Selection")]
    pub(crate) limit: Option<u64>,
    /// The outcome and the replies of one judge of a jury [default: the jury, with the replies of all]
    #[arg(long, value_name = "NAME", help_heading = "Selection")]
    pub(crate) judge: Option<String>,
    #[command(flatten)]
    pub(crate) labels: LabelArguments,
    /// Read the stored replies by this rubric, whose prompts must be unchanged
    #[arg(long, value_name = "RUBRIC", help_heading = "Input")]
    pub(crate) rubric: Option<String>,
    /// The settings file beside which --rubric is looked for [default: evenhand.toml, as in `judge`]
    #[arg(long, value_name = "FILE", env = "EVENHAND_CONFIG", help_heading = "Input")]
    pub(crate) config: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t = ShowFormat::Text, help_heading = "Output")]
    pub(crate) format: ShowFormat,
    /// Make headings and differences bold; auto: on a terminal, unless `NO_COLOR` is set
    #[arg(long, value_enum, default_value_t = Colour::Auto, value_name = "WHEN", help_heading = "Output")]
    pub(crate) color: Colour,
    /// Do not page; on a terminal, `$EVENHAND_PAGER`, `$PAGER` or `less -FRX` does
    #[arg(long, help_heading = "Output")]
    pub(crate) no_pager: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    /// For people: as wide as the terminal
    Text,
    /// For programs
    Json,
    /// For a pull request
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
