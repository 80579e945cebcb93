//! Finds the records of a file by key, a million of them without holding their text in memory.
//!
//! Of each line 24 bytes are kept: a fingerprint of its key, its number and its offset. A line is read from the
//! file, or from its copy, again when it is looked up, so a file that is read in place must not change meanwhile.

use std::sync::{Mutex, PoisonError};

use super::lines::{Line, Lines};
use super::record::Record;
use crate::error::{Error, Result};
use crate::input::data_file::{DataFile, Store, StoredLine};
use crate::keyed_hash::KeyedHash;

/// A 96-bit digest of a key, long enough that no two keys of a run collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Fingerprint([u32; 3]);

impl Fingerprint {
    /// Returns the fingerprint of a key of several parts.
    pub(crate) fn of(parts: &[&str]) -> Self {
        let digest =
            KeyedHash::new("evenhand: key of a line").texts(parts.iter().copied()).digest();
        let (words, _) = digest.as_chunks::<4>();
        Self([0, 1, 2].map(|at| u32::from_le_bytes(words[at])))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: Fingerprint,
    /// The line's number in the file, counted from 1.
    line: u32,
    /// Where the line begins in the file, in bytes.
    offset: u64,
}

/// An index of the lines of a file by a key that each line holds.
#[derive(Debug)]
pub(crate) struct LineIndex {
    file: DataFile,
    /// Sorted by key; entries with equal keys are in file order.
    entries: Vec<Entry>,
    /// Length of the longest line, in bytes.
    longest: usize,
    store: Mutex<Store>,
}

impl LineIndex {
    /// Reads a file once; `key` validates a line and returns its key.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or `key` returns an error, which is passed on.
    pub(crate) fn read(
        file: DataFile,
        mut key: impl FnMut(Record) -> Result<Fingerprint>,
    ) -> Result<Self> {
        let mut lines = Lines::open(&file)?;
        let (mut entries, mut longest) = (Vec::new(), 0);
        while let Some(line) = lines.next_line()? {
            let (number, offset) = (line.number as u32, line.offset);
            longest = longest.max(line.text.len());
            entries.push(Entry { key: key(line.parse()?)?, line: number, offset });
        }
        entries.sort_unstable();
        let store = Mutex::new(file.store(1 << 13)?);
        Ok(Self { file, entries, longest, store })
    }

    /// Returns the positions of all lines with a key, in file order.
    pub(crate) fn find(&self, key: Fingerprint) -> std::ops::Range<usize> {
        let from = self.entries.partition_point(|entry| entry.key < key);
        let same = self.entries[from..].iter().take_while(|entry| entry.key == key).count();
        from..from + same
    }

    /// Returns the number of lines; the valid positions are the numbers below it.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the length of the longest line, in bytes.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// Returns the line number, counted from 1, of the line at a position.
    pub(crate) fn line_number(&self, position: usize) -> usize {
        self.entries[position].line as usize
    }

    /// Returns the positions of two lines with the same key; of several pairs, the one whose second line
    /// comes first in the file.
    pub(crate) fn first_repeated(&self) -> Option<[usize; 2]> {
        let positions = 1..self.entries.len();
        let repeated = positions.filter(|at| self.entries[*at - 1].key == self.entries[*at].key);
        repeated.min_by_key(|at| self.entries[*at].line).map(|at| [at - 1, at])
    }

    /// Reads the line at a position again.
    ///
    /// # Errors
    ///
    /// The file can no longer be read, or was changed so that the line is no longer a JSON object.
    pub(crate) fn record(&self, position: usize) -> Result<Record> {
        let Entry { line, offset, .. } = self.entries[position];
        let shown = self.file.shown();
        let failed = |error: std::io::Error| Error::input(format!("{shown}:{line}: {error}"));
        let mut buffer = Vec::new();
        let read = {
            let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
            store.go_to(offset).map_err(failed)?;
            store.read_line(&mut buffer).map_err(failed)?
        };
        let read = read.unwrap_or(StoredLine { origin: None, text: &[] });
        Line::decode(&shown, self.file.path(), &read, line as usize)?.parse()
    }

    /// Checks that a line that was read again still has its key.
    ///
    /// # Errors
    ///
    /// The key differs: the file was changed after it was indexed.
    pub(crate) fn check_key(
        &self,
        position: usize,
        record: &Record,
        key: Fingerprint,
    ) -> Result<()> {
        if self.entries[position].key == key {
            return Ok(());
        }
        Err(record
            .error("the line has changed since the file was first read")
            .hint("start again, and do not change the file in the meantime"))
    }

    /// Returns the file.
    pub(crate) fn file(&self) -> &DataFile {
        &self.file
    }
}
