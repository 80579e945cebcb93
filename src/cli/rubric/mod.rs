//! `evenhand rubric`: the loop of a rubric's author.

mod check;

use evenhand::{ExitCode, Result};

use super::arguments::{RubricArguments, RubricCommand};

/// Runs one of the commands about rubrics.
pub(crate) fn run(arguments: &RubricArguments) -> Result<ExitCode> {
    match &arguments.command {
        RubricCommand::Check(arguments) => check::run(arguments),
        RubricCommand::Preview(_) | RubricCommand::Try(_) | RubricCommand::Log(_) => {
            Ok(ExitCode::Internal)
        }
    }
}
