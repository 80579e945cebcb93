//! Every response with its own scores, on the page.

use super::numbers::number;
use super::systems::Systems;
use super::{names, rows};
use crate::metrics::{MetricReport, Scores};
use crate::report::columns::{left, shortened, wide_enough};
use crate::report::names::told_apart;
use crate::report::page::{Page, WIDTH, shown};

/// Columns of a value.
const VALUE: usize = 9;
/// Columns of an item's id, of its system, and of the metric, where they need no more.
const COLUMNS: [usize; 3] = [28, 22, 18];

/// Writes every response's own scores.
pub(super) fn items(page: &mut Page, metrics: &[MetricReport], scores: &Scores, systems: &Systems) {
    let whole = |texts: &mut dyn Iterator<Item = &String>| -> Vec<String> {
        texts.map(|text| shown(text)).collect()
    };
    let names = names(scores);
    let ids = whole(&mut scores.items.iter());
    let metric_names = whole(&mut names.iter());
    let systems_whole = whole(&mut scores.systems.iter());
    let widest = |title: &str, texts: &[String]| 2 + wide_enough(title.len(), texts);
    let needed =
        [widest("item", &ids), widest("system", &systems_whole), widest("metric", &metric_names)];
    let usual = needed.iter().zip(COLUMNS).all(|(needed, usual)| *needed <= usual);
    let room = COLUMNS.iter().sum();
    let [id, system, metric] =
        if usual || needed.iter().sum::<usize>() > room { COLUMNS } else { needed };
    let ids = told_apart(&ids, id - 2);
    let metric_names = told_apart(&metric_names, metric - 2);
    page.line(format_args!(
        "  {}{}{}{:>VALUE$}",
        left("item", id),
        left("system", system),
        left("metric", metric),
        "value"
    ));
    for row in rows(scores, &names) {
        let scale = metrics.iter().find(|report| report.metric == row.metric);
        let value = row.value.zip(scale).map(|(value, report)| number(report.scale, value));
        let value = value.unwrap_or_else(|| "–".to_owned());
        let item = left(&ids[row.item], id);
        let of = left(&systems.within(row.system, system - 2), system);
        let by = left(&metric_names[row.by], metric);
        page.line(format_args!("  {item}{of}{by}{value:>VALUE$}"));
        if let Some(why) = row.error {
            page.line(format_args!("      {}", shortened(&shown(why), WIDTH - 6)));
        }
    }
    page.blank();
}
