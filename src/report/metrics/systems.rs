//! The systems of a page: each has one name there that is short enough for a table, and no other has the same.

use std::collections::HashMap;

use unicode_width::UnicodeWidthStr as _;

use crate::metrics::Evaluation;
use crate::report::columns::{broken, left, right, shortened};
use crate::report::names::told_apart;
use crate::report::page::{Page, shown};

/// Most columns of a short name. No table on a page gives a name less room, unless over a column, where it may
/// take several lines.
pub(super) const SHORT: usize = 18;
/// Most lines that a name takes over a column.
const MOST_LINES: usize = 3;

/// The names of the systems as they are shown.
pub(super) struct Systems {
    named: HashMap<String, Named>,
}

struct Named {
    whole: String,
    short: String,
}

impl Systems {
    /// Names the systems, in at most `short` columns each where they cannot stand whole.
    pub(super) fn of(found: &Evaluation, short: usize) -> Self {
        let systems = found.metrics.first().map(|report| report.systems.as_slice());
        let systems: Vec<&str> =
            systems.unwrap_or_default().iter().map(|system| system.system.as_str()).collect();
        let whole: Vec<String> = systems.iter().map(|system| shown(system)).collect();
        // Two may be shown alike although they are not: one has a control character, the other how it is shown.
        let whole = told_apart(&whole, usize::MAX);
        let short = told_apart(&whole, short);
        let named = whole.into_iter().zip(short).map(|(whole, short)| Named { whole, short });
        Self { named: systems.into_iter().map(ToOwned::to_owned).zip(named).collect() }
    }

    /// Returns a system's whole name where it has at most `most` columns, else its short one.
    pub(super) fn within(&self, system: &str, most: usize) -> String {
        match self.named.get(system) {
            Some(Named { whole, .. }) if whole.width() <= most => whole.clone(),
            Some(Named { short, .. }) => short.clone(),
            None => shortened(&shown(system), most),
        }
    }

    /// Writes names over columns of the same width, on several lines where they are too long for one.
    /// `first` stands before them on the last line, in `indent` columns, and `last` after them.
    pub(super) fn over_columns<'a>(
        &self,
        page: &mut Page,
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
                right(at.map_or("", |at| &name[at]), column)
            });
            let parts: String = parts.collect();
            let (first, last) = if above == 0 { (first, last) } else { ("", "") };
            page.line(format_args!("  {}{parts}{last}", left(first, indent)));
        }
    }

    fn lines(&self, system: &str, width: usize) -> Vec<String> {
        // Not after the dot of `6.9b`.
        let separator = |char: char| !char.is_alphanumeric() && char != '.';
        let whole = broken(&self.within(system, usize::MAX), width, separator);
        if whole.len() <= MOST_LINES {
            return whole;
        }
        broken(&self.within(system, 0), width, |_| true)
    }
}
