//! The command line: one file a command. Data goes to stdout, everything else to stderr.

mod arguments;
mod calibrate;
mod check;
mod import;
mod init;
mod judge;
mod judged;
mod merge;
mod metrics;
mod open_files;
mod pacers;
mod progress;
mod sample;
mod setup;
mod signals;
mod verdicts;

use std::io::Write as _;

use clap::Parser as _;
use clap::error::ErrorKind as ClapError;
use evenhand::report::for_terminal;
use evenhand::{Error, ExitCode, Remedy, Result};

use arguments::{Arguments, Command};

/// Runs the program and returns its exit code.
pub(crate) fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let asked = matches!(error.kind(), ClapError::DisplayHelp | ClapError::DisplayVersion);
            // Nobody may be reading any more; there is nothing better to do then.
            let _unread = error.print().is_err();
            return if asked { ExitCode::Done } else { ExitCode::Usage };
        }
    };
    let result = match arguments.command {
        Command::Init(init) => init::run(&init),
        Command::Import(import) => import::run(&import),
        Command::Check(check) => check::run(&check),
        Command::Judge(judge) => judge::run(&judge),
        Command::Merge(merge) => merge::run(&merge),
        Command::Verdicts(verdicts) => verdicts::run(&verdicts),
        Command::Sample(sample) => sample::run(&sample),
        Command::Calibrate(calibrate) => calibrate::run(&calibrate),
        Command::Metrics(metrics) => metrics::run(&metrics),
    };
    result.unwrap_or_else(|error| {
        complain(&error);
        error.exit_code()
    })
}

/// Says what went wrong, its causes, and what to do.
fn complain(error: &Error) {
    say(format_args!("error: {error}"));
    for detail in error.details() {
        say(format_args!("  {detail}"));
    }
    let hint = error.remedy().map(remedy).or_else(|| error.hint_text());
    if let Some(hint) = hint {
        say(format_args!("\nhint: {hint}"));
    }
}

/// Returns a remedy in terms of the program's flags.
fn remedy(remedy: &Remedy) -> String {
    match remedy {
        Remedy::AnotherRunFile => "give another --run".to_owned(),
        Remedy::WaitOrAnotherRunFile => "wait for it, or give another --run".to_owned(),
        Remedy::AnotherRunFileReusing(path) => format!(
            "give another --run; --reuse {} copies the replies whose request is still the same",
            path.display()
        ),
        Remedy::AnotherRunFileOrItemId(path) => format!(
            "give another --run (--reuse {} copies what has not changed), or give the changed item a new id",
            path.display()
        ),
        Remedy::RepeatInsteadOfDuplicate => "--repeat K asks one judge several times".to_owned(),
        other => other.to_string(),
    }
}

/// Says something that is odd but no error.
fn warn(message: &str) {
    say(format_args!("warning: {}", for_terminal(message, false)));
}

/// Writes a line to stderr, escaped. Nobody may be reading there; that stops nothing.
fn say(line: std::fmt::Arguments<'_>) {
    let line = line.to_string();
    let written = writeln!(std::io::stderr().lock(), "{}", for_terminal(&line, true));
    let _unread = written.is_err();
}

/// Writes data to stdout. A reader that has gone away is no error: it has read enough.
///
/// # Errors
///
/// Stdout cannot be written for another reason.
fn print(text: &str) -> Result<bool> {
    printed(std::io::stdout().lock().write_all(text.as_bytes()))
}

/// Returns whether anybody is still reading.
fn printed(result: std::io::Result<()>) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::internal(format!("stdout: {error}"))),
    }
}
