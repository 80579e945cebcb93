//! Numbers over time, as lines of a terminal and as JSON.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use super::sentences::check_headline;
use super::words::named_after_unit;
use crate::monitor::{Check, History, RateKind, Trend};
use crate::report::columns::{pad_left, pad_right, shorten};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::counted;
use crate::report::run_table::date;
use crate::report::text_report::{TextReport, printable};
use crate::report::wording::Wording;

/// The heights of a line.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The most entries of a line, the newest.
const MOST: usize = 30;
/// Columns of the name of a number.
const NAME: usize = 30;
/// The most numbers; the JSON document has all.
const MOST_TRENDS: usize = 20;

/// Returns the numbers of a history over time, and what the last check found.
pub fn trend_table(history: &History, trends: &[Trend], check: &Check, wording: Wording) -> String {
    let mut page = TextReport::new(wording);
    let entries = &history.entries;
    let from_to = match (entries.first(), entries.last()) {
        (Some(first), Some(last)) if entries.len() > 1 => {
            format!(" from {} to {}", day(first.run.begun), day(last.run.begun))
        }
        (Some(only), _) => format!(" of {}", day(only.run.begun)),
        _ => String::new(),
    };
    page.line(format_args!("{}{from_to}", counted(entries.len() as u64, "run")));
    page.blank();
    for sentence in check_headline(check) {
        page.paragraph(2, &printable(&sentence));
    }
    page.blank();
    let width = entries.len().min(MOST);
    for trend in trends.iter().take(MOST_TRENDS) {
        let name = pad_right(&shorten(&printable(&trend.name), NAME), NAME);
        let line = pad_right(&sparkline(trend), width);
        let format = if trend.is_share { NumberFormat::Percent } else { NumberFormat::Plain };
        let last = trend.points.last().and_then(|point| point.value);
        page.line(format_args!("  {name}  {line}  {}", pad_left(&format.value(last), 8)));
    }
    if trends.len() > MOST_TRENDS {
        let format = page.wording.format;
        page.line(format_args!("  … and {} more with {format} json", trends.len() - MOST_TRENDS));
    }
    page.blank();
    page.warnings(&check.warnings);
    while page.text.ends_with("\n\n") {
        page.text.pop();
    }
    page.text
}

/// Returns a history over time as JSON: its entries without their items and what was judged of them, the numbers, and the
/// last check. In a history of grades, its keys are those of [`check_json`](super::check_json).
pub fn monitor_json(history: &History, trends: &[Trend], check: &Value) -> Value {
    let entries: Vec<Value> = history
        .entries
        .iter()
        .map(|entry| {
            let document = json!({
                "entry": entry.entry,
                "added": entry.added,
                "baseline": entry.baseline,
                "run": entry.run,
                "judge": entry.judge,
                "labels": entry.labels,
                "items": entry.items.len(),
                "comparisons": entry.units.len(),
            });
            named_after_unit(document, RateKind::of(entry))
        })
        .collect();
    json!({ "entries": entries, "trends": trends, "check": check })
}

/// Returns a number over time as blocks of eight heights, from its least to its largest value; a dot where it is
/// undefined.
fn sparkline(trend: &Trend) -> String {
    let from = trend.points.len().saturating_sub(MOST);
    let values: Vec<Option<f64>> = trend.points[from..].iter().map(|point| point.value).collect();
    let defined = || values.iter().flatten().copied();
    let (low, high) =
        (defined().fold(f64::INFINITY, f64::min), defined().fold(f64::NEG_INFINITY, f64::max));
    let block = |value: Option<f64>| match value {
        None => '·',
        // Equal values are in the middle, so that none looks low.
        Some(_) if high - low < 1e-9 => BLOCKS[3],
        Some(value) => BLOCKS[((value - low) / (high - low) * 7.0).round() as usize],
    };
    values.into_iter().map(block).collect()
}

/// Returns the day of a time in seconds since 1970.
pub(in crate::report) fn day(seconds: u64) -> String {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).map(date).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Estimate;

    #[test]
    fn a_line_goes_from_the_least_to_the_largest_value() {
        let point = |value: Option<f64>| Estimate { value, low: None, high: None, n: 1 };
        let trend = |values: &[Option<f64>]| Trend::new("x", values.iter().copied().map(point));
        assert_eq!(sparkline(&trend(&[Some(0.2), Some(0.9), None, Some(0.55)])), "▁█·▅");
        assert_eq!(sparkline(&trend(&[Some(0.5), Some(0.5)])), "▄▄");
        assert_eq!(sparkline(&trend(&[])), "");
    }
}
