//! Text in columns of a terminal: measured as it is shown, not in bytes or characters.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Returns a text of at most `most` columns: of a longer one its beginning and its end, since names that
/// begin alike often differ there. Names that stand beside each other need [`told_apart`](super::names::told_apart).
pub(super) fn shortened(text: &str, most: usize) -> String {
    cut(text, most.saturating_sub(1) / 2, most)
}

/// Returns a text of at most `most` columns: of a longer one `begin` columns of its beginning, and its end.
pub(super) fn cut(text: &str, begin: usize, most: usize) -> String {
    if text.width() <= most {
        return text.to_owned();
    }
    let begin = fitting(text.chars(), begin);
    let end: Vec<char> = fitting(
        text.chars().rev(),
        most.saturating_sub(1).saturating_sub(begin.iter().copied().map(columns).sum::<usize>()),
    );
    begin.into_iter().chain(['…']).chain(end.into_iter().rev()).collect()
}

/// Returns how many columns a character adds at most. What asks for the picture of the one before it makes
/// that one wider.
fn columns(char: char) -> usize {
    if char == '\u{fe0f}' { 1 } else { char.width().unwrap_or(0) }
}

/// Returns as many of the first characters as fit.
pub(super) fn fitting(chars: impl Iterator<Item = char>, most: usize) -> Vec<char> {
    let mut used = 0;
    chars
        .take_while(|char| {
            used += columns(*char);
            used <= most
        })
        .collect()
}

/// Returns a text with spaces after it up to `width` columns.
pub(super) fn left(text: &str, width: usize) -> String {
    format!("{text}{:1$}", "", width.saturating_sub(text.width()))
}

/// Returns a text with spaces before it up to `width` columns.
pub(super) fn right(text: &str, width: usize) -> String {
    format!("{:1$}{text}", "", width.saturating_sub(text.width()))
}

/// Returns the width of a column that is at least `least` wide and holds every cell.
pub(super) fn wide_enough<'a>(least: usize, cells: impl IntoIterator<Item = &'a String>) -> usize {
    cells.into_iter().map(|cell| cell.width()).fold(least, usize::max)
}

/// Breaks a text at spaces into lines of at most `width` columns. A number stays with its unit; a word that
/// is longer than a line is broken.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let glued = text.replace(" %", "\u{a0}%").replace(" – ", "\u{a0}–\u{a0}");
    filled(glued.split_inclusive(' '), width)
        .into_iter()
        .map(|line| line.replace('\u{a0}', " "))
        .collect()
}

/// Breaks a name into lines of at most `width` columns, after a separator of its parts where it can.
pub(super) fn broken(name: &str, width: usize, separator: fn(char) -> bool) -> Vec<String> {
    filled(name.split_inclusive(separator), width)
}

/// Fills lines with parts, at least one line; a part that is longer than a line is broken. No line has spaces at
/// its end.
fn filled<'a>(parts: impl Iterator<Item = &'a str>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for mut part in parts {
        match lines.last_mut() {
            Some(line) if line.width() + part.trim_end().width() <= width => {
                line.push_str(part);
                continue;
            }
            _ => {}
        }
        while part.trim_end().width() > width {
            let first: String = fitting(part.chars(), width).into_iter().collect();
            if first.is_empty() {
                break;
            }
            part = &part[first.len()..];
            lines.push(first);
        }
        lines.push(part.to_owned());
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}
