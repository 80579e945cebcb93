//! The report as a comment on a pull request: what must be seen is open, the rest is folded.

use super::generated::SystemTable;
use super::headline::{overview_headline, overview_warnings};
use super::sections::{Section, sections};
use crate::error::capitalised;
use crate::overview::{CheckState, ChecklistEntry, Overview};
use crate::report::calibration::calibration_tables;
use crate::report::columns::shorten;
use crate::report::markdown_page::MarkdownPage;
use crate::report::quantities::{count, counted};
use crate::report::summary::judge_report;
use crate::report::text_report::MAX_ROWS;
use crate::report::wording::Wording;
use crate::summary::{Gate, GateResult};

/// The most characters of a comment; GitHub allows 65,536.
const MOST_CHARS: usize = 64_000;
/// Columns of a sentence. Names in it may be of any length.
const SENTENCE_WIDTH: usize = 1_000;
/// The most gates that are not folded.
const OPEN_GATES: usize = 20;

/// Returns a report as Markdown of less than 65,000 characters. What does not fit is left out, and the report says so.
pub fn overview_markdown(overview: &Overview, gates: &[Gate], wording: Wording) -> String {
    let mut comment = Comment::default();
    comment.begin(&overview_headline(overview), gates, |page| numbers(page, overview));
    let is_calibrated = overview.calibration.is_some();
    comment.fold("outcomes", is_calibrated, |page| outcomes(page, overview, 0));
    for section in sections(overview) {
        comment.fold(section.title, true, |page| write_section(page, &section, wording));
    }
    let checklist = &overview.checklist;
    let gaps = checklist.iter().filter(|entry| entry.state != CheckState::Done).count();
    let title = format!("what was validated: {}", counted(gaps as u64, "gap"));
    comment.fold(&title, !checklist.is_empty(), |page| write_checklist(page, checklist));
    let warnings = overview_warnings(overview, wording);
    let title = counted(warnings.len() as u64, "warning");
    comment.fold(&title, !warnings.is_empty(), |page| {
        page.list(warnings.iter().map(|warning| format!("{}: {}", warning.code, warning.message)));
    });
    comment.finish(wording)
}

/// A comment as far as it is written.
#[derive(Default)]
pub(in crate::report) struct Comment {
    text: String,
    /// What did not fit.
    left_out: Vec<String>,
}

impl Comment {
    /// Adds what must be seen: the first sentences, the gates, those that are not passed first, and the numbers. Most of
    /// many gates are folded.
    pub(in crate::report) fn begin(
        &mut self,
        headline: &[String],
        gates: &[Gate],
        numbers: impl FnOnce(&mut MarkdownPage),
    ) {
        self.add("the first sentences", |page| sentences(page, headline));
        let mut gates: Vec<&Gate> = gates.iter().collect();
        gates.sort_by_key(|gate| std::cmp::Reverse(gate.result()));
        let (open, folded) = gates.split_at(gates.len().min(OPEN_GATES));
        self.add("gates", |page| gate_list(page, open));
        self.add("numbers", numbers);
        let more_gates = format!("{} more gates", count(folded.len() as u64));
        self.fold(&more_gates, !folded.is_empty(), |page| gate_list(page, folded));
    }

