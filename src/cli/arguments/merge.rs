//! The flags of `evenhand merge`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The run files to merge; they must have the same identity
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// The merged run file; if it exists, what it lacks is added
    #[arg(long, value_name = "OUT")]
    pub(crate) run: PathBuf,
}
