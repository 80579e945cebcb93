//! The paired differences of the page: each two systems on the items that both have answered.

use super::NAME;
use super::numbers::{Digits, titled};
use super::systems::{SHORT, Systems};
use crate::metrics::{MetricReport, PairDifference};
use crate::report::columns::{left, wide_enough};
use crate::report::page::{MOST_ROWS, Page, WIDTH, p_value};

/// Columns of two systems beside a metric's name, where they need no more.
const BETWEEN: usize = 24;

/// What the numbers are.
pub(super) const METHOD: &str = "paired differences, over the items that both have answered; p by exchanging the \
                                 two systems' responses, adjusted over the pairs of each metric (Holm)";

/// What is listed, and how wide its numbers are.
pub(super) struct Differences<'a> {
    listed: Vec<(&'a MetricReport, Vec<Row<'a>>)>,
    value: usize,
    interval: usize,
    p: usize,
}

struct Row<'a> {
    between: &'a [String; 2],
    value: String,
    interval: String,
    p: String,
}

impl<'a> Differences<'a> {
    pub(super) fn of(metrics: &'a [MetricReport]) -> Self {
        let listed: Vec<_> = metrics.iter().map(|report| (report, rows(report))).collect();
        let rows = || listed.iter().flat_map(|(_, rows)| rows);
        let value = wide_enough(8, rows().map(|row| &row.value));
        let interval = wide_enough(15, rows().map(|row| &row.interval)) + 1;
        let p = wide_enough(9, rows().map(|row| &row.p));
        Self { value, interval, p, listed }
    }

    /// Returns the columns that are left for the metric and the systems.
    fn room(&self) -> usize {
        WIDTH - 2 - self.value - 2 - self.interval - self.p
    }

    /// Returns the most columns of a system's name for which there is room in every row.
    pub(super) fn short(&self) -> usize {
        ((self.room() - "  ".len() - " − ".len()) / 2).min(SHORT)
    }

    pub(super) fn write(&self, page: &mut Page, systems: &Systems) {
        if self.listed.iter().all(|(report, _)| report.pairs.is_empty()) {
            return;
        }
        page.paragraph(2, METHOD);
        let most_whole = |room: usize| {
            let whole = self.pairs(systems, usize::MAX);
            let widest = wide_enough(0, whole.iter().flatten());
            (widest < room).then_some((whole, widest + 1))
        };
        let beside = self.room() - NAME;
        let (pairs, between, beside) = match most_whole(beside) {
            Some((pairs, widest)) => (pairs, widest.max(BETWEEN.min(beside)), true),
            None => {
                let room = self.room() - "  ".len();
                let (pairs, widest) =
                    most_whole(room).unwrap_or_else(|| (self.pairs(systems, 0), room));
                (pairs, widest.max(BETWEEN), false)
            }
        };
        for ((report, rows), pairs) in self.listed.iter().zip(&pairs) {
            let mut title = titled(report);
            if !beside && !rows.is_empty() {
                page.line(format_args!("  {title}"));
                title.clear();
            }
            let before = if beside { NAME } else { "  ".len() };
            for (Row { value, interval, p, .. }, pair) in rows.iter().zip(pairs) {
                page.line(format_args!(
                    "  {}{}{value:>2$}  {interval:<3$}{p}",
                    left(&title, before),
                    left(pair, between),
                    self.value,
                    self.interval,
                ));
                title.clear();
            }
            page.more(report.pairs.len());
        }
        page.blank();
    }

    /// Names the two systems of every row, whole up to `most` columns.
    fn pairs(&self, systems: &Systems, most: usize) -> Vec<Vec<String>> {
        let pair = |row: &Row<'_>| {
            let [a, b] = row.between.each_ref().map(|system| systems.within(system, most));
            format!("{a} − {b}")
        };
        self.listed.iter().map(|(_, rows)| rows.iter().map(pair).collect()).collect()
    }
}

/// Returns the rows of a metric; of many those with the least p.
fn rows<'a>(report: &'a MetricReport) -> Vec<Row<'a>> {
    let mut pairs: Vec<&'a PairDifference> = report.pairs.iter().collect();
    if pairs.len() > MOST_ROWS {
        let p = |pair: &PairDifference| pair.p_adjusted.unwrap_or(2.0);
        pairs.sort_by(|one, other| p(one).total_cmp(&p(other)));
        pairs.truncate(MOST_ROWS);
    }
    let digits = Digits::of(report.scale, pairs.iter().map(|pair| &pair.difference));
    let row = |pair: &'a PairDifference| Row {
        between: &pair.between,
        value: digits.value(pair.difference.value),
        interval: digits.interval(&pair.difference),
        p: pair.p_adjusted.map_or(String::new(), p_value),
    };
    pairs.into_iter().map(row).collect()
}
