//! Tables: CSV and TSV, whose rows are items, labels, responses or recorded replies.
//!
//! The first row names the columns. The separator is a comma, a semicolon or a tab, whichever gives the first row
//! the most cells. Each row becomes the record that a line of the JSONL form would hold, so everything after this
//! module is the same for both; but what only a table can get wrong (cells, columns) is checked here, where the
//! row and the column can be named.

mod columns;
mod fields;
mod header;
mod items;
mod label_fields;
mod labels;
mod rows;
mod separator;

use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result, Warning};
use crate::input::data_file::SpoolWriter;
use crate::input::text::not_utf8;
use header::Header;
use labels::LabelKind;
use rows::{Row, RowError, Rows};

pub(super) use columns::Layout;
pub use columns::{EmptyCells, ItemColumns, LabelColumns};
pub(crate) use label_fields::looks_like_formula;
#[cfg(test)]
pub(crate) use label_fields::restored;
pub(super) use separator::{is_column, is_table};

/// Returns the place of a record for messages; the row is 0 except in tables.
pub(super) fn place(file: &str, line: usize, row: usize) -> String {
    // The row is what a spreadsheet shows, and the line what an editor shows.
    if row == 0 || row == line {
        format!("{file}:{line}")
    } else {
        format!("{file}:{line} (row {row})")
    }
}

/// Copies the rows of a table as records and returns warnings about its columns. `head` is the beginning of `text`.
///
/// # Errors
///
/// The file cannot be read, is not a table, lacks a column, or has a row that does not fit the header.
pub(super) fn copy_table(
    path: &Path,
    text: impl Read,
    head: &[u8],
    layout: &Layout,
    copy: &mut SpoolWriter,
) -> Result<Vec<Warning>> {
    let file = path.display().to_string();
    let declared = separator::declared_separator(head);
    let mut rows = Rows::new(text, declared.unwrap_or_else(|| separator::separator_of(head)));
    let mut row = Row::default();
    if declared.is_some() {
        read_row(&mut rows, &mut row, &file)?;
    }
    while read_row(&mut rows, &mut row, &file)? && row.is_blank() {}
    let header = Header::read(path, place(&file, row.line, row.number), &row)?;
    let mapping = Mapping::new(layout, &header)?;
    let mut nameless = 0;
    while read_row(&mut rows, &mut row, &file)? {
        if row.is_blank() {
            continue;
        }
        let record = TableRow::new(path, &header, &row)?;
        nameless += u64::from(record.has_nameless_cell());
        mapping.copy(&record, copy)?;
    }
    let mut warnings = mapping.warnings(&file, &header);
    if nameless > 0 {
        warnings.push(Warning::new(
            "nameless-column",
            format!("{file}: a column without a name is ignored; give it a name in the first row to use it"),
        ));
    }
    Ok(warnings)
}

fn read_row(rows: &mut Rows<impl Read>, row: &mut Row, file: &str) -> Result<bool> {
    const QUOTING: &str =
        "in a cell between quotation marks, each quotation mark of the text must be doubled";
    rows.read(row).map_err(|error| match error {
        RowError::Read(error) => Error::input(format!("{file}: {error}")),
        RowError::Unclosed { line } => Error::input(format!(
            "{file}:{line}: the quotation mark that begins a cell on this line is never closed"
        ))
        .at_line(file, line)
        .hint(QUOTING),
        RowError::TextAfterQuote { line } => Error::input(format!(
            "{file}:{line}: a quotation mark ends a cell, but more text follows it"
        ))
        .at_line(file, line)
        .hint(QUOTING),
    })
}

/// One row with its header.
pub(super) struct TableRow<'a> {
    file: String,
    line: usize,
    number: usize,
    header: &'a Header,
    cells: Vec<&'a str>,
}

