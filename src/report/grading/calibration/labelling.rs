//! What is known of each annotator of single responses, in words, in cells and for a terminal.

use super::table::GradeCalibrationTable;
use crate::grading::{GradeAnnotatorLabelling, GradeCalibration, GradeLabellingReport};
use crate::report::calibration::{
    AnnotatorNumber, AnnotatorRows, adjudication_sentences, annotator_table, difference_sentences,
    pace_cell, share_cell, short_seconds, short_share, short_step, write_left_out,
};
use crate::report::markdown_page::MarkdownPage;
use crate::report::number_format::NumberFormat;
use crate::report::quantities::count;
use crate::report::text_report::printable;
use crate::stats::Estimate;
use crate::trial::Unit;

/// The titles of the cells of an annotator; those that end in `:` are of numbers.
pub(in crate::report) const GRADE_LABELLING_TITLES: [&str; 8] = [
    "annotator",
    "labels:",
    "skipped:",
    "median time:",
    "agrees with the others:",
    "same grade again:",
    "mean step:",
    "cannot assess:",
];

/// The columns after the name, with their titles and widths.
const COLUMNS: [(&str, usize); 6] = [
    ("labels", 7),
    ("skipped", 8),
    ("sec.", 6),
    ("with others", 13),
    ("same again", 13),
    ("mean step", 15),
];

/// Returns the cells of an annotator, each share and step with its interval and its n.
pub(in crate::report) fn grade_labelling_cells(one: &GradeAnnotatorLabelling) -> [String; 8] {
    let step = |step: &Estimate| {
        let format = NumberFormat::Step;
        format!("{} ({}) of {}", format.value(step.value), format.interval(step), count(step.n))
    };
    [
        one.annotator.clone(),
        count(one.labelled),
        count(one.skipped.total()),
        pace_cell(one.pace),
        share_cell(one.others.as_ref()),
        share_cell(one.self_consistency.as_ref()),
        one.mean_step.as_ref().map_or("–".to_owned(), step),
        share_cell(one.cannot_assess.as_ref()),
    ]
}

/// Returns by what annotators differ from the others, and what was decided once more.
pub(in crate::report) fn grade_labelling_sentences(results: &GradeCalibration) -> Vec<String> {
    let unit = Unit::Response;
    let mut sentences = difference_sentences(&results.labelling.differences, unit);
    let adjudicated = results.adjudication.iter();
    sentences.extend(adjudicated.flat_map(|report| adjudication_sentences(report, unit)));
    sentences
}

/// Writes a row for each annotator, if labels have more than the grades.
pub(super) fn people_who_label(page: &mut MarkdownPage, results: &GradeCalibration) {
    let report = &results.labelling;
    if report.has_details() {
        let rows = report.annotators.iter().map(grade_labelling_cells);
        annotator_table(page, &GRADE_LABELLING_TITLES, rows, report.annotators_left_out);
    }
    for sentence in grade_labelling_sentences(results) {
        page.paragraph(&sentence);
    }
}

impl GradeCalibrationTable {
    /// Writes a line for each annotator, if labels have more than the grades.
    pub(super) fn people_who_label(&mut self, results: &GradeCalibration) {
        let report = &results.labelling;
        if report.has_details() {
            self.page.line(format_args!("  the people who label"));
            rows(report).lines(&mut self.page, &COLUMNS, cells);
            write_left_out(&mut self.page, report.annotators_left_out);
            self.page.paragraph(
                2,
                &format!(
                    "Median seconds of a label; agreement with the others and the same grade again in per cent; steps \
                     count from 1, the worst, to {}; with 95 % intervals.",
                    results.scale.steps.len()
                ),
            );
        }
        let sentences = grade_labelling_sentences(results);
        for sentence in &sentences {
            self.page.paragraph(2, &printable(sentence));
        }
        if report.has_details() || !sentences.is_empty() {
            self.page.blank();
        }
    }

    /// Writes the same with every n, and how often each annotator could not assess a response.
    pub(super) fn people_who_label_in_full(&mut self, results: &GradeCalibration) {
        let report = &results.labelling;
        if report.has_details() {
            rows(report).one_by_one(&mut self.page, numbers);
        }
    }
}

fn rows(report: &GradeLabellingReport) -> AnnotatorRows<'_, GradeAnnotatorLabelling> {
    AnnotatorRows::of(&report.annotators, |one| &one.annotator)
}

/// Returns the numbers of an annotator in one line.
fn cells(one: &GradeAnnotatorLabelling) -> [String; 6] {
    [
        count(one.labelled),
        count(one.skipped.total()),
        short_seconds(one.pace),
        short_share(one.others.as_ref()),
        short_share(one.self_consistency.as_ref()),
        short_step(one.mean_step.as_ref()),
    ]
}

/// Returns the numbers of an annotator that have an n.
fn numbers(one: &GradeAnnotatorLabelling) -> [AnnotatorNumber<'_>; 4] {
    let percent = NumberFormat::Percent;
    [
        ("agrees with the others", percent, one.others.as_ref()),
        ("same grade again", percent, one.self_consistency.as_ref()),
        ("mean step", NumberFormat::Step, one.mean_step.as_ref()),
        ("cannot assess", percent, one.cannot_assess.as_ref()),
    ]
}
