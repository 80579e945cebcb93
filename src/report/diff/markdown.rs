//! The difference between two runs as Markdown, for a comment on a pull request.

use super::changed_case::{change_words, people_words, replies_of_both};
use super::rows::{
    change_rows, criterion_rows, criterion_words, field_lines, right_verdicts, run_lines,
};
use super::sentences::{NOISE_UNKNOWN, diff_headline};
use crate::diff::{ChangedCase, ComparedRuns, RunDiff};
use crate::error::Result;
use crate::report::cases::{content_text, markdown_parts, markdown_text, people_line};
use crate::report::markdown_page::MarkdownPage;
use crate::report::quantities::counted;
use crate::report::wording::Wording;

/// The most characters of a comment, with room for what stands around it.
pub(super) const MOST_CHARS: usize = 60_000;
/// The most characters of a difference of files.
const MOST_DIFF_CHARS: usize = 12_000;
/// The most rows of a table.
pub(super) const MOST_ROWS: usize = 30;

/// Returns the difference as Markdown with the first `limit` comparisons, or as many as fit into a comment of a pull
/// request (65,536 characters).
///
/// # Errors
///
/// A run cannot be read.
pub fn diff_markdown(compared: &ComparedRuns, limit: u64, wording: Wording) -> Result<String> {
    let diff = &compared.diff;
    let mut page = MarkdownPage::default();
    numbers(&mut page, diff);
    let warnings = diff.warnings.iter().filter(|warning| warning.code != NOISE_UNKNOWN);
    page.list(warnings.map(|one| format!("warning, {}: {}", one.code, wording.apply(one).message)));
    let lines = run_lines(diff).into_iter().chain(field_lines(diff));
    files_details(&mut page, lines, [&diff.rubric_diff, &diff.prompt_diff]);
    let mut used = page.text.chars().count();
    let (mut cases, mut shown) = (MarkdownPage::default(), 0);
    compared.for_each_case(limit, |case| {
        let mut next = MarkdownPage::default();
        changed_case(&mut next, compared, &case);
        used += next.text.chars().count() + 1;
        // Cases come in order, so none is shown after one that did not fit.
        if used <= MOST_CHARS {
            shown += 1;
            cases.append(&next);
        }
        Ok(())
    })?;
    let changed = compared.changed_cases();
    if shown < changed {
        let more = counted(changed - shown, "other comparison");
        cases.paragraph(&format!("… and {more} that changed, with {} json", wording.format));
    }
    if changed > 0 {
        let title = format!("{} that changed", counted(changed, "comparison"));
        page.details(&title, |folded| folded.append(&cases));
    }
    Ok(page.text)
}

fn numbers(page: &mut MarkdownPage, diff: &RunDiff) {
    let sentences = diff_headline(diff);
    for (at, sentence) in sentences.iter().enumerate() {
        if at == 0 { page.strong(sentence) } else { page.paragraph(sentence) }
    }
    page.head(&head("number"));
    let rows = change_rows(diff);
    for row in rows.iter().take(MOST_ROWS) {
        page.row(std::iter::once(&row.label).chain(&row.cells_with_intervals()));
    }
    page.paragraph_if(right_verdicts(diff).as_deref());
    if diff.criteria.is_empty() {
        return;
    }
    page.head(&head("criterion"));
    for criterion in diff.criteria.iter().take(MOST_ROWS) {
        for row in criterion_rows(criterion) {
            let label = format!("{}, {}", criterion.name, row.label);
            page.row(std::iter::once(&label).chain(&row.cells_with_intervals()));
        }
    }
    page.list(
        diff.criteria
            .iter()
            .take(MOST_ROWS)
            .map(|one| format!("{}: {}", one.name, criterion_words(one))),
    );
}

/// Returns the titles of a table of numbers of both runs.
pub(super) fn head(first: &str) -> Vec<&str> {
    std::iter::once(first)
        .chain(["before:", "after:", "difference:", "95 % interval:", "n:"])
        .collect()
}

/// Writes what each run is, and what differs in rubric and prompts.
pub(super) fn files_details(
    page: &mut MarkdownPage,
    lines: impl Iterator<Item = String>,
    [rubric, prompt]: [&Option<String>; 2],
) {
    let mut details = MarkdownPage::default();
    details.list(lines);
    for (title, text) in [("rubric", rubric), ("prompt", prompt)] {
        let Some(text) = text else { continue };
        details.strong(title);
        let mut shown = String::new();
        for line in text.lines() {
            if shown.chars().count() + line.chars().count() > MOST_DIFF_CHARS {
                shown.push_str("… the rest is left out here\n");
                break;
            }
            shown.push_str(line);
            shown.push('\n');
        }
        details.code_in("diff", &crate::report::escape::for_terminal(&shown, true));
    }
    page.details("what changed in the manifest", |folded| folded.append(&details));
}

fn changed_case(page: &mut MarkdownPage, compared: &ComparedRuns, case: &ChangedCase) {
    let id = &case.before.record.id;
    page.heading(4, &format!("{id}: {}", change_words(case)));
    if compared.diff.redacted {
        return;
    }
    if compared.has_labels() {
        let people = people_words(case, &people_line(&case.before));
        page.paragraph(&format!("people: {people}"));
    }
    page.strong("prompt");
    markdown_text(page, &content_text(&case.before.item.prompt));
    let orders = replies_of_both(compared, case);
    for (side, run) in ["before", "after"].into_iter().enumerate() {
        page.heading(5, run);
        for order in &orders {
            order.sides[side].iter().for_each(|block| markdown_parts(page, block));
        }
    }
}
