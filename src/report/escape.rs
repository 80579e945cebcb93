//! Escapes untrusted text for terminals, JSON, CSV and Markdown.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Returns whether a terminal acts on a character (control characters) or displays text in another order because
/// of it (direction marks).
pub(crate) fn is_control_or_bidi(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns a text that is safe to print to a terminal: control characters and direction marks become `\u{…}`.
///
/// With `lines`, line breaks and tabs are kept.
pub fn for_terminal(text: &str, lines: bool) -> Cow<'_, str> {
    let is_safe = |char: char| !is_control_or_bidi(char) || (lines && matches!(char, '\n' | '\t'));
    if text.chars().all(is_safe) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if is_safe(char) {
            escaped.push(char);
        } else {
            // Writing to a string cannot fail.
            let _infallible = write!(escaped, "\\u{{{:x}}}", char as u32);
        }
    }
    escaped.into()
}

/// Returns a line of JSON that is safe to print to a terminal: the control characters that JSON does not
/// escape (DEL and C1) and direction marks are escaped. The JSON value is unchanged.
pub fn json_line(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_control_or_bidi) {
        return json.into();
    }
    let mut line = String::with_capacity(json.len() + 16);
    for char in json.chars() {
        if is_control_or_bidi(char) {
            let _infallible = write!(line, "\\u{:04x}", char as u32);
        } else {
            line.push(char);
        }
    }
    line.into()
}

/// Writes a value as a line of JSON that is safe to print, like [`json_line`], without holding it in memory.
///
/// # Errors
///
/// The line cannot be written, or the value cannot be serialised as JSON.
pub fn write_json_line(mut output: impl io::Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut output, TerminalSafe))?;
    output.write_all(b"\n")
}

/// Formats compact JSON and escapes strings for terminals; JSON outside of strings is always safe.
struct TerminalSafe;

impl Formatter for TerminalSafe {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        writer.write_all(json_line(fragment).as_bytes())
    }
}

/// Returns a text for a CSV cell: an apostrophe is put before a text that a spreadsheet would interpret as a
/// formula, and control characters are escaped as in [`for_terminal`].
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{}", for_terminal(text, true)).into()
    } else {
        for_terminal(text, true)
    }
}

/// What is displayed as nothing, and ends a word for those who look for mentions and addresses in displayed text.
const NOTHING: &str = "<!-- -->";

/// Returns a text that Markdown displays literally: markup, HTML, line breaks and cell borders are escaped.
///
/// Hosts of pull requests also look for `@names`, `#numbers` and addresses in the displayed text, and would notify
/// people or make links; an empty comment within each of them prevents that.
pub fn markdown(text: &str) -> Cow<'_, str> {
    let special = |char: char| "\\`*_{}[]<>#|~!&$".contains(char);
    let is_plain =
        |char: char| !special(char) && !is_control_or_bidi(char) && !"@:.".contains(char);
    if text.chars().all(is_plain) {
        return text.into();
    }
    let text = for_terminal(text, false);
    let mut escaped = String::with_capacity(text.len() + 16);
    for (at, char) in text.char_indices() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            char => {
                if special(char) {
                    escaped.push('\\');
                }
                if char == '.' && ends_with_www(&text[..at]) {
                    escaped.push_str(NOTHING);
                }
                escaped.push(char);
            }
        }
        if begins_reference(char, &text[at + char.len_utf8()..]) {
            escaped.push_str(NOTHING);
        }
    }
    escaped.into()
}

/// Returns whether a character may begin a mention, a reference to an issue, or the rest of an address.
fn begins_reference(char: char, after: &str) -> bool {
    match char {
        '@' | '#' => after.starts_with(|next: char| next.is_alphanumeric() || "-_".contains(next)),
        ':' => after.starts_with("//"),
        _ => false,
    }
}

fn ends_with_www(text: &str) -> bool {
    text.len()
        .checked_sub(3)
        .and_then(|at| text.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::{json_line, markdown, write_json_line};

    #[test]
    fn markdown_has_no_mention_reference_or_address_of_a_text() {
        for (text, expected) in [
            ("plain, 1.5 and a: b", "plain, 1.5 and a: b"),
            ("ask @ana", "ask @<!-- -->ana"),
            ("as in #12", "as in \\#<!-- -->12"),
            ("o/r#1", "o/r\\#<!-- -->1"),
            ("C# @ 5", "C\\# @ 5"),
            ("https://a.b", "https:<!-- -->//a.b"),
            ("WWW.a.b", "WWW<!-- -->.a.b"),
            ("a@b.c", "a@<!-- -->b.c"),
        ] {
            assert_eq!(markdown(text), expected);
        }
    }

    #[test]
    fn json_written_in_pieces_is_the_same_line() {
        let value =
            serde_json::json!({"a\u{7f}\"\u{202e}": ["\u{9b}31m é\n", 1.5, null, "\u{1f600}"]});
        let mut written = Vec::new();
        write_json_line(&mut written, &value).unwrap();
        let line = String::from_utf8(written).unwrap();
        assert_eq!(line, format!("{}\n", json_line(&value.to_string())));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
    }

    /// A pipe whose reader has closed it.
    struct ClosedPipe;

    impl Write for ClosedPipe {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_error_of_the_writer_is_passed_on() {
        let error = write_json_line(ClosedPipe, &["text"]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
