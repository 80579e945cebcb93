//! The kinds of files that a table is written to, and which of them this build writes.

use std::io::Write;

use super::csv_table::CsvTable;
#[cfg(feature = "parquet")]
use super::parquet_table::ParquetTable;
use super::table::{Column, TableWriter};
use crate::error::Result;

/// The kind of file that a table is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated values, escaped for spreadsheets.
    Csv,
    /// Apache Parquet: typed columns, and every text as it is. Needs the feature `parquet`, which is on by default.
    Parquet,
}

impl TableFormat {
    /// Returns the ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// Checks that this build writes the format.
    ///
    /// # Errors
    ///
    /// It was built without the feature that the format needs.
    pub fn check_available(self) -> Result<()> {
        match self {
            #[cfg(not(feature = "parquet"))]
            Self::Parquet => {
                Err(crate::error::Error::usage("this build of evenhand does not write Parquet")
                    .hint(
                        "build it with the feature `parquet`, which is on by default, or write CSV",
                    ))
            }
            _ => Ok(()),
        }
    }

    /// Begins a table with these columns.
    ///
    /// # Errors
    ///
    /// The output cannot be written, or this build does not write the format.
    pub(super) fn begin<'a>(
        self,
        columns: &[Column],
        output: &'a mut (dyn Write + Send),
    ) -> Result<Box<dyn TableWriter + 'a>> {
        self.check_available()?;
        Ok(match self {
            #[cfg(feature = "parquet")]
            Self::Parquet => Box::new(ParquetTable::begin(columns, output)?),
            _ => Box::new(CsvTable::begin(columns, output)?),
        })
    }
}
