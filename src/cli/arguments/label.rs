//! The flags of `evenhand label`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::sample::SampleBy;
use super::values::{annotator, host, positive, system_inner_share};

#[derive(Debug, Args)]
pub(crate) struct Label {
    /// What to label: a run file, or items (JSONL or CSV) that need no judge
    #[arg(value_name = "RUN|ITEMS")]
    pub(crate) source: PathBuf,
    /// The rubric that the page asks by [default: that of the run; for items, which response is better]
    #[arg(long, value_name = "RUBRIC", help_heading = "Input")]
    pub(crate) rubric: Option<String>,
    /// Items: compare every system with this one only [default: every pair]
    #[arg(long, value_name = "SYSTEM", help_heading = "Input")]
    pub(crate) baseline: Option<String>,
    /// The label file: every answer is added to it at once, and the same command continues it
    #[arg(long, value_name = "FILE", default_value = "labels.jsonl", help_heading = "Labels")]
    pub(crate) labels: PathBuf,
    /// Who labels [default: annotator]
    #[arg(long, value_name = "NAME", value_parser = annotator, conflicts_with = "annotators", help_heading = "Labels")]
    pub(crate) annotator: Option<String>,
    /// Several people who label, separated by commas: each has a page of their own
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = annotator, help_heading = "Labels")]
    pub(crate) annotators: Vec<String>,
    /// How many comparisons all annotators label, so that people can be compared with each other [default: 30]
    #[arg(long, value_name = "N", requires = "annotators", help_heading = "Labels")]
    pub(crate) overlap: Option<u64>,
    /// How many comparisons to draw, for all annotators together [default: all]
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Sample")]
    pub(crate) n: Option<u64>,
    /// Draw more of the comparisons on which labels are likely to differ from the judge; needs a run and --n
    #[arg(long, value_enum, requires = "n", help_heading = "Sample")]
    pub(crate) by: Option<SampleBy>,
    /// Use the outcomes of one judge of a jury [default: the jury]
    #[arg(long, value_name = "NAME", help_heading = "Sample")]
    pub(crate) judge: Option<String>,
    /// The seed, which decides which comparisons are drawn and their order
    #[arg(long, value_name = "SEED", default_value_t = 0, help_heading = "Sample")]
    pub(crate) seed: u64,
    /// Ask each annotator so many comparisons a second time, which shows how consistent they are
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Sample")]
    pub(crate) repeats: u64,
    /// Show each annotator so many comparisons of a response with itself, which shows whether a side is preferred
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Sample")]
    pub(crate) equal_pairs: u64,
    /// Show only what is labelled and people disagree on, or all of them and the judge
    #[arg(long, conflicts_with_all = ["n", "by", "overlap", "repeats", "equal_pairs"], help_heading = "Sample")]
    pub(crate) adjudicate: bool,
    /// Stop once the labels show whether SYSTEM wins more often than X; can be checked after every label
    #[arg(long, value_name = "SYSTEM=X", value_parser = system_inner_share, conflicts_with = "export", help_heading = "Sample")]
    pub(crate) until_win_rate: Option<(String, f64)>,
    /// Stop once the grades show whether responses of SYSTEM pass more often than X; can be checked after every label
    #[arg(long, value_name = "SYSTEM=X", value_parser = system_inner_share, conflicts_with_all = ["export", "until_win_rate"], help_heading = "Sample")]
    pub(crate) until_pass_rate: Option<(String, f64)>,
    /// Write a file for each annotator to send, and start no server; with several, -NAME is added to its name
    #[arg(long, value_name = "FILE", help_heading = "Without a server")]
    pub(crate) export: Option<PathBuf>,
    /// What the file is [default: page]
    #[arg(long, value_enum, requires = "export", help_heading = "Without a server")]
    pub(crate) layout: Option<TaskLayout>,
    /// The address to serve at, or a name of this machine: 0.0.0.0 is every network that it is in
    #[arg(long, value_name = "HOST", value_parser = host, default_value = "127.0.0.1", conflicts_with = "export", help_heading = "Server")]
    pub(crate) host: String,
    /// The port to serve at [default: any that is free]
    #[arg(long, value_name = "PORT", conflicts_with = "export", help_heading = "Server")]
    pub(crate) port: Option<u16>,
    /// Do not open the browser
    #[arg(long, conflicts_with = "export", help_heading = "Server")]
    pub(crate) no_open: bool,
}

/// What `--export` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TaskLayout {
    /// A page for a browser that needs nothing else and gives back a file of answers
    Page,
    /// Tasks to import into Label Studio
    LabelStudio,
    /// Records to import into Argilla
    Argilla,
    /// A table to fill in
    Csv,
}
