//! `evenhand labels`: answers of other places into the label file, and labels out of it.

mod export;
mod merge;

use evenhand::{ExitCode, Result};

use super::arguments::{LabelsArguments, LabelsCommand};

/// Merges answers, or writes labels or tasks.
pub(crate) fn run(arguments: &LabelsArguments) -> Result<ExitCode> {
    match &arguments.command {
        LabelsCommand::Merge(merge) => merge::run(merge),
        LabelsCommand::Export(export) => export::run(export),
    }
}
