//! Texts as lines of a width, with their marks, one below the other or side by side.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::difference::{MarkedChar, MarkedText};
use crate::report::escape::for_terminal;

/// The distance between tab stops.
const TAB: usize = 4;
/// Between two columns.
pub(super) const SEPARATOR: &str = " │ ";

/// One line of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Its characters.
    pub(super) chars: Vec<MarkedChar>,
    /// Whether it is a heading.
    pub(super) is_heading: bool,
}

impl Line {
    /// Returns the text of the line.
    pub(super) fn text(&self) -> String {
        self.chars.iter().map(|(char, _)| *char).collect()
    }

    /// Returns whether anything in the line is marked.
    pub(super) fn is_marked(&self) -> bool {
        self.chars.iter().any(|(_, marked)| *marked)
    }

    /// Returns the line below that marks it.
    pub(super) fn marks(&self) -> String {
        let mut below = String::new();
        for (char, marked) in &self.chars {
            let mark = if *marked { '~' } else { ' ' };
            below.extend(std::iter::repeat_n(mark, columns(*char)));
        }
        below.trim_end().to_owned()
    }
}

/// Returns an untrusted text as it is shown: line breaks are kept, tabs become spaces, control characters are escaped.
pub(super) fn shown(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let escaped = for_terminal(&text, true);
    if !escaped.contains('\t') {
        return escaped.into_owned();
    }
    let mut shown = String::with_capacity(escaped.len() + 16);
    let mut column = 0;
    for char in escaped.chars() {
        match char {
            '\t' => {
                let spaces = TAB - column % TAB;
                shown.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
            }
            '\n' => {
                shown.push(char);
                column = 0;
            }
            _ => {
                shown.push(char);
                column += columns(char);
            }
        }
    }
    shown
}

/// Returns the heading of a text, which may take several lines.
pub(super) fn heading(text: &str, width: usize) -> Vec<Line> {
    let lines = wrap(&MarkedText::plain(&for_terminal(text, false)), width, 0);
    lines.into_iter().map(|line| Line { is_heading: true, ..line }).collect()
}

/// Wraps a text that is already [`shown`] to lines of a width, indented. Line breaks and spaces stay; a line is
/// broken after a space or beside a wide character, or anywhere if it has neither.
pub(super) fn wrap(text: &MarkedText, width: usize, indent: usize) -> Vec<Line> {
    let room = width.saturating_sub(indent).max(2);
    let mut lines = Vec::new();
    for source in text.chars.split(|(char, _)| *char == '\n') {
        let mut rest = source;
        loop {
            let (line, next) = break_line(rest, room);
            let indentation = std::iter::repeat_n((' ', false), indent);
            lines.push(Line {
                chars: indentation.chain(line.iter().copied()).collect(),
                is_heading: false,
            });
            rest = next;
            if rest.is_empty() {
                break;
            }
        }
    }
    // Line breaks at the end of a text show nothing.
    while lines.len() > 1 && lines.last().is_some_and(|line| trim_end(&line.chars).is_empty()) {
        lines.pop();
    }
    lines
}

/// Splits off a line of at most `room` columns; the spaces at the break are dropped.
fn break_line(text: &[MarkedChar], room: usize) -> (&[MarkedChar], &[MarkedChar]) {
    let mut used = 0;
    let fits = text
        .iter()
        .take_while(|(char, _)| {
            used += columns(*char);
            used <= room
        })
        .count()
        .max(1);
    if fits >= text.len() {
        return (trim_end(text), &[]);
    }
    let may_break = |at: &usize| !is_glued(text[*at - 1].0, text[*at].0);
    let is_break = |at: &usize| {
        let (before, after) = (text[*at - 1].0, text[*at].0);
        let is_wide = columns(before) == 2 || columns(after) == 2;
        before == ' ' || after == ' ' || (is_wide && may_break(at))
    };
    let indent = text.iter().take_while(|(char, _)| *char == ' ').count();
    let anywhere = (1..=fits).rev().find(may_break).unwrap_or(fits);
    let at = (indent + 1..=fits).rev().find(is_break).unwrap_or(anywhere);
    // A word that is longer than a line is broken anyway; then it need not begin on a new line.
    let has_end = |from: usize| (from + 1..text.len().min(from + room)).any(|at| is_break(&at));
    let ends = has_end(at) || text.len() <= at + room;
    let at = if ends || at * 2 > fits { at } else { anywhere };
    let spaces = text[at..].iter().take_while(|(char, _)| *char == ' ').count();
    (trim_end(&text[..at]), &text[at + spaces..])
}

/// Returns whether two characters stay on one line: parts of one symbol, and punctuation of scripts without spaces.
fn is_glued(before: char, after: char) -> bool {
    columns(after) == 0
        || after == '\u{fe0f}'
        || before == '\u{200d}'
        || "、。，．！？：；）」』】〉》".contains(after)
        || "（「『【〈《".contains(before)
}

