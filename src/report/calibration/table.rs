//! A calibration as a report for a terminal: 80 columns, nothing that needs colour, no number without its
//! interval and its n.

use super::rows::{NumberFormat, NumberRow, main_rows, win_rate_rows};
use super::sentences::{calibration_headline, labelled, robustness};
use crate::calibration::{Calibration, WinBounds, WinRates};
use crate::report::columns::pad_right;
use crate::report::quantities::count;
use crate::report::text_report::{MAX_ROWS, TextReport, printable};
use crate::report::wording::Wording;
use crate::stats::Estimate;

/// Columns of the label of a row.
pub(super) const LABEL_WIDTH: usize = 24;

/// Returns a calibration as a report for people: the numbers that every reader needs, or all of them if it is
/// `full`.
pub fn calibration_table(results: &Calibration, full: bool, wording: Wording) -> String {
    let mut table = CalibrationTable { page: TextReport::new(wording) };
    table.summary(results);
    table.main_numbers(results);
    table.win_rates(results);
    if full {
        table.all_numbers(results);
    }
    table.page.warnings(&results.warnings());
    if !full && !wording.full.is_empty() {
        table.page.line(format_args!("{}", wording.full));
    }
    table.page.text
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
        let (value, interval) = (format.value(estimate.value), format.interval(estimate));
        let n = count(estimate.n);
        let label = pad_right(label, LABEL_WIDTH);
        self.page.line(format_args!("  {label}{value:>8}  {interval:<14}{n:>6}  {note}"));
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
        self.page.line(format_args!(
            "  {:<LABEL_WIDTH$}{:>8}  {:<14}{:>6}",
            "", "value", "95 % interval", "n"
        ));
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

    fn win_rate(&mut self, rates: &WinRates, is_jury: bool) {
        self.page.win_rate_heading(&rates.between, &rates.system);
        for NumberRow { label, format, estimate, note } in win_rate_rows(rates, is_jury) {
            self.row(&format!("  {label}"), format, estimate, note);
        }
        if let Some(bounds) = rates.bounds.as_ref().filter(|bounds| has_dropped(bounds)) {
            self.page.paragraph(4, &robustness(bounds));
        }
        self.page.blank();
    }
}

/// Returns whether any comparison was dropped: then the bounds differ.
pub(super) fn has_dropped(bounds: &WinBounds) -> bool {
    bounds.low < bounds.high
}
