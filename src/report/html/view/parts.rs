//! The building blocks of a page: rows of numbers, tables, plots, facts.

use std::borrow::Cow;

use minijinja::Value;
use serde::Serialize;

use crate::error::Warning;
use crate::overview::{CheckState, ChecklistEntry};
use crate::report::number_format::NumberFormat;
use crate::report::plot::Plot;
use crate::report::quantities::count;
use crate::stats::Estimate;

/// A section of a page: the answer to one question of the reader.
#[derive(Debug, Default, Serialize)]
pub(in crate::report::html) struct Section {
    /// Its name in the page, of ASCII letters.
    pub(super) id: &'static str,
    /// Its name in the list of sections.
    pub(super) short: &'static str,
    /// The question.
    pub(super) heading: String,
    /// The answer, which is set large.
    pub(super) lead: Vec<String>,
    pub(super) sentences: Vec<String>,
    pub(super) parts: Vec<Part>,
}

/// A part of a section: whatever it has of these, in this order.
#[derive(Debug, Default, Serialize)]
pub(in crate::report::html) struct Part {
    /// The heading; empty for a part that needs none.
    pub(super) heading: String,
    pub(super) sentences: Vec<String>,
    pub(super) figures: Vec<Figure>,
    /// Sentences about the figures.
    pub(super) notes: Vec<String>,
    pub(super) table: Option<TableView>,
    pub(super) facts: Vec<Fact>,
    pub(super) warnings: Vec<WarningView>,
    pub(super) checks: Vec<CheckView>,
    pub(super) changes: Vec<TextChanges>,
}

/// A warning with its code.
#[derive(Debug, Serialize)]
pub(in crate::report::html) struct WarningView {
    code: &'static str,
    message: String,
}

/// Something that was validated, or not.
#[derive(Debug, Serialize)]
pub(in crate::report::html) struct CheckView {
    mark: &'static str,
    state: &'static str,
    sentence: String,
    command: Option<String>,
}

/// A unified difference of two texts.
#[derive(Debug, Serialize)]
pub(in crate::report::html) struct TextChanges {
    label: &'static str,
    lines: Vec<ChangedLine>,
}

#[derive(Debug, Serialize)]
struct ChangedLine {
    kind: &'static str,
    text: String,
}

/// A figure, made by `report::plot`, which escapes every text in it and adds its numbers as a table.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(in crate::report::html) struct Figure(Value);

/// A table of text; the first cell of a row is its heading.
#[derive(Debug, Default, Serialize)]
pub(in crate::report::html) struct TableView {
    pub(super) caption: String,
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) note: String,
}

/// The heading of a column; numbers are aligned to the right.
#[derive(Debug, Serialize)]
pub(in crate::report::html) struct Head {
    text: String,
    number: bool,
}

/// A fact with its name.
#[derive(Debug, Serialize)]
pub(in crate::report::html) struct Fact {
    name: Cow<'static, str>,
    value: String,
}

impl WarningView {
    pub(super) fn all<'a>(warnings: impl IntoIterator<Item = &'a Warning>) -> Vec<Self> {
        let view =
            |Warning { code, message, .. }: &Warning| Self { code, message: message.clone() };
        warnings.into_iter().map(view).collect()
    }
}

impl CheckView {
    pub(super) fn of(entry: &ChecklistEntry) -> Self {
        let (mark, state) = match entry.state {
            CheckState::Done => ("✓", "done"),
            CheckState::Partly => ("~", "partly"),
            CheckState::Missing => ("✗", "missing"),
        };
        Self { mark, state, sentence: entry.sentence.clone(), command: entry.command.clone() }
    }
}

impl TextChanges {
    pub(super) fn new(label: &'static str, unified: &str) -> Self {
        let line = |text: &str| {
            let kind = match text.as_bytes() {
                [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] | [b'@', b'@', ..] => "head",
                [b'+', ..] => "new",
                [b'-', ..] => "old",
                _ => "same",
            };
            ChangedLine { kind, text: text.to_owned() }
        };
        Self { label, lines: unified.lines().map(line).collect() }
    }
}

impl Figure {
    pub(super) fn of(plot: &impl Plot) -> Self {
        Self(Value::from_safe_string(plot.figure()))
    }

    /// Returns a table that is shaded by its numbers, from its HTML.
    pub(super) fn matrix(html: &str) -> Self {
        Self(Value::from_safe_string(format!("<div class=\"wide\">{html}</div>")))
    }
}

impl TableView {
    /// Returns a table without rows; the first column holds words, the others numbers where `numbers` says so.
    pub(super) fn new(caption: impl Into<String>, heads: &[(&str, bool)]) -> Self {
        let head =
            |(text, number): &(&str, bool)| Head { text: (*text).to_owned(), number: *number };
        Self { caption: caption.into(), heads: heads.iter().map(head).collect(), ..Self::default() }
    }

    /// Returns a table without rows from the titles of its columns; one that ends in `:` is that of a column of numbers,
    /// and so are intervals.
    pub(super) fn titled(caption: impl Into<String>, titles: &[&str]) -> Self {
        let heads: Vec<(&str, bool)> = titles
            .iter()
            .map(|title| {
                let number = title.strip_suffix(':');
                (number.unwrap_or(title), number.is_some() || title.contains("interval"))
            })
            .collect();
        Self::new(caption, &heads)
    }
}

impl Fact {
    pub(super) fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// Returns a fact from a line such as `before: gpt-4`.
    pub(super) fn of_line(line: &str) -> Self {
        let (name, value) = line.split_once(": ").unwrap_or(("", line));
        Self { name: name.to_owned().into(), value: value.to_owned() }
    }
}

/// Returns the other system of a pair.
pub(super) fn other_system<'a>(between: &'a [String; 2], system: &str) -> &'a str {
    &between[usize::from(between[0] == system)]
}

/// Returns a share with its interval and its n, in a sentence.
pub(super) fn shown_share(estimate: &Estimate) -> String {
    let [value, interval, n] = share_cells(estimate);
    match interval.as_str() {
        "" => format!("{value} (n {n})"),
        interval => format!("{value} ({interval}, n {n})"),
    }
}

/// Returns the three cells of a share: value, interval, n.
pub(super) fn share_cells(estimate: &Estimate) -> [String; 3] {
    let format = NumberFormat::Percent;
    [format.value(estimate.value), format.interval(estimate), count(estimate.n)]
}

/// Returns the three cells of a share that there is none of.
pub(super) fn no_share() -> [String; 3] {
    ["–", "", ""].map(ToOwned::to_owned)
}
