//! `evenhand completions`: a script that completes commands and flags in a shell.

use clap::CommandFactory as _;
use evenhand::{ExitCode, Result};

use super::arguments::{Arguments, Completions};
use super::print;

/// Prints the script.
pub(crate) fn run(arguments: &Completions) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "evenhand", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::Done)
}
