//! Files of records: items, labels, responses, recorded replies.
//!
//! A file is looked at once, before its first record is read. JSONL in a regular file stays where it is: it is read
//! in place, as often as needed. Everything else is copied once, as JSONL, to a temporary file: what is packed or
//! in UTF-16, lists and indented JSON, tables, and pipes, which can be read only once. Each line of the copy begins
//! with its place in the original, so messages name lines (and in tables rows and columns) that the user can look
//! up. Nothing is held in memory but the record at hand.

mod json_values;
mod shape;
mod spool;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::table::{EmptyCells, ItemColumns, LabelColumns, Layout, copy_table, is_column};
use super::text::{OpenedText, Peeked, decode_text, open_text};
use crate::error::{Error, Result, Warning};
use shape::{Shape, shape_of, without_mark};
use spool::{Spool, SpoolReader};

pub(crate) use spool::SpoolWriter;

/// A file of items, labels, responses or recorded replies: JSONL, other JSON, or a table (CSV, TSV); also packed by
/// gzip or Zstandard, or in UTF-16.
///
/// It is opened when it is first read, and can be read again, whatever it is.
#[derive(Debug)]
pub struct DataFile {
    path: PathBuf,
    layout: Layout,
    /// Whether the contents come from a reader, and the path is only a name.
    is_supplied: bool,
    state: Mutex<State>,
}

/// How far a file has been read.
enum State {
    /// It is opened by its path.
    Unopened,
    /// Its contents come from a reader; `None` once that has been read.
    Supplied(Option<Box<dyn Read + Send>>),
    Opened(Arc<Opened>),
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unopened => f.write_str("Unopened"),
            Self::Supplied(_) => f.write_str("Supplied"),
            Self::Opened(opened) => opened.fmt(f),
        }
    }
}

/// A file that was looked at.
#[derive(Debug)]
struct Opened {
    /// The copy, unless the file is read in place.
    copy: Option<Spool>,
    /// About the columns of a table.
    warnings: Vec<Warning>,
}

impl DataFile {
    /// Returns a file of items. The columns are those of a table.
    pub fn items(path: impl Into<PathBuf>, columns: ItemColumns) -> Self {
        Self::new(path, Layout::Items(columns))
    }

    /// Returns a file of labels. The columns are those of a table; without named columns, a table that has a column `grade`
    /// and none of winners is one of labels of grades.
    pub fn labels(path: impl Into<PathBuf>, columns: LabelColumns) -> Self {
        Self::new(path, Layout::Labels(columns))
    }

    /// Returns a file of labels of grades. The columns are those of a table.
    pub fn grade_labels(path: impl Into<PathBuf>, columns: LabelColumns) -> Self {
        Self::new(path, Layout::GradeLabels(columns))
    }

    /// Returns a file of the responses of one system. The empty cells are those of a table.
    pub fn responses(path: impl Into<PathBuf>, empty_cells: EmptyCells) -> Self {
        Self::new(path, Layout::Responses(empty_cells))
    }

    /// Returns a file of recorded replies.
    pub(super) fn recording(path: impl Into<PathBuf>) -> Self {
        Self::new(path, Layout::Recording)
    }

    /// Returns a file of another program. The fields of a table are its columns.
    pub(crate) fn foreign(path: impl Into<PathBuf>) -> Self {
        Self::new(path, Layout::AnyFields)
    }

    fn new(path: impl Into<PathBuf>, layout: Layout) -> Self {
        let state = Mutex::new(State::Unopened);
        Self { path: path.into(), layout, is_supplied: false, state }
    }

    /// Returns the same file with the contents that `reader` gives, such as standard input. Messages call it `name`.
    #[must_use]
    pub fn read_from(self, name: &str, reader: impl Read + Send + 'static) -> Self {
        let state = Mutex::new(State::Supplied(Some(Box::new(reader))));
        Self { path: PathBuf::from(name), is_supplied: true, state, ..self }
    }

    /// Returns the path, or the name of what the contents come from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Locks the file, waiting for whoever is adding lines to it, until the value is dropped. `None` where there is nothing
    /// to wait for: the contents are not those of a file, or its file system has no locks.
    pub(super) fn lock_for_reading(&self) -> Option<File> {
        if self.is_supplied || !self.path.is_file() {
            return None;
        }
        let file = File::open(&self.path).ok()?;
        file.lock_shared().ok()?;
        Some(file)
    }

