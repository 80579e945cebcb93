//! `evenhand monitor`: the same evaluation over time.

mod add;
mod check;
mod report;
mod sample;

use evenhand::{ExitCode, Result};

use super::arguments::{MonitorArguments, MonitorCommand};

/// Runs one of the commands about histories.
pub(crate) fn run(arguments: &MonitorArguments) -> Result<ExitCode> {
    match &arguments.command {
        MonitorCommand::Add(arguments) => add::run(arguments),
        MonitorCommand::Check(arguments) => check::run(arguments),
        MonitorCommand::Report(arguments) => report::run(arguments),
        MonitorCommand::Sample(arguments) => sample::run(arguments),
    }
}