impl<'a> TableRow<'a> {
    fn new(path: &Path, header: &'a Header, row: &'a Row) -> Result<Self> {
        let file = path.display().to_string();
        let at = place(&file, row.line, row.number);
        let (found, expected) = (row.cells.len(), header.names.len());
        if found != expected {
            let first =
                |cells: &str| Error::input(format!("{at}: {cells}")).at_line(&file, row.line);
            let error = if found < expected {
                first(&format!(
                    "the row has {found} cells, the header {expected}: `{}` has none",
                    header.names[found]
                ))
            } else {
                let more = String::from_utf8_lossy(&row.cells[expected]);
                let more: String = more.chars().take(40).collect();
                first(&format!(
                    "the row has {found} cells, the header {expected}: `{more}` has no column"
                ))
            };
            return Err(error.hint(
                "a text that contains the separator, a quotation mark or a line break must stand between \
                 quotation marks",
            ));
        }
        let cells = row.cells.iter().zip(&header.names).map(|(cell, name)| {
            let what = format!("column `{name}`");
            std::str::from_utf8(cell).map_err(|_| not_utf8(&at, &what, path))
        });
        let cells = cells.collect::<Result<_>>()?;
        Ok(Self { file, line: row.line, number: row.number, header, cells })
    }

    fn has_nameless_cell(&self) -> bool {
        let mut columns = self.header.names.iter().zip(&self.cells);
        columns.any(|(name, cell)| name.is_empty() && !cell.trim().is_empty())
    }

    /// Returns the cell of a column; `None` if it is empty.
    fn cell(&self, column: usize) -> Option<&'a str> {
        Some(self.cells[column]).filter(|cell| !cell.is_empty())
    }

    /// Returns the same without surrounding white space.
    fn word(&self, column: usize) -> Option<&'a str> {
        Some(self.cells[column].trim()).filter(|cell| !cell.is_empty())
    }

    /// Returns an error about the cell of a column.
    fn error(&self, column: usize, message: &str) -> Error {
        let at = place(&self.file, self.line, self.number);
        let name = &self.header.names[column];
        Error::input(format!("{at}: column `{name}` {message}"))
            .at_line(&self.file, self.line)
            .in_field(name)
    }

    fn write(
        &self,
        record: &serde_json::Map<String, serde_json::Value>,
        copy: &mut SpoolWriter,
    ) -> Result<()> {
        let json = serde_json::to_vec(record)
            .map_err(|error| Error::internal(format!("cannot write a row as JSON: {error}")))?;
        copy.write(self.line, self.number, &json)
    }
}

/// How rows become records.
enum Mapping {
    Items(items::ItemMapping),
    Labels(labels::LabelMapping),
    Fields(fields::FieldMapping),
}

impl Mapping {
    fn new(layout: &Layout, header: &Header) -> Result<Self> {
        Ok(match layout {
            Layout::Items(columns) => Self::Items(items::ItemMapping::new(columns, header)?),
            Layout::Labels(columns) => {
                let kind = LabelKind::of(columns, header);
                Self::Labels(labels::LabelMapping::new(columns, header, kind)?)
            }
            Layout::GradeLabels(columns) => {
                Self::Labels(labels::LabelMapping::new(columns, header, LabelKind::Grade)?)
            }
            Layout::Responses(empty) => {
                Self::Fields(fields::FieldMapping::responses(*empty, header)?)
            }
            Layout::Recording => Self::Fields(fields::FieldMapping::recording(header)?),
            Layout::AnyFields => Self::Fields(fields::FieldMapping::any(header)?),
        })
    }

    fn copy(&self, row: &TableRow<'_>, copy: &mut SpoolWriter) -> Result<()> {
        match self {
            Self::Items(mapping) => mapping.copy(row, copy),
            Self::Labels(mapping) => mapping.copy(row, copy),
            Self::Fields(mapping) => mapping.copy(row, copy),
        }
    }

    fn warnings(&self, file: &str, header: &Header) -> Vec<Warning> {
        match self {
            Self::Items(mapping) => mapping.warnings(file, header),
            Self::Labels(_) | Self::Fields(_) => Vec::new(),
        }
    }
}

/// The id of a row in a table without a column of ids.
fn row_id(number: usize) -> String {
    format!("row-{number}")
}
