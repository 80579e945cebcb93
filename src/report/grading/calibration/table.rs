//! A calibration of grades as a report for a terminal: 80 columns, nothing that needs colour, no number without its
//! interval and its n.

use super::rows::{main_rows, pass_rate_rows};
use super::sentences::{bounds_sentence, grade_calibration_headline, labelled, threshold_sentence};
use crate::grading::{CalibratedDifference, CalibratedSystem, GradeCalibration};
use crate::report::calibration::NumberRow;
use crate::report::columns::{pad_right, shorten};
use crate::report::number_format::NumberFormat;
use crate::report::text_report::{LABEL_WIDTH, MAX_ROWS, TextReport, printable};
use crate::report::wording::Wording;
use crate::stats::Estimate;

/// The most columns of a system's name in a heading.
const NAME_WIDTH: usize = 56;

/// Returns a calibration of grades as a report for people: the numbers that every reader needs, or all of them if it is
/// `full`.
pub fn grade_calibration_table(results: &GradeCalibration, full: bool, wording: Wording) -> String {
    let mut table = GradeCalibrationTable { page: TextReport::new(wording) };
    table.summary(results);
    table.main_numbers(results);
    for system in results.systems.iter().take(MAX_ROWS) {
        table.system(system, results.is_jury());
    }
    table.page.more(results.systems.len());
    table.differences(results);
    if let Some(thresholds) = &results.thresholds {
        table.page.paragraph(2, &printable(&threshold_sentence(results, thresholds)));
        table.page.blank();
    }
    table.people_who_label(results);
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
pub(super) struct GradeCalibrationTable {
    pub(super) page: TextReport,
}

impl GradeCalibrationTable {
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
    fn summary(&mut self, results: &GradeCalibration) {
        for sentence in grade_calibration_headline(results) {
            self.page.paragraph(0, &printable(&sentence));
        }
        self.page.paragraph(0, &labelled(results));
        self.page.blank();
    }

    fn main_numbers(&mut self, results: &GradeCalibration) {
        self.page.number_titles();
        for NumberRow { label, format, estimate, note } in main_rows(results) {
            self.row(label, format, estimate, note);
        }
        if results.human.is_none() {
            let label = pad_right("people with each other", LABEL_WIDTH);
            self.page.line(format_args!("  {label}{:>8}  no response has two annotators", "–"));
        }
        self.page.blank();
    }

    fn system(&mut self, system: &CalibratedSystem, is_jury: bool) {
        let Some(rates) = &system.pass_rate else { return };
        let name = shorten(&printable(&system.system), NAME_WIDTH);
        self.page.line(format_args!("  pass rate of {name}"));
        for NumberRow { label, format, estimate, note } in pass_rate_rows(system, is_jury) {
            self.row(&format!("  {label}"), format, estimate, note);
        }
        if let Some(bounds) = rates.bounds.filter(|bounds| bounds.low < bounds.high) {
            self.page.paragraph(4, &bounds_sentence(&bounds));
        }
        self.page.blank();
    }

    fn differences(&mut self, results: &GradeCalibration) {
        let of_rates = |pair: &&CalibratedDifference| pair.pass_rate_difference.is_some();
        let pairs: Vec<&CalibratedDifference> = results.pairs.iter().filter(of_rates).collect();
        for pair in pairs.iter().take(MAX_ROWS) {
            let [first, second] =
                pair.between.each_ref().map(|name| shorten(&printable(name), NAME_WIDTH / 2 - 4));
            let Some(difference) = &pair.pass_rate_difference else { continue };
            self.page.line(format_args!("  {second} minus {first}, in points"));
            let format = NumberFormat::Points;
            self.row("  corrected with labels", format, &difference.ppi, "labels of both");
            self.row("  direction-averaged", format, &difference.judge, "items of both");
        }
        self.page.more(pairs.len());
        if !pairs.is_empty() {
            self.page.blank();
        }
    }
}
