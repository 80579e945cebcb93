//! A reader that knows the line it is at and refuses records of any size.

use std::cell::Cell;
use std::io::{Error, ErrorKind, Read, Result};
use std::rc::Rc;

/// The most bytes of one record: no conversation is as long, a file without an end must not fill the memory, and a record
/// of short values needs many times its length.
pub(super) const MOST_BYTES: u64 = 4 << 20;

/// How far a file has been read.
#[derive(Debug, Clone, Default)]
pub(super) struct Position(Rc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    lines: Cell<u64>,
    record: Cell<u64>,
}

impl Position {
    /// Returns the number of the line, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.0.lines.get() + 1
    }

    /// Begins a new record.
    pub(super) fn begin_record(&self) {
        self.0.record.set(0);
    }
}

/// A reader that counts. It is read byte by byte or in pieces; the position is that of what was handed out.
#[derive(Debug)]
pub(super) struct Limited<R> {
    inner: R,
    position: Position,
}

impl<R: Read> Limited<R> {
    pub(super) fn new(inner: R, position: Position) -> Self {
        Self { inner, position }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let n = self.inner.read(buffer)?;
        let counts = &self.position.0;
        let lines = buffer[..n].split(|byte| *byte == b'\n').count() as u64 - 1;
        counts.lines.set(counts.lines.get() + lines);
        counts.record.set(counts.record.get() + n as u64);
        if counts.record.get() > MOST_BYTES {
            let mib = MOST_BYTES >> 20;
            return Err(Error::new(
                ErrorKind::InvalidData,
                format!("a record is longer than {mib} MiB"),
            ));
        }
        Ok(n)
    }
}
