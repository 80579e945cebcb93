//! The paired differences of the page: each two systems on the items that both have answered.

use super::NAME;
use super::headline::same_items;
use super::numbers::{Digits, titles};
use super::systems::{SHORT, Systems};
use crate::metrics::{Better, MetricReport, PairDifference};
use crate::report::columns::{left, wide_enough};
use crate::report::page::{MOST_ROWS, Page, WIDTH, p_value};
use crate::report::quantities::count;

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
    /// Columns of the number of items, none where it is that of every score.
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

/// Where metrics and systems stand.
struct Layout {
    /// Whether a metric's name stands beside its first row, not above.
    beside: bool,
    /// Columns before the systems.
    before: usize,
    /// Columns of two systems.
    between: usize,
    /// The systems, by metric.
    pairs: Vec<Vec<String>>,
}

impl<'a> Differences<'a> {
    pub(super) fn of(metrics: &'a [MetricReport]) -> Self {
        let listed: Vec<_> = metrics.iter().map(|report| (report, rows(report))).collect();
        let rows = || listed.iter().flat_map(|(_, rows)| rows);
        let value = wide_enough(8, rows().map(|row| &row.value));
        let interval = wide_enough(15, rows().map(|row| &row.interval)) + 1;
        let p = wide_enough(9, rows().map(|row| &row.p));
        let same = same_items(metrics);
        let pairs = || metrics.iter().flat_map(|report| &report.pairs);
        let n = if pairs().all(|pair| Some(pair.difference.n) == same) {
            0
        } else {
            wide_enough(0, rows().map(|row| &row.n)) + 1
        };
        Self { listed, value, interval, n, p }
    }

    /// Returns the columns that are left for the metric and the systems.
    fn room(&self) -> usize {
        WIDTH - 2 - self.value - 2 - self.interval - self.n - self.p
    }

    /// Returns the most columns of a system's name for which there is room in every row.
    pub(super) fn short(&self) -> usize {
        // Two columns before the systems, three for the minus between them, one after them.
        (self.room().saturating_sub(2 + 3 + 1) / 2).min(SHORT)
    }

    pub(super) fn write(&self, page: &mut Page, systems: &Systems) {
        if self.listed.iter().all(|(report, _)| report.pairs.is_empty()) {
            return;
        }
        let many = self.listed.iter().any(|(report, rows)| report.pairs.len() > rows.len());
        let order = "; first those of the system with the best score, nearest first, then by p";
        page.paragraph(2, &format!("{METHOD}{}", if many { order } else { "" }));
        let reports = self.listed.iter().map(|(report, _)| *report);
        let mut titles = titles(reports, WIDTH - 2);
        let Layout { beside, before, between, pairs } = self.layout(&titles, systems);
        for (((report, rows), pairs), title) in self.listed.iter().zip(&pairs).zip(&mut titles) {
            if !beside && !rows.is_empty() {
                page.line(format_args!("  {title}"));
                title.clear();
            }
            for (Row { value, interval, n, p, .. }, pair) in rows.iter().zip(pairs) {
                let n = if self.n == 0 { "" } else { n };
                page.line(format_args!(
                    "  {}{}{value:>2$}  {interval:<3$}{n:<4$}{p}",
                    left(title, before),
                    left(pair, between),
                    self.value,
                    self.interval,
                    self.n,
                ));
                title.clear();
            }
            page.more(report.pairs.len());
        }
        page.blank();
    }

    /// Chooses where metrics and systems stand: beside each other where whole names fit so.
    fn layout(&self, titles: &[String], systems: &Systems) -> Layout {
        let whole = self.pairs(systems, usize::MAX);
        let widest = wide_enough(0, whole.iter().flatten()) + 1;
        let name = wide_enough(NAME - 2, titles) + 2;
        let room = self.room().saturating_sub(name);
        if widest <= room {
            let between = widest.max(BETWEEN.min(room));
            return Layout { beside: true, before: name, between, pairs: whole };
        }
        let before = "  ".len();
        let room = self.room().saturating_sub(before);
        if widest <= room {
            let between = widest.max(BETWEEN.min(room));
            return Layout { beside: false, before, between, pairs: whole };
        }
        Layout { beside: false, before, between: room, pairs: self.pairs(systems, 0) }
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

/// Returns the rows of a metric; of many first those of the system with the best score.
fn rows<'a>(report: &'a MetricReport) -> Vec<Row<'a>> {
    let mut pairs: Vec<&'a PairDifference> = report.pairs.iter().collect();
    if pairs.len() > MOST_ROWS {
        let leader = leader(report);
        pairs.sort_by(|one, other| {
            let [one, other] = [one, other].map(|pair| place(pair, leader));
            one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
        });
        pairs.truncate(MOST_ROWS);
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

/// Returns the system with the best score, the first of several.
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

/// Returns where a difference stands among many: those of the leader first, the nearest system before all, and
/// then the others by p.
fn place(pair: &PairDifference, leader: Option<&str>) -> (bool, f64) {
    if pair.between.iter().any(|system| Some(system.as_str()) == leader) {
        return (false, pair.difference.value.map_or(f64::INFINITY, f64::abs));
    }
    (true, pair.p_adjusted.unwrap_or(f64::INFINITY))
}
