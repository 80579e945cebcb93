//! Slices of the items by tag, where the metrics are few.

use super::numbers::{titled, value};
use super::{MOST_COLUMNS, MOST_SLICED_METRICS};
use crate::metrics::{Evaluation, MetricSlice, Scale};
use crate::report::columns::{left, right, shortened};
use crate::report::page::{MOST_ROWS, Page, p_value, shown};
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
        let names = report.systems.iter().map(|system| shortened(&shown(&system.system), 10));
        let header: String = names.map(|name| right(&name, 11)).collect();
        page.line(format_args!(
            "  {}{header}{:>6}  least p",
            left(&shortened(&titled(report), 16), 17),
            "n"
        ));
        let of_metric = || found.slices.iter().filter(|slice| slice.metric == report.metric);
        for slice in of_metric().take(MOST_ROWS) {
            slice_row(page, report.scale, slice);
        }
        page.more(of_metric().count());
        page.blank();
    }
}

fn slice_row(page: &mut Page, scale: Scale, slice: &MetricSlice) {
    let name = shortened(&format!("{}={}", shown(&slice.tag), shown(&slice.value)), 16);
    let n = slice.systems.iter().map(|system| system.score.n).max().unwrap_or_default();
    let values: String =
        slice.systems.iter().map(|system| right(&value(scale, system.score.value), 11)).collect();
    page.line(format_args!(
        "  {}{values}{:>6}  {}",
        left(&name, 17),
        count(n),
        slice.least_p().map_or(String::new(), p_value)
    ));
}
