//! A reader whose first bytes can be looked at before they are read.

use std::io::{Read, Result};

/// How many bytes are read at a time to look further ahead.
const STEP: usize = 1 << 16;

/// A reader that keeps the bytes that were looked at, and then returns them like any other.
pub(crate) struct Peeked {
    /// What was looked at, from the position of the reader.
    ahead: Vec<u8>,
    /// How much of it has been read.
    read: usize,
    at_end: bool,
    rest: Box<dyn Read + Send>,
}

impl Peeked {
    pub(super) fn new(rest: Box<dyn Read + Send>) -> Self {
        Self { ahead: Vec::new(), read: 0, at_end: false, rest }
    }

    /// Returns at least the next `length` bytes, fewer only at the end of the data.
    ///
    /// # Errors
    ///
    /// The data cannot be read.
    pub(crate) fn peek(&mut self, length: usize) -> Result<&[u8]> {
        while self.ahead.len() - self.read < length && !self.at_end {
            let had = self.ahead.len();
            let wanted = STEP.max(length) as u64;
            self.at_end = (&mut self.rest).take(wanted).read_to_end(&mut self.ahead)? == 0;
            debug_assert!(self.at_end || self.ahead.len() > had);
        }
        Ok(&self.ahead[self.read..])
    }
}

impl Read for Peeked {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.read < self.ahead.len() {
            let length = (&self.ahead[self.read..]).read(buffer)?;
            self.read += length;
            return Ok(length);
        }
        if !self.ahead.is_empty() {
            self.ahead = Vec::new();
            self.read = 0;
        }
        self.rest.read(buffer)
    }
}

impl std::fmt::Debug for Peeked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peeked").field("ahead", &self.ahead.len()).finish_non_exhaustive()
    }
}
