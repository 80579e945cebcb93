//! A jury beside its members: a part of the page for each pair of systems.

use super::parts::{Part, TableView};
use crate::calibration::Calibration;
use crate::report::calibration::{JURY_TITLES, jury_cells, jury_sentences};
use crate::report::quantities::counted;
use crate::report::text_report::MAX_ROWS;

/// Returns what a jury is worth, for each of the first pairs of systems; nothing for one judge.
pub(super) fn jury_parts(results: &Calibration) -> Vec<Part> {
    let Some(report) = &results.jury_members else { return Vec::new() };
    let several = report.pairs.len() > 1;
    let mut parts: Vec<Part> = Vec::new();
    for jury in report.pairs.iter().take(MAX_ROWS) {
        let [a, b] = &jury.between;
        let on = if several { format!(" on {a} and {b}") } else { String::new() };
        let caption = format!("Agreement of the judges and of the jury{on} with people");
        let mut table = TableView::titled(caption, &JURY_TITLES);
        table.rows = jury_cells(jury).into_iter().map(Vec::from).collect();
        parts.push(Part {
            heading: format!("The jury and its judges{on}"),
            sentences: jury_sentences(report, jury),
            table: Some(table),
            ..Part::default()
        });
    }
    let more = report.pairs.len().saturating_sub(MAX_ROWS) as u64;
    if let Some(table) = parts.last_mut().and_then(|part| part.table.as_mut())
        && more > 0
    {
        table.note = format!("{} more are in the JSON document.", counted(more, "pair"));
    }
    parts
}
