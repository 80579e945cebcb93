//! A table as comma-separated values, escaped for spreadsheets.

use std::io::Write;

use super::table::{Cell, Column, TableWriter};
use crate::error::{Error, Result};
use crate::report::csv_cell;

/// Writes rows as they come.
pub(super) struct CsvTable<'a> {
    rows: csv::Writer<&'a mut (dyn Write + Send)>,
}

impl<'a> CsvTable<'a> {
    /// Writes the names of the columns.
    ///
    /// # Errors
    ///
    /// The output cannot be written.
    pub(super) fn begin(columns: &[Column], output: &'a mut (dyn Write + Send)) -> Result<Self> {
        let mut table = Self { rows: csv::Writer::from_writer(output) };
        table.row(columns.iter().map(|column| Cell::from(column.name.as_str())).collect())?;
        Ok(table)
    }
}

impl TableWriter for CsvTable<'_> {
    fn row(&mut self, cells: Vec<Cell>) -> Result<()> {
        let cells = cells.into_iter().map(|cell| match cell {
            Cell::Text(text) => csv_cell(&text).into_owned(),
            Cell::Number(number) => number.to_string(),
            Cell::Nothing => String::new(),
        });
        self.rows.write_record(cells).map_err(std::io::Error::from).map_err(Error::unwritten)
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        self.rows.flush().map_err(Error::unwritten)
    }
}
