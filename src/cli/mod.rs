//! The command line: one file a command. Data goes to stdout, everything else to stderr.

mod arguments;
mod asking;
mod batches;
mod browser;
mod budget;
mod budget_ways;
mod cache_folder;
mod calibrate;
mod calibrate_grades;
mod calibrating;
mod cascade;
mod check;
mod completions;
mod decide;
mod diff;
mod encoder;
mod encoding_display;
mod environment;
mod events;
mod export;
mod gap_commands;
mod gates;
mod generate;
mod generate_output;
mod generate_plan;
mod generate_report;
mod grade;
mod heartbeat;
mod import;
mod init;
mod init_from;
mod input_warnings;
mod judge;
mod judge_report;
mod judge_totals;
mod judge_warnings;
mod judging;
mod label;
mod label_source;
mod labels;
mod log;
mod man;
mod merge;
mod messages;
mod metrics;
mod metrics_labels;
mod models;
mod monitor;
mod open_files;
mod output_file;
mod pager;
mod plan;
mod progress;
mod project;
mod quota_server;
mod rank;
mod remedies;
mod report;
mod report_checks;
mod report_grades;
mod report_output;
mod rubric;
mod runs;
mod sample;
mod selection;
mod setup;
mod shell;
mod show;
mod signals;
mod starter_folder;
mod terminal;
mod unit;
mod unplanned;
mod verdicts;

use std::io::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::error::ErrorKind as ClapError;
use clap::{CommandFactory as _, FromArgMatches as _};
use evenhand::report::json_line;
use evenhand::store::RunFile;
use evenhand::{Error, ExitCode, Result};

use arguments::{Arguments, Command};
use environment::{variable_of_invalid_value, warn_of_misspelt_variables, without_empty_variables};
use input_warnings::{input_warning, table_flag};
use messages::{print_error, print_error_line, print_note, print_warning};
use project::Project;

/// Runs the program and returns its exit code.
pub(crate) fn main() -> ExitCode {
    let mut command = without_empty_variables(Arguments::command());
    let parsed = command.try_get_matches_from_mut(std::env::args_os());
    let parsed = parsed.and_then(|matches| {
        Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    });
    let name = parsed.as_ref().map_or("", |arguments| arguments.command.name());
    let result = match parsed {
        Ok(arguments) => log::start(arguments.messages).and_then(|()| {
            warn_of_misspelt_variables();
            run(arguments.command)
        }),
        Err(error) => print_parse_error(&error),
    };
    result.unwrap_or_else(|error| {
        print_error(&error, name);
        error.exit_code()
    })
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Init(init) => init::run(&init),
        Command::Import(import) => import::run(&import),
        Command::Export(export) => export::run(&export),
        Command::Generate(generate) => generate::run(&generate),
        Command::Check(check) => check::run(&check),
        Command::Budget(budget) => budget_ways::run(budget),
        Command::Judge(judge) => judge::run(&judge),
        Command::Grade(grade) => grade::run(&grade),
        Command::Merge(merge) => merge::run(&merge),
        Command::Verdicts(verdicts) => verdicts::run(&verdicts),
        Command::Show(show) => show::run(&show),
        Command::Plan(plan) => plan::run(&plan),
        Command::Sample(sample) => sample::run(&sample),
        Command::Label(label) => label::run(&label),
        Command::Labels(labels) => labels::run(&labels),
        Command::Calibrate(calibrate) => calibrate::run(&calibrate),
        Command::Report(report) => report::run(&report),
        Command::Diff(diff) => diff::run(&diff),
        Command::Cascade(cascade) => cascade::run(&cascade),
        Command::Rank(rank) => rank::run(&rank),
        Command::Monitor(monitor) => monitor::run(&monitor),
        Command::Rubric(rubric) => rubric::run(&rubric),
        Command::Metrics(metrics) => metrics::run(&metrics),
        Command::Models(models) => models::run(&models),
        Command::Runs(runs) => runs::run(&runs),
        Command::Completions(completions) => completions::run(&completions),
        Command::Man(man) => man::run(&man),
    }
}

/// Prints the help or the version that was asked for, or what is wrong with the command line.
fn print_parse_error(error: &clap::Error) -> Result<ExitCode> {
    if matches!(error.kind(), ClapError::DisplayHelp | ClapError::DisplayVersion) {
        return printed(error.print()).map(|_| ExitCode::Done);
    }
    let variable = variable_of_invalid_value(error)
        .map(|variable| format!("the value is that of the environment variable {variable}"));
    log::start_for_unparsed(std::env::args_os().skip(1));
    if messages::is_json() {
        return Err(usage_error(error, variable));
    }
    // If it cannot be printed, the exit code still says what it is.
    let _unread = error.print().is_err();
    if let Some(variable) = variable {
        print_error_line(format_args!("\n{variable}"));
    }
    Ok(ExitCode::Usage)
}

/// Returns what is wrong with the command line as an error with details.
fn usage_error(error: &clap::Error, variable: Option<String>) -> Error {
    let text = error.render().to_string();
    let (message, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let details = rest.lines().filter(|line| !line.trim().is_empty()).map(ToOwned::to_owned);
    let message = message.strip_prefix("error: ").unwrap_or(message);
    details.chain(variable).fold(Error::usage(message), Error::detail)
}

/// Opens a run, to be read with another rubric where one is named; `config` is the settings file beside which it is
/// looked for.
fn open_run(path: &Path, rubric: Option<&str>, config: Option<&Path>) -> Result<RunFile> {
    read_with(RunFile::open(path)?, rubric, config)
}

/// Opens a run of comparisons or of grades, to be read as [`open_run`] says.
fn open_any_run(path: &Path, rubric: Option<&str>, config: Option<&Path>) -> Result<RunFile> {
    read_with(RunFile::open_any(path)?, rubric, config)
}

/// Returns a run, to be read with another rubric where one is named.
fn read_with(mut run: RunFile, rubric: Option<&str>, config: Option<&Path>) -> Result<RunFile> {
    if let Some(rubric) = rubric {
        let rubric = Project::find(config)?.rubric(rubric)?;
        rubric.warning.iter().for_each(|warning| print_warning(&warning.message));
        run.use_rubric(rubric)?;
    }
    Ok(run)
}

#[expect(clippy::disallowed_methods, reason = "the binary is what reads the clock")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn seconds_since_1970() -> u64 {
    now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Prints data to stdout; returns `false` if the reader has closed it, which is no error.
///
/// # Errors
///
/// Stdout cannot be written for another reason.
fn print(text: &str) -> Result<bool> {
    let mut stdout = std::io::stdout().lock();
    printed(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// Prints a JSON document as one line to stdout, as [`print`] does.
///
/// # Errors
///
/// As there.
fn print_json(document: &serde_json::Value) -> Result<bool> {
    print(&json_text(document))
}

/// Returns a JSON document as one line with its line break.
fn json_text(document: &serde_json::Value) -> String {
    format!("{}\n", json_line(&document.to_string()))
}

/// Returns `false` for a write that failed because the reader has closed stdout.
fn printed(result: std::io::Result<()>) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::run(format!("the output cannot be written to stdout: {error}"))
            .hint("print it to a disk with enough space; what is stored in files is complete")
            .caused_by(error)),
    }
}