fn trim_end(text: &[MarkedChar]) -> &[MarkedChar] {
    let end = text.iter().rposition(|(char, _)| *char != ' ').map_or(0, |last| last + 1);
    &text[..end]
}

/// Returns the columns that a character takes, at most.
fn columns(char: char) -> usize {
    // The emoji variation selector makes the character before it one column wider.
    if char == '\u{fe0f}' { 1 } else { char.width().unwrap_or(0) }
}

/// Writes lines below each other.
pub(super) fn write_lines(page: &mut String, lines: &[Line], colour: bool) {
    for line in lines {
        page.push_str(styled(line, colour).trim_end());
        page.push('\n');
        if line.is_marked() {
            page.push_str(&line.marks());
            page.push('\n');
        }
    }
}

/// Writes two columns of lines side by side, the left one `width` wide.
pub(super) fn write_columns(
    page: &mut String,
    columns: &[Vec<Line>; 2],
    width: usize,
    colour: bool,
) {
    let [left, right] = columns;
    let empty = Line::default();
    for at in 0..left.len().max(right.len()) {
        let [left, right] = [left, right].map(|lines| lines.get(at).unwrap_or(&empty));
        write_row(
            page,
            [&styled(left, colour), &styled(right, colour)],
            width,
            left.text().width(),
        );
        if left.is_marked() || right.is_marked() {
            let [left, right] = [left.marks(), right.marks()];
            write_row(page, [&left, &right], width, left.width());
        }
    }
}

fn write_row(page: &mut String, [left, right]: [&str; 2], width: usize, left_width: usize) {
    page.push_str(left);
    page.extend(std::iter::repeat_n(' ', width.saturating_sub(left_width)));
    let row = format!("{SEPARATOR}{right}");
    page.push_str(row.trim_end());
    page.push('\n');
}

/// Returns a line with what colour adds: headings and marked words are bold.
fn styled(line: &Line, colour: bool) -> String {
    if !colour {
        return line.text();
    }
    let mut text = String::new();
    let mut bold = false;
    for (char, marked) in &line.chars {
        if (*marked || line.is_heading) != bold {
            bold = !bold;
            text.push_str(if bold { "\u{1b}[1m" } else { "\u{1b}[0m" });
        }
        text.push(*char);
    }
    if bold {
        text.push_str("\u{1b}[0m");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<String> {
        let lines = wrap(&MarkedText::plain(&shown(text)), width, 0);
        lines.iter().map(Line::text).collect()
    }

    #[test]
    fn lines_are_broken_at_spaces_and_keep_their_indentation() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("  if x:\n    pass", 20), ["  if x:", "    pass"]);
        assert_eq!(wrapped("a\n\nb\n\n", 8), ["a", "", "b"]);
        assert_eq!(wrapped("", 8), [""]);
    }

    #[test]
    fn a_long_word_is_broken_anywhere_and_nothing_is_lost() {
        let word = "x".repeat(10_000);
        let lines = wrapped(&word, 37);
        assert!(lines.iter().all(|line| line.width() <= 37));
        assert_eq!(lines.concat(), word);
    }

    #[test]
    fn no_line_is_wider_than_its_room() {
        let texts = [
            "日本語の長い文章です、とても長い。",
            "👩‍👩‍👧‍👦 family ❤️ heart",
            "e\u{301}e\u{301}e\u{301}e\u{301}",
        ];
        for text in texts {
            for width in 2..12 {
                let lines = wrapped(text, width);
                assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:?}");
                let without_spaces = |text: &str| text.replace(' ', "");
                assert_eq!(without_spaces(&lines.concat()), without_spaces(text));
            }
        }
    }

    #[test]
    fn a_symbol_of_several_characters_is_not_broken() {
        assert_eq!(wrapped("日本👩\u{200d}👩\u{200d}👧", 9), ["日本", "👩\u{200d}👩\u{200d}👧"]);
        assert_eq!(wrapped("日本語。日本", 6), ["日本", "語。日", "本"]);
    }

    #[test]
    fn a_word_longer_than_a_line_begins_where_it_stands() {
        assert_eq!(wrapped("so: xxxxxxxxxxxxxxxxxxxx", 10), ["so: xxxxxx", "xxxxxxxxxx", "xxxx"]);
        assert_eq!(wrapped("so: xxxxxxxxx", 10), ["so:", "xxxxxxxxx"]);
    }

    #[test]
    fn control_characters_are_escaped_and_tabs_are_spaces() {
        assert_eq!(shown("a\u{1b}[2Jb\r\nc\td\u{202e}"), "a\\u{1b}[2Jb\nc   d\\u{202e}");
    }

    #[test]
    fn marks_stand_below_wide_characters() {
        let text =
            MarkedText { chars: vec![('东', false), ('京', true), ('a', false), ('b', true)] };
        let line = &wrap(&text, 20, 2)[0];
        assert_eq!(line.marks(), "    ~~ ~");
    }
}
