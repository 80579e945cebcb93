//! A table as Apache Parquet: one column of UTF-8 or of doubles for each column, null where a cell has nothing.
//!
//! Rows are collected and written in groups. A group ends after a number of rows or of bytes, so that the memory is that of a
//! group, whatever the length of the table. Texts are written as they are.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::table::{Cell, Column, ColumnType, TableWriter};
use crate::error::{Error, Result};

/// The most rows of a group.
const GROUP_ROWS: usize = 1 << 16;
/// The bytes of text after which a group ends. A page of a column holds at most these and one cell.
const GROUP_BYTES: usize = 1 << 25;

/// Collects rows and writes them in groups.
pub(super) struct ParquetTable<'a> {
    file: SerializedFileWriter<&'a mut (dyn Write + Send)>,
    columns: Vec<Group>,
    rows: usize,
    bytes: usize,
}

/// The cells of a column that are not written yet. `present` is 1 for a value and 0 for nothing.
enum Group {
    Text(Vec<ByteArray>),
    OptionalText { values: Vec<ByteArray>, present: Vec<i16> },
    OptionalNumber { values: Vec<f64>, present: Vec<i16> },
}

impl Group {
    fn of(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Text => Self::Text(Vec::new()),
            ColumnType::OptionalText => {
                Self::OptionalText { values: Vec::new(), present: Vec::new() }
            }
            ColumnType::OptionalNumber => {
                Self::OptionalNumber { values: Vec::new(), present: Vec::new() }
            }
        }
    }
}

impl<'a> ParquetTable<'a> {
    /// Begins a file with these columns.
    ///
    /// # Errors
    ///
    /// The output cannot be written.
    pub(super) fn begin(columns: &[Column], output: &'a mut (dyn Write + Send)) -> Result<Self> {
        let fields = columns.iter().map(field).collect::<Result<Vec<_>>>()?;
        let schema = Type::group_type_builder("schema").with_fields(fields).build();
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(format!("evenhand {}", env!("CARGO_PKG_VERSION")))
            .build();
        let schema = Arc::new(schema.map_err(failed)?);
        let file = SerializedFileWriter::new(output, schema, Arc::new(properties));
        let columns = columns.iter().map(|column| Group::of(column.kind)).collect();
        Ok(Self { file: file.map_err(failed)?, columns, rows: 0, bytes: 0 })
    }

    /// Writes the rows that were collected as a group.
    fn write_group(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        (self.rows, self.bytes) = (0, 0);
        let mut group = self.file.next_row_group().map_err(failed)?;
        for column in &mut self.columns {
            // There is a writer for each column of the schema.
            let Some(mut writer) = group.next_column().map_err(failed)? else { break };
            let written = match column {
                Group::Text(values) => {
                    writer.typed::<ByteArrayType>().write_batch(&std::mem::take(values), None, None)
                }
                Group::OptionalText { values, present } => writer
                    .typed::<ByteArrayType>()
                    .write_batch(&std::mem::take(values), Some(&std::mem::take(present)), None),
                Group::OptionalNumber { values, present } => writer
                    .typed::<DoubleType>()
                    .write_batch(&std::mem::take(values), Some(&std::mem::take(present)), None),
            };
            written.map_err(failed)?;
            writer.close().map_err(failed)?;
        }
        group.close().map_err(failed)?;
        Ok(())
    }
}

impl TableWriter for ParquetTable<'_> {
    fn row(&mut self, cells: Vec<Cell>) -> Result<()> {
        for (cell, column) in cells.into_iter().zip(&mut self.columns) {
            if let Cell::Text(text) = &cell {
                self.bytes += text.len();
            }
            match (column, cell) {
                (Group::Text(values), cell) => {
                    let text = if let Cell::Text(text) = cell { text } else { String::new() };
                    values.push(text.into_bytes().into());
                }
                (Group::OptionalText { values, present }, Cell::Text(text)) => {
                    values.push(text.into_bytes().into());
                    present.push(1);
                }
                (Group::OptionalNumber { values, present }, Cell::Number(number)) => {
                    values.push(number);
                    present.push(1);
                }
                (
                    Group::OptionalText { present, .. } | Group::OptionalNumber { present, .. },
                    _,
                ) => present.push(0),
            }
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
            self.write_group()?;
        }
        Ok(())
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        self.write_group()?;
        self.file.close().map(drop).map_err(failed)
    }
}

/// Returns a column as the schema has it.
fn field(column: &Column) -> Result<Arc<Type>> {
    let (physical, logical, repetition) = match column.kind {
        ColumnType::Text => {
            (PhysicalType::BYTE_ARRAY, Some(LogicalType::String), Repetition::REQUIRED)
        }
        ColumnType::OptionalText => {
            (PhysicalType::BYTE_ARRAY, Some(LogicalType::String), Repetition::OPTIONAL)
        }
        ColumnType::OptionalNumber => (PhysicalType::DOUBLE, None, Repetition::OPTIONAL),
    };
    let field = Type::primitive_type_builder(&column.name, physical)
        .with_logical_type(logical)
        .with_repetition(repetition);
    field.build().map(Arc::new).map_err(failed)
}

/// Returns the error of the output, or of the library.
fn failed(error: ParquetError) -> Error {
    match error {
        ParquetError::External(cause) => match cause.downcast::<std::io::Error>() {
            Ok(error) => Error::unwritten(*error),
            Err(cause) => Error::internal(format!("cannot write Parquet: {cause}")),
        },
        error => Error::internal(format!("cannot write Parquet: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use parquet::file::metadata::RowGroupMetaData;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    use super::*;

    #[test]
    fn rows_beyond_those_of_a_group_are_in_another() {
        let mut file = Vec::new();
        let columns = [Column::new("number", ColumnType::OptionalNumber)];
        let mut table = Box::new(ParquetTable::begin(&columns, &mut file).unwrap());
        for row in 0..=GROUP_ROWS {
            table.row(vec![Cell::Number(row as f64)]).unwrap();
        }
        table.end().unwrap();
        let mut copy = tempfile::tempfile().unwrap();
        copy.write_all(&file).unwrap();
        let reader = SerializedFileReader::new(copy).unwrap();
        let groups = reader.metadata().row_groups();
        assert_eq!(groups.iter().map(RowGroupMetaData::num_rows).collect::<Vec<_>>(), [1 << 16, 1]);
        let rows = reader.get_row_iter(None).unwrap();
        let last = rows.last().unwrap().unwrap().to_string();
        assert!(last.contains("65536"), "{last}");
    }
}
