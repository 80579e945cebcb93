//! The annotators of comparisons, for a terminal: a line for each annotator, and all numbers with their n on request.

use super::annotator_rows::{
    AnnotatorNumber, AnnotatorRows, short_seconds, short_share, write_left_out,
};
use super::labelling::{forced_win_rates, labelling_sentences};
use super::table::CalibrationTable;
use crate::calibration::{AnnotatorLabelling, Calibration, LabellingReport};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::count;
use crate::report::short_names::shorten_unique;
use crate::report::text_report::{MAX_ROWS, printable};

/// The columns after the name, with their titles and widths.
const COLUMNS: [(&str, usize); 6] = [
    ("labels", 7),
    ("skipped", 8),
    ("sec.", 6),
    ("with others", 13),
    ("same again", 13),
    ("left", 13),
];

impl CalibrationTable {
    /// Writes a line for each annotator, if labels have more than the choices.
    pub(super) fn people_who_label(&mut self, results: &Calibration) {
        let report = &results.labelling;
        let sentences = labelling_sentences(results, false);
        if report.has_details() {
            self.page.line(format_args!("  the people who label"));
            rows(report).lines(&mut self.page, &COLUMNS, cells);
            write_left_out(&mut self.page, report.annotators_left_out);
            self.page.paragraph(
                2,
                "Median seconds of a label; agreement with the others, the same choice again and choices of the left \
                 response in per cent, with 95 % intervals.",
            );
        }
        for sentence in &sentences {
            self.page.paragraph(2, &printable(sentence));
        }
        if report.has_details() || !sentences.is_empty() {
            self.page.blank();
        }
    }

    /// Writes the same with every n, and what people chose by each criterion.
    pub(super) fn people_who_label_in_full(&mut self, results: &Calibration) {
        let report = &results.labelling;
        if report.has_details() {
            rows(report).one_by_one(&mut self.page, numbers);
        }
        let rates = forced_win_rates(results);
        for sentence in &rates {
            self.page.paragraph(2, &printable(sentence));
        }
        if !rates.is_empty() {
            self.page.blank();
        }
        if !report.criteria.is_empty() {
            self.page.line(format_args!(
                "  people's choice by a criterion, how often it is their choice by all"
            ));
            for criterion in report.criteria.iter().take(MAX_ROWS) {
                let names = [printable(&criterion.name)];
                let note = format!("{} ties", count(criterion.ties));
                let label = shorten_unique(&names, 24).concat();
                self.row(&label, NumberFormat::Percent, &criterion.with_choice, &note);
            }
            self.page.more(report.criteria.len());
            self.page.blank();
        }
    }
}

fn rows(report: &LabellingReport) -> AnnotatorRows<'_, AnnotatorLabelling> {
    AnnotatorRows::of(&report.annotators, |one| &one.annotator)
}

/// Returns the numbers of an annotator in one line.
fn cells(one: &AnnotatorLabelling) -> [String; 6] {
    [
        count(one.labelled),
        count(one.skipped.total()),
        short_seconds(one.pace),
        short_share(one.others.as_ref()),
        short_share(one.self_consistency.as_ref()),
        short_share(one.left.as_ref()),
    ]
}

/// Returns the numbers of an annotator that have an n.
fn numbers(one: &AnnotatorLabelling) -> [AnnotatorNumber<'_>; 4] {
    [
        ("agrees with the others", &one.others),
        ("same choice again", &one.self_consistency),
        ("chose the left one", &one.left),
        ("ties", &one.ties),
    ]
    .map(|(label, share)| (label, NumberFormat::Percent, share.as_ref()))
}