    /// Adds blocks if they fit.
    fn add(&mut self, name: &str, write: impl FnOnce(&mut MarkdownPage)) {
        let mut page = MarkdownPage::default();
        write(&mut page);
        if page.text.is_empty() {
            return;
        }
        if self.text.chars().count() + page.text.chars().count() > MOST_CHARS {
            self.left_out.push(name.to_owned());
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text += &page.text;
    }

    /// Adds folded blocks, if there are any and they fit.
    pub(in crate::report) fn fold(
        &mut self,
        title: &str,
        is_any: bool,
        write: impl FnOnce(&mut MarkdownPage),
    ) {
        if is_any {
            self.add(title, |page| page.details(title, write));
        }
    }

    /// Returns the comment, with what did not fit.
    pub(in crate::report) fn finish(mut self, wording: Wording) -> String {
        if !self.left_out.is_empty() {
            let mut page = MarkdownPage::default();
            page.paragraph(&format!(
                "Left out, because a comment has a limited length: {}. Everything is in {} json.",
                self.left_out.join(", "),
                wording.format
            ));
            self.text.push('\n');
            self.text += &page.text;
        }
        self.text
    }
}

fn sentences(page: &mut MarkdownPage, headline: &[String]) {
    for (at, sentence) in headline.iter().enumerate() {
        let sentence = shorten(sentence, SENTENCE_WIDTH);
        if at == 0 { page.strong(&sentence) } else { page.paragraph(&sentence) }
    }
}

fn gate_list(page: &mut MarkdownPage, gates: &[&Gate]) {
    page.list(gates.iter().map(|gate| {
        let mark = match gate.result() {
            GateResult::Passed => '✓',
            GateResult::Inconclusive => '?',
            GateResult::Missed => '✗',
        };
        format!("{mark} {}", shorten(&gate.sentence(), SENTENCE_WIDTH))
    }));
}

/// Writes the numbers that every reader needs.
fn numbers(page: &mut MarkdownPage, overview: &Overview) {
    match &overview.calibration {
        Some(calibration) => calibration_tables(page, calibration, MAX_ROWS),
        None => outcomes(page, overview, MAX_ROWS),
    }
}

/// Writes how the comparisons of the judge ended, or of all judges of a jury.
fn outcomes(page: &mut MarkdownPage, overview: &Overview, most_pairs: usize) {
    let all = overview.shows_all_judges();
    for judge in overview.summary.judges.iter().filter(|one| all || one.judge == overview.judge) {
        judge_report(page, &overview.summary, judge, most_pairs);
    }
}

/// Writes a part of a report.
pub(in crate::report) fn write_section(
    page: &mut MarkdownPage,
    section: &Section<'_>,
    wording: Wording,
) {
    for sentence in &section.lead {
        page.paragraph(&shorten(sentence, SENTENCE_WIDTH));
    }
    for table in &section.tables {
        write_table(page, table, wording);
    }
    for grid in section.grids.iter().take(MAX_ROWS) {
        let [a, tie, b] = grid.names;
        page.head(&[
            &format!("{a} first in rows, {b} in columns"),
            &format!("{a}:"),
            "tie:",
            &format!("{b}:"),
        ]);
        for (name, counts) in [a, tie, b].into_iter().zip(grid.counts) {
            let cells = counts.map(count);
            page.row([name, &cells[0], &cells[1], &cells[2]]);
        }
    }
    let is_grouped = section.groups.iter().any(|group| !group.name.is_empty());
    let first: &[&str] = if is_grouped { &["of"] } else { &[] };
    if !section.groups.is_empty() {
        page.head(&[first, &["number", "value:", "95 % interval", "n:", "meaning"]].concat());
    }
    for group in section.groups.iter().take(MAX_ROWS) {
        for (at, row) in group.rows.iter().enumerate() {
            let name = match (at, group.note.as_str()) {
                (0, note) if !note.is_empty() => format!("{} ({note})", group.name),
                _ => group.name.clone(),
            };
            let (value, interval) =
                (row.format.value(row.estimate.value), row.format.interval(row.estimate));
            let cells = [name, row.label.clone(), value, interval, count(row.estimate.n)];
            let cells = cells.into_iter().chain([row.note.to_owned()]);
            page.row(cells.skip(usize::from(!is_grouped)));
        }
    }
    more(page, section.groups.len().max(section.grids.len()), wording);
    page.list(section.sentences.iter().cloned());
}

fn write_table(page: &mut MarkdownPage, table: &SystemTable, wording: Wording) {
    page.paragraph(&format!("{}:", capitalised(&table.caption)));
    let head = |(head, is_number): (&str, bool)| {
        if is_number { format!("{head}:") } else { head.to_owned() }
    };
    let heads: Vec<String> = table.columns().map(head).collect();
    let heads = std::iter::once(table.first.as_str()).chain(heads.iter().map(String::as_str));
    page.head(&heads.collect::<Vec<_>>());
    for (name, cells) in table.rows.iter().take(MAX_ROWS) {
        page.row(std::iter::once(name).chain(cells));
    }
    more(page, table.rows.len(), wording);
}

/// Writes how many of `rows` rows are not shown, if any.
fn more(page: &mut MarkdownPage, rows: usize, wording: Wording) {
    if rows > MAX_ROWS {
        let left_out = count((rows - MAX_ROWS) as u64);
        page.paragraph(&format!("{left_out} more in {} json.", wording.format));
    }
}

fn write_checklist(page: &mut MarkdownPage, entries: &[ChecklistEntry]) {
    for entry in entries {
        let state = match entry.state {
            CheckState::Done => "done",
            CheckState::Partly => "partly",
            CheckState::Missing => "missing",
        };
        page.paragraph(&format!("{state}: {}", entry.sentence));
        if let Some(command) = &entry.command {
            page.code(&format!("{}\n", crate::report::escape::for_terminal(command, false)));
        }
    }
}
