//! Cases for a terminal: two columns where there is room for them, else one below the other.

use super::difference::{Difference, MarkedText, difference};
use super::layout::{heading, shown, wrap};
use super::page::{CaseLayout, INDENT, Page};
use super::replies::order_parts;
use super::words::{notes, people, verdict};
use crate::cases::{Case, Cases};
use crate::input::{Content, Reference};
use crate::report::outcomes::outcome_list;
use crate::report::quantities::{count, counted};
use crate::trial::Side;

/// Returns what stands above the cases: judge, rubric, and how many cases there are.
pub fn cases_text_heading(cases: &Cases, layout: CaseLayout) -> String {
    let mut page = Page::new(layout);
    page.heading(&title(cases));
    for sentence in selection(cases) {
        page.paragraph(INDENT, &sentence);
    }
    page.text
}

/// Returns what the cases are: `falcon-cot, rubric llmbar-cot 1.0.0, 84 of 100 comparisons: flipped`.
pub(super) fn title(cases: &Cases) -> String {
    let (run, rubric) = (cases.run(), cases.run().rubric());
    let judge = run.name_of(cases.judge());
    let all: u64 = cases.outcomes().iter().map(|(_, number)| number).sum();
    let comparisons = counted(all, "comparison");
    let (number, outcome) = match cases.filter().outcome {
        Some(outcome) => (
            format!("{} of {comparisons}", count(cases.matching())),
            format!(": {}", outcome.as_str()),
        ),
        None => (comparisons, String::new()),
    };
    format!("{judge}, rubric {} {}, {number}{outcome}", rubric.name, rubric.version)
}

/// Returns which of the cases follow, and how to read them, in sentences.
pub(super) fn selection(cases: &Cases) -> [String; 2] {
    let mut outcomes = outcome_list(cases.outcomes());
    if cases.shown() < cases.matching() {
        let [shown, matching] = [cases.shown(), cases.matching()].map(count);
        outcomes = format!("{outcomes}; shown: {shown} of {matching}");
    }
    [outcomes, "~ marks words that the other response does not have".to_owned()]
}

/// Returns the place of a case: `3 of 84`.
pub(super) fn place(cases: &Cases, case: &Case) -> String {
    format!("{} of {}", count(case.number), count(cases.matching()))
}

/// Returns a case as text.
pub fn text_case(cases: &Cases, case: &Case, layout: CaseLayout) -> String {
    let mut page = Page::new(layout);
    page.text.push('\n');
    let record = &case.record;
    page.rule();
    let outcome = verdict(case.verdict, &record.between);
    page.heading(&format!("{}  {outcome}  ({})", record.id, place(cases, case)));
    if !case.item.tags.is_empty() {
        page.paragraph(0, &format!("tags: {}", tags(case)));
    }
    page.section("prompt", &content_text(&case.item.prompt));
    if let Some(context) = &case.item.context {
        page.section("context", &context.to_string());
    }
    responses(&mut page, case);
    for text in case.item.reference.iter().flat_map(reference_texts) {
        page.section("reference", &text);
    }
    judges(&mut page, cases, case);
    if cases.has_labels() {
        page.text.push('\n');
        page.heading(&format!("people  {}", people(case)));
        for (annotator, note) in notes(case) {
            page.section(&format!("note of {annotator}"), note);
        }
    }
    page.text
}

/// Returns the tags of a case: `lang=en, topic=advice`.
pub(super) fn tags(case: &Case) -> String {
    let tags: Vec<String> =
        case.item.tags.iter().map(|(tag, value)| format!("{tag}={value}")).collect();
    tags.join(", ")
}

/// Returns a prompt or a response as one text; each turn of a conversation begins with its role.
pub(crate) fn content_text(content: &Content) -> String {
    if let Content::Text(text) = content {
        return text.clone();
    }
    let lines = content.turns().iter().flat_map(|turn| {
        let name = turn.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let said = format!("[{}{name}] {}", turn.role, turn.content);
        let calls = turn.tool_calls.iter();
        let calls = calls.map(move |call| {
            format!("[{}{name}] calls {}({})", turn.role, call.name, call.arguments)
        });
        std::iter::once(said).chain(calls)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the expected answers.
pub(crate) fn reference_texts(reference: &Reference) -> Vec<String> {
    match reference {
        Reference::Object(_) => reference.object().iter().map(ToString::to_string).collect(),
        texts => texts.texts().map(ToOwned::to_owned).collect(),
    }
}

/// Returns both responses with their differences marked, and what is said about the differences.
pub(super) fn compared_responses(case: &Case) -> ([MarkedText; 2], Option<String>) {
    let text = |side: Side| {
        let system = &case.record.between[usize::from(side == Side::B)];
        case.item.responses.get(system).map(content_text).unwrap_or_default()
    };
    let texts = [Side::A, Side::B].map(|side| shown(&text(side)));
    let (mut marked, found) = difference([&texts[0], &texts[1]]);
    let note = difference_sentence([&texts[0], &texts[1]], found);
    for text in marked.iter_mut().filter(|text| text.chars.is_empty()) {
        *text = MarkedText::plain("(empty)");
    }
    (marked, note)
}

/// Returns what there is to say of the difference between two texts, if the marks do not say it all.
pub(in crate::report) fn difference_sentence(
    texts: [&str; 2],
    found: Difference,
) -> Option<String> {
    match found {
        // The empty one says so itself.
        Difference::FewWords(_) if texts.iter().any(|text| text.is_empty()) => None,
        Difference::Marked => None,
        Difference::None => Some("both responses are equal".to_owned()),
        Difference::WhiteSpace => Some("the responses differ only in white space".to_owned()),
        Difference::FewWords(share) => {
            let percent = share * 100.0;
            Some(format!(
                "the responses share {percent:.0} % of their words: differences are not marked"
            ))
        }
        Difference::TooLong => Some("the responses are too long to mark differences".to_owned()),
    }
}

/// Writes both responses with their differences marked.
fn responses(page: &mut Page, case: &Case) {
    let (texts, note) = compared_responses(case);
    let between = &case.record.between;
    page.text.push('\n');
    page.columns(|width| {
        [0, 1].map(|at| {
            let mut lines = heading(&format!("response of {}", between[at]), width);
            lines.extend(wrap(&texts[at], width, INDENT));
            vec![lines]
        })
    });
    if let Some(note) = note {
        page.paragraph(0, &format!("({note})"));
    }
}

/// Writes the replies of the chosen judge, or of every judge.
fn judges(page: &mut Page, cases: &Cases, case: &Case) {
    for (judge, judged) in cases.judged(case) {
        let between = &case.record.between;
        page.text.push('\n');
        page.heading(&format!("{}  {}", judge.record.name, verdict(judged.verdict, between)));
        let rubric = judge.record.reading_rubric(cases.run().rubric());
        let [a_first, b_first] = judged.orders.as_slice() else { continue };
        let orders = [a_first, b_first].map(|order| order_parts(order, between, &rubric));
        page.columns_of_blocks(&orders);
    }
}
