//! A calibration as a report for a terminal: 80 columns, nothing that needs colour, no number without its
//! interval and its n.

use super::margin_rule::{by_rule, margin_rule_sentences};
use super::rows::{NumberRow, main_rows, win_rate_rows};
use super::sentences::{calibration_headline, labelled, robustness};
use crate::calibration::{Calibration, WinRates};
use crate::report::columns::pad_right;
use crate::report::number_format::NumberFormat;
use crate::report::text_report::{LABEL_WIDTH, MAX_ROWS, TextReport, printable};
use crate::report::wording::Wording;
use crate::stats::Estimate;

/// Returns a calibration as a report for people: the numbers that every reader needs, or all of them if it is
/// `full`.
pub fn calibration_table(results: &Calibration, full: bool, wording: Wording) -> String {
    let mut table =
        CalibrationTable { page: calibration_sections(TextReport::new(wording), results) };
    if full {
        table.all_numbers(results);
    }
    table.page.warnings(&results.warnings());
    if !full && !wording.full.is_empty() {
        table.page.line(format_args!("{}", wording.full));
    }
    table.page.text
}

/// Writes to a page the numbers of a calibration that every reader needs.
pub(in crate::report) fn calibration_sections(
    page: TextReport,
    results: &Calibration,
) -> TextReport {
    let mut table = CalibrationTable { page };
    table.summary(results);
    table.main_numbers(results);
    table.win_rates(results);
    table.margin_rule(results);
    table.jury_members(results);
    table.people_who_label(results);
    table.page
}

/// A report as far as it is written.
pub(super) struct CalibrationTable {
    pub(super) page: TextReport,
}

impl CalibrationTable {
    pub(super) fn row(
        &mut self,
        label: &str,
        format: NumberFormat,
        estimate: &Estimate,
        note: &str,
    ) {
        self.page.number_row(label, format, estimate, note);
    }

    /// Writes the sentences to quote, and what was labelled.
    fn summary(&mut self, results: &Calibration) {
        for sentence in calibration_headline(results) {
            self.page.paragraph(0, &printable(&sentence));
        }
        self.page.paragraph(0, &labelled(results));
        self.page.blank();
    }

    fn main_numbers(&mut self, results: &Calibration) {
        self.page.number_titles();
        for NumberRow { label, format, estimate, note } in main_rows(results) {
            self.row(label, format, estimate, note);
        }
        if results.human.is_none() {
            let label = pad_right("people with each other", LABEL_WIDTH);
            self.page.line(format_args!("  {label}{:>8}  no comparison has two annotators", "–"));
        }
        self.page.blank();
    }

    fn win_rates(&mut self, results: &Calibration) {
        for rates in results.win_rates.iter().take(MAX_ROWS) {
            self.win_rate(rates, results.is_jury());
        }
        self.page.more(results.win_rates.len());
    }

    /// Writes the margin rule beside the default one, where it was measured.
    fn margin_rule(&mut self, results: &Calibration) {
        let Some(report) = &results.margin_rule else { return };
        for sentence in margin_rule_sentences(report, results.looks) {
            self.page.paragraph(2, &sentence);
        }
        let rules = || report.test.iter().flat_map(|test| &test.rules);
        let format = NumberFormat::Percent;
        for numbers in rules() {
            let label = format!("coverage, {}", by_rule(numbers.rule));
            self.row(&label, format, &numbers.coverage, "kept / labelled");
        }
        for numbers in rules() {
            let label = format!("wrong, {}", by_rule(numbers.rule));
            self.row(&label, format, &numbers.error, "of kept verdicts");
        }
        self.page.blank();
    }

    fn win_rate(&mut self, rates: &WinRates, is_jury: bool) {
        self.page.win_rate_heading(&rates.between, &rates.system);
        for NumberRow { label, format, estimate, note } in win_rate_rows(rates, is_jury) {
            self.row(&format!("  {label}"), format, estimate, note);
        }
        if let Some(bounds) = rates.bounds.as_ref().filter(|bounds| bounds.has_dropped()) {
            self.page.paragraph(4, &robustness(bounds));
        }
        self.page.blank();
    }
}
