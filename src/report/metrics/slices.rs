//! The text report: slices of the items by tag, if there are few metrics and systems.

use super::numbers::{Digits, items_of, title, titles};
use super::system_names::SystemNames;
use super::{MAX_COLUMNS, MAX_SLICED_METRICS};
use crate::metrics::{Evaluation, MIN_ITEMS_TO_TEST, MetricReport, MetricSlice};
use crate::report::columns::{column_width, pad_left, pad_right};
use crate::report::quantities::count;
use crate::report::short_names::shorten_unique;
use crate::report::text_report::{MAX_ROWS, TextReport, WIDTH, p_value, printable};
use crate::report::wording::Wording;

/// Writes the slices of every metric.
pub(super) fn slices(output: &mut TextReport, evaluation: &Evaluation, systems: &SystemNames) {
    if evaluation.tags.is_empty() {
        return;
    }
    let columns = evaluation.metrics.first().map_or(0, |report| report.systems.len());
    if evaluation.metrics.len() > MAX_SLICED_METRICS || columns > MAX_COLUMNS {
        let tags: Vec<String> = evaluation.tags.iter().map(|tag| printable(tag)).collect();
        let absent = absent(&tags.join(", "), columns <= MAX_COLUMNS, &output.wording);
        output.paragraph(2, &absent);
        output.blank();
        return;
    }
    if evaluation.slices.is_empty() {
        return;
    }
    for (at, report) in evaluation.metrics.iter().enumerate() {
        if at > 0 {
            output.blank();
        }
        let of_metric = || evaluation.slices.iter().filter(|slice| slice.metric == report.metric);
        let listed: Vec<&MetricSlice> = of_metric().take(MAX_ROWS).collect();
        slices_of(output, (&evaluation.metrics, at), &listed, systems);
        output.more(of_metric().count());
    }
    output.paragraph(2, &legend(evaluation, &output.wording));
    output.blank();
}

/// Returns where the slices by `tags` are if they are not shown; `here` is whether fewer metrics show them.
pub(super) fn absent(tags: &str, here: bool, wording: &Wording) -> String {
    let Wording { format, metrics, .. } = wording;
    let here = if here {
        format!(" or at most {MAX_SLICED_METRICS} metrics{metrics}")
    } else {
        String::new()
    };
    format!("slices by {tags}: use {format} json{here}")
}

/// Returns the meaning of the columns.
pub(super) fn legend(evaluation: &Evaluation, wording: &Wording) -> String {
    let intervals = format!("intervals of the scores: {} json or csv", wording.format);
    if evaluation.slices.iter().all(|slice| slice.pairs.is_empty()) {
        return intervals;
    }
    format!(
        "least p: smallest p-value of a paired difference, adjusted over the pairs and all slices of \
         {MIN_ITEMS_TO_TEST} or more items; {intervals}"
    )
}

/// Writes the slices of the metric `metrics[at]`.
fn slices_of(
    output: &mut TextReport,
    (metrics, at): (&[MetricReport], usize),
    slices: &[&MetricSlice],
    systems: &SystemNames,
) {
    let report = &metrics[at];
    let scores = slices.iter().flat_map(|slice| &slice.systems).map(|system| &system.score);
    let digits = Digits::of(report.scale, scores);
    let values: Vec<Vec<String>> = slices.iter().map(|slice| values(digits, slice)).collect();
    let numbers: Vec<String> = slices.iter().map(|slice| items_of(&slice.systems, count)).collect();
    let column = column_width(10, values.iter().flatten()) + 1;
    let n = column_width(5, &numbers) + 1;
    let p = "p < 0.001".len();
    let tags: Vec<String> = slices
        .iter()
        .map(|slice| format!("{}={}", printable(&slice.tag), printable(&slice.value)))
        .collect();
    let room = WIDTH.saturating_sub(2 + column * report.systems.len() + n + 2 + p).max(6);
    let name = room.min(column_width(16, tags.iter().chain([&title(report)])) + 1);
    let short_title = &titles(metrics.iter(), name - 1)[at];
    let columns = report.systems.iter().map(|system| system.system.as_str());
    systems.write_header(
        output,
        (short_title, name),
        (columns, column),
        &format!("{:>n$}  least p", "n"),
    );
    let rows = slices.iter().zip(&values).zip(&numbers).zip(shorten_unique(&tags, name - 1));
    for (((slice, values), number), tag) in rows {
        let values: String = values.iter().map(|cell| pad_left(cell, column)).collect();
        output.line(format_args!(
            "  {}{values}{number:>n$}  {}",
            pad_right(&tag, name),
            slice.min_p_value().map_or(String::new(), p_value)
        ));
    }
}

fn values(digits: Digits, slice: &MetricSlice) -> Vec<String> {
    slice.systems.iter().map(|system| digits.value(system.score.value)).collect()
}