    /// Returns how messages name the file.
    pub(crate) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Returns the warnings about the columns of a table.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub(super) fn warnings(&self) -> Result<Vec<Warning>> {
        Ok(self.open()?.warnings.clone())
    }

    /// Opens the file or its copy at the beginning. `buffer` is how much is read at a time.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, is of a kind that is not read, or, as JSON or a table, is malformed.
    pub(super) fn store(&self, buffer: usize) -> Result<Store> {
        let reader = match &self.open()?.copy {
            Some(copy) => StoreReader::Copy(copy.reader()),
            None => {
                StoreReader::InPlace(File::open(&self.path).map_err(|error| self.failed(&error))?)
            }
        };
        Ok(Store { reader: BufReader::with_capacity(buffer, reader) })
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::input(format!("{}: {error}", self.shown()))
    }

    fn open(&self) -> Result<Arc<Opened>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let text = match &mut *state {
            State::Opened(opened) => return Ok(Arc::clone(opened)),
            State::Unopened => open_text(&self.path)?,
            State::Supplied(reader) => {
                let reader = reader.take().ok_or_else(|| {
                    Error::input(format!("{}: it can be read only once", self.shown()))
                })?;
                decode_text(&self.path, reader, false)?
            }
        };
        let opened = Arc::new(self.look(text)?);
        *state = State::Opened(Arc::clone(&opened));
        Ok(opened)
    }

    /// Looks at the text of the file, and copies it unless it can be read in place.
    fn look(&self, text: OpenedText) -> Result<Opened> {
        let OpenedText { mut text, is_as_stored } = text;
        let mut shape = shape_of(&mut text).map_err(|error| self.failed(&error))?;
        if let (Shape::Unknown, Some(prompt)) = (shape, self.layout.only_column()) {
            let head = text.peek(1 << 12).map_err(|error| self.failed(&error))?;
            if is_column(without_mark(head), prompt) {
                shape = Shape::Table;
            }
        }
        self.check_shape(shape, &mut text)?;
        self.check_columns(shape)?;
        if shape == Shape::Lines && is_as_stored {
            return Ok(Opened { copy: None, warnings: Vec::new() });
        }
        let mut copy = SpoolWriter::new(self.shown())?;
        let warnings = self.copy(text, shape, &mut copy)?;
        Ok(Opened { copy: Some(copy.finish()?), warnings })
    }

    /// Fails if the text has no records.
    fn check_shape(&self, shape: Shape, text: &mut Peeked) -> Result<()> {
        let failed = |what: &str| Error::input(format!("{}: the file is {what}", self.shown()));
        match shape {
            Shape::Lines | Shape::List | Shape::Objects | Shape::Table => Ok(()),
            Shape::Markup => Err(failed("a web page or XML")
                .hint("download the data itself, not the page that shows it")),
            Shape::Unknown => {
                let head = text.peek(1).map_err(|error| self.failed(&error))?;
                let line =
                    without_mark(head).trim_ascii_start().split(|byte| *byte == b'\n').next();
                let error =
                    failed("neither JSON nor a table with `,`, `;` or tab between its cells");
                Err(if line.is_some_and(|line| line.contains(&b'|')) {
                    error.hint("save the table with one of these separators, or write `sep=|` as its first line")
                } else {
                    error.hint(
                        "write one JSON object per line (JSONL), a JSON list, or a table (CSV, TSV) whose first row \
                         names its columns",
                    )
                })
            }
        }
    }

    /// Fails if columns are named that the file, which is no table, does not have.
    fn check_columns(&self, shape: Shape) -> Result<()> {
        let named = match &self.layout {
            Layout::Items(columns) => columns.names_a_column(),
            Layout::Labels(columns) | Layout::GradeLabels(columns) => {
                columns.id.is_some() || !columns.winners.is_empty()
            }
            Layout::Responses(_) | Layout::Recording | Layout::AnyFields => false,
        };
        if named && shape != Shape::Table {
            return Err(Error::usage(format!(
                "{}: columns were named, but the file is not a table (CSV or TSV)",
                self.shown()
            ))
            .hint("in JSON the fields have fixed names, such as `id`, `prompt` and `responses`"));
        }
        Ok(())
    }

    fn copy(&self, mut text: Peeked, shape: Shape, copy: &mut SpoolWriter) -> Result<Vec<Warning>> {
        let failed = |error: std::io::Error| self.failed(&error);
        while text.peek(3).map_err(failed)?.starts_with(b"\xEF\xBB\xBF") {
            text.read_exact(&mut [0; 3]).map_err(failed)?;
        }
        match shape {
            Shape::Lines => self.copy_lines(text, copy)?,
            Shape::List => json_values::copy_values(&self.path, text, true, copy)?,
            Shape::Objects => json_values::copy_values(&self.path, text, false, copy)?,
            // Neither passes the check of the shape.
            Shape::Markup | Shape::Unknown => {}
            Shape::Table => {
                let head = text.peek(1).map_err(failed)?.to_vec();
                return copy_table(&self.path, text, &head, &self.layout, copy);
            }
        }
        Ok(Vec::new())
    }

    /// Copies lines as they are; they are parsed when they are read.
    fn copy_lines(&self, text: Peeked, copy: &mut SpoolWriter) -> Result<()> {
        let mut reader = BufReader::with_capacity(1 << 16, text);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let failed = |error| Error::input(format!("{}:{number}: {error}", self.shown()));
            if reader.read_until(b'\n', &mut line).map_err(failed)? == 0 {
                break;
            }
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            if !line.trim_ascii().is_empty() {
                copy.write(number, 0, line)?;
            }
        }
        Ok(())
    }
}

