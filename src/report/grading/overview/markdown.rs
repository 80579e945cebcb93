//! The report on grades as a comment on a pull request: what must be seen is open, the rest is folded.

use super::json::grade_overview_headline;
use super::sections::grade_sections;
use crate::overview::GradeOverview;
use crate::report::grading::calibration::grade_calibration_markdown;
use crate::report::grading::markdown::judge_grades;
use crate::report::markdown_page::MarkdownPage;
use crate::report::overview::{Comment, write_markdown_section};
use crate::report::wording::Wording;
use crate::summary::Gate;

/// Returns a report on grades as Markdown of less than 65,000 characters. What does not fit is left out, and the report
/// says so.
pub fn grade_overview_markdown(
    overview: &GradeOverview,
    gates: &[Gate],
    wording: Wording,
) -> String {
    let mut comment = Comment::default();
    comment.begin(&grade_overview_headline(overview), gates, |page| {
        let all = overview.is_jury();
        let judges = overview.summary.judges.iter();
        for judge in judges.filter(|one| all || one.judge == overview.judge) {
            judge_grades(page, &overview.summary, judge);
        }
    });
    if let Some(calibration) = &overview.calibration {
        let text = grade_calibration_markdown(calibration, wording);
        comment.fold("the judge against people", true, |page| page.append(&MarkdownPage { text }));
    }
    for section in grade_sections(overview) {
        comment.fold(section.title, true, |page| write_markdown_section(page, &section, wording));
    }
    comment.finish(wording)
}
