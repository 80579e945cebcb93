//! The log on stderr: which events of the library are shown, and in which format.
//!
//! Only evenhand's own events are ever shown: those of the HTTP client could contain keys and prompts.

use std::io;

use evenhand::report::{for_terminal, json_line};
use evenhand::{Error, Result};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::arguments::{LogFormat, MessageArguments};
use super::environment::{FILTER_VARIABLE, optional_variable};
use super::messages::{self, MESSAGE_TARGET, write_line};

/// What the targets of evenhand's events begin with.
const OWN_TARGET: &str = "evenhand";

/// Starts the log as flags and environment say.
///
/// # Errors
///
/// The filter in the environment is malformed.
pub(super) fn start(arguments: MessageArguments) -> Result<()> {
    let is_json = arguments.log_format == LogFormat::Json;
    messages::set(arguments.quiet, is_json);
    let filter = match arguments.verbose {
        0 => optional_variable(FILTER_VARIABLE).map(|text| filter(&text)).transpose()?,
        1 => Some(own(LevelFilter::INFO)),
        2 => Some(own(LevelFilter::DEBUG)),
        _ => Some(own(LevelFilter::TRACE)),
    };
    if filter.is_none() && !is_json {
        return Ok(());
    }
    let filter = filter.unwrap_or_default();
    let layer = tracing_subscriber::fmt::layer().with_ansi(false);
    // Another subscriber can only be installed by a program that embeds this one, and stays.
    let _installed_before = if is_json {
        let layer = layer.json().flatten_event(true).with_writer(LogLines { is_json });
        let filter = filter.with_target(MESSAGE_TARGET, LevelFilter::TRACE);
        tracing_subscriber::registry().with(layer.with_filter(filter)).try_init().is_err()
    } else {
        let layer = layer.with_writer(LogLines { is_json });
        tracing_subscriber::registry().with(layer.with_filter(filter)).try_init().is_err()
    };
    Ok(())
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
    fn a_filter_for_other_programs_or_without_a_meaning_is_an_error() {
        for text in
            ["h2=trace", "evenhandler=debug", "loud", "evenhand=loud", "debug,http_client=trace"]
        {
            let error = filter(text).unwrap_err();
            assert!(error.to_string().contains("EVENHAND_LOG"), "{text}: {error}");
        }
    }
}
