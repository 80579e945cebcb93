//! The flags of `evenhand man`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Write evenhand.1 and a page for each command to this folder, replacing those of an earlier version
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,
}
