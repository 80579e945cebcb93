//! Where in a file the line with a key stands: a million lines found again without holding them in memory.
//!
//! What is kept of a line is a fingerprint of its key and its place, 32 bytes. The file is read again for
//! each line that is asked for, so it must be an ordinary file and stay as it is.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::json::{Line, Lines, Record};
use crate::error::{Error, Result};

/// A digest of a key, so long that no two keys of a run share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Fingerprint([u32; 3]);

impl Fingerprint {
    /// Returns the fingerprint of a key of several parts.
    pub(super) fn of(parts: &[&str]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let digest = hasher.finalize();
        let (words, _) = digest.as_bytes().as_chunks::<4>();
        Self([0, 1, 2].map(|at| u32::from_le_bytes(words[at])))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: Fingerprint,
    /// Its number in the file, counted from 1.
    line: u32,
    offset: u64,
}

/// The lines of a JSONL file by a key that stands in them.
#[derive(Debug)]
pub(super) struct LineIndex {
    path: PathBuf,
    /// Sorted by key, lines with the same key in the order of the file.
    entries: Vec<Entry>,
    /// Bytes of the longest line.
    longest: usize,
    file: Mutex<BufReader<File>>,
}

impl LineIndex {
    /// Reads a file once; `key` checks a line and returns its key.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is not an ordinary one, and whatever `key` returns.
    pub(super) fn read(
        path: &Path,
        mut key: impl FnMut(Record) -> Result<Fingerprint>,
    ) -> Result<Self> {
        let failed = |error: std::io::Error| Error::input(format!("{}: {error}", path.display()));
        let mut lines = Lines::open(path)?;
        if !path.metadata().map_err(failed)?.is_file() {
            return Err(Error::input(format!("{}: this is not a regular file", path.display()))
                .detail("its lines are looked up by their place")
                .hint("write it to a file first"));
        }
        let (mut entries, mut longest) = (Vec::new(), 0);
        while let Some(line) = lines.next_line()? {
            let offset = line.offset;
            longest = longest.max(line.text.len());
            let record = line.parse()?;
            let line = record.line as u32;
            entries.push(Entry { key: key(record)?, line, offset });
        }
        entries.sort_unstable();
        let file = Mutex::new(BufReader::new(File::open(path).map_err(failed)?));
        Ok(Self { path: path.to_owned(), entries, longest, file })
    }

    /// Returns the places of all lines with a key.
    pub(super) fn find(&self, key: Fingerprint) -> std::ops::Range<usize> {
        let from = self.entries.partition_point(|entry| entry.key < key);
        let same = self.entries[from..].iter().take_while(|entry| entry.key == key).count();
        from..from + same
    }

    /// Returns how many lines there are; their places are the numbers below it.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns how long the longest line is, in bytes.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// Returns the number in the file, counted from 1, of the line at a place.
    pub(super) fn number(&self, place: usize) -> usize {
        self.entries[place].line as usize
    }

    /// Returns the places of the first pair of lines with the same key, by the later of them.
    pub(super) fn first_repeated(&self) -> Option<[usize; 2]> {
        let places = 1..self.entries.len();
        let repeated = places.filter(|at| self.entries[*at - 1].key == self.entries[*at].key);
        repeated.min_by_key(|at| self.entries[*at].line).map(|at| [at - 1, at])
    }

    /// Reads the line at a place.
    ///
    /// # Errors
    ///
    /// The file cannot be read any more, or is not what it was.
    pub(super) fn line(&self, place: usize) -> Result<Record> {
        let Entry { line, offset, .. } = self.entries[place];
        let shown = format!("{}:{line}", self.path.display());
        let failed = |error: std::io::Error| Error::input(format!("{shown}: {error}"));
        let mut bytes = Vec::new();
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            // Lines are mostly asked for in their order: then nothing is read twice.
            let here = file.stream_position().map_err(failed)?;
            match i64::try_from(offset).ok().and_then(|offset| offset.checked_sub(here as i64)) {
                Some(distance) => file.seek_relative(distance).map_err(failed)?,
                None => file.seek(SeekFrom::Start(offset)).map(|_| ()).map_err(failed)?,
            }
            file.read_until(b'\n', &mut bytes).map_err(failed)?;
        }
        Line::of(&bytes, shown, line as usize)?.parse()
    }

    /// Checks that a line that was read again still has the key that it had.
    ///
    /// # Errors
    ///
    /// It has another one: the file was changed in the meantime.
    pub(super) fn check(&self, place: usize, record: &Record, key: Fingerprint) -> Result<()> {
        if self.entries[place].key == key {
            return Ok(());
        }
        Err(record
            .error("this is another line than before")
            .hint("the file was changed while it was read; the same command reads it anew"))
    }

    /// Returns the file's path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
