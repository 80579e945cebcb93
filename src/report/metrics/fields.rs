//! The text report: accuracy by field.

use super::MAX_COLUMNS;
use super::numbers::items_of;
use super::system_names::SystemNames;
use crate::metrics::FieldReport;
use crate::report::columns::{column_width, pad_left, pad_right};
use crate::report::number_format::percent;
use crate::report::quantities::count;
use crate::report::short_names::shorten_unique;
use crate::report::text_report::{MAX_ROWS, TextReport, WIDTH, printable};

/// Writes the accuracy of the fields, by system.
pub(super) fn fields(output: &mut TextReport, fields: &[FieldReport], systems: &SystemNames) {
    let Some(first) = fields.first() else { return };
    let names = first.systems.iter().take(MAX_COLUMNS).map(|system| system.system.as_str());
    let numbers: Vec<String> =
        fields.iter().take(MAX_ROWS).map(|field| items_of(&field.systems, count)).collect();
    let n = column_width(4, &numbers) + 1;
    let width = (WIDTH - 2 - 12 * first.systems.len().min(MAX_COLUMNS) - n).min(26);
    let head = format!("{:>n$}", "n");
    let title = if width > 17 { "accuracy by field" } else { "by field" };
    systems.write_header(output, (title, width), (names, 12), &head);
    let listed = fields.iter().take(MAX_ROWS);
    let names = listed.clone().map(|field| printable(&field.field)).collect::<Vec<_>>();
    for ((field, name), number) in listed.zip(shorten_unique(&names, width - 2)).zip(numbers) {
        let values = field.systems.iter().take(MAX_COLUMNS);
        let values: String =
            values.map(|system| pad_left(&percent(system.score.value), 12)).collect();
        output.line(format_args!("  {}{values}{number:>n$}", pad_right(&name, width)));
    }
    output.more(fields.len());
    let format = output.wording.format;
    output.paragraph(
        2,
        &format!(
            "n: items whose reference has the field; intervals: {format} json, csv or markdown"
        ),
    );
    if first.systems.len() > MAX_COLUMNS {
        output.line(format_args!("  … and more systems with {format} json"));
    }
    output.blank();
}
