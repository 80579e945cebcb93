//! The lines of a JSONL file, read one after the other.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde_json::Value;

use super::json::{invalid_json, kind_of, parse_unique};
use super::record::Record;
use crate::error::{Error, Result};

/// Reads a JSONL file and passes every object to `each`, in file order. Blank lines are skipped.
///
/// # Errors
///
/// The file cannot be read, a line is not UTF-8, or a line is not one JSON object without repeated
/// keys; or `each` returns an error, which is passed on.
pub(crate) fn read_records(path: &Path, mut each: impl FnMut(Record) -> Result<()>) -> Result<()> {
    let mut lines = Lines::open(path)?;
    while let Some(line) = lines.next_line()? {
        each(line.parse()?)?;
    }
    Ok(())
}

/// Reads the lines of a JSONL file one after the other.
#[derive(Debug)]
pub(crate) struct Lines {
    /// The path, for messages.
    path: String,
    reader: BufReader<File>,
    buffer: Vec<u8>,
    number: usize,
    offset: u64,
}

/// One line that is not parsed yet, so that lines can be parsed in parallel.
#[derive(Debug)]
pub(crate) struct Line {
    /// `file:line`, for messages.
    place: String,
    /// Counted from 1.
    number: usize,
    /// Where the line begins in the file, in bytes.
    pub(crate) offset: u64,
    /// The line without surrounding white space.
    pub(crate) text: String,
}

impl Lines {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        let file = File::open(path).map_err(|error| Error::input(format!("{shown}: {error}")))?;
        let reader = BufReader::with_capacity(1 << 16, file);
        Ok(Self { path: shown, reader, buffer: Vec::new(), number: 0, offset: 0 })
    }

    /// Returns the next line that is not blank; `None` at the end of the file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or the line is not UTF-8.
    pub(crate) fn next_line(&mut self) -> Result<Option<Line>> {
        loop {
            self.buffer.clear();
            let read = self.reader.read_until(b'\n', &mut self.buffer).map_err(|error| {
                Error::input(format!("{}:{}: {error}", self.path, self.number + 1))
            })?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            let offset = self.offset;
            self.offset += read as u64;
            let place = format!("{}:{}", self.path, self.number);
            let line = Line::decode(&self.buffer, place, self.number)?;
            if !line.text.is_empty() {
                return Ok(Some(Line { offset, ..line }));
            }
        }
    }
}

impl Line {
    /// Decodes the bytes of a line; a byte order mark at the beginning of line 1 is dropped.
    ///
    /// # Errors
    ///
    /// The bytes are not UTF-8.
    pub(super) fn decode(bytes: &[u8], place: String, number: usize) -> Result<Self> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Error::input(format!("{place}: the line is not valid UTF-8")))?;
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
        let value = parse_unique(&text)
            .map_err(|error| Error::input(format!("{place}: {}", invalid_json(&error))))?;
        match value {
            Value::Object(fields) => Ok(Record::new(place, number, fields)),
            other => {
                let found = kind_of(&other);
                Err(Error::input(format!("{place}: expected a JSON object, found {found}"))
                    .hint("the file must be JSONL: one JSON object per line"))
            }
        }
    }
}
