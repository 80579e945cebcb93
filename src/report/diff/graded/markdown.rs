//! The difference between two runs of grades as Markdown, for a comment on a pull request.

use super::changed_case::{change_words, people_words, replies_of_both};
use super::rows::{change_rows, manifest_lines, right_grades, system_rows};
use super::sentences::grade_diff_headline;
use crate::diff::{ChangedGrade, ComparedGrades, GradeDiff};
use crate::error::Result;
use crate::report::cases::{content_text, markdown_parts, markdown_text};
use crate::report::diff::markdown::{MOST_CHARS, MOST_ROWS, files_details, head};
use crate::report::markdown_page::MarkdownPage;
use crate::report::quantities::counted;
use crate::report::wording::Wording;

/// Returns the difference as Markdown with the first `limit` responses, or as many as fit into a comment of a pull request
/// (65,536 characters).
///
/// # Errors
///
/// A run cannot be read.
pub fn grade_diff_markdown(
    compared: &ComparedGrades,
    limit: u64,
    wording: Wording,
) -> Result<String> {
    let diff = &compared.diff;
    let mut page = MarkdownPage::default();
    numbers(&mut page, diff);
    let warnings = diff.warnings.iter().map(|one| wording.apply(one));
    page.list(warnings.map(|one| format!("warning, {}: {}", one.code, one.message)));
    files_details(&mut page, manifest_lines(diff), [&diff.rubric_diff, &diff.prompt_diff]);
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
        let more = counted(changed - shown, "other response");
        cases.paragraph(&format!("… and {more} that changed, with {} json", wording.format));
    }
    if changed > 0 {
        let title = format!("{} that changed", counted(changed, "response"));
        page.details(&title, |folded| folded.append(&cases));
    }
    Ok(page.text)
}

fn numbers(page: &mut MarkdownPage, diff: &GradeDiff) {
    for (at, sentence) in grade_diff_headline(diff).iter().enumerate() {
        if at == 0 { page.strong(sentence) } else { page.paragraph(sentence) }
    }
    page.head(&head("number"));
    for row in change_rows(diff) {
        page.row(std::iter::once(&row.label).chain(&row.cells_with_intervals()));
    }
    for system in diff.systems.iter().take(MOST_ROWS) {
        for row in system_rows(system) {
            let label = format!("{}, {}", system.system, row.label);
            page.row(std::iter::once(&label).chain(&row.cells_with_intervals()));
        }
    }
    page.paragraph_if(right_grades(diff).as_deref());
}

fn changed_case(page: &mut MarkdownPage, compared: &ComparedGrades, case: &ChangedGrade) {
    let record = &case.before.record;
    let words = change_words(compared, case);
    page.heading(4, &format!("{}, {}: {words}", record.id, record.system));
    if compared.diff.redacted {
        return;
    }
    if compared.has_labels() {
        page.paragraph(&format!("people: {}", people_words(compared, case)));
    }
    let response = case.before.item.responses.get(&record.system).map(content_text);
    page.strong("prompt");
    markdown_text(page, &content_text(&case.before.item.prompt));
    page.strong("response");
    markdown_text(page, &response.unwrap_or_default());
    let directions = replies_of_both(compared, case);
    for (side, run) in ["before", "after"].into_iter().enumerate() {
        page.heading(5, run);
        for direction in &directions {
            direction.sides[side].iter().for_each(|block| markdown_parts(page, block));
        }
    }
}
