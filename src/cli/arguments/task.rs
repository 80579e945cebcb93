//! What is judged and by whom.

use std::path::PathBuf;

use clap::Args;
use evenhand::trial::Shard;

use super::encoder::EncoderArguments;
use super::table::TableArguments;
use super::values::{positive, shard, system_file, tag};

/// What is judged and by whom: shared by `check` and `judge`.
#[derive(Debug, Args)]
pub(crate) struct TaskArguments {
    /// Items: JSONL or CSV, one prompt with its responses per line or row; `-` is stdin
    pub(crate) items: PathBuf,
    /// The rubric: a path, a name in rubrics/, or the name of a rubric that ships with evenhand
    #[arg(long, value_name = "RUBRIC", help_heading = "Input")]
    pub(crate) rubric: String,
    /// The responses of a system in a separate file, joined by id; can be repeated
    #[arg(long, value_name = "SYSTEM=FILE", value_parser = system_file, help_heading = "Input")]
    pub(crate) responses: Vec<(String, PathBuf)>,
    /// Compare every other system with this one, instead of every pair
    #[arg(long, value_name = "SYSTEM", help_heading = "Input")]
    pub(crate) baseline: Option<String>,
    /// Judge only items with this tag; can be repeated: values of one tag are alternatives
    #[arg(long, value_name = "TAG=VALUE", value_parser = tag, help_heading = "Input")]
    pub(crate) tag: Vec<(String, String)>,
    /// Judge only N items, drawn at random; a larger N includes the items of a smaller one
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Input")]
    pub(crate) limit: Option<u64>,
    /// The settings file [default: evenhand.toml in the working folder or the nearest folder above]; rubrics/ and
    /// prompts/ are found beside it
    #[arg(long, value_name = "FILE", env = "EVENHAND_CONFIG", help_heading = "Input")]
    pub(crate) config: Option<PathBuf>,
    /// A setting, as a line of the settings file would write it, such as `judges.NAME.temperature = 0.5`; replaces that
    /// of the file; can be repeated
    #[arg(long, value_name = "SETTING", help_heading = "Input")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) table: TableArguments,
    #[command(flatten)]
    pub(crate) encoder: EncoderArguments,
    /// The run file [default: runs/RUBRIC-JUDGE.db beside evenhand.toml]
    #[arg(long, value_name = "FILE", env = "EVENHAND_RUN", help_heading = "Run")]
    pub(crate) run: Option<PathBuf>,
    /// The seed, which decides which order is asked first and which items --limit draws
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Run")]
    pub(crate) seed: u64,
    /// Ask each order K times; the vote of more than half of them counts
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=100), help_heading = "Run")]
    pub(crate) repeat: Option<u32>,
    /// Judge part I of N, with I from 1 to N; `merge` joins the runs of all parts
    #[arg(long, value_name = "I/N", value_parser = shard, env = "EVENHAND_SHARD", help_heading = "Run")]
    pub(crate) shard: Option<Shard>,
    /// Copy the replies of another run to requests that are the same, or the answers of a recording to the same items in
    /// the same order; can be repeated: the first is preferred
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub(crate) reuse: Vec<PathBuf>,
}
