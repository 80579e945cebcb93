//! A calibration as Markdown, for a pull request.

use super::annotators::annotators_not_shown;
use super::jury_members::{JURY_TITLES, jury_cells, jury_sentences};
use super::labelling::{LABELLING_TITLES, labelling_cells, labelling_sentences};
use super::margin_rule::{RULE_TITLES, margin_rule_sentences, rule_cells};
use super::rows::{NumberRow, main_rows, win_rate_rows};
use super::sentences::{calibration_headline, labelled, robustness};
use crate::calibration::Calibration;
use crate::report::markdown_page::MarkdownPage;
use crate::report::quantities::count;
use crate::report::text_report::MAX_ROWS;
use crate::report::wording::Wording;
use crate::trial::other_system;

/// Returns a calibration as Markdown: the numbers that every reader needs.
pub fn calibration_markdown(results: &Calibration, wording: Wording) -> String {
    let mut page = MarkdownPage::default();
    let sentences = calibration_headline(results);
    if let Some((first, rest)) = sentences.split_first() {
        page.strong(first);
        for sentence in rest {
            page.paragraph(sentence);
        }
    }
    calibration_tables(&mut page, results, usize::MAX);
    let warnings = results.warnings();
    page.list(
        warnings.iter().map(|warning| {
            format!("warning, {}: {}", warning.code, wording.apply(warning).message)
        }),
    );
    page.text
}

/// Writes what was labelled, the main numbers, and the win rates of at most so many pairs of systems.
pub(in crate::report) fn calibration_tables(
    page: &mut MarkdownPage,
    results: &Calibration,
    most_pairs: usize,
) {
    page.paragraph(&labelled(results));
    page.head(&["number", "value:", "95 % interval", "n:", "meaning"]);
    for number in main_rows(results) {
        row(page, number.label, &number);
    }
    page.head(&["win rate", "value:", "95 % interval", "n:", "what it estimates"]);
    for rates in results.win_rates.iter().take(most_pairs) {
        let other = other_system(&rates.between, &rates.system);
        for number in win_rate_rows(rates, results.is_jury()) {
            let label = format!("{} against {other}, {}", rates.system, number.label);
            row(page, &label, &number);
        }
    }
    for rates in results.win_rates.iter().take(most_pairs) {
        if let Some(bounds) = rates.bounds.as_ref().filter(|bounds| bounds.has_dropped()) {
            let other = other_system(&rates.between, &rates.system);
            let robustness = robustness(bounds);
            page.paragraph(&format!("{} against {other}, {robustness}", rates.system));
        }
    }
    if let Some(report) = &results.margin_rule {
        for sentence in margin_rule_sentences(report, results.looks) {
            page.paragraph(&sentence);
        }
        if let Some(test) = &report.test {
            page.head(&RULE_TITLES);
            for numbers in &test.rules {
                page.row(rule_cells(numbers));
            }
        }
    }
    jury_members(page, results, most_pairs);
    people_who_label(page, results);
}

/// Writes what a jury is worth on at most so many pairs of systems.
fn jury_members(page: &mut MarkdownPage, results: &Calibration, most_pairs: usize) {
    let Some(report) = &results.jury_members else { return };
    for jury in report.pairs.iter().take(most_pairs) {
        if report.pairs.len() > 1 {
            let [a, b] = &jury.between;
            page.paragraph(&format!("The jury and its judges on {a} and {b}:"));
        }
        page.head(&JURY_TITLES);
        for cells in jury_cells(jury) {
            page.row(cells);
        }
        for sentence in jury_sentences(report, jury) {
            page.paragraph(&sentence);
        }
    }
}

/// Writes a row for each annotator, if labels have more than the choices.
fn people_who_label(page: &mut MarkdownPage, results: &Calibration) {
    let report = &results.labelling;
    if report.has_details() {
        let rows = report.annotators.iter().map(labelling_cells);
        annotator_table(page, &LABELLING_TITLES, rows, report.annotators_left_out);
    }
    for sentence in labelling_sentences(results, false) {
        page.paragraph(&sentence);
    }
}

/// Writes the cells of the first annotators, and how many are not shown.
pub(in crate::report) fn annotator_table<const N: usize>(
    page: &mut MarkdownPage,
    titles: &[&str; N],
    rows: impl ExactSizeIterator<Item = [String; N]>,
    left_out: u64,
) {
    let not_shown = annotators_not_shown(rows.len(), left_out);
    page.head(titles);
    for row in rows.take(MAX_ROWS) {
        page.row(row);
    }
    for sentence in not_shown {
        page.paragraph(&sentence);
    }
}

fn row(page: &mut MarkdownPage, label: &str, row: &NumberRow<'_>) {
    let (value, interval) =
        (row.format.value(row.estimate.value), row.format.interval(row.estimate));
    page.row([label, &value, &interval, &count(row.estimate.n), row.note]);
}
