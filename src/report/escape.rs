//! Escaping for the place a text goes to.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Returns whether a character can move the cursor, colour the screen or reorder what is shown.
fn is_active(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns a text that a terminal shows and does not obey: control characters become `\u{…}`.
///
/// With `lines`, line breaks and tabs stay as they are.
pub fn for_terminal(text: &str, lines: bool) -> Cow<'_, str> {
    let harmless = |char: char| !is_active(char) || (lines && matches!(char, '\n' | '\t'));
    if text.chars().all(harmless) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if harmless(char) {
            shown.push(char);
        } else {
            // Writing to a string cannot fail.
            let _infallible = write!(shown, "\\u{{{:x}}}", char as u32);
        }
    }
    shown.into()
}

/// Returns one line of JSON that is safe to print: what JSON leaves bare and a terminal obeys (DEL, C1
/// and direction marks) is written as an escape. It is the same JSON value.
pub fn json_line(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_active) {
        return json.into();
    }
    let mut line = String::with_capacity(json.len() + 16);
    for char in json.chars() {
        if is_active(char) {
            let _infallible = write!(line, "\\u{:04x}", char as u32);
        } else {
            line.push(char);
        }
    }
    line.into()
}

/// Writes a value as one line of JSON that is safe to print, as [`json_line`] does, without holding it in memory.
///
/// # Errors
///
/// The line cannot be written, or the value has no form in JSON.
pub fn write_json_line(mut output: impl io::Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut output, Harmless))?;
    output.write_all(b"\n")
}

/// Compact JSON in which strings have nothing that a terminal obeys; there is nothing of it anywhere else.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        writer.write_all(json_line(fragment).as_bytes())
    }
}

/// Returns a text for a CSV cell: one that a spreadsheet would take for a formula gets an apostrophe, and
/// what a terminal would obey is made visible.
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{}", for_terminal(text, true)).into()
    } else {
        for_terminal(text, true)
    }
}

/// Returns a text that Markdown shows as it is: no markup, no HTML, no new line or cell.
pub fn markdown(text: &str) -> Cow<'_, str> {
    let special = |char: char| "\\`*_{}[]<>#|~!&$".contains(char);
    if !text.chars().any(|char| special(char) || is_active(char)) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for char in for_terminal(text, false).chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            char => {
                if special(char) {
                    escaped.push('\\');
                }
                escaped.push(char);
            }
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::{json_line, write_json_line};

    #[test]
    fn json_that_is_written_piece_by_piece_is_the_same_line() {
        let value =
            serde_json::json!({"a\u{7f}\"\u{202e}": ["\u{9b}31m é\n", 1.5, null, "\u{1f600}"]});
        let mut written = Vec::new();
        write_json_line(&mut written, &value).unwrap();
        let line = String::from_utf8(written).unwrap();
        assert_eq!(line, format!("{}\n", json_line(&value.to_string())));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
    }

    /// A pipe whose reader has gone away.
    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_nobody_reads_fails_for_that_reason() {
        let error = write_json_line(Gone, &["text"]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
