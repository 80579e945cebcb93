//! Text in the columns of a terminal, measured by display width instead of bytes or characters.
//!
//! Texts are cut between graphemes, so that no accent and no part of an emoji is separated from the rest of it.
//! Lines are wrapped here and not by the crate `textwrap`, which measures characters one by one and so gets emoji
//! with a variation selector wrong by a column.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Shortens a text to at most `max` columns by replacing its middle with `…`.
///
/// The end is kept because names with the same beginning often differ there. Names that appear together need
/// [`shorten_unique`](super::short_names::shorten_unique).
pub(super) fn shorten(text: &str, max: usize) -> String {
    shorten_keeping(text, max.saturating_sub(1) / 2, max)
}

/// Shortens a text to at most `max` columns: keeps `begin` columns of its beginning, and as much of its end
/// as fits.
pub(super) fn shorten_keeping(text: &str, begin: usize, max: usize) -> String {
    if text.width() <= max {
        return text.to_owned();
    }
    let begin = take_columns(text.graphemes(true), begin);
    let used: usize = begin.iter().map(|grapheme| grapheme.width()).sum();
    let end = take_columns(text.graphemes(true).rev(), max.saturating_sub(1).saturating_sub(used));
    begin.into_iter().chain(["…"]).chain(end.into_iter().rev()).collect()
}

/// Returns the first graphemes that fit into `max` columns.
pub(super) fn take_columns<'a>(
    graphemes: impl Iterator<Item = &'a str>,
    max: usize,
) -> Vec<&'a str> {
    let mut used = 0;
    graphemes
        .take_while(|grapheme| {
            used += grapheme.width();
            used <= max
        })
        .collect()
}

/// Pads a text with spaces on the right to `width` columns.
pub(super) fn pad_right(text: &str, width: usize) -> String {
    format!("{text}{:1$}", "", width.saturating_sub(text.width()))
}

/// Pads a text with spaces on the left to `width` columns.
pub(super) fn pad_left(text: &str, width: usize) -> String {
    format!("{:1$}{text}", "", width.saturating_sub(text.width()))
}

/// Returns the width of a column that is at least `min` columns wide and fits every cell.
pub(super) fn column_width<'a>(min: usize, cells: impl IntoIterator<Item = &'a String>) -> usize {
    cells.into_iter().map(|cell| cell.width()).fold(min, usize::max)
}

/// Wraps a text at spaces into lines of at most `width` columns.
///
/// A number stays on one line with its unit, and an interval is not split. Longer words are broken.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let glued = text.replace(" %", "\u{a0}%").replace(" – ", "\u{a0}–\u{a0}");
    fill_lines(glued.split_inclusive(' '), width)
        .into_iter()
        .map(|line| line.replace('\u{a0}', " "))
        .collect()
}

/// Breaks a name into lines of at most `width` columns, after a separator wherever possible.
pub(super) fn break_name(name: &str, width: usize, separator: fn(char) -> bool) -> Vec<String> {
    fill_lines(name.split_inclusive(separator), width)
}

/// Fills lines of at most `width` columns with parts; a longer part is broken. Returns at least one line; no line
/// ends with a space.
fn fill_lines<'a>(parts: impl Iterator<Item = &'a str>, width: usize) -> Vec<String> {
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
            let first = take_columns(part.graphemes(true), width).concat();
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
