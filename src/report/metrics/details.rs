//! The second half of the page: classes, fields, and what is needed to get the same numbers.

use super::numbers::items_of;
use super::systems::Systems;
use super::{COLUMN, MOST_COLUMNS, NAME};
use crate::metrics::{ClassReport, FieldReport, MetricReport};
use crate::report::columns::{broken, left, right, wide_enough};
use crate::report::names::told_apart;
use crate::report::page::{MOST_ROWS, Page, WIDTH, percent, shown};
use crate::report::quantities::{count, counted};

/// Most classes whose confusions are shown.
const MOST_CLASSES: usize = 4;

/// What the numbers of fields are.
const OF_FIELDS: &str = "n: items that have the field in their reference; intervals with --format json, csv or \
                         markdown";

pub(super) fn classes(page: &mut Page, reports: &[ClassReport], systems: &Systems) {
    for report in reports.iter().take(MOST_ROWS) {
        let numbers: Vec<String> = report.classes.iter().map(|class| count(class.n)).collect();
        let width = wide_enough(8, &numbers) + 1;
        let name = (WIDTH - 4 - 30 - width).min(36);
        page.line(format_args!(
            "  {}{:>10}{:>10}{:>10}{:>width$}",
            left(&format!("classes of {}", systems.within(&report.system, name - 10)), name + 2),
            "precision",
            "recall",
            "F1",
            "n"
        ));
        let listed = report.classes.iter().take(MOST_ROWS);
        let names = told_apart(
            &listed.clone().map(|class| shown(&class.class)).collect::<Vec<_>>(),
            name - 2,
        );
        for ((class, n), shown) in listed.zip(&numbers).zip(names) {
            page.line(format_args!(
                "    {}{:>10.3}{:>10.3}{:>10.3}{n:>width$}",
                left(&shown, name),
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
    let names: Vec<String> = report.classes.iter().map(|class| shown(&class.class)).collect();
    let names = told_apart(&names, COLUMN - 2);
    let header: String = names.iter().map(|name| right(name, COLUMN)).collect();
    page.line(format_args!("    {:16}{header}", "said ↓ right →"));
    let rows = names.into_iter().chain(["none of them".to_owned()]);
    for (said, counts) in rows.zip(report.confusion.iter().chain([&report.elsewhere])) {
        let counts: String = counts.iter().map(|number| right(&count(*number), COLUMN)).collect();
        page.line(format_args!("    {}{counts}", left(&said, 16)));
    }
}

pub(super) fn fields(page: &mut Page, fields: &[FieldReport], systems: &Systems) {
    let Some(first) = fields.first() else { return };
    let names = first.systems.iter().take(MOST_COLUMNS).map(|system| system.system.as_str());
    let numbers: Vec<String> =
        fields.iter().take(MOST_ROWS).map(|field| items_of(&field.systems, count)).collect();
    let n = wide_enough(4, &numbers) + 1;
    let width = (WIDTH - 2 - 12 * first.systems.len().min(MOST_COLUMNS) - n).min(26);
    let head = format!("{:>n$}", "n");
    let title = if width > 21 { "fields that are right" } else { "right fields" };
    systems.over_columns(page, (title, width), (names, 12), &head);
    let listed = fields.iter().take(MOST_ROWS);
    let names = listed.clone().map(|field| shown(&field.field)).collect::<Vec<_>>();
    for ((field, name), number) in listed.zip(told_apart(&names, width - 2)).zip(numbers) {
        let values = field.systems.iter().take(MOST_COLUMNS);
        let values: String = values.map(|system| right(&percent(system.score.value), 12)).collect();
        page.line(format_args!("  {}{values}{number:>n$}", left(&name, width)));
    }
    page.more(fields.len());
    page.paragraph(2, OF_FIELDS);
    if first.systems.len() > MOST_COLUMNS {
        page.line(format_args!("  … and more systems with --format json"));
    }
    page.blank();
}

pub(super) fn signatures(page: &mut Page, metrics: &[MetricReport]) {
    page.line(format_args!("  signatures"));
    let names: Vec<String> = metrics.iter().map(|report| shown(&report.metric)).collect();
    let width = wide_enough(NAME - 2, &names).min(46) + 2;
    for (report, name) in metrics.iter().zip(told_apart(&names, width - 2)) {
        let mut name = left(&name, width);
        // Whole: a part of a signature reproduces nothing.
        let signature = shown(&report.signature);
        for line in broken(&signature, WIDTH - 2 - width, |char| char == '|') {
            page.line(format_args!("  {name}{line}"));
            name = left("", width);
        }
    }
    page.blank();
}
