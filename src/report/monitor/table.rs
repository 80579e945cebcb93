//! What a check found, as text and as JSON.

use serde_json::{Value, json};

use super::rows::{
    PairedRow, check_rows, feature_cells, kind_words, measure_words, metric_tag_rows, stream_cells,
    tag_rows,
};
use super::sentences::{
    check_headline, feature_words, input_sentence, judge_sentences, system_sentences,
};
use super::trend::day;
use super::words::{Words, named_after_unit};
use crate::error::{Error, Result};
use crate::monitor::{Check, EntryName, Stream, StreamKind};
use crate::report::columns::{pad_left, pad_right, shorten};
use crate::report::quantities::count;
use crate::report::text_report::{MAX_ROWS, TextReport, printable};
use crate::report::wording::Wording;

/// Columns of the label of a row.
const LABEL: usize = 30;
/// Columns of each number.
const CELLS: [usize; 5] = [8, 8, 7, 15, 5];
/// Columns of the label of what the alarm watches.
const STREAM_LABEL: usize = 32;
/// Columns of its numbers.
const STREAM_CELLS: [usize; 5] = [8, 8, 8, 9, 8];
/// Columns of the numbers of a feature.
const FEATURE_CELLS: [usize; 3] = [10, 8, 8];

/// Returns a check as JSON. In a history of grades, `responses` are counted in place of `comparisons`, and `win_rates` are
/// `pass_rates`, or `mean_steps` where the rubric does not say what passes.
///
/// # Errors
///
/// The document cannot be written as JSON.
pub fn check_json(check: &Check, wording: Wording) -> Result<Value> {
    let mut document = serde_json::to_value(check)
        .map_err(|error| Error::internal(format!("cannot write a check as JSON: {error}")))?;
    let warnings: Vec<_> = check.warnings.iter().map(|warning| wording.apply(warning)).collect();
    document["warnings"] = json!(warnings);
    Ok(named_after_unit(document, check.rate))
}

/// Returns a check as text.
pub fn check_table(check: &Check, wording: Wording) -> String {
    let mut page = TextReport::new(wording);
    page.paragraph(0, &printable(&subject(check)));
    page.blank();
    for sentence in check_headline(check) {
        page.paragraph(2, &printable(&sentence));
    }
    page.blank();
    let words = Words::of(check.rate);
    let [judge_rows, changed, new, metrics] = check_rows(check);
    if check.judge.is_some() {
        page.line(format_args!("judge"));
        for sentence in judge_sentences(check) {
            page.paragraph(2, &printable(&sentence));
        }
        paired_rows(&mut page, "", &judge_rows);
        page.blank();
    }
    if check.system.is_some() {
        page.line(format_args!("systems"));
        for sentence in system_sentences(check) {
            page.paragraph(2, &printable(&sentence));
        }
        paired_rows(&mut page, words.changed_rates, &changed);
        paired_rows(&mut page, "by tag, not adjusted", &tag_rows(check));
        paired_rows(&mut page, format!("{} on new items", words.rates), &new);
        paired_rows(&mut page, "metrics, changed responses", &metrics);
        for (heading, rows) in metric_tag_rows(check).iter().take(MAX_ROWS) {
            paired_rows(&mut page, heading, rows);
        }
        page.blank();
    }
    traffic(&mut page, check);
    streams(&mut page, check);
    page.warnings(&check.warnings);
    while page.text.ends_with("\n\n") {
        page.text.pop();
    }
    page.text
}

fn subject(check: &Check) -> String {
    let named = |one: &EntryName| format!("{} ({})", one.run, day(one.begun));
    let baseline: Vec<String> = check.baseline.iter().map(named).collect();
    let newest = check.newest.as_ref().map_or("nothing".to_owned(), named);
    format!("{newest} against {}", baseline.join(", "))
}

fn row(page: &mut TextReport, width: usize, label: &str, cells: &[String], columns: &[usize]) {
    let label = pad_right(&shorten(&printable(label), width), width);
    let cells =
        cells.iter().zip(columns).map(|(cell, width)| format!(" {}", pad_left(cell, *width)));
    page.line(format_args!("  {label}{}", cells.collect::<String>()));
}

fn paired_rows(page: &mut TextReport, heading: impl AsRef<str>, rows: &[PairedRow]) {
    if rows.is_empty() {
        return;
    }
    let titles = ["before", "now", "change", "95 %", "n"].map(ToOwned::to_owned);
    row(page, LABEL, heading.as_ref(), &titles, &CELLS);
    for one in rows.iter().take(MAX_ROWS) {
        row(page, LABEL, &one.label, &one.cells, &CELLS);
    }
    page.more(rows.len());
}

fn traffic(page: &mut TextReport, check: &Check) {
    let Some(input) = &check.input else { return };
    let words = Words::of(check.rate);
    page.line(format_args!("traffic"));
    page.paragraph(2, &printable(&input_sentence(input, words)));
    if !input.features.is_empty() {
        let titles = ["adjusted p", "V", "PSI"].map(ToOwned::to_owned);
        row(page, LABEL, "", &titles, &FEATURE_CELLS);
        for feature in input.features.iter().take(MAX_ROWS) {
            let label = feature_words(&feature.feature, words);
            row(page, LABEL, &label, &feature_cells(feature), &FEATURE_CELLS);
        }
        page.more(input.features.len());
    }
    page.blank();
}

fn streams(page: &mut TextReport, check: &Check) {
    if check.streams.is_empty() {
        return;
    }
    let threshold = check.streams[0].threshold.round() as u64;
    page.line(format_args!("what the alarm watches (evidence of {} raises it)", count(threshold)));
    let titles = ["before", "now", "limit", "evidence", "visible"].map(ToOwned::to_owned);
    // What raises the alarm is shown however much else is watched.
    let mut shown: Vec<&Stream> = check.streams.iter().collect();
    shown.sort_by_key(|stream| !stream.alarm);
    shown.truncate(MAX_ROWS);
    for kind in [StreamKind::Judge, StreamKind::System, StreamKind::NewItems] {
        let mut of_kind: Vec<&&Stream> =
            shown.iter().filter(|stream| stream.name.kind == kind).collect();
        of_kind.sort_by_key(|stream| &stream.name);
        if !of_kind.is_empty() {
            row(page, STREAM_LABEL, &format!("on {}", kind_words(kind)), &titles, &STREAM_CELLS);
        }
        for stream in of_kind {
            let label = measure_words(&stream.name, Words::of(check.rate));
            row(page, STREAM_LABEL, &label, &stream_cells(stream), &STREAM_CELLS);
        }
    }
    page.more(check.streams.len());
    page.blank();
}
