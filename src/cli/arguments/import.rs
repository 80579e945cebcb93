//! The flags of `evenhand import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The files as published; the kind of each is recognised by its contents
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The data set, which determines the layout of the files
    #[arg(long, value_enum, value_name = "SET")]
    pub(crate) from: PublishedFormat,
    /// The output folder; existing files are never overwritten
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PublishedFormat {
    /// SUBSET/dataset.json, and SUBSET/evaluators/JUDGE/PROMPT/result.json
    Llmbar,
    /// testset-v1.json, and JUDGE-testset-v1.json
    Pandalm,
}
