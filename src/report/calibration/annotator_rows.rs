//! Annotators for a terminal, whether they label comparisons or single responses: a line for each, and all numbers with
//! their n.

use super::annotators::annotators_left_out;
use crate::calibration::Pace;
use crate::report::columns::{pad_left, pad_right};
use crate::report::number_format::NumberFormat;
use crate::report::short_names::shorten_unique;
use crate::report::text_report::{MAX_ROWS, TextReport, printable};
use crate::stats::Estimate;

/// Columns of the name of an annotator.
const NAME_WIDTH: usize = 16;

/// A number of an annotator with its label; `None` where there is none.
pub(in crate::report) type AnnotatorNumber<'a> = (&'static str, NumberFormat, Option<&'a Estimate>);

/// The annotators that a report lists, the first of them with a name that fits.
pub(in crate::report) struct AnnotatorRows<'a, T> {
    all: &'a [T],
    names: Vec<String>,
}

impl<'a, T> AnnotatorRows<'a, T> {
    /// Returns the rows of all annotators of a report.
    pub(in crate::report) fn of(all: &'a [T], name: impl Fn(&T) -> &str) -> Self {
        let names: Vec<String> =
            all.iter().take(MAX_ROWS).map(|one| printable(name(one))).collect();
        Self { all, names: shorten_unique(&names, NAME_WIDTH) }
    }

    fn named(&self) -> impl Iterator<Item = (&String, &'a T)> {
        self.names.iter().zip(self.all)
    }

    /// Writes a line for each annotator below the titles of the columns, each with its width.
    pub(in crate::report) fn lines<const N: usize>(
        &self,
        page: &mut TextReport,
        columns: &[(&str, usize); N],
        cells: impl Fn(&T) -> [String; N],
    ) {
        let mut write = |name: &str, cells: [String; N]| {
            let mut line = pad_right(name, NAME_WIDTH);
            for (cell, (_, width)) in cells.iter().zip(columns) {
                line += &pad_left(cell, *width);
            }
            page.line(format_args!("  {line}"));
        };
        write("annotator", columns.map(|(title, _)| title.to_owned()));
        for (name, one) in self.named() {
            write(name, cells(one));
        }
        page.more(self.all.len());
    }

    /// Writes every number of each annotator with its n.
    pub(in crate::report) fn one_by_one<const N: usize>(
        &self,
        page: &mut TextReport,
        numbers: impl Fn(&'a T) -> [AnnotatorNumber<'a>; N],
    ) {
        page.line(format_args!("  people who label, one by one"));
        for (name, one) in self.named() {
            page.line(format_args!("  {name}"));
            for (label, format, number) in numbers(one) {
                if let Some(number) = number {
                    page.number_row(&format!("  {label}"), format, number, "");
                }
            }
        }
        page.more(self.all.len());
        page.blank();
    }
}

/// Writes how many annotators are listed nowhere, if any.
pub(in crate::report) fn write_left_out(page: &mut TextReport, left_out: u64) {
    if let Some(sentence) = annotators_left_out(left_out) {
        page.paragraph(2, &sentence);
    }
}

/// Returns the median time of a label in seconds: `6.8`.
pub(in crate::report) fn short_seconds(pace: Option<Pace>) -> String {
    pace.map_or("–".to_owned(), |pace| format!("{:.1}", pace.median_seconds))
}

/// Returns a share in whole per cent with its interval: `81 (73–87)`.
pub(in crate::report) fn short_share(share: Option<&Estimate>) -> String {
    short(share, |share| format!("{:.0}", share * 100.0))
}

/// Returns a step with one decimal, with its interval: `3.8 (3.4–4.1)`.
pub(in crate::report) fn short_step(step: Option<&Estimate>) -> String {
    short(step, |step| format!("{step:.1}"))
}

fn short(estimate: Option<&Estimate>, shown: impl Fn(f64) -> String) -> String {
    let Some(Estimate { value: Some(value), low, high, .. }) = estimate else {
        return "–".to_owned();
    };
    match (low, high) {
        (Some(low), Some(high)) => format!("{} ({}–{})", shown(*value), shown(*low), shown(*high)),
        _ => shown(*value),
    }
}
