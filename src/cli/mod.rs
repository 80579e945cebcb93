//! The command line: one file a command. Data goes to stdout, everything else to stderr.

mod arguments;
mod budget;
mod calibrate;
mod check;
mod gates;
mod import;
mod init;
mod init_from;
mod judge;
mod judge_report;
mod judge_warnings;
mod merge;
mod metrics;
mod open_files;
mod pager;
mod progress;
mod remedies;
mod sample;
mod selection;
mod setup;
mod show;
mod signals;
mod terminal;
mod unplanned;
mod verdicts;

use std::io::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser as _;
use clap::error::ErrorKind as ClapError;
use evenhand::input::load_rubric;
use evenhand::report::for_terminal;
use evenhand::store::RunFile;
use evenhand::{Error, ExitCode, Result, Warning};

use arguments::{Arguments, Command};
use remedies::hint;

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
    let command = arguments.command.name();
    let result = match arguments.command {
        Command::Init(init) => init::run(&init),
        Command::Import(import) => import::run(&import),
        Command::Check(check) => check::run(&check),
        Command::Judge(judge) => judge::run(&judge),
        Command::Merge(merge) => merge::run(&merge),
        Command::Verdicts(verdicts) => verdicts::run(&verdicts),
        Command::Show(show) => show::run(&show),
        Command::Sample(sample) => sample::run(&sample),
        Command::Calibrate(calibrate) => calibrate::run(&calibrate),
        Command::Metrics(metrics) => metrics::run(&metrics),
    };
    result.unwrap_or_else(|error| {
        print_error(&error, command);
        error.exit_code()
    })
}

/// Opens a run, to be read with another rubric where one is named.
fn open_run(path: &Path, rubric: Option<&str>) -> Result<RunFile> {
    let mut run = RunFile::open(path)?;
    if let Some(rubric) = rubric {
        let rubric = load_rubric(rubric, Path::new("."))?;
        rubric.warning.iter().for_each(|warning| print_warning(&warning.message));
        run.use_rubric(rubric)?;
    }
    Ok(run)
}

#[expect(clippy::disallowed_methods, reason = "the binary is what reads the clock")]
fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Prints an error of a command with its details and hint.
fn print_error(error: &Error, command: &str) {
    print_error_line(format_args!("error: {error}"));
    for detail in error.details() {
        print_error_line(format_args!("  {detail}"));
    }
    if let Some(hint) =
        error.remedy().map(|remedy| hint(remedy, command)).or_else(|| error.hint_text())
    {
        print_error_line(format_args!("\nhint: {hint}"));
    }
}

/// Prints a warning.
fn print_warning(message: &str) {
    print_error_line(format_args!("warning: {}", for_terminal(message, false)));
}

/// Returns a warning about items with the flag that answers it.
fn input_warning(warning: &Warning) -> String {
    let flag = table_flag(warning).map(|flag| format!(" ({flag})")).unwrap_or_default();
    format!("{}{flag}", warning.message)
}

/// Returns the flag that answers a warning about the columns of a table.
fn table_flag(warning: &Warning) -> Option<&'static str> {
    match warning.code {
        "columns-as-systems" => Some("--response COLUMN"),
        "row-ids" => Some("--id-column COLUMN"),
        _ => None,
    }
}

/// Prints a line to stderr, escaped. If it cannot be written, nothing else stops.
fn print_error_line(line: std::fmt::Arguments<'_>) {
    let line = line.to_string();
    let written = writeln!(std::io::stderr().lock(), "{}", for_terminal(&line, true));
    let _unread = written.is_err();
}

/// Prints data to stdout; returns `false` if the reader has closed it, which is no error.
///
/// # Errors
///
/// Stdout cannot be written for another reason.
fn print(text: &str) -> Result<bool> {
    printed(std::io::stdout().lock().write_all(text.as_bytes()))
}

/// Returns `false` for a write that failed because the reader has closed stdout.
fn printed(result: std::io::Result<()>) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::internal(format!("stdout: {error}"))),
    }
}
