//! The text report: paired differences of systems on the items to which both responded.

use super::NAME;
use super::headline::same_items;
use super::numbers::{Digits, titles};
use super::system_names::{MAX_SHORT_NAME, SystemNames};
use crate::metrics::{Better, MetricReport, PairDifference};
use crate::report::columns::{column_width, pad_right};
use crate::report::quantities::count;
use crate::report::text_report::{MAX_ROWS, TextReport, WIDTH, p_value};

/// The width of the column of system pairs beside a metric's name, unless it needs more.
const PAIR_WIDTH: usize = 24;

/// Explains the numbers.
pub(super) const METHOD: &str = "paired differences over the items with responses of both systems; p: permutation \
                                 test, adjusted over the pairs of each metric (Holm)";

/// The rows of the table and the widths of its columns.
pub(super) struct Differences<'a> {
    listed: Vec<(&'a MetricReport, Vec<Row<'a>>)>,
    value: usize,
    interval: usize,
    /// The width of the column with the number of items; 0 if it is the same as for every score.
    n: usize,
    p: usize,
}

struct Row<'a> {
    between: &'a [String; 2],
    value: String,
    interval: String,
    n: String,
    p: String,
}

/// The position of metrics and systems.
struct Layout {
    /// Whether the name of a metric is in its first row, not in a line above.
    in_row: bool,
    /// The width of the column before the systems.
    name_width: usize,
    /// The width of the column of system pairs.
    pair_width: usize,
    /// By metric, the texts of the system pairs.
    pairs: Vec<Vec<String>>,
}

impl<'a> Differences<'a> {
    pub(super) fn of(metrics: &'a [MetricReport]) -> Self {
        let listed: Vec<_> = metrics.iter().map(|report| (report, rows(report))).collect();
        let rows = || listed.iter().flat_map(|(_, rows)| rows);
        let value = column_width(8, rows().map(|row| &row.value));
        let interval = column_width(15, rows().map(|row| &row.interval)) + 1;
        let p = column_width(9, rows().map(|row| &row.p));
        let same = same_items(metrics);
        let pairs = || metrics.iter().flat_map(|report| &report.pairs);
        let n = if pairs().all(|pair| Some(pair.difference.n) == same) {
            0
        } else {
            column_width(0, rows().map(|row| &row.n)) + 1
        };
        Self { listed, value, interval, n, p }
    }

    /// Returns the columns available for the metric and the systems.
    fn room(&self) -> usize {
        WIDTH - 2 - self.value - 2 - self.interval - self.n - self.p
    }

    /// Returns the largest width of a short system name that fits into every row.
    pub(super) fn max_short_name(&self) -> usize {
        // Two columns before the systems, three for the minus sign between them, one after them.
        (self.room().saturating_sub(2 + 3 + 1) / 2).min(MAX_SHORT_NAME)
    }

    pub(super) fn write(&self, output: &mut TextReport, systems: &SystemNames) {
        if self.listed.iter().all(|(report, _)| report.pairs.is_empty()) {
            return;
        }
        let many = self.listed.iter().any(|(report, rows)| report.pairs.len() > rows.len());
        let order =
            "; first the pairs of the best-scoring system, by distance, then the others by p";
        output.paragraph(2, &format!("{METHOD}{}", if many { order } else { "" }));
        let reports = self.listed.iter().map(|(report, _)| *report);
        let mut titles = titles(reports, WIDTH - 2);
        let Layout { in_row, name_width, pair_width, pairs } = self.layout(&titles, systems);
        for (((report, rows), pairs), title) in self.listed.iter().zip(&pairs).zip(&mut titles) {
            if !in_row && !rows.is_empty() {
                output.line(format_args!("  {title}"));
                title.clear();
            }
            for (Row { value, interval, n, p, .. }, pair) in rows.iter().zip(pairs) {
                let n = if self.n == 0 { "" } else { n };
                output.line(format_args!(
                    "  {}{}{value:>2$}  {interval:<3$}{n:<4$}{p}",
                    pad_right(title, name_width),
                    pad_right(pair, pair_width),
                    self.value,
                    self.interval,
                    self.n,
                ));
                title.clear();
            }
            output.more(report.pairs.len());
        }
        output.blank();
    }

    /// Chooses the layout: metrics and systems in one row if whole names fit.
    fn layout(&self, titles: &[String], systems: &SystemNames) -> Layout {
        let whole = self.pairs(systems, usize::MAX);
        let widest = column_width(0, whole.iter().flatten()) + 1;
        let name = column_width(NAME - 2, titles) + 2;
        let room = self.room().saturating_sub(name);
        if widest <= room {
            let pair_width = widest.max(PAIR_WIDTH.min(room));
            return Layout { in_row: true, name_width: name, pair_width, pairs: whole };
        }
        let name_width = "  ".len();
        let room = self.room().saturating_sub(name_width);
        if widest <= room {
            let pair_width = widest.max(PAIR_WIDTH.min(room));
            return Layout { in_row: false, name_width, pair_width, pairs: whole };
        }
        Layout { in_row: false, name_width, pair_width: room, pairs: self.pairs(systems, 0) }
    }

    /// Returns the texts of the system pairs; names of more than `max` columns are shortened.
    fn pairs(&self, systems: &SystemNames, max: usize) -> Vec<Vec<String>> {
        let pair = |row: &Row<'_>| {
            let [a, b] = row.between.each_ref().map(|system| systems.within(system, max));
            format!("{a} − {b}")
        };
        self.listed.iter().map(|(_, rows)| rows.iter().map(pair).collect()).collect()
    }
}

/// Returns the rows of a metric; if there are too many, first those of the best-scoring system.
fn rows<'a>(report: &'a MetricReport) -> Vec<Row<'a>> {
    let mut pairs: Vec<&'a PairDifference> = report.pairs.iter().collect();
    if pairs.len() > MAX_ROWS {
        let leader = leader(report);
        pairs.sort_by(|one, other| {
            let [one, other] = [one, other].map(|pair| rank(pair, leader));
            one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
        });
        pairs.truncate(MAX_ROWS);
    }
    let digits = Digits::of(report.scale, pairs.iter().map(|pair| &pair.difference));
    let row = |pair: &'a PairDifference| Row {
        between: &pair.between,
        value: digits.value(pair.difference.value),
        interval: digits.interval(&pair.difference),
        n: format!("n = {}", count(pair.difference.n)),
        p: pair.p_adjusted.map_or(String::new(), p_value),
    };
    pairs.into_iter().map(row).collect()
}

/// Returns the system with the best score; the first of several.
fn leader(report: &MetricReport) -> Option<&str> {
    let sign = match report.better? {
        Better::Higher => -1.0,
        Better::Lower => 1.0,
    };
    let scored = report
        .systems
        .iter()
        .filter_map(|system| Some((sign * system.score.value?, system.system.as_str())));
    scored.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, system)| system)
}

/// Returns the sort key of a difference: first those of the leader by distance, then the others by p-value.
fn rank(pair: &PairDifference, leader: Option<&str>) -> (bool, f64) {
    if pair.between.iter().any(|system| Some(system.as_str()) == leader) {
        return (false, pair.difference.value.map_or(f64::INFINITY, f64::abs));
    }
    (true, pair.p_adjusted.unwrap_or(f64::INFINITY))
}
