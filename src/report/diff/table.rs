//! The difference between two runs as a report for a terminal of 80 columns.

use unicode_width::UnicodeWidthStr as _;

use super::changed_case::{change_words, people_words, replies_of_both};
use super::rows::{
    ChangeRow, TITLES, change_rows, criterion_rows, criterion_words, field_lines, right_verdicts,
    run_lines,
};
use super::sentences::{NOISE_UNKNOWN, diff_headline};
use crate::diff::{ChangedCase, ComparedRuns, RunDiff};
use crate::error::Result;
use crate::report::cases::{Part, columns_of_parts, content_text, people_line};
use crate::report::columns::{pad_right, shorten, wrap};
use crate::report::escape::for_terminal;
use crate::report::quantities::{count, counted};
use crate::report::short_names::shorten_unique;
use crate::report::text_report::{MAX_ROWS, TextReport, WIDTH, printable};
use crate::report::wording::Wording;

/// Columns of the label of a row and of the n at its end.
const LABEL_AND_N: usize = 34;
/// Columns of an n, or more where both runs have another.
const N: usize = 7;
/// The fewest columns of a label.
const SHORTEST_LABEL: usize = 12;
/// Columns of a criterion's name.
const CRITERION: usize = 34;
/// The most lines that are shown of a difference of files.
const MOST_DIFF_LINES: usize = 20;
/// The most lines that are shown of a prompt, and of a reply.
const MOST_LINES: usize = 4;

/// Writes the difference as a report for people, with the first `limit` comparisons, piece by piece.
///
/// # Errors
///
/// A run cannot be read, and whatever `write` returns.
pub fn diff_table(
    compared: &ComparedRuns,
    limit: u64,
    wording: Wording,
    mut write: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    let diff = &compared.diff;
    let mut page = TextReport::new(wording);
    summary(&mut page, diff);
    let widths = Widths::of(diff);
    numbers(&mut page, diff, widths);
    criteria(&mut page, diff, widths);
    files(&mut page, [&diff.rubric_diff, &diff.prompt_diff]);
    let shown = diff.warnings.iter().filter(|warning| warning.code != NOISE_UNKNOWN);
    page.warnings(shown);
    write(&format!("{}\n", page.text.trim_end_matches('\n')))?;
    let changed = compared.changed_cases();
    let shown = limit.min(diff.comparisons);
    compared.for_each_case(limit, |case| {
        let mut page = TextReport::new(wording);
        changed_case(&mut page, compared, &case);
        write(&page.text)
    })?;
    if shown < changed {
        let format = wording.format;
        write(&format!(
            "\n… and {} that changed, with {format} json\n",
            counted(changed - shown, "other comparison")
        ))?;
    }
    Ok(())
}

fn summary(page: &mut TextReport, diff: &RunDiff) {
    for (at, sentence) in diff_headline(diff).iter().enumerate() {
        if at == 1 {
            page.blank();
        }
        page.paragraph(if at == 0 { 0 } else { 2 }, &printable(sentence));
    }
    page.blank();
    let lines = run_lines(diff);
    for line in lines.into_iter().chain(field_lines(diff)) {
        page.paragraph(2, &printable(&line));
    }
    page.blank();
}

/// Columns of the parts of a row that have no fixed width.
#[derive(Clone, Copy)]
pub(super) struct Widths {
    label: usize,
    n: usize,
}

impl Widths {
    /// Returns the widths that every row has, so that the longest n fits.
    fn of(diff: &RunDiff) -> Self {
        let criteria = diff.criteria.iter().take(MAX_ROWS).flat_map(criterion_rows);
        let rows = change_rows(diff).into_iter().chain(criteria);
        Self::fitting(rows.map(|row| row.cells[4].clone()))
    }

    /// Returns the widths that every row has, so that the longest of these n fits.
    pub(super) fn fitting(n: impl Iterator<Item = String>) -> Self {
        // With a space before it.
        let longest = n.map(|n| n.width() + 1).max().unwrap_or(0);
        let n = longest.clamp(N, LABEL_AND_N - SHORTEST_LABEL);
        Self { label: LABEL_AND_N - n, n }
    }
}

fn numbers(page: &mut TextReport, diff: &RunDiff, widths: Widths) {
    line(page, "", TITLES, widths);
    let rows = change_rows(diff);
    let fixed = rows.len() - diff.win_rates.len();
    for one in &rows[..fixed] {
        row(page, one, &one.label, widths);
    }
    if !diff.win_rates.is_empty() {
        page.line(format_args!("  win rate over both orders of"));
    }
    let names: Vec<String> = rows[fixed..].iter().map(|row| printable(&row.label)).collect();
    let names = shorten_unique(&names, widths.label - 3);
    for (one, name) in rows[fixed..].iter().zip(&names).take(MAX_ROWS) {
        row(page, one, &format!("  {name}"), widths);
    }
    page.more(diff.win_rates.len());
    if let Some(sentence) = right_verdicts(diff) {
        page.paragraph(2, &sentence);
    }
    page.blank();
}

/// Writes a label and the cells of [`TITLES`] after it.
pub(super) fn line(page: &mut TextReport, label: &str, cells: [&str; 5], widths: Widths) {
    let [before, after, difference, interval, n] = cells;
    let label = pad_right(&shorten(label, widths.label), widths.label);
    let width = widths.n;
    page.line(format_args!(
        "  {label}{before:>8}{after:>8}{difference:>11}  {interval:<15}{n:>width$}"
    ));
}

