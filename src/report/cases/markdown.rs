//! Cases as Markdown. Untrusted text is in code blocks that it cannot close; names are escaped.

use super::difference::MarkedText;
use super::layout::{shown, wrap, write_lines};
use super::replies::{Part, order_parts};
use super::text::{
    compared_responses, content_text, place, reference_texts, selection, tags, title,
};
use super::words::{notes, people, verdict};
use crate::cases::{Case, Cases};
use crate::report::markdown_page::MarkdownPage;

/// The width to which texts are wrapped: a page does not wrap code.
const WIDTH: usize = 100;

/// Returns what stands above the cases.
pub fn cases_markdown_heading(cases: &Cases) -> String {
    let mut page = MarkdownPage::default();
    page.heading(1, &title(cases));
    page.list(selection(cases));
    page.text
}

/// Returns a case as Markdown.
pub fn markdown_case(cases: &Cases, case: &Case) -> String {
    let mut page = MarkdownPage::default();
    let record = &case.record;
    let outcome = verdict(case.verdict, &record.between);
    page.heading(2, &format!("{} – {outcome} ({})", record.id, place(cases, case)));
    if !case.item.tags.is_empty() {
        page.paragraph(&format!("tags: {}", tags(case)));
    }
    section(&mut page, "prompt", &content_text(&case.item.prompt));
    if let Some(context) = &case.item.context {
        section(&mut page, "context", &context.to_string());
    }
    let (texts, note) = compared_responses(case);
    for (system, text) in record.between.iter().zip(&texts) {
        page.strong(&format!("response of {system}"));
        code(&mut page, text);
    }
    if let Some(note) = note {
        page.paragraph(&format!("({note})"));
    }
    for text in case.item.reference.iter().flat_map(reference_texts) {
        section(&mut page, "reference", &text);
    }
    judges(&mut page, cases, case);
    if cases.has_labels() {
        page.strong("people");
        page.paragraph(&people(case));
        for (annotator, note) in notes(case) {
            section(&mut page, &format!("note of {annotator}"), note);
        }
    }
    // An empty line is between two cases.
    format!("\n{}", page.text)
}

/// Writes the replies of the chosen judge, or of every judge.
fn judges(page: &mut MarkdownPage, cases: &Cases, case: &Case) {
    let between = &case.record.between;
    for (judge, judged) in cases.judged(case) {
        page.heading(3, &format!("{} – {}", judge.record.name, verdict(judged.verdict, between)));
        let rubric = judge.record.reading_rubric(cases.run().rubric());
        for block in judged.orders.iter().flat_map(|order| order_parts(order, between, &rubric)) {
            markdown_parts(page, &block);
        }
    }
}

/// Writes a block of what is shown of an order.
pub(in crate::report) fn markdown_parts(page: &mut MarkdownPage, parts: &[Part]) {
    let is_fact = |part: &Part| matches!(part, Part::Fact(_));
    for run in parts.chunk_by(|one, other| is_fact(one) && is_fact(other)) {
        match &run[0] {
            Part::Heading(text) => page.strong(text),
            Part::Fact(_) => page.list(run.iter().filter_map(|part| match part {
                Part::Fact(text) => Some(text.clone()),
                _ => None,
            })),
            Part::Label(text) => page.paragraph(&format!("{text}:")),
            Part::Text(text) => markdown_text(page, text),
        }
    }
}

/// Writes a title and an untrusted text below it.
pub(super) fn section(page: &mut MarkdownPage, title: &str, text: &str) {
    page.strong(title);
    markdown_text(page, text);
}

/// Writes an untrusted text, which may be empty.
pub(in crate::report) fn markdown_text(page: &mut MarkdownPage, text: &str) {
    code(page, &MarkedText::plain(&shown(if text.is_empty() { "(empty)" } else { text })));
}

fn code(page: &mut MarkdownPage, text: &MarkedText) {
    let mut body = String::new();
    write_lines(&mut body, &wrap(text, WIDTH, 0), false);
    page.code(&body);
}
