//! The lines that a program writes to stdout.

use std::process::ExitStatus;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::ChildStdout;

/// The lines of a process's stdout.
#[derive(Debug)]
pub(crate) struct OutputLines {
    output: BufReader<ChildStdout>,
    /// The longest line that is accepted, in bytes.
    max_length: usize,
    /// The number of the last line read, counted from 1 and including blank lines.
    number: usize,
    /// What has been read of the next line.
    text: Vec<u8>,
}

/// A line without its line break and surrounding white space.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) text: Vec<u8>,
    /// Whether the line ended with a line break.
    pub(crate) is_complete: bool,
}

impl Line {
    /// Returns the text of the last line of a process that has ended with `status`; `None` if the process crashed
    /// before the end of the line, so that `12` may have become `1`.
    pub(crate) fn text_after(self, status: ExitStatus) -> Option<Vec<u8>> {
        (self.is_complete || status.success()).then_some(self.text)
    }
}

/// Why the next line cannot be read.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The line with this number is too long.
    TooLong(usize),
    /// The stream cannot be read.
    Io(std::io::Error),
}

impl OutputLines {
    /// Returns the lines of a stream.
    pub(crate) fn new(output: ChildStdout, max_length: usize) -> Self {
        Self { output: BufReader::new(output), max_length, number: 0, text: Vec::new() }
    }

    /// Returns the number of the last line read.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Waits for the next line that is not blank; `None` is the end of the stream. The future may be dropped and called
    /// again: nothing is lost.
    pub(crate) async fn next(&mut self) -> Result<Option<Line>, ReadError> {
        loop {
            let rest = (self.max_length + 1).saturating_sub(self.text.len());
            let mut bounded = (&mut self.output).take(rest as u64);
            bounded.read_until(b'\n', &mut self.text).await.map_err(ReadError::Io)?;
            if self.text.is_empty() {
                return Ok(None);
            }
            self.number += 1;
            let text = std::mem::take(&mut self.text);
            let is_complete = text.last() == Some(&b'\n');
            if text.len() > self.max_length {
                return Err(ReadError::TooLong(self.number));
            }
            let mark = if self.number == 1 { "\u{feff}".as_bytes() } else { &[] };
            let trimmed = text.strip_prefix(mark).unwrap_or(&text).trim_ascii();
            if !trimmed.is_empty() {
                return Ok(Some(Line { text: trimmed.to_vec(), is_complete }));
            }
        }
    }
}
