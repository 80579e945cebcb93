//! What differs between two texts, in a few lines: those that were removed begin with `-`, added ones with `+`.

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
        let lines = changes.iter().filter(|(of, _)| *of == tag);
        lines.map(|(_, line)| line.trim_end_matches(['\n', '\r'])).collect()
    };
    let (removed, added) = (of(ChangeTag::Delete), of(ChangeTag::Insert));
    let replaced = if removed.len() == added.len() { added.clone() } else { Vec::new() };
    let other = |lines: &[&str], at: usize| lines.get(at).copied().unwrap_or_default().to_owned();
    let mut lines = Vec::new();
    for (at, line) in removed.iter().enumerate() {
        lines.push(format!("- {}", around(line, &other(&replaced, at))));
    }
    for (at, line) in added.iter().enumerate() {
        let before = if replaced.is_empty() { String::new() } else { other(&removed, at) };
        lines.push(format!("+ {}", around(line, &before)));
    }
    lines.extend(of(ChangeTag::Equal).iter().map(|line| format!("  {}", around(line, line))));
    lines
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
