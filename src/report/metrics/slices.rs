//! Slices of the items by tag, where the metrics are few.

use super::numbers::{Digits, items_of, titled};
use super::{MOST_COLUMNS, MOST_SLICED_METRICS};
use crate::metrics::{Evaluation, MetricReport, MetricSlice};
use crate::report::columns::{left, right, shortened, wide_enough};
use crate::report::page::{MOST_ROWS, Page, WIDTH, p_value, shown};
use crate::report::table::count;

pub(super) fn slices(page: &mut Page, found: &Evaluation) {
    if found.tags.is_empty() {
        return;
    }
    let systems = found.metrics.first().map_or(0, |report| report.systems.len());
    if found.metrics.len() > MOST_SLICED_METRICS || systems > MOST_COLUMNS {
        let tags: Vec<String> = found.tags.iter().map(|tag| shown(tag)).collect();
        let here = if systems > MOST_COLUMNS {
            String::new()
        } else {
            format!(", or here for up to {MOST_SLICED_METRICS} metrics (--metric)")
        };
        page.paragraph(2, &format!("slices by {}: with --format json{here}", tags.join(", ")));
        page.blank();
        return;
    }
    if found.slices.is_empty() {
        return;
    }
    for report in &found.metrics {
        let of_metric = || found.slices.iter().filter(|slice| slice.metric == report.metric);
        slices_of(page, report, &of_metric().take(MOST_ROWS).collect::<Vec<_>>());
        page.more(of_metric().count());
        page.blank();
    }
}

fn slices_of(page: &mut Page, report: &MetricReport, slices: &[&MetricSlice]) {
    let scores = slices.iter().flat_map(|slice| &slice.systems).map(|system| &system.score);
    let digits = Digits::of(report.scale, scores);
    let values: Vec<Vec<String>> = slices.iter().map(|slice| values(digits, slice)).collect();
    let numbers: Vec<String> = slices.iter().map(|slice| items_of(slice, count)).collect();
    let column = wide_enough(10, values.iter().flatten()) + 1;
    let n = wide_enough(5, &numbers) + 1;
    let p = "p < 0.001".len();
    let name = WIDTH.saturating_sub(2 + column * report.systems.len() + n + 2 + p).clamp(6, 17);
    let beside =
        |cells: &[String]| cells.iter().map(|cell| right(cell, column)).collect::<String>();
    let names = report.systems.iter().map(|system| shortened(&shown(&system.system), 10));
    page.line(format_args!(
        "  {}{}{:>n$}  least p",
        left(&shortened(&titled(report), name - 1), name),
        beside(&names.collect::<Vec<_>>()),
        "n"
    ));
    for ((slice, values), number) in slices.iter().zip(&values).zip(&numbers) {
        let tag = format!("{}={}", shown(&slice.tag), shown(&slice.value));
        page.line(format_args!(
            "  {}{}{number:>n$}  {}",
            left(&shortened(&tag, name - 1), name),
            beside(values),
            slice.least_p().map_or(String::new(), p_value)
        ));
    }
}

fn values(digits: Digits, slice: &MetricSlice) -> Vec<String> {
    slice.systems.iter().map(|system| digits.value(system.score.value)).collect()
}
