//! The log on stderr: which events of the library are shown, and in which format.
//!
//! Only evenhand's own events are ever shown: those of the HTTP client could contain keys and prompts.

use std::ffi::OsString;
use std::io;

use evenhand::report::{for_terminal, json_line};
use evenhand::{Error, Result};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::arguments::{LogFormat, MessageArguments};
use super::environment::{FILTER_VARIABLE, FORMAT_VARIABLE, optional_variable};
use super::messages::{self, MESSAGE_TARGET, write_line};

/// What the targets of evenhand's events begin with.
const OWN_TARGET: &str = "evenhand";

/// Starts the log as flags and environment say.
///
/// # Errors
///
/// The filter in the environment is malformed.
pub(super) fn start(arguments: MessageArguments) -> Result<()> {
    messages::set(arguments.quiet, arguments.log_format == LogFormat::Json);
    let (filter, result) = match chosen_filter(arguments.verbose) {
        Ok(filter) => (filter, Ok(())),
        Err(error) => (None, Err(error)),
    };
    match arguments.log_format {
        // Messages are events too, also the one about the filter.
        LogFormat::Json => install_json(filter.unwrap_or_default()),
        LogFormat::Text => filter.into_iter().for_each(install_text),
    }
    result
}

/// Starts a log of messages alone if the command line that could not be parsed, or the environment, asks for JSON.
pub(super) fn start_for_unparsed(arguments: impl Iterator<Item = OsString>) {
    let format = given_format(arguments).or_else(|| optional_variable(FORMAT_VARIABLE));
    if format.is_some_and(|format| format == "json") {
        messages::set(false, true);
        install_json(Targets::new());
    }
}

/// Returns the value of the last `--log-format` of a command line.
fn given_format(arguments: impl Iterator<Item = OsString>) -> Option<String> {
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    let mut arguments = arguments.take_while(|argument| argument != "--");
    let mut given = None;
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--log-format") {
            Some("") => given = arguments.next(),
            Some(value) if value.starts_with('=') => given = Some(value[1..].to_owned()),
            _ => {}
        }
    }
    given
}

/// Returns the filter that `-v` or the environment chooses; `None` if nothing is logged.
fn chosen_filter(verbose: u8) -> Result<Option<Targets>> {
    match verbose {
        0 => optional_variable(FILTER_VARIABLE).map(|text| filter(&text)).transpose(),
        1 => Ok(Some(own(LevelFilter::INFO))),
        2 => Ok(Some(own(LevelFilter::DEBUG))),
        _ => Ok(Some(own(LevelFilter::TRACE))),
    }
}

fn install_json(filter: Targets) {
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).json().flatten_event(true);
    let layer = layer.with_writer(LogLines { is_json: true });
    let filter = filter.with_target(MESSAGE_TARGET, LevelFilter::TRACE);
    // Another subscriber can only be installed by a program that embeds this one, and stays.
    let _installed_before =
        tracing_subscriber::registry().with(layer.with_filter(filter)).try_init().is_err();
}

fn install_text(filter: Targets) {
    let layer = tracing_subscriber::fmt::layer().with_ansi(false);
    let layer = layer.with_writer(LogLines { is_json: false });
    // As for JSON.
    let _installed_before =
        tracing_subscriber::registry().with(layer.with_filter(filter)).try_init().is_err();
}

/// Returns a filter that lets pass events of evenhand up to a level.
fn own(level: LevelFilter) -> Targets {
    Targets::new().with_target(OWN_TARGET, level)
}

/// Parses a filter: a level, or `evenhand::MODULE=LEVEL` separated by commas.
fn filter(text: &str) -> Result<Targets> {
    let wrong = |why: String| {
        Error::usage(format!("the environment variable {FILTER_VARIABLE}: {why}")).hint(
            "expected off, error, warn, info, debug or trace, or for single modules \
             evenhand::run=debug,evenhand::pace=info",
        )
    };
    if let Ok(level) = text.trim().parse::<LevelFilter>() {
        return Ok(own(level));
    }
    let parsed: Targets = text.parse().map_err(|error| wrong(format!("`{text}`: {error}")))?;
    let mut filter = Targets::new();
    if let Some(level) = parsed.default_level() {
        filter = filter.with_target(OWN_TARGET, level);
    }
    for (target, level) in &parsed {
        let is_own = target.split("::").next() == Some(OWN_TARGET);
        if !is_own {
            return Err(wrong(format!("`{target}` is not a module of evenhand")));
        }
        filter = filter.with_target(target, level);
    }
    Ok(filter)
}

/// Writes each event as a line to stderr, escaped.
#[derive(Debug, Clone, Copy)]
struct LogLines {
    is_json: bool,
}

impl<'a> MakeWriter<'a> for LogLines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        *self
    }
}

impl io::Write for LogLines {
    /// The subscriber formats an event first and writes it whole.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(event);
        let line = line.trim_end_matches('\n');
        write_line(&if self.is_json { json_line(line) } else { for_terminal(line, false) });
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn a_filter_is_a_level_or_levels_of_own_modules() {
        for (text, run, pace) in [
            ("debug", true, true),
            ("DEBUG", true, true),
            ("info", false, false),
            ("off", false, false),
            ("evenhand::run=debug", true, false),
            ("info,evenhand::pace=trace", false, true),
        ] {
            let filter = filter(text).unwrap();
            let shows = |target: &str| filter.would_enable(target, &Level::DEBUG);
            assert_eq!(shows("evenhand::run::trial"), run, "{text}");
            assert_eq!(shows("evenhand::pace"), pace, "{text}");
            assert!(!shows("http_client") && !shows("h2"), "{text}");
        }
    }

    #[test]
    fn the_format_is_read_from_a_command_line_that_cannot_be_parsed() {
        for (line, expected) in [
            ("judge --log-format json", Some("json")),
            ("judge --log-format=json --bogus", Some("json")),
            ("--bogus --log-format json judge", Some("json")),
            ("judge --log-format text --log-format json", Some("json")),
            ("judge --log-format=", Some("")),
            ("judge -- --log-format json", None),
            ("judge --log-format", None),
            ("judge --log-formats json", None),
        ] {
            let arguments = line.split(' ').map(OsString::from);
            assert_eq!(given_format(arguments).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn a_filter_for_other_programs_or_without_a_meaning_is_an_error() {
        for text in
            ["h2=trace", "evenhandler=debug", "loud", "evenhand=loud", "debug,http_client=trace"]
        {
            let error = filter(text).unwrap_err();
            assert!(error.to_string().contains("EVENHAND_LOG"), "{text}: {error}");
        }
    }
}
