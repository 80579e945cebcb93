//! `evenhand rubric`: the loop of a rubric's author.

mod check;
mod history;
mod preview;
mod trying;

use evenhand::{ExitCode, Result};

use super::arguments::{RubricArguments, RubricCommand};

/// Runs one of the commands about rubrics.
pub(crate) fn run(arguments: &RubricArguments) -> Result<ExitCode> {
    match &arguments.command {
        RubricCommand::Check(arguments) => check::run(arguments),
        RubricCommand::Preview(arguments) => preview::run(arguments),
        RubricCommand::Try(arguments) => trying::run(arguments),
        RubricCommand::Log(arguments) => history::run(arguments),
    }
}
