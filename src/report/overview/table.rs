//! The report for a terminal: 80 columns, nothing that needs colour, no share without its interval and its n.

use unicode_width::UnicodeWidthStr as _;

use super::generated::SystemTable;
use super::headline::{overview_headline, overview_warnings};
use super::sections::{Grid, Group, Section, sections};
use crate::overview::{CheckState, ChecklistEntry, Overview};
use crate::report::calibration::calibration_sections;
use crate::report::columns::{column_width, pad_left, pad_right, shorten, wrap};
use crate::report::quantities::count;
use crate::report::short_names::shorten_unique;
use crate::report::summary::judge_section;
use crate::report::text_report::{LABEL_WIDTH, MAX_ROWS, TextReport, WIDTH, printable};
use crate::report::wording::Wording;

/// Columns of the name of a group.
const NAME_WIDTH: usize = 34;
/// The least columns of the name of a system beside wide numbers.
const FEWEST_NAME_COLUMNS: usize = 8;
/// Columns of the name of a system in a table of orders.
const SYSTEM_WIDTH: usize = 15;
/// Columns before the sentence of an entry of the checklist.
const CHECK_INDENT: usize = 11;

/// Returns a report as a table for people.
pub fn overview_table(overview: &Overview, wording: Wording) -> String {
    let mut page = TextReport::new(wording);
    if let Some(calibration) = &overview.calibration {
        page = calibration_sections(page, calibration);
    } else {
        for sentence in overview_headline(overview) {
            page.paragraph(0, &printable(&sentence));
        }
        page.blank();
    }
    judges(&mut page, overview);
    for section in sections(overview) {
        page.blank();
        write_section(&mut page, &section);
    }
    checklist(&mut page, &overview.checklist);
    let warnings = overview_warnings(overview, Wording::default());
    if !warnings.is_empty() {
        page.blank();
        page.warnings(&warnings);
    }
    page.text
}

/// Writes the outcomes of the judge, or of all judges of a jury or a cascade.
fn judges(page: &mut TextReport, overview: &Overview) {
    let all = overview.shows_all_judges();
    let shown = overview.summary.judges.iter().filter(|one| all || one.judge == overview.judge);
    for (at, judge) in shown.enumerate() {
        if at > 0 {
            page.blank();
        }
        // A calibration has the win rates of its judge, among others.
        let is_calibrated = overview.calibration.is_some() && judge.judge == overview.judge;
        judge_section(page, &overview.summary, judge, !is_calibrated);
    }
}

/// Writes a part of a report.
pub(in crate::report) fn write_section(page: &mut TextReport, section: &Section<'_>) {
    page.line(format_args!("{}", section.title));
    for sentence in &section.lead {
        page.paragraph(2, &printable(sentence));
    }
    for table in &section.tables {
        write_table(page, table);
    }
    for grid in section.grids.iter().take(MAX_ROWS) {
        write_grid(page, grid);
    }
    page.more(section.grids.len());
    if !section.groups.is_empty() {
        page.number_titles();
    }
    let shown = &section.groups[..section.groups.len().min(MAX_ROWS)];
    let names: Vec<String> = shown.iter().map(|group| printable(&group.name)).collect();
    for (group, name) in shown.iter().zip(shorten_unique(&names, NAME_WIDTH)) {
        write_group(page, group, &name);
    }
    page.more(section.groups.len());
    for sentence in section.sentences.iter().take(MAX_ROWS) {
        page.paragraph(2, &printable(sentence));
    }
    page.more(section.sentences.len());
}

fn write_group(page: &mut TextReport, group: &Group<'_>, name: &str) {
    let is_whole = group.name.is_empty() && group.note.is_empty();
    if !is_whole {
        let name = pad_right(name, NAME_WIDTH);
        page.line(format_args!("  {name}  {}", group.note));
    }
    let indent = if is_whole { "" } else { "  " };
    let labels: Vec<String> = group.rows.iter().map(|row| printable(&row.label)).collect();
    for (row, label) in group.rows.iter().zip(labels) {
        let label = format!("{indent}{}", shorten(&label, LABEL_WIDTH - indent.len() - 1));
        page.number_row(&label, row.format, row.estimate, row.note);
    }
}

