//! A temporary copy of a file as JSONL, which can be read from any position and by several readers at once.
//!
//! Each line begins with the place that its record has in the original, as `LINE:ROW` and a tab; the row is 0
//! except in tables. The file is in the system's folder for temporary files and has no name there, so nothing
//! is left behind, not even by a killed process.

use std::fs::File;
use std::io::{BufWriter, Read, Result, Seek, SeekFrom, Write as _};
use std::sync::Arc;

use crate::error::Error;

/// The copy.
#[derive(Debug, Clone)]
pub(super) struct Spool {
    file: Arc<File>,
}

/// Writes the copy.
#[derive(Debug)]
pub(crate) struct SpoolWriter {
    file: BufWriter<File>,
    /// The original, for messages.
    shown: String,
}

/// Reads the copy from a position of its own.
#[derive(Debug)]
pub(crate) struct SpoolReader {
    file: Arc<File>,
    at: u64,
}

impl SpoolWriter {
    pub(super) fn new(shown: String) -> crate::error::Result<Self> {
        match tempfile::tempfile() {
            Ok(file) => Ok(Self { file: BufWriter::with_capacity(1 << 16, file), shown }),
            Err(error) => Err(failed(&shown, &error)),
        }
    }

    /// Writes one record, which is from this line and row of the original. The JSON has no line break.
    ///
    /// # Errors
    ///
    /// The copy cannot be written.
    pub(crate) fn write(
        &mut self,
        line: usize,
        row: usize,
        json: &[u8],
    ) -> crate::error::Result<()> {
        write!(self.file, "{line}:{row}\t")
            .and_then(|()| self.file.write_all(json))
            .and_then(|()| self.file.write_all(b"\n"))
            .map_err(|error| failed(&self.shown, &error))
    }

    pub(super) fn finish(self) -> crate::error::Result<Spool> {
        let file = self.file.into_inner().map_err(|error| failed(&self.shown, error.error()))?;
        Ok(Spool { file: Arc::new(file) })
    }
}

fn failed(shown: &str, error: &std::io::Error) -> Error {
    Error::input(format!("{shown}: cannot write a temporary copy: {error}")).hint(
        "the copy is about as large as the unpacked file; free space in the folder for temporary files, or choose \
         another one with the variable TMPDIR",
    )
}

impl Spool {
    /// Returns a reader at the beginning.
    pub(super) fn reader(&self) -> SpoolReader {
        SpoolReader { file: Arc::clone(&self.file), at: 0 }
    }
}

impl Read for SpoolReader {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = read_at(&self.file, buffer, self.at)?;
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for SpoolReader {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(distance) => self.at.checked_add_signed(distance),
            SeekFrom::End(distance) => self.file.metadata()?.len().checked_add_signed(distance),
        };
        self.at = at.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}
