//! What differs between two texts, in a few lines: those that were removed begin with `-`, added ones with `+`.
//!
//! Lines that differ only in white space or control characters would look the same. They stand between quotation marks,
//! with such characters and the line break at the end escaped as in JSON or Rust (`"yes\r\n"`).

use similar::{ChangeTag, TextDiff};

/// The most lines of a difference that are shown.
const MOST_LINES: usize = 16;
/// Lines of more characters are shown only around what differs.
const LONG: usize = 100;
/// Characters that are shown before and after what differs in a long line.
const AROUND: usize = 30;

/// Returns the lines that differ, with a line before and after each.
pub(super) fn text_diff(before: &str, now: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(before, now);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(1) {
        for op in group {
            let changes: Vec<(ChangeTag, &str)> =
                diff.iter_changes(&op).map(|change| (change.tag(), change.value())).collect();
            lines.extend(shown(&changes));
        }
    }
    let more = lines.len().saturating_sub(MOST_LINES);
    if more > 0 {
        lines.truncate(MOST_LINES);
        lines.push(format!("… and {more} more lines"));
    }
    lines
}

/// Returns changed lines with their signs. A line that replaces another is shortened to what differs from it.
fn shown(changes: &[(ChangeTag, &str)]) -> Vec<String> {
    let of = |tag: ChangeTag| -> Vec<&str> {
        changes.iter().filter(|(of, _)| *of == tag).map(|(_, line)| *line).collect()
    };
    let (removed, added) = (of(ChangeTag::Delete), of(ChangeTag::Insert));
    let is_replaced = removed.len() == added.len();
    let all_look_alike = visible(&removed.concat()).eq(visible(&added.concat()));
    let signed = |sign: char, lines: &[&str], others: &[&str]| -> Vec<String> {
        let lines = lines.iter().enumerate().map(|(at, line)| {
            let other = others.get(at).copied().filter(|_| is_replaced);
            let is_alike = other.is_some_and(|other| visible(line).eq(visible(other)));
            let other = other.unwrap_or_default();
            if all_look_alike || is_alike {
                return format!("{sign} {:?}", around(line, other));
            }
            format!("{sign} {}", around(without_break(line), without_break(other)))
        });
        lines.collect()
    };
    let mut lines = signed('-', &removed, &added);
    lines.extend(signed('+', &added, &removed));
    let equal = of(ChangeTag::Equal).into_iter().map(without_break);
    lines.extend(equal.map(|line| format!("  {}", around(line, line))));
    lines
}

/// Returns the characters of a text that leave a mark.
fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|char| !char.is_whitespace() && !char.is_control())
}

fn without_break(line: &str) -> &str {
    line.trim_end_matches(['\n', '\r'])
}

/// Returns a line, of which only the part is kept that differs from another line if it is long.
fn around(line: &str, other: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    if chars.len() <= LONG {
        return line.to_owned();
    }
    let other: Vec<char> = other.chars().collect();
    let same = |(one, two): &(&char, &char)| one == two;
    let start = chars.iter().zip(&other).take_while(same).count();
    let end = chars.iter().rev().zip(other.iter().rev()).take_while(same).count();
    let from = start.min(chars.len()).saturating_sub(AROUND);
    let to = (chars.len() - end.min(chars.len() - start) + AROUND).min(chars.len());
    // A part that differs as a whole is itself shortened.
    let to = to.min(from + LONG + 2 * AROUND);
    let (before, after) =
        (if from > 0 { "…" } else { "" }, if to < chars.len() { "…" } else { "" });
    format!("{before}{}{after}", chars[from..to].iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_are_shown_with_those_around_them() {
        let before = "one\ntwo\nthree\nfour\nfive\nsix\n";
        let now = "one\ntwo\nthree\n4\nfive\nsix\nseven\n";
        assert_eq!(
            text_diff(before, now),
            ["  three", "- four", "+ 4", "  five", "  six", "+ seven"]
        );
        assert!(text_diff(before, before).is_empty());
    }

    #[test]
    fn lines_that_differ_only_in_what_leaves_no_mark_are_escaped() {
        for (before, now, expected) in [
            ("yes\r\nno\n", "yes\nno\n", &[r#"- "yes\r\n""#, r#"+ "yes\n""#, "  no"][..]),
            ("yes", "yes\n", &[r#"- "yes""#, r#"+ "yes\n""#]),
            ("a b", "a\u{a0}b", &[r#"- "a b""#, r#"+ "a\u{a0}b""#]),
            ("a b", "a\tb ", &[r#"- "a b""#, r#"+ "a\tb ""#]),
            ("a\u{7}", "a", &[r#"- "a\u{7}""#, r#"+ "a""#]),
            ("one\n", "one\n\n", &["  one", r#"+ "\n""#]),
            ("one two\n", "one\ntwo\n", &[r#"- "one two\n""#, r#"+ "one\n""#, r#"+ "two\n""#]),
            // Of two lines that were replaced, only one looks the same.
            ("a \nb\n", "a\nc\n", &[r#"- "a \n""#, "- b", r#"+ "a\n""#, "+ c"]),
        ] {
            assert_eq!(text_diff(before, now), expected, "{before:?} {now:?}");
        }
        let long = "word ".repeat(60);
        let diff = text_diff(&format!("{long}\r\n"), &format!("{long}\n"));
        assert!(diff[0].ends_with(r#" word \r\n""#) && diff[0].len() < 100, "{diff:?}");
    }

    #[test]
    fn a_long_line_is_shown_around_what_differs() {
        let padding = "word ".repeat(60);
        let (before, now) = (format!("{padding}red {padding}"), format!("{padding}blue {padding}"));
        let diff = text_diff(&before, &now);
        assert_eq!(diff.len(), 2, "{diff:?}");
        assert!(diff[0].starts_with("- …") && diff[0].contains("red word"), "{diff:?}");
        assert!(diff[1].ends_with('…') && diff[1].contains("blue word"), "{diff:?}");
        assert!(diff.iter().all(|line| line.chars().count() < 100), "{diff:?}");
    }

    #[test]
    fn every_text_gives_short_lines() {
        let long = "x".repeat(10_000);
        let many = "line\n".repeat(500);
        for (before, now) in
            [("", &*long), (&*long, ""), ("", &*many), (&*many, &*long), ("é", "è")]
        {
            let diff = text_diff(before, now);
            assert!(!diff.is_empty() && diff.len() <= MOST_LINES + 1);
            assert!(diff.iter().all(|line| line.chars().count() < 200), "{diff:?}");
        }
    }
}
