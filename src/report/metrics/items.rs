//! The text report: the scores of single responses.

use super::numbers::number;
use super::system_names::SystemNames;
use super::{metric_names, response_scores};
use crate::metrics::{MetricReport, Scores};
use crate::report::columns::{column_width, pad_right, shorten};
use crate::report::short_names::shorten_unique;
use crate::report::text_report::{TextReport, WIDTH, printable};

/// The width of the column of values.
const VALUE: usize = 9;
/// The widths of the columns of item, system and metric, unless they need more.
const COLUMNS: [usize; 3] = [28, 22, 18];

/// Writes the scores of single responses.
pub(super) fn items(
    output: &mut TextReport,
    metrics: &[MetricReport],
    scores: &Scores,
    systems: &SystemNames,
) {
    let whole = |texts: &mut dyn Iterator<Item = &String>| -> Vec<String> {
        texts.map(|text| printable(text)).collect()
    };
    let names = metric_names(scores);
    let ids = whole(&mut scores.items.iter());
    let metrics_whole = whole(&mut names.iter());
    let systems_whole = whole(&mut scores.systems.iter());
    let widest = |title: &str, texts: &[String]| 2 + column_width(title.len(), texts);
    let needed =
        [widest("item", &ids), widest("system", &systems_whole), widest("metric", &metrics_whole)];
    let usual = needed.iter().zip(COLUMNS).all(|(needed, usual)| *needed <= usual);
    let room = COLUMNS.iter().sum();
    let [id, system, metric] =
        if usual || needed.iter().sum::<usize>() > room { COLUMNS } else { needed };
    let ids = shorten_unique(&ids, id - 2);
    let metrics_short = shorten_unique(&metrics_whole, metric - 2);
    output.line(format_args!(
        "  {}{}{}{:>VALUE$}",
        pad_right("item", id),
        pad_right("system", system),
        pad_right("metric", metric),
        "value"
    ));
    for row in response_scores(scores, &names) {
        let scale = metrics.iter().find(|report| report.metric == row.metric);
        let value = row.value.zip(scale).map(|(value, report)| number(report.scale, value));
        let value = value.unwrap_or_else(|| "–".to_owned());
        let item = pad_right(&ids[row.item_index], id);
        let of = pad_right(&systems.within(row.system, system - 2), system);
        let by = pad_right(&metrics_short[row.metric_index], metric);
        output.line(format_args!("  {item}{of}{by}{value:>VALUE$}"));
        if let Some(reason) = row.error {
            output.line(format_args!("      {}", shorten(&printable(reason), WIDTH - 6)));
        }
    }
    output.blank();
}
