//! The text report: scores and confusions of classes.

use super::COLUMN;
use super::system_names::SystemNames;
use crate::metrics::ClassReport;
use crate::report::columns::{column_width, pad_left, pad_right};
use crate::report::quantities::{count, counted};
use crate::report::short_names::shorten_unique;
use crate::report::text_report::{MAX_ROWS, TextReport, WIDTH, printable};

/// The most classes whose confusions are shown.
const MAX_CONFUSED: usize = 4;

/// Writes the scores of the classes, by system.
pub(super) fn classes(output: &mut TextReport, reports: &[ClassReport], systems: &SystemNames) {
    for report in reports.iter().take(MAX_ROWS) {
        let numbers: Vec<String> = report.classes.iter().map(|class| count(class.n)).collect();
        let width = column_width(8, &numbers) + 1;
        let name_width = (WIDTH - 4 - 30 - width).min(36);
        output.line(format_args!(
            "  {}{:>10}{:>10}{:>10}{:>width$}",
            pad_right(
                &format!("classes of {}", systems.within(&report.system, name_width - 10)),
                name_width + 2
            ),
            "precision",
            "recall",
            "F1",
            "n"
        ));
        let listed = report.classes.iter().take(MAX_ROWS);
        let names = shorten_unique(
            &listed.clone().map(|class| printable(&class.class)).collect::<Vec<_>>(),
            name_width - 2,
        );
        for ((class, n), name) in listed.zip(&numbers).zip(names) {
            output.line(format_args!(
                "    {}{:>10.3}{:>10.3}{:>10.3}{n:>width$}",
                pad_right(&name, name_width),
                class.precision,
                class.recall,
                class.f1
            ));
        }
        output.more(report.classes.len());
        if report.classes.len() <= MAX_CONFUSED {
            confusion(output, report);
        }
    }
    if reports.len() > MAX_ROWS {
        let systems = counted((reports.len() - MAX_ROWS) as u64, "more system");
        let format = output.wording.format;
        output.line(format_args!("  … and classes of {systems} with {format} json"));
    }
    if !reports.is_empty() {
        output.blank();
    }
}

/// Writes the confusion matrix of the classes of one system.
fn confusion(output: &mut TextReport, report: &ClassReport) {
    let names: Vec<String> = report.classes.iter().map(|class| printable(&class.class)).collect();
    let names = shorten_unique(&names, COLUMN - 2);
    let header: String = names.iter().map(|name| pad_left(name, COLUMN)).collect();
    output.line(format_args!("    {:16}{header}", "pred. ↓ actual →"));
    let rows = names.into_iter().chain(["none of these".to_owned()]);
    for (predicted, counts) in rows.zip(report.confusion.iter().chain([&report.elsewhere])) {
        let counts: String =
            counts.iter().map(|number| pad_left(&count(*number), COLUMN)).collect();
        output.line(format_args!("    {}{counts}", pad_right(&predicted, 16)));
    }
}
