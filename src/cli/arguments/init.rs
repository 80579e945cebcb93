//! The flags of `evenhand init`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to create; existing files are never overwritten
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
}
