//! The report on grades for a terminal: 80 columns, nothing that needs colour, no share without its interval and its n.

use super::json::grade_overview_headline;
use super::sections::grade_sections;
use crate::overview::GradeOverview;
use crate::report::grading::calibration::grade_calibration_table;
use crate::report::grading::table::grades_section;
use crate::report::overview::write_text_section;
use crate::report::text_report::{TextReport, printable};
use crate::report::wording::Wording;

/// Returns a report on grades as a table for people.
pub fn grade_overview_table(overview: &GradeOverview, wording: Wording) -> String {
    let mut page = TextReport::new(wording);
    if let Some(calibration) = &overview.calibration {
        // Its text begins with the sentences to quote.
        let text = grade_calibration_table(calibration, true, wording);
        page.text += text.trim_end_matches('\n');
        page.blank();
    } else {
        for sentence in grade_overview_headline(overview) {
            page.paragraph(0, &printable(&sentence));
        }
    }
    let all = overview.is_jury();
    let judges = overview.summary.judges.iter();
    for judge in judges.filter(|one| all || one.judge == overview.judge) {
        page.blank();
        grades_section(&mut page, &overview.summary, judge);
    }
    for section in grade_sections(overview) {
        page.blank();
        write_text_section(&mut page, &section);
    }
    page.text
}
