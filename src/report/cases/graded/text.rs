//! Graded responses for a terminal: both directions of the scale side by side where there is room for them.

use super::words::{notes, people, place, selection, tags, title, verdict};
use crate::cases::{GradeCase, GradeCases};
use crate::report::cases::page::{CaseLayout, INDENT, Page};
use crate::report::cases::replies::direction_parts;
use crate::report::cases::text::{content_text, reference_texts};

/// Returns what stands above the cases: judge, rubric, and how many cases there are.
pub fn grade_cases_text_heading(cases: &GradeCases, layout: CaseLayout) -> String {
    let mut page = Page::new(layout);
    page.heading(&title(cases));
    for sentence in selection(cases) {
        page.paragraph(INDENT, &sentence);
    }
    page.text
}

/// Returns a graded response as text.
pub fn text_grade_case(cases: &GradeCases, case: &GradeCase, layout: CaseLayout) -> String {
    let mut page = Page::new(layout);
    page.text.push('\n');
    let (record, scale) = (&case.record, cases.run().scale());
    page.rule();
    let outcome = verdict(case.verdict, scale);
    let place = place(cases, case);
    page.heading(&format!("{}  {}  {outcome}  ({place})", record.id, record.system));
    if !case.item.tags.is_empty() {
        page.paragraph(0, &format!("tags: {}", tags(case)));
    }
    page.section("prompt", &content_text(&case.item.prompt));
    if let Some(context) = &case.item.context {
        page.section("context", &context.to_string());
    }
    let response = case.item.responses.get(&record.system).map(content_text).unwrap_or_default();
    page.section(&format!("response of {}", record.system), &response);
    for text in case.item.reference.iter().flat_map(reference_texts) {
        page.section("reference", &text);
    }
    judges(&mut page, cases, case);
    if cases.has_labels() {
        page.text.push('\n');
        page.heading(&format!("people  {}", people(case, scale)));
        for (annotator, note) in notes(case) {
            page.section(&format!("note of {annotator}"), note);
        }
    }
    page.text
}

/// Writes the replies of the chosen judge, or of every judge.
fn judges(page: &mut Page, cases: &GradeCases, case: &GradeCase) {
    let scale = cases.run().scale();
    for (judge, judged) in cases.judged(case) {
        page.text.push('\n');
        page.heading(&format!("{}  {}", judge.record.name, verdict(judged.verdict, scale)));
        let rubric = judge.record.reading_rubric(cases.run().file().rubric());
        let [written, reversed] = judged.orders.as_slice() else { continue };
        let directions =
            [written, reversed].map(|direction| direction_parts(direction, scale, &rubric));
        page.columns_of_blocks(&directions);
    }
}
