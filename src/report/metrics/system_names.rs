//! The displayed names of systems: short enough for a table, and unique within a report.

use std::collections::HashMap;

use unicode_width::UnicodeWidthStr as _;

use crate::metrics::Evaluation;
use crate::report::columns::{break_name, pad_left, pad_right, shorten};
use crate::report::short_names::shorten_unique;
use crate::report::text_report::{TextReport, printable};

/// The largest width of a short name. Every table has room for it, except column headers, which may take several
/// lines.
pub(super) const MAX_SHORT_NAME: usize = 18;
/// The most lines of a column header.
const MAX_LINES: usize = 3;

/// The displayed names of the systems.
pub(super) struct SystemNames {
    names: HashMap<String, DisplayName>,
}

/// The displayed name of one system.
struct DisplayName {
    whole: String,
    short: String,
}

impl SystemNames {
    /// Returns the displayed names of the systems of an evaluation; short names have at most `max_short` columns.
    pub(super) fn of(evaluation: &Evaluation, max_short: usize) -> Self {
        let systems = evaluation.metrics.first().map(|report| report.systems.as_slice());
        let systems: Vec<&str> =
            systems.unwrap_or_default().iter().map(|system| system.system.as_str()).collect();
        let whole: Vec<String> = systems.iter().map(|system| printable(system)).collect();
        // Names can become equal when control characters are escaped.
        let whole = shorten_unique(&whole, usize::MAX);
        let short = shorten_unique(&whole, max_short);
        let names = whole.into_iter().zip(short).map(|(whole, short)| DisplayName { whole, short });
        Self { names: systems.into_iter().map(ToOwned::to_owned).zip(names).collect() }
    }

    /// Returns a system's whole name if it has at most `max` columns, else its short name.
    pub(super) fn within(&self, system: &str, max: usize) -> String {
        match self.names.get(system) {
            Some(DisplayName { whole, .. }) if whole.width() <= max => whole.clone(),
            Some(DisplayName { short, .. }) => short.clone(),
            None => shorten(&printable(system), max),
        }
    }

    /// Writes the header of a table with a column for each system, all of the same width; long names take several
    /// lines. The last line begins with `first`, padded to `indent` columns, and ends with `last`.
    pub(super) fn write_header<'a>(
        &self,
        output: &mut TextReport,
        (first, indent): (&str, usize),
        (systems, column): (impl Iterator<Item = &'a str>, usize),
        last: &str,
    ) {
        let names: Vec<Vec<String>> =
            systems.map(|system| self.lines(system, column.saturating_sub(1))).collect();
        let lines = names.iter().map(Vec::len).max().unwrap_or(0);
        for above in (0..lines).rev() {
            let parts = names.iter().map(|name| {
                let at = name.len().checked_sub(above + 1);
                pad_left(at.map_or("", |at| &name[at]), column)
            });
            let parts: String = parts.collect();
            let (first, last) = if above == 0 { (first, last) } else { ("", "") };
            output.line(format_args!("  {}{parts}{last}", pad_right(first, indent)));
        }
    }

    /// Breaks the name of a system into the lines of a header.
    fn lines(&self, system: &str, width: usize) -> Vec<String> {
        // A dot is no separator because of names like `6.9b`.
        let separator = |char: char| !char.is_alphanumeric() && char != '.';
        let whole = break_name(&self.within(system, usize::MAX), width, separator);
        if whole.len() <= MAX_LINES {
            return whole;
        }
        break_name(&self.within(system, 0), width, |_| true)
    }
}
