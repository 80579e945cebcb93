//! The flags of `evenhand show`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::selection::SelectionArguments;
use super::values::{positive, system_column};

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The run file
    #[arg(env = "EVENHAND_RUN")]
    pub(crate) run: PathBuf,
    /// Only comparisons with this outcome: kept, flipped, split, unparsed, failed, pending or hung
    #[arg(long, value_name = "OUTCOME", help_heading = "Selection")]
    pub(crate) outcome: Option<String>,
    /// Only comparisons of this item; can be repeated
    #[arg(long, value_name = "ID", help_heading = "Selection")]
    pub(crate) id: Vec<String>,
    /// Only comparisons in which this system takes part; two of them name a pair
    #[arg(long, value_name = "SYSTEM", help_heading = "Selection")]
    pub(crate) system: Vec<String>,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// At most N comparisons, the first ones
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Selection")]
    pub(crate) limit: Option<u64>,
    /// The outcome and the replies of one judge of a jury [default: the jury, with the replies of all]
    #[arg(long, value_name = "NAME", help_heading = "Selection")]
    pub(crate) judge: Option<String>,
    /// Human labels, shown with each comparison: JSONL or CSV, one per line or row; `-` is stdin
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) labels: Option<PathBuf>,
    /// In a CSV or TSV file: a column with the winners that one annotator chose; can be repeated
    #[arg(long, value_name = "COLUMN", requires = "labels", help_heading = "Input")]
    pub(crate) label_column: Vec<String>,
    /// In a CSV or TSV file: the column of a system's responses, by which labels may name it; can be repeated
    #[arg(long, value_name = "SYSTEM=COLUMN", value_parser = system_column, requires = "labels", help_heading = "Input")]
    pub(crate) response: Vec<(String, String)>,
    /// In a CSV or TSV file: the column of the ids [default: id]
    #[arg(long, value_name = "COLUMN", requires = "labels", help_heading = "Input")]
    pub(crate) id_column: Option<String>,
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