/// An open file or copy.
#[derive(Debug)]
pub(super) struct Store {
    reader: BufReader<StoreReader>,
}

#[derive(Debug)]
enum StoreReader {
    InPlace(File),
    Copy(SpoolReader),
}

/// One line of a store, with the place that it has in the original, if it was copied.
#[derive(Debug)]
pub(super) struct StoredLine<'a> {
    /// Line and row.
    pub(super) origin: Option<[usize; 2]>,
    pub(super) text: &'a [u8],
}

impl Store {
    /// Reads the next line into `buffer`; `None` at the end.
    ///
    /// # Errors
    ///
    /// The line cannot be read.
    pub(super) fn read_line<'a>(
        &mut self,
        buffer: &'a mut Vec<u8>,
    ) -> std::io::Result<Option<StoredLine<'a>>> {
        buffer.clear();
        if self.reader.read_until(b'\n', buffer)? == 0 {
            return Ok(None);
        }
        if matches!(self.reader.get_ref(), StoreReader::InPlace(_)) {
            return Ok(Some(StoredLine { origin: None, text: buffer }));
        }
        let invalid = || std::io::Error::other("the temporary copy is damaged");
        let tab = buffer.iter().position(|byte| *byte == b'\t').ok_or_else(invalid)?;
        let (origin, text) = buffer.split_at(tab);
        let origin = std::str::from_utf8(origin).ok().and_then(|text| text.split_once(':'));
        let origin = origin.and_then(|(line, row)| Some([line.parse().ok()?, row.parse().ok()?]));
        Ok(Some(StoredLine { origin: Some(origin.ok_or_else(invalid)?), text: &text[1..] }))
    }

    /// Goes to an offset. Lines are mostly looked up in file order; the read buffer is kept where possible.
    ///
    /// # Errors
    ///
    /// The file has no positions.
    pub(super) fn go_to(&mut self, offset: u64) -> std::io::Result<()> {
        let here = self.reader.stream_position()?;
        match i64::try_from(offset).ok().and_then(|offset| offset.checked_sub(here as i64)) {
            Some(distance) => self.reader.seek_relative(distance),
            None => self.reader.seek(SeekFrom::Start(offset)).map(drop),
        }
    }
}

impl Read for StoreReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::InPlace(file) => file.read(buffer),
            Self::Copy(copy) => copy.read(buffer),
        }
    }
}

impl Seek for StoreReader {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        match self {
            Self::InPlace(file) => file.seek(to),
            Self::Copy(copy) => copy.seek(to),
        }
    }
}