/// Writes a row for each system. The names have the room that the numbers leave, and the last column the room that the
/// others leave where it is a text.
fn write_table(page: &mut TextReport, table: &SystemTable) {
    let rows = &table.rows[..table.rows.len().min(MAX_ROWS)];
    let rows: Vec<(String, Vec<String>)> = rows
        .iter()
        .map(|(name, cells)| (printable(name), cells.iter().map(|cell| printable(cell)).collect()))
        .collect();
    let heads: Vec<String> = table.heads.iter().map(|head| printable(head)).collect();
    let last = heads.len() - 1;
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(at, head)| column_width(head.width(), rows.iter().map(|(_, cells)| &cells[at])))
        .collect();
    let fixed = if table.ends_with_text { &widths[..last] } else { &widths[..] };
    let used: usize = fixed.iter().map(|width| width + 2).sum();
    if !table.ends_with_text && 4 + used + FEWEST_NAME_COLUMNS > WIDTH {
        write_listed(page, table, &rows);
        return;
    }
    let names: Vec<String> = rows.iter().map(|(name, _)| name.clone()).collect();
    let room = if table.ends_with_text { NAME_WIDTH } else { WIDTH.saturating_sub(4 + used) };
    let names = shorten_unique(&names, room.clamp(FEWEST_NAME_COLUMNS, NAME_WIDTH));
    let name_width = column_width(0, &names);
    page.line(format_args!("  {}:", table.caption));
    let mut line = |name: &str, cells: &[&str]| {
        let mut line = format!("    {}", pad_right(name, name_width));
        for (at, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            line += "  ";
            if table.ends_with_text && at == last {
                line += &shorten(cell, WIDTH.saturating_sub(line.width()));
            } else {
                line += &pad_left(cell, *width);
            }
        }
        page.line(format_args!("{line}"));
    };
    line("", &heads.iter().map(String::as_str).collect::<Vec<_>>());
    for (name, (_, cells)) in names.iter().zip(&rows) {
        line(name, &cells.iter().map(String::as_str).collect::<Vec<_>>());
    }
    page.more(table.rows.len());
}

/// Writes a table that is too wide for a terminal as a paragraph for each row.
fn write_listed(page: &mut TextReport, table: &SystemTable, rows: &[(String, Vec<String>)]) {
    page.line(format_args!("  {}:", printable(&table.caption)));
    for (name, cells) in rows {
        let cells = table.heads.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
        let cells = cells.map(|(head, cell)| format!("{} {cell}", printable(head)));
        page.paragraph(4, &format!("{name}: {}", cells.collect::<Vec<_>>().join(", ")));
    }
    page.more(table.rows.len());
}

fn write_grid(page: &mut TextReport, grid: &Grid<'_>) {
    let [a, _, b] = grid.names.map(printable);
    let [a, b] = [&a, &b].map(|name| shorten(name, SYSTEM_WIDTH));
    let names = [a.as_str(), "tie", b.as_str()];
    page.line(format_args!("  {a} is shown first in the rows, {b} in the columns"));
    let columns = |cells: [String; 3]| cells.map(|cell| pad_left(&cell, SYSTEM_WIDTH + 1)).concat();
    let first = pad_right("", SYSTEM_WIDTH);
    page.line(format_args!("    {first}{}", columns(names.map(ToOwned::to_owned))));
    for (name, counts) in names.into_iter().zip(grid.counts) {
        let name = pad_right(name, SYSTEM_WIDTH);
        page.line(format_args!("    {name}{}", columns(counts.map(count))));
    }
}

/// Writes what was validated, and what would fill the gaps.
fn checklist(page: &mut TextReport, entries: &[ChecklistEntry]) {
    if entries.is_empty() {
        return;
    }
    page.blank();
    page.line(format_args!("what was validated"));
    for entry in entries {
        let mut lines = wrap(&printable(&entry.sentence), WIDTH - CHECK_INDENT).into_iter();
        let first = lines.next().unwrap_or_default();
        page.line(format_args!("  {:<8} {first}", state(entry.state)));
        for line in lines {
            page.line(format_args!("{:CHECK_INDENT$}{line}", ""));
        }
        // A command stays in one line, so that it can be copied.
        if let Some(command) = &entry.command {
            page.line(format_args!("{:CHECK_INDENT$}{}", "", printable(command)));
        }
    }
}

fn state(state: CheckState) -> &'static str {
    match state {
        CheckState::Done => "done",
        CheckState::Partly => "partly",
        CheckState::Missing => "missing",
    }
}
