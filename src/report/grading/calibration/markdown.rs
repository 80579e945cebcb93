//! A calibration of grades as Markdown, for a pull request.

use super::labelling::people_who_label;
use super::rows::{main_rows, pass_rate_rows};
use super::sentences::{bounds_sentence, grade_calibration_headline, labelled, threshold_sentence};
use crate::grading::GradeCalibration;
use crate::report::calibration::NumberRow;
use crate::report::markdown_page::MarkdownPage;
use crate::report::number_format::NumberFormat;
use crate::report::quantities::count;
use crate::report::wording::Wording;

/// Returns a calibration of grades as Markdown: the numbers that every reader needs.
pub fn grade_calibration_markdown(results: &GradeCalibration, wording: Wording) -> String {
    let mut page = MarkdownPage::default();
    let sentences = grade_calibration_headline(results);
    if let Some((first, rest)) = sentences.split_first() {
        page.strong(first);
        for sentence in rest {
            page.paragraph(sentence);
        }
    }
    page.paragraph(&labelled(results));
    page.head(&["number", "value:", "95 % interval", "n:", "meaning"]);
    for number in main_rows(results) {
        row(&mut page, number.label, &number);
    }
    if results.scale.pass_from.is_some() {
        page.head(&["pass rate", "value:", "95 % interval", "n:", "what it estimates"]);
        for system in &results.systems {
            for number in pass_rate_rows(system, results.is_jury()) {
                row(&mut page, &format!("{}, {}", system.system, number.label), &number);
            }
        }
        differences(&mut page, results);
        for system in &results.systems {
            let bounds = system.pass_rate.as_ref().and_then(|rates| rates.bounds);
            if let Some(bounds) = bounds.filter(|bounds| bounds.low < bounds.high) {
                page.paragraph(&format!("{}, {}", system.system, bounds_sentence(&bounds)));
            }
        }
    }
    if let Some(thresholds) = &results.thresholds {
        page.paragraph(&threshold_sentence(results, thresholds));
    }
    people_who_label(&mut page, results);
    let warnings = results.warnings();
    page.list(
        warnings.iter().map(|warning| {
            format!("warning, {}: {}", warning.code, wording.apply(warning).message)
        }),
    );
    page.text
}

fn differences(page: &mut MarkdownPage, results: &GradeCalibration) {
    if results.pairs.is_empty() {
        return;
    }
    page.head(&["difference in points", "value:", "95 % interval", "n:", "of"]);
    for pair in &results.pairs {
        let Some(difference) = &pair.pass_rate_difference else { continue };
        let [first, second] = &pair.between;
        let format = NumberFormat::Points;
        for number in [
            NumberRow {
                label: "corrected with labels",
                format,
                estimate: &difference.ppi,
                note: "labels of both",
            },
            NumberRow {
                label: "direction-averaged",
                format,
                estimate: &difference.judge,
                note: "items of both",
            },
        ] {
            row(page, &format!("{second} − {first}, {}", number.label), &number);
        }
    }
}

fn row(page: &mut MarkdownPage, label: &str, row: &NumberRow<'_>) {
    let (value, interval) =
        (row.format.value(row.estimate.value), row.format.interval(row.estimate));
    page.row([label, &value, &interval, &count(row.estimate.n), row.note]);
}
