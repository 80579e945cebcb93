//! Graded responses as Markdown. Untrusted text is in code blocks that it cannot close; names are escaped.

use super::words::{notes, people, place, selection, tags, title, verdict};
use crate::cases::{GradeCase, GradeCases};
use crate::report::cases::markdown::{markdown_parts, section};
use crate::report::cases::replies::direction_parts;
use crate::report::cases::text::{content_text, reference_texts};
use crate::report::markdown_page::MarkdownPage;

/// Returns what stands above the cases.
pub fn grade_cases_markdown_heading(cases: &GradeCases) -> String {
    let mut page = MarkdownPage::default();
    page.heading(1, &title(cases));
    page.list(selection(cases));
    page.text
}

/// Returns a graded response as Markdown.
pub fn markdown_grade_case(cases: &GradeCases, case: &GradeCase) -> String {
    let mut page = MarkdownPage::default();
    let (record, scale) = (&case.record, cases.run().scale());
    let outcome = verdict(case.verdict, scale);
    let place = place(cases, case);
    page.heading(2, &format!("{} – {} – {outcome} ({place})", record.id, record.system));
    if !case.item.tags.is_empty() {
        page.paragraph(&format!("tags: {}", tags(case)));
    }
    section(&mut page, "prompt", &content_text(&case.item.prompt));
    if let Some(context) = &case.item.context {
        section(&mut page, "context", &context.to_string());
    }
    let response = case.item.responses.get(&record.system).map(content_text).unwrap_or_default();
    section(&mut page, &format!("response of {}", record.system), &response);
    for text in case.item.reference.iter().flat_map(reference_texts) {
        section(&mut page, "reference", &text);
    }
    for (judge, judged) in cases.judged(case) {
        page.heading(3, &format!("{} – {}", judge.record.name, verdict(judged.verdict, scale)));
        let rubric = judge.record.reading_rubric(cases.run().file().rubric());
        let directions = judged.orders.iter();
        for block in directions.flat_map(|direction| direction_parts(direction, scale, &rubric)) {
            markdown_parts(&mut page, &block);
        }
    }
    if cases.has_labels() {
        page.strong("people");
        page.paragraph(&people(case, scale));
        for (annotator, note) in notes(case) {
            section(&mut page, &format!("note of {annotator}"), note);
        }
    }
    // An empty line is between two cases.
    format!("\n{}", page.text)
}
