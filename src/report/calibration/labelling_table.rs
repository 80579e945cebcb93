//! The annotators, for a terminal: a line for each annotator, and all numbers with their n on request.

use super::labelling::{annotators_left_out, forced_win_rates, labelling_sentences};
use super::table::CalibrationTable;
use crate::calibration::{AnnotatorLabelling, Calibration};
use crate::report::columns::{pad_left, pad_right};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::count;
use crate::report::short_names::shorten_unique;
use crate::report::text_report::{MAX_ROWS, printable};
use crate::stats::Estimate;

/// Columns of the name of an annotator.
const NAME_WIDTH: usize = 16;
/// Columns of each number, after the name: labels, skipped, seconds, with others, same again, left.
const WIDTHS: [usize; 6] = [7, 8, 6, 13, 13, 13];

impl CalibrationTable {
    /// Writes a line for each annotator, if labels have more than the choices.
    pub(super) fn people_who_label(&mut self, results: &Calibration) {
        let report = &results.labelling;
        let sentences = labelling_sentences(results, false);
        if report.has_details() {
            let titles = ["labels", "skipped", "sec.", "with others", "same again", "left"];
            self.page.line(format_args!("  the people who label"));
            self.cells("annotator", &titles.map(ToOwned::to_owned));
            let listed = || report.annotators.iter().take(MAX_ROWS);
            let names: Vec<String> = listed().map(|one| printable(&one.annotator)).collect();
            for (name, one) in shorten_unique(&names, NAME_WIDTH).iter().zip(listed()) {
                self.cells(name, &cells(one));
            }
            self.page.more(report.annotators.len());
            if let Some(sentence) = annotators_left_out(report) {
                self.page.paragraph(2, &sentence);
            }
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

    fn cells(&mut self, name: &str, cells: &[String; 6]) {
        let mut line = pad_right(name, NAME_WIDTH);
        for (cell, width) in cells.iter().zip(WIDTHS) {
            line += &pad_left(cell, width);
        }
        self.page.line(format_args!("  {line}"));
    }

    /// Writes the same with every n, and what people chose by each criterion.
    pub(super) fn people_who_label_in_full(&mut self, results: &Calibration) {
        let report = &results.labelling;
        if report.has_details() {
            self.page.line(format_args!("  people who label, one by one"));
            let listed = || report.annotators.iter().take(MAX_ROWS);
            let names: Vec<String> = listed().map(|one| printable(&one.annotator)).collect();
            for (name, one) in shorten_unique(&names, NAME_WIDTH).iter().zip(listed()) {
                self.annotator(name, one);
            }
            self.page.more(report.annotators.len());
            self.page.blank();
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

    fn annotator(&mut self, name: &str, one: &AnnotatorLabelling) {
        self.page.line(format_args!("  {name}"));
        let rows = [
            ("  agrees with the others", &one.others),
            ("  same choice again", &one.self_consistency),
            ("  chose the left one", &one.left),
            ("  ties", &one.ties),
        ];
        for (label, share) in rows {
            if let Some(share) = share {
                self.row(label, NumberFormat::Percent, share, "");
            }
        }
    }
}

/// Returns the numbers of an annotator.
fn cells(one: &AnnotatorLabelling) -> [String; 6] {
    [
        count(one.labelled),
        count(one.skipped.total()),
        one.pace.map_or("–".to_owned(), |pace| format!("{:.1}", pace.median_seconds)),
        short_share(one.others.as_ref()),
        short_share(one.self_consistency.as_ref()),
        short_share(one.left.as_ref()),
    ]
}

/// Returns a share in whole per cent with its interval: `81 (73–87)`.
fn short_share(share: Option<&Estimate>) -> String {
    let percent = |share: f64| format!("{:.0}", share * 100.0);
    let Some(Estimate { value: Some(value), low, high, .. }) = share else {
        return "–".to_owned();
    };
    match (low, high) {
        (Some(low), Some(high)) => {
            format!("{} ({}–{})", percent(*value), percent(*low), percent(*high))
        }
        _ => percent(*value),
    }
}
