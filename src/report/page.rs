//! A page of a terminal: 80 columns of text, written line by line.

use super::columns::wrapped;
use super::escape::for_terminal;
use crate::error::Warning;

/// Columns of the terminal.
pub(super) const WIDTH: usize = 80;
/// Most rows of a list that are shown; JSON has more.
pub(super) const MOST_ROWS: usize = 12;

/// A page as far as it is written.
#[derive(Default)]
pub(super) struct Page {
    pub(super) text: String,
}

impl Page {
    pub(super) fn line(&mut self, arguments: std::fmt::Arguments<'_>) {
        let line = arguments.to_string();
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Writes sentences, indented and broken at the width of the terminal.
    pub(super) fn paragraph(&mut self, indent: usize, text: &str) {
        for line in wrapped(text, WIDTH - indent) {
            self.line(format_args!("{:indent$}{line}", ""));
        }
    }

    /// Says how many rows are not shown.
    pub(super) fn more(&mut self, rows: usize) {
        if rows > MOST_ROWS {
            self.line(format_args!("  … and {} more with --format json", rows - MOST_ROWS));
        }
    }

    pub(super) fn warnings<'a>(&mut self, warnings: impl IntoIterator<Item = &'a Warning>) {
        let mut warnings = warnings.into_iter().peekable();
        if warnings.peek().is_none() {
            return;
        }
        self.line(format_args!("warnings"));
        for warning in warnings {
            let message = shown(&warning.message);
            let mut lines = wrapped(&message, WIDTH - 25).into_iter();
            let first = lines.next().unwrap_or_default();
            self.line(format_args!("  {:<22} {first}", warning.code));
            for line in lines {
                self.line(format_args!("{:25}{line}", ""));
            }
        }
    }
}

/// Returns a text from outside, safe to show.
pub(super) fn shown(text: &str) -> String {
    for_terminal(text, false).into_owned()
}

pub(super) fn percent(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{:.1} %", value * 100.0))
}

pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}
