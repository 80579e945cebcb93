//! What programs print and how they end, in the form in which messages show it.

use std::process::ExitStatus;

use serde_json::Value;

use crate::input::parse_unique;

/// What Python prints for values that are not written as JSON, and what its `json` module writes for numbers that
/// are not valid JSON.
const PYTHON_LITERALS: [&str; 9] =
    ["True", "False", "None", "nan", "inf", "-inf", "NaN", "Infinity", "-Infinity"];
/// How much of a line of output a message shows, in characters.
const QUOTED: usize = 120;
/// How much a message shows of why a line is not valid JSON, in characters.
const WHY: usize = 80;

/// Returns a text as one line of at most `length` characters, with control characters escaped.
pub(crate) fn one_line(text: &str, length: usize) -> String {
    let mut line = String::new();
    for (count, char) in text.trim().chars().enumerate() {
        if count == length {
            line.push('…');
            break;
        }
        if char.is_control() { line.extend(char.escape_default()) } else { line.push(char) }
    }
    line
}

/// Returns a line of output in the form in which messages quote it.
pub(crate) fn quoted(line: &[u8]) -> String {
    // A character has at most four bytes, and a longer beginning still gets its ellipsis.
    let beginning = &line[..line.len().min(QUOTED * 4 + 4)];
    one_line(&String::from_utf8_lossy(beginning), QUOTED)
}

/// Parses a line of output as JSON in which no key is repeated.
///
/// # Errors
///
/// The line is not valid JSON; the text is a clause that says why.
pub(crate) fn parse_line(line: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not valid UTF-8".to_owned())?;
    parse_unique(text).map_err(|error| {
        let error = error.to_string();
        // The position is left out, since it is that in the line and not in the output.
        let why = error.split(" at line ").next().unwrap_or(&error);
        format!("it is not valid JSON: {}", one_line(why, WHY))
    })
}

/// Returns how a process ended, as the predicate of a sentence about it.
pub(crate) fn how_it_ended(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("ended with exit code {code}"),
        None => format!("was ended by {status}"),
    }
}

/// Returns a hint for a line of output that is no valid answer; `python` says how Python writes one.
pub(crate) fn stdout_hint(line: &[u8], python: &'static str) -> &'static str {
    let is_python =
        PYTHON_LITERALS.iter().any(|word| word.as_bytes() == line) || line.starts_with(b"{'");
    if is_python { python } else { "write only answers to stdout, and logs to stderr" }
}
