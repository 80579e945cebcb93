//! The difference between two runs of grades as a report for a terminal of 80 columns.

use super::changed_case::{change_words, people_words, replies_of_both};
use super::rows::{change_rows, manifest_lines, right_grades, system_rows};
use super::sentences::grade_diff_headline;
use crate::diff::{ChangedGrade, ComparedGrades, GradeDiff};
use crate::error::Result;
use crate::report::cases::{columns_of_parts, content_text};
use crate::report::columns::shorten;
use crate::report::diff::rows::TITLES;
use crate::report::diff::table::{Widths, excerpt, files, line, row, side, titled};
use crate::report::quantities::{count, counted};
use crate::report::short_names::shorten_unique;
use crate::report::text_report::{MAX_ROWS, TextReport, WIDTH, printable};
use crate::report::wording::Wording;

/// Writes the difference as a report for people, with the first `limit` responses, piece by piece.
///
/// # Errors
///
/// A run cannot be read, and whatever `write` returns.
pub fn grade_diff_table(
    compared: &ComparedGrades,
    limit: u64,
    wording: Wording,
    mut write: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    let diff = &compared.diff;
    let mut page = TextReport::new(wording);
    summary(&mut page, diff);
    numbers(&mut page, diff);
    files(&mut page, [&diff.rubric_diff, &diff.prompt_diff]);
    page.warnings(&diff.warnings);
    write(&format!("{}\n", page.text.trim_end_matches('\n')))?;
    let changed = compared.changed_cases();
    let shown = limit.min(diff.responses);
    compared.for_each_case(limit, |case| {
        let mut page = TextReport::new(wording);
        changed_case(&mut page, compared, &case);
        write(&page.text)
    })?;
    if shown < changed {
        let format = wording.format;
        write(&format!(
            "\n… and {} that changed, with {format} json\n",
            counted(changed - shown, "other response")
        ))?;
    }
    Ok(())
}

fn summary(page: &mut TextReport, diff: &GradeDiff) {
    for (at, sentence) in grade_diff_headline(diff).iter().enumerate() {
        if at == 1 {
            page.blank();
        }
        page.paragraph(if at == 0 { 0 } else { 2 }, &printable(sentence));
    }
    page.blank();
    for line in manifest_lines(diff) {
        page.paragraph(2, &printable(&line));
    }
    page.blank();
}

fn numbers(page: &mut TextReport, diff: &GradeDiff) {
    let shown = &diff.systems[..diff.systems.len().min(MAX_ROWS)];
    let rows = change_rows(diff);
    let all = rows.iter().map(|row| row.cells[4].clone());
    let of_systems = shown.iter().flat_map(system_rows).map(|row| row.cells[4].clone());
    let widths = Widths::fitting(all.chain(of_systems));
    line(page, "", TITLES, widths);
    for one in &rows {
        row(page, one, &one.label, widths);
    }
    let names: Vec<String> = shown.iter().map(|system| printable(&system.system)).collect();
    for (system, name) in shown.iter().zip(shorten_unique(&names, WIDTH - 12)) {
        let of = counted(system.responses, "response");
        page.line(format_args!("  {name}, {of}"));
        for one in system_rows(system) {
            row(page, &one, &format!("  {}", one.label), widths);
        }
    }
    page.more(diff.systems.len());
    if let Some(sentence) = right_grades(diff) {
        page.paragraph(2, &sentence);
    }
    page.blank();
}

fn changed_case(page: &mut TextReport, compared: &ComparedGrades, case: &ChangedGrade) {
    page.text.push('\n');
    page.text.extend(std::iter::repeat_n('─', WIDTH));
    page.text.push('\n');
    let place = format!("{} of {}", count(case.before.number), count(compared.diff.responses));
    let record = &case.before.record;
    let id = shorten(&printable(&format!("{}  {}", record.id, record.system)), WIDTH - 2);
    page.paragraph(0, &format!("{id}  {}  ({place})", printable(&change_words(compared, case))));
    if compared.diff.redacted {
        return;
    }
    if compared.has_labels() {
        page.paragraph(0, &format!("people: {}", printable(&people_words(compared, case))));
    }
    let response = case.before.item.responses.get(&record.system).map(content_text);
    let texts = [
        ("prompt", content_text(&case.before.item.prompt)),
        ("response", response.unwrap_or_default()),
    ];
    for (title, text) in texts {
        page.line(format_args!("{title}"));
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        excerpt(page, &printable(&text));
    }
    page.blank();
    for direction in replies_of_both(compared, case) {
        let [before, after] = direction.sides.map(|blocks| side(blocks.concat()));
        page.text.push_str(&columns_of_parts(
            &[titled("before", before), titled("after", after)],
            WIDTH,
        ));
    }
}
