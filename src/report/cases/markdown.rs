//! Cases as Markdown: untrusted text stands in code fences that it cannot close, names are escaped.

use super::difference::MarkedText;
use super::layout::{shown, wrap, write_lines};
use super::replies::{Part, order_parts};
use super::text::{
    compared_responses, content_text, place, reference_texts, selection, tags, title,
};
use super::words::{people, verdict};
use crate::cases::{Case, Cases};
use crate::report::escape::markdown;

/// The width to which texts are wrapped: a page does not wrap code.
const WIDTH: usize = 100;

/// Returns what stands above the cases.
pub fn cases_markdown_heading(cases: &Cases) -> String {
    let [outcomes, marks] = selection(cases).map(|text| markdown(&text).into_owned());
    format!("# {}\n\n{outcomes}.\n{marks}.\n", markdown(&title(cases)))
}

/// Returns a case as Markdown.
pub fn markdown_case(cases: &Cases, case: &Case) -> String {
    let record = &case.record;
    let place = place(cases, case);
    let outcome = verdict(case.verdict, &record.between);
    let mut page = Page::default();
    page.paragraph(&format!("## {}", markdown(&format!("{} – {outcome} ({place})", record.id))));
    if !case.item.tags.is_empty() {
        page.paragraph(&format!("Tags: {}", markdown(&tags(case))));
    }
    page.section("prompt", &content_text(&case.item.prompt));
    if let Some(context) = &case.item.context {
        page.section("context", &context.to_string());
    }
    let (texts, note) = compared_responses(case);
    for (system, text) in record.between.iter().zip(&texts) {
        page.bold(&format!("response of {system}"));
        page.fenced(text);
    }
    if let Some(note) = note {
        page.paragraph(&format!("({note})"));
    }
    for text in case.item.reference.iter().flat_map(reference_texts) {
        page.section("reference", &text);
    }
    page.judges(cases, case);
    if cases.has_labels() {
        page.paragraph(&format!("**people** {}", markdown(&people(case))));
    }
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
    /// Whether the last part was an item of a list.
    in_list: bool,
}

impl Page {
    fn paragraph(&mut self, text: &str) {
        self.text.push('\n');
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn bold(&mut self, text: &str) {
        self.paragraph(&format!("**{}**", markdown(text)));
    }

    fn section(&mut self, title: &str, text: &str) {
        self.bold(title);
        self.fenced(&MarkedText::plain(&shown(if text.is_empty() { "(empty)" } else { text })));
    }

    /// Writes a text between two fences that are longer than any row of backticks in it.
    fn fenced(&mut self, text: &MarkedText) {
        let mut body = String::new();
        write_lines(&mut body, &wrap(text, WIDTH, 0), false);
        let longest = body.split(|char| char != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat((longest + 1).max(3));
        self.paragraph(&format!("{fence}text\n{body}{fence}"));
    }

    fn judges(&mut self, cases: &Cases, case: &Case) {
        let between = &case.record.between;
        for (judge, judged) in cases.judged(case) {
            let name = markdown(&judge.record.name).into_owned();
            let outcome = markdown(&verdict(judged.verdict, between)).into_owned();
            self.paragraph(&format!("### {name} – {outcome}"));
            let rubric = judge.record.reading_rubric(cases.run().rubric());
            for order in &judged.orders {
                for part in order_parts(order, between, &rubric).concat() {
                    self.part(&part);
                }
            }
        }
    }

    fn part(&mut self, part: &Part) {
        let is_fact = matches!(part, Part::Fact(_));
        match part {
            Part::Heading(text) => self.bold(text),
            Part::Fact(text) => {
                if !self.in_list {
                    self.text.push('\n');
                }
                self.text.push_str(&format_list_item(text));
            }
            Part::Label(text) => self.paragraph(&format!("{text}:")),
            Part::Text(text) => {
                let text = if text.is_empty() { "(empty)" } else { text };
                self.fenced(&MarkedText::plain(&shown(text)));
            }
        }
        self.in_list = is_fact;
    }
}

fn format_list_item(text: &str) -> String {
    format!("- {}\n", markdown(text))
}
