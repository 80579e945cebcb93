//! The numbers of a try that has just been made.

use super::cost::replies_and_cost;
use super::findings::{about_grade_try, about_try};
use crate::calibration::Calibration;
use crate::error::Warning;
use crate::grading::GradeCalibration;
use crate::report::calibration::{NumberRow, main_rows};
use crate::report::calibration_headline;
use crate::report::grading::{calibrated_rows, grade_trust_sentence};
use crate::report::number_format::NumberFormat;
use crate::report::text_report::{TextReport, printable};
use crate::report::wording::Wording;
use crate::tries::TryFacts;

/// Returns the numbers of a try of a rubric that compares responses.
pub fn try_table(facts: &TryFacts, results: &Calibration, wording: Wording) -> String {
    let mut rows = main_rows(results);
    rows.push(NumberRow {
        label: "position consistency",
        format: NumberFormat::Percent,
        estimate: &results.position.consistency,
        note: "both orders",
    });
    let warnings = results.findings.iter().filter_map(about_try);
    table(facts, &calibration_headline(results), &rows, warnings, wording)
}

/// Returns the numbers of a try of a rubric that grades single responses. What people would pass is not among its
/// sentences: the rubric does not change that.
pub fn grade_try_table(facts: &TryFacts, results: &GradeCalibration, wording: Wording) -> String {
    let mut rows = calibrated_rows(results);
    rows.push(NumberRow {
        label: "judge − people, kept",
        format: NumberFormat::Plain,
        estimate: &results.kept.bias,
        note: "in steps",
    });
    let warnings = results.findings.iter().filter_map(|finding| about_grade_try(results, finding));
    table(facts, &[grade_trust_sentence(results)], &rows, warnings, wording)
}

fn table(
    facts: &TryFacts,
    sentences: &[String],
    rows: &[NumberRow<'_>],
    warnings: impl Iterator<Item = Warning>,
    wording: Wording,
) -> String {
    let mut page = TextReport::new(wording);
    page.line(format_args!(
        "try {} of {} {}, judge {}, {} half",
        facts.number,
        printable(&facts.rubric),
        printable(&facts.version),
        printable(&facts.judge),
        facts.part.as_str()
    ));
    page.blank();
    for sentence in sentences {
        page.paragraph(2, &printable(sentence));
    }
    page.blank();
    page.number_titles();
    for NumberRow { label, format, estimate, note } in rows {
        page.number_row(label, *format, estimate, note);
    }
    page.line(format_args!("  {}", replies_and_cost(facts)));
    page.blank();
    let warnings: Vec<Warning> = warnings.collect();
    page.warnings(&warnings);
    page.text
}
