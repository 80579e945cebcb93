//! Which character separates the cells of a table.

use super::rows::{Row, Rows};

/// The characters that may separate cells; of equally good ones the first counts.
const SEPARATORS: [u8; 3] = [b'\t', b',', b';'];

/// How a line that declares the separator begins.
const DECLARATION: &[u8] = b"sep=";

/// Returns the first row that is not blank of a text, of which `head` is the beginning, and its separator.
///
/// It is the separator that gives the most cells. `None` if no row is complete.
fn best_reading(head: &[u8]) -> Option<(u8, Row)> {
    let readings = SEPARATORS.into_iter().filter_map(|separator| {
        let mut rows = Rows::new(head, separator);
        let mut row = Row::default();
        while rows.read(&mut row).ok()? {
            if !row.is_blank() {
                return Some((separator, row));
            }
        }
        None
    });
    readings
        .reduce(|best, other| if other.1.cells.len() > best.1.cells.len() { other } else { best })
}

/// Returns whether a text that begins with `head` is a table: it declares its separator, or its first row has several
/// cells.
pub(crate) fn is_table(head: &[u8]) -> bool {
    declared_separator(head).is_some()
        || best_reading(head).is_some_and(|(_, row)| row.cells.len() > 1)
}

/// Returns whether a text that begins with `head` is a table of one column with this name.
pub(crate) fn is_column(head: &[u8], name: &str) -> bool {
    best_reading(head).is_some_and(|(_, row)| match row.cells.as_slice() {
        [only] => only.trim_ascii().eq_ignore_ascii_case(name.as_bytes()),
        _ => false,
    })
}

/// Returns the separator that a first line such as `sep=;`, which some spreadsheets write, declares.
pub(super) fn declared_separator(head: &[u8]) -> Option<u8> {
    match head.strip_prefix(DECLARATION)? {
        [separator, b'\n' | b'\r', ..] => Some(*separator),
        _ => None,
    }
}

/// Returns the separator of a table that begins with `head`.
pub(super) fn separator_of(head: &[u8]) -> u8 {
    best_reading(head).map_or(SEPARATORS[1], |(separator, _)| separator)
}
