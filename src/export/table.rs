//! What a table is made of, whatever the file it is written to: columns with a type each, and rows of cells.

use crate::error::Result;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnType {
    /// A text in every row.
    Text,
    /// A text, or nothing.
    OptionalText,
    /// A number, or nothing.
    OptionalNumber,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: ColumnType,
}

impl Column {
    pub(super) fn new(name: impl Into<String>, kind: ColumnType) -> Self {
        Self { name: name.into(), kind }
    }
}

/// What a row has in a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Number(f64),
    Nothing,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Self::Nothing, Into::into)
    }
}

/// Writes the rows of one table.
pub(super) trait TableWriter {
    /// Adds a row; it has a cell for each column, of the type of the column.
    ///
    /// # Errors
    ///
    /// The output cannot be written.
    fn row(&mut self, cells: Vec<Cell>) -> Result<()>;

    /// Ends the table.
    ///
    /// # Errors
    ///
    /// The output cannot be written.
    fn end(self: Box<Self>) -> Result<()>;
}
