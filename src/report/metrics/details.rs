//! The second half of the page: classes, fields, every response, and what is needed to get the same numbers.

use super::numbers::number;
use super::{COLUMN, MOST_COLUMNS, NAME, names, rows};
use crate::metrics::{ClassReport, FieldReport, MetricReport, Scores};
use crate::report::columns::{left, right, shortened, wide_enough, wrapped};
use crate::report::page::{MOST_ROWS, Page, WIDTH, percent, shown};
use crate::report::table::{count, counted};

/// Most classes whose confusions are shown.
const MOST_CLASSES: usize = 4;

pub(super) fn classes(page: &mut Page, reports: &[ClassReport]) {
    for report in reports.iter().take(MOST_ROWS) {
        let numbers: Vec<String> = report.classes.iter().map(|class| count(class.n)).collect();
        let width = wide_enough(8, &numbers) + 1;
        let name = (WIDTH - 4 - 30 - width).min(36);
        page.line(format_args!(
            "  {}{:>10}{:>10}{:>10}{:>width$}",
            left(&format!("classes of {}", shortened(&shown(&report.system), 24)), name + 2),
            "precision",
            "recall",
            "F1",
            "n"
        ));
        for (class, n) in report.classes.iter().zip(&numbers).take(MOST_ROWS) {
            page.line(format_args!(
                "    {}{:>10.3}{:>10.3}{:>10.3}{n:>width$}",
                left(&shortened(&shown(&class.class), name - 2), name),
                class.precision,
                class.recall,
                class.f1
            ));
        }
        page.more(report.classes.len());
        if report.classes.len() <= MOST_CLASSES {
            confusion(page, report);
        }
    }
    if reports.len() > MOST_ROWS {
        let systems = counted((reports.len() - MOST_ROWS) as u64, "more system");
        page.line(format_args!("  … and classes of {systems} with --format json"));
    }
    if !reports.is_empty() {
        page.blank();
    }
}

fn confusion(page: &mut Page, report: &ClassReport) {
    let name = |class: &str| shortened(&shown(class), 13);
    let header: String =
        report.classes.iter().map(|class| right(&name(&class.class), COLUMN)).collect();
    page.line(format_args!("    {:16}{header}", "said ↓ right →"));
    let rows =
        report.classes.iter().map(|class| name(&class.class)).chain(["none of them".to_owned()]);
    for (said, counts) in rows.zip(report.confusion.iter().chain([&report.elsewhere])) {
        let counts: String = counts.iter().map(|number| right(&count(*number), COLUMN)).collect();
        page.line(format_args!("    {}{counts}", left(&said, 16)));
    }
}

pub(super) fn fields(page: &mut Page, fields: &[FieldReport]) {
    let Some(first) = fields.first() else { return };
    let shown_systems = first.systems.iter().take(MOST_COLUMNS);
    let names = shown_systems.map(|system| shortened(&shown(&system.system), 10));
    let header: String = names.map(|name| right(&name, 12)).collect();
    page.line(format_args!("  {}{header}", left("fields that are right", 26)));
    for field in fields.iter().take(MOST_ROWS) {
        let values = field.systems.iter().take(MOST_COLUMNS);
        let values: String = values.map(|system| right(&percent(system.score.value), 12)).collect();
        let name = left(&shortened(&shown(&field.field), 24), 26);
        page.line(format_args!("  {name}{values}"));
    }
    page.more(fields.len());
    if first.systems.len() > MOST_COLUMNS {
        page.line(format_args!("  … and more systems with --format json"));
    }
    page.blank();
}

/// Writes every response's own scores.
pub(super) fn items(page: &mut Page, metrics: &[MetricReport], scores: &Scores) {
    page.line(format_args!(
        "  {}{}{}{:>9}",
        left("item", 28),
        left("system", 22),
        left("metric", NAME),
        "value"
    ));
    let names = names(scores);
    for row in rows(scores, &names) {
        let scale = metrics.iter().find(|report| report.metric == row.metric);
        let value = row.value.zip(scale).map(|(value, report)| number(report.scale, value));
        let value = value.unwrap_or_else(|| "–".to_owned());
        let cell = |text: &str, width: usize| left(&shortened(&shown(text), width - 2), width);
        page.line(format_args!(
            "  {}{}{}{value:>9}",
            cell(row.id, 28),
            cell(row.system, 22),
            cell(row.metric, NAME)
        ));
        if let Some(why) = row.error {
            page.paragraph(6, &shown(why));
        }
    }
    page.blank();
}

pub(super) fn signatures(page: &mut Page, metrics: &[MetricReport]) {
    page.line(format_args!("  signatures"));
    for report in metrics {
        let mut name = left(&shortened(&shown(&report.metric), NAME - 2), NAME);
        // Whole: a part of a signature reproduces nothing.
        for line in wrapped(&shown(&report.signature), WIDTH - 2 - NAME) {
            page.line(format_args!("  {name}{line}"));
            name = left("", NAME);
        }
    }
    page.blank();
}
