//! How people labelled, whether comparisons or single responses: a row for each annotator, and who differs from the others.

use super::parts::{Part, TableView};
use crate::report::quantities::counted;
use crate::report::text_report::MAX_ROWS;

/// Returns the part of a page on the people who label, if there is anything to say.
pub(super) fn people_who_label_part(
    sentences: Vec<String>,
    table: Option<TableView>,
) -> Option<Part> {
    (table.is_some() || !sentences.is_empty()).then(|| Part {
        heading: "The people who label".to_owned(),
        sentences,
        table,
        ..Part::default()
    })
}

/// Returns the cells of the first annotators, below the titles of [`TableView::titled`].
pub(super) fn annotator_table<const N: usize>(
    titles: &[&str; N],
    rows: impl ExactSizeIterator<Item = [String; N]>,
    left_out: u64,
) -> TableView {
    let mut table = TableView::titled("How each annotator labelled", titles);
    let left_out = left_out + rows.len().saturating_sub(MAX_ROWS) as u64;
    table.rows = rows.take(MAX_ROWS).map(Into::into).collect();
    if left_out > 0 {
        table.note = format!("{} with fewer labels are left out.", counted(left_out, "annotator"));
    }
    table
}