/// Writes a label and the cells of a row after it.
pub(super) fn row(page: &mut TextReport, row: &ChangeRow, label: &str, widths: Widths) {
    line(page, label, row.cells.each_ref().map(String::as_str), widths);
}

fn criteria(page: &mut TextReport, diff: &RunDiff, widths: Widths) {
    for criterion in diff.criteria.iter().take(MAX_ROWS) {
        let name = shorten(&printable(&criterion.name), CRITERION);
        page.paragraph(2, &format!("criterion {name}: {}", criterion_words(criterion)));
        for one in criterion_rows(criterion) {
            row(page, &one, &format!("  {}", one.label), widths);
        }
    }
    page.more(diff.criteria.len());
    if !diff.criteria.is_empty() {
        page.blank();
    }
}

/// Writes what differs in rubric and prompts.
pub(super) fn files(page: &mut TextReport, [rubric, prompt]: [&Option<String>; 2]) {
    for (title, text) in [("rubric", rubric), ("prompt", prompt)] {
        let Some(text) = text else { continue };
        page.line(format_args!("  {title}, from the first run (-) to the second (+)"));
        let lines: Vec<String> = text
            .lines()
            .flat_map(|line| {
                let text = for_terminal(line, true).replace('\t', "    ");
                let indent = text.len() - text[1.min(text.len())..].trim_start().len();
                let mut lines = wrap_code(&text, WIDTH - 4, indent.min(12));
                for line in &mut lines {
                    line.insert_str(0, "    ");
                }
                lines
            })
            .collect();
        for line in lines.iter().take(MOST_DIFF_LINES) {
            page.line(format_args!("{line}"));
        }
        if lines.len() > MOST_DIFF_LINES {
            let format = page.wording.format;
            let more = counted((lines.len() - MOST_DIFF_LINES) as u64, "more line");
            page.line(format_args!("    … and {more} with {format} json"));
        }
        page.blank();
    }
}

/// Breaks a line of a difference, indented further after the first.
fn wrap_code(line: &str, width: usize, indent: usize) -> Vec<String> {
    let (sign, rest) = line.split_at(line.chars().next().map_or(0, char::len_utf8));
    let begin: String = rest.chars().take_while(|char| *char == ' ').take(indent).collect();
    let wrapped = wrap(&rest[begin.len()..], width.saturating_sub(begin.len() + 1).max(8));
    let of = |(at, text): (usize, &String)| {
        let sign = if at == 0 { sign } else { " " };
        format!("{sign}{begin}{text}")
    };
    wrapped.iter().enumerate().map(of).collect()
}

fn changed_case(page: &mut TextReport, compared: &ComparedRuns, case: &ChangedCase) {
    page.text.push('\n');
    page.text.extend(std::iter::repeat_n('─', WIDTH));
    page.text.push('\n');
    let place = format!("{} of {}", count(case.before.number), count(compared.diff.comparisons));
    let id = shorten(&printable(&case.before.record.id), WIDTH - 2);
    page.paragraph(0, &format!("{id}  {}  ({place})", printable(&change_words(case))));
    if compared.has_labels() && !compared.diff.redacted {
        let people = people_words(case, &people_line(&case.before));
        page.paragraph(0, &format!("people: {}", printable(&people)));
    }
    if compared.diff.redacted {
        return;
    }
    page.line(format_args!("prompt"));
    let prompt = content_text(&case.before.item.prompt);
    let prompt = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    excerpt(page, &printable(&prompt));
    page.blank();
    for order in replies_of_both(compared, case) {
        let [before, after] = order.sides.map(|blocks| side(blocks.concat()));
        page.text.push_str(&columns_of_parts(
            &[titled("before", before), titled("after", after)],
            WIDTH,
        ));
    }
}

/// Writes the first lines of a text.
pub(super) fn excerpt(page: &mut TextReport, text: &str) {
    let lines = wrap(text, WIDTH - 4);
    for (at, line) in lines.iter().take(MOST_LINES).enumerate() {
        let more = if at + 1 == MOST_LINES && lines.len() > MOST_LINES { " …" } else { "" };
        page.line(format_args!("  {line}{more}"));
    }
}

/// Returns what is shown of an order in one run, with its texts shortened.
pub(super) fn side(parts: Vec<Part>) -> Vec<Part> {
    /// Characters of a reply: about as many lines of half the page as of a prompt.
    const MOST: usize = MOST_LINES * 34;
    let short = |part: Part| match part {
        Part::Text(text) if text.chars().count() > MOST => {
            let begin: String = text.chars().take(MOST).collect();
            Part::Text(format!("{} …", begin.trim_end()))
        }
        part => part,
    };
    parts.into_iter().map(short).collect()
}

/// Says in the first heading which run it is of.
pub(super) fn titled(run: &str, mut parts: Vec<Part>) -> Vec<Part> {
    match parts.first_mut() {
        Some(Part::Heading(heading)) => *heading = format!("{run}, {heading}"),
        _ => parts.insert(0, Part::Heading(format!("{run}: no such judge"))),
    }
    parts
}
