//! Everything on stderr: errors, warnings, notes, progress and the log.
//!
//! All of it goes through [`write_line`], which prints above the progress bar while there is one. With
//! `--log-format json`, messages become events of the log, so that every line is a JSON object.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use evenhand::Error;
use evenhand::report::for_terminal;
use indicatif::ProgressBar;

use super::remedies::hint;

/// The target of messages in a log of JSON lines.
pub(super) const MESSAGE_TARGET: &str = "evenhand::message";

/// Whether progress and notes are left out.
static IS_QUIET: AtomicBool = AtomicBool::new(false);
/// Whether messages are events of the log.
static IS_JSON: AtomicBool = AtomicBool::new(false);
/// The progress bar while it is shown.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Sets what is printed, and how, from now on.
pub(super) fn set(is_quiet: bool, is_json: bool) {
    IS_QUIET.store(is_quiet, Relaxed);
    IS_JSON.store(is_json, Relaxed);
}

/// Returns whether progress and notes are left out.
pub(super) fn is_quiet() -> bool {
    IS_QUIET.load(Relaxed)
}

/// Returns whether every line is a JSON object.
pub(super) fn is_json() -> bool {
    IS_JSON.load(Relaxed)
}

/// Prints lines above this bar from now on; `None` once it is cleared.
pub(super) fn set_bar(bar: Option<ProgressBar>) {
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = bar;
}

/// Prints an error of a command with its details and hint.
pub(super) fn print_error(error: &Error, command: &str) {
    let hint = error.remedy().map(|remedy| hint(remedy, command)).or_else(|| error.hint_text());
    if is_json() {
        let details = error.details().join("\n");
        let details = (!details.is_empty()).then_some(details.as_str());
        let place = error.place();
        tracing::error!(
            target: MESSAGE_TARGET,
            details,
            hint = hint.as_deref(),
            file = place.map(|place| place.file.as_str()),
            line = place.map(|place| place.line),
            field = place.and_then(|place| place.field.as_deref()),
            "{error}"
        );
        return;
    }
    print_lines(&format!("error: {error}"));
    for detail in error.details() {
        print_lines(&format!("  {detail}"));
    }
    if let Some(hint) = hint {
        print_lines(&format!("\nhint: {hint}"));
    }
}

/// Prints a warning.
pub(super) fn print_warning(message: &str) {
    print_warning_with(message, std::iter::empty());
}

/// Prints a warning with lines of detail below it.
pub(super) fn print_warning_with<'a>(message: &str, details: impl Iterator<Item = &'a str>) {
    let details: Vec<&str> = details.map(str::trim_start).collect();
    if is_json() {
        let details = (!details.is_empty()).then(|| details.join("\n"));
        tracing::warn!(target: MESSAGE_TARGET, details, "{message}");
        return;
    }
    print_error_line(format_args!("warning: {}", for_terminal(message, false)));
    for detail in details {
        write_line(&format!("  {}", for_terminal(detail, false)));
    }
}

/// Prints a line to stderr that explains the exit code, after an empty one if it begins with a line break. It stays
/// one line: the names in it are escaped, so that none can pass for a line of its own.
pub(super) fn print_error_line(line: std::fmt::Arguments<'_>) {
    let line = line.to_string();
    let text = line.trim_start_matches('\n');
    let before = &line[..line.len() - text.len()];
    print_lines(&format!("{before}{}", for_terminal(text, false)));
}

/// Prints what is useful but not needed, such as a next step; left out by `--quiet`.
pub(super) fn print_note(line: std::fmt::Arguments<'_>) {
    if !is_quiet() {
        print_lines(&line.to_string());
    }
}

/// Prints lines, escaped. All lines with text but the first are indented, so that a line break in a name does not
/// begin a line that looks like another message.
fn print_lines(lines: &str) {
    if is_json() {
        tracing::info!(target: MESSAGE_TARGET, "{}", lines.trim());
        return;
    }
    let mut indented = String::with_capacity(lines.len());
    for (at, line) in lines.split('\n').enumerate() {
        if at > 0 {
            indented.push('\n');
            let is_further = !indented.trim_end_matches('\n').is_empty();
            if is_further && !line.is_empty() && !line.starts_with("  ") {
                indented.push_str("  ");
            }
        }
        indented.push_str(line);
    }
    write_line(&for_terminal(&indented, true));
}

/// Writes a line to stderr, above the progress bar. If it cannot be written, nothing else stops.
pub(super) fn write_line(line: &str) {
    let write = || {
        let written = writeln!(std::io::stderr().lock(), "{line}");
        let _unread = written.is_err();
    };
    let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}
