//! A report as text for a terminal of 80 columns, written line by line.

use super::columns::{pad_right, shorten, wrap};
use super::escape::for_terminal;
use super::number_format::{NumberFormat, percent};
use super::quantities::count;
use super::wording::Wording;
use crate::error::Warning;
use crate::stats::Estimate;
use crate::trial::other_system;

/// The width of the terminal, in columns.
pub(super) const WIDTH: usize = 80;
/// The most rows of a list; the JSON document has all.
pub(super) const MAX_ROWS: usize = 12;
/// Columns of the label of a row of numbers.
pub(super) const LABEL_WIDTH: usize = 24;
/// The most columns of a system's name in a heading.
const NAME_WIDTH: usize = 28;
/// Columns before the message of a warning, after its code.
const WARNING_INDENT: usize = 25;

/// The text of a report, as far as it is written.
#[derive(Default)]
pub(super) struct TextReport {
    pub(super) text: String,
    pub(super) wording: Wording,
}

impl TextReport {
    /// Starts a report that refers to formats and flags by `wording`.
    pub(super) fn new(wording: Wording) -> Self {
        Self { text: String::new(), wording }
    }

    /// Writes a line without trailing spaces.
    pub(super) fn line(&mut self, arguments: std::fmt::Arguments<'_>) {
        let line = arguments.to_string();
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Writes an empty line.
    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Writes sentences, indented and wrapped at the width of the terminal.
    pub(super) fn paragraph(&mut self, indent: usize, text: &str) {
        for line in wrap(text, WIDTH - indent) {
            self.line(format_args!("{:indent$}{line}", ""));
        }
    }

    /// Writes the heading of a win rate: the system whose wins are counted, and the other one.
    pub(super) fn win_rate_heading(&mut self, between: &[String; 2], system: &str) {
        let other = other_system(between, system);
        let [system, other] = [system, other].map(|name| shorten(&printable(name), NAME_WIDTH));
        self.line(format_args!("  win rate of {system} against {other}"));
    }

    /// Writes the titles of the columns of [`TextReport::number_row`].
    pub(super) fn number_titles(&mut self) {
        self.line(format_args!(
            "  {:<LABEL_WIDTH$}{:>8}  {:<14}{:>6}",
            "", "value", "95 % interval", "n"
        ));
    }

    /// Writes a number with its interval, its n and a note.
    pub(super) fn number_row(
        &mut self,
        label: &str,
        format: NumberFormat,
        estimate: &Estimate,
        note: &str,
    ) {
        let (value, interval) = (format.value(estimate.value), format.interval(estimate));
        let n = count(estimate.n);
        let label = pad_right(label, LABEL_WIDTH);
        // A long interval beside a large number keeps a space.
        let width = 19_usize.saturating_sub(interval.chars().count()).max(n.chars().count());
        self.line(format_args!("  {label}{value:>8}  {interval} {n:>width$}  {note}"));
    }

    /// Writes how many of `rows` rows are not shown, if any.
    pub(super) fn more(&mut self, rows: usize) {
        if rows > MAX_ROWS {
            let format = self.wording.format;
            self.line(format_args!("  … and {} more with {format} json", rows - MAX_ROWS));
        }
    }

    /// Writes the warnings, if there are any.
    pub(super) fn warnings<'a>(&mut self, warnings: impl IntoIterator<Item = &'a Warning>) {
        let mut warnings = warnings.into_iter().peekable();
        if warnings.peek().is_none() {
            return;
        }
        self.line(format_args!("warnings"));
        for warning in warnings {
            let message = printable(&self.wording.apply(warning).message);
            let mut lines = wrap(&message, WIDTH - WARNING_INDENT).into_iter();
            let first = lines.next().unwrap_or_default();
            self.line(format_args!("  {:<22} {first}", warning.code));
            for line in lines {
                self.line(format_args!("{:WARNING_INDENT$}{line}", ""));
            }
        }
    }
}

/// Returns an untrusted text as one line that is safe to print to a terminal.
pub(super) fn printable(text: &str) -> String {
    for_terminal(text, false).into_owned()
}

/// Returns the interval of a share in percent, such as `(33.2 – 76.9)`; nothing where there is none.
pub(super) fn interval(share: &Estimate) -> String {
    match (share.low, share.high) {
        (Some(low), Some(high)) => format!("({:.1} – {:.1})", low * 100.0, high * 100.0),
        _ => String::new(),
    }
}

/// Returns a share with its interval, such as `56.3 % (33.2 – 76.9)`; a dash if it is undefined.
pub(super) fn share_with_interval(share: &Estimate) -> String {
    format!("{} {}", percent(share.value), interval(share)).trim_end().to_owned()
}

/// Returns a p-value with three decimals.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}
