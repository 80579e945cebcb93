//! Slices of the items by tag, where the metrics are few.

use super::numbers::{Digits, items_of, titled, titles};
use super::systems::Systems;
use super::{MOST_COLUMNS, MOST_SLICED_METRICS};
use crate::metrics::{Evaluation, FEWEST_TO_TEST, MetricReport, MetricSlice};
use crate::report::columns::{left, right, wide_enough};
use crate::report::names::told_apart;
use crate::report::page::{MOST_ROWS, Page, WIDTH, p_value, shown};
use crate::report::quantities::count;

pub(super) fn slices(page: &mut Page, found: &Evaluation, systems: &Systems) {
    if found.tags.is_empty() {
        return;
    }
    let columns = found.metrics.first().map_or(0, |report| report.systems.len());
    if found.metrics.len() > MOST_SLICED_METRICS || columns > MOST_COLUMNS {
        let tags: Vec<String> = found.tags.iter().map(|tag| shown(tag)).collect();
        let here = if columns > MOST_COLUMNS {
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
    for (at, report) in found.metrics.iter().enumerate() {
        if at > 0 {
            page.blank();
        }
        let of_metric = || found.slices.iter().filter(|slice| slice.metric == report.metric);
        let listed: Vec<&MetricSlice> = of_metric().take(MOST_ROWS).collect();
        slices_of(page, (&found.metrics, at), &listed, systems);
        page.more(of_metric().count());
    }
    page.paragraph(2, &meaning(found));
    page.blank();
}

/// Says what the numbers of slices are.
pub(super) fn meaning(found: &Evaluation) -> String {
    let intervals = "the scores' intervals: --format json or csv";
    if found.slices.iter().all(|slice| slice.pairs.is_empty()) {
        return intervals.to_owned();
    }
    format!(
        "least p: of the paired differences there, adjusted over the pairs and over all slices of {FEWEST_TO_TEST} \
         items or more; {intervals}"
    )
}

/// Writes the slices of the metric that is `at` that place among all.
fn slices_of(
    page: &mut Page,
    (metrics, at): (&[MetricReport], usize),
    slices: &[&MetricSlice],
    systems: &Systems,
) {
    let report = &metrics[at];
    let scores = slices.iter().flat_map(|slice| &slice.systems).map(|system| &system.score);
    let digits = Digits::of(report.scale, scores);
    let values: Vec<Vec<String>> = slices.iter().map(|slice| values(digits, slice)).collect();
    let numbers: Vec<String> = slices.iter().map(|slice| items_of(&slice.systems, count)).collect();
    let column = wide_enough(10, values.iter().flatten()) + 1;
    let n = wide_enough(5, &numbers) + 1;
    let p = "p < 0.001".len();
    let tags: Vec<String> = slices
        .iter()
        .map(|slice| format!("{}={}", shown(&slice.tag), shown(&slice.value)))
        .collect();
    let room = WIDTH.saturating_sub(2 + column * report.systems.len() + n + 2 + p).max(6);
    let name = room.min(wide_enough(16, tags.iter().chain([&titled(report)])) + 1);
    let title = &titles(metrics.iter(), name - 1)[at];
    let columns = report.systems.iter().map(|system| system.system.as_str());
    systems.over_columns(page, (title, name), (columns, column), &format!("{:>n$}  least p", "n"));
    let rows = slices.iter().zip(&values).zip(&numbers).zip(told_apart(&tags, name - 1));
    for (((slice, values), number), tag) in rows {
        let values: String = values.iter().map(|cell| right(cell, column)).collect();
        page.line(format_args!(
            "  {}{values}{number:>n$}  {}",
            left(&tag, name),
            slice.least_p().map_or(String::new(), p_value)
        ));
    }
}

fn values(digits: Digits, slice: &MetricSlice) -> Vec<String> {
    slice.systems.iter().map(|system| digits.value(system.score.value)).collect()
}
