//! The lines of a file of records, read one after the other.

use serde_json::Value;

use super::json::{invalid_json, kind_of, parse_unique};
use super::record::Record;
use crate::error::{Error, Result};
use crate::input::data_file::{DataFile, Store, StoredLine};
use crate::input::table::place;
use crate::input::text::not_utf8;

/// Reads a file and passes every object to `each`, in file order. Blank lines are skipped.
///
/// # Errors
///
/// The file cannot be read, a line is not UTF-8, or a line is not one JSON object without repeated
/// keys; or `each` returns an error, which is passed on.
pub(crate) fn read_records(
    file: &DataFile,
    mut each: impl FnMut(Record) -> Result<()>,
) -> Result<()> {
    let mut lines = Lines::open(file)?;
    while let Some(line) = lines.next_line()? {
        each(line.parse()?)?;
    }
    Ok(())
}

/// Returns the first object of a file; `None` if it has none.
///
/// # Errors
///
/// As for [`read_records`].
pub(crate) fn first_record(file: &DataFile) -> Result<Option<Record>> {
    Lines::open(file)?.next_line()?.map(Line::parse).transpose()
}

/// Reads the lines of a file one after the other.
#[derive(Debug)]
pub(crate) struct Lines {
    /// The file's name, for messages.
    shown: String,
    path: std::path::PathBuf,
    store: Store,
    buffer: Vec<u8>,
    number: usize,
    offset: u64,
}

/// One line that is not parsed yet, so that lines can be parsed in parallel.
#[derive(Debug)]
pub(crate) struct Line {
    /// `file:line`, for messages.
    place: String,
    /// Counted from 1, in the original file.
    pub(crate) number: usize,
    /// Where the line begins in the store, in bytes.
    pub(crate) offset: u64,
    /// The line without surrounding white space.
    pub(crate) text: String,
}

impl Lines {
    /// Opens a file at its first record.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, is of a kind that is not read, or, as JSON or a table, is malformed.
    pub(crate) fn open(file: &DataFile) -> Result<Self> {
        let (path, store) = (file.path().to_owned(), file.store(1 << 16)?);
        Ok(Self { shown: file.shown(), path, store, buffer: Vec::new(), number: 0, offset: 0 })
    }

    /// Returns the next line that is not blank; `None` at the end of the file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or the line is not UTF-8.
    pub(crate) fn next_line(&mut self) -> Result<Option<Line>> {
        loop {
            let (shown, number) = (&self.shown, self.number + 1);
            let line = self
                .store
                .read_line(&mut self.buffer)
                .map_err(|error| Error::input(format!("{shown}:{number}: {error}")))?;
            let Some(line) = line else { return Ok(None) };
            let line = Line::decode(shown, &self.path, &line, number)?;
            let offset = self.offset;
            self.number = number;
            self.offset += self.buffer.len() as u64;
            if !line.text.is_empty() {
                return Ok(Some(Line { offset, ..line }));
            }
        }
    }
}

impl Line {
    /// Decodes a line; a byte order mark at the beginning of line 1 is dropped. `number` is the number of a line that
    /// has no other origin.
    ///
    /// # Errors
    ///
    /// The bytes are not UTF-8.
    pub(super) fn decode(
        shown: &str,
        path: &std::path::Path,
        line: &StoredLine<'_>,
        number: usize,
    ) -> Result<Self> {
        let [number, row] = line.origin.unwrap_or([number, 0]);
        let place = place(shown, number, row);
        let text =
            std::str::from_utf8(line.text).map_err(|_| not_utf8(&place, "the line", path))?;
        let text = if number == 1 { text.trim_start_matches('\u{feff}') } else { text };
        Ok(Self { place, number, offset: 0, text: text.trim().to_owned() })
    }

    /// Parses the line, which must be one JSON object.
    ///
    /// # Errors
    ///
    /// The line is not valid JSON, repeats a key, or is not an object.
    pub(crate) fn parse(self) -> Result<Record> {
        let Self { place, number, text, .. } = self;
        let value = parse_unique(&text).map_err(|error| {
            Error::input(format!("{place}: {}", invalid_json(&error, 0))).at(&place)
        })?;
        match value {
            Value::Object(fields) => Ok(Record::new(place, number, fields)),
            other => {
                let found = kind_of(&other);
                Err(Error::input(format!("{place}: expected a JSON object, found {found}"))
                    .at(&place)
                    .hint("each line must hold one JSON object (JSONL), or the file must be a table (CSV) or a JSON list"))
            }
        }
    }
}
