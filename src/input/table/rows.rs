//! The rows of a CSV or TSV file, with the line and the row number of each.
//!
//! The crate `csv`, which writes tables elsewhere, reads an unclosed quotation mark to the end of the file, accepts
//! text after a closing one, and does not say on which line a row begins after blank lines. Here, the first two are
//! errors: an export without proper quoting would otherwise shift texts into other cells unseen.

use std::io::{BufRead as _, BufReader, Read};

/// A row, with a buffer for each cell.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// The line on which it begins, counted from 1.
    pub(crate) line: usize,
    /// Its number as a spreadsheet shows it: the header is row 1, and blank rows count.
    pub(crate) number: usize,
    pub(crate) cells: Vec<Vec<u8>>,
}

impl Row {
    /// Adds a cell, in which CRLF becomes LF, so that a table is the same records whichever program saved it.
    fn push(&mut self, mut cell: Vec<u8>) {
        if cell.contains(&b'\r') {
            let mut bytes = std::mem::take(&mut cell).into_iter().peekable();
            while let Some(byte) = bytes.next() {
                if byte != b'\r' || bytes.peek() != Some(&b'\n') {
                    cell.push(byte);
                }
            }
        }
        self.cells.push(cell);
    }

    /// Returns whether all cells are empty.
    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim_ascii().is_empty())
    }
}

/// Why a row cannot be read.
#[derive(Debug)]
pub(super) enum RowError {
    Read(std::io::Error),
    /// The file ends inside of a quoted cell that begins on this line.
    Unclosed {
        line: usize,
    },
    /// A quoted cell is followed by something other than a separator, on this line.
    TextAfterQuote {
        line: usize,
    },
}

/// Reads the rows of a table.
pub(super) struct Rows<R> {
    reader: BufReader<R>,
    separator: u8,
    line: usize,
    number: usize,
    /// The last byte was a carriage return, which may be the first half of a line break.
    after_return: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    CellStart,
    Unquoted,
    Quoted,
    /// After a quotation mark in a quoted cell: the cell ends, or the mark is doubled.
    Quote,
}

impl<R: Read> Rows<R> {
    pub(super) fn new(text: R, separator: u8) -> Self {
        let reader = BufReader::with_capacity(1 << 16, text);
        Self { reader, separator, line: 1, number: 0, after_return: false }
    }

    /// Reads the next row into `row`; returns `false` at the end of the file.
    pub(super) fn read(&mut self, row: &mut Row) -> Result<bool, RowError> {
        row.cells.clear();
        let mut cell = Vec::new();
        let mut state = State::CellStart;
        let mut quoted_at = self.line;
        let mut has_begun = false;
        loop {
            match state {
                State::Quoted => self.read_plain(&mut cell, |byte| byte == b'"'),
                State::Unquoted => {
                    let separator = self.separator;
                    self.read_plain(&mut cell, |byte| {
                        byte == separator || matches!(byte, b'\n' | b'\r')
                    });
                }
                State::CellStart | State::Quote => {}
            }
            let Some(byte) = self.next_byte()? else {
                if state == State::Quoted {
                    return Err(RowError::Unclosed { line: quoted_at });
                }
                if has_begun {
                    row.push(cell);
                    self.number += 1;
                    row.number = self.number;
                }
                return Ok(has_begun);
            };
            if !has_begun {
                (has_begun, row.line) = (true, self.line);
            }
            state = match (state, byte) {
                (State::Quoted, b'"') => State::Quote,
                (State::Quoted, _) => {
                    self.line += usize::from(byte == b'\n');
                    cell.push(byte);
                    State::Quoted
                }
                (State::Quote, b'"') => {
                    cell.push(byte);
                    State::Quoted
                }
                (_, b'\n' | b'\r') => {
                    self.end_line(byte);
                    row.push(cell);
                    self.number += 1;
                    row.number = self.number;
                    return Ok(true);
                }
                (_, byte) if byte == self.separator => {
                    row.push(std::mem::take(&mut cell));
                    State::CellStart
                }
                (State::Quote, b' ') => State::Quote,
                (State::Quote, _) => return Err(RowError::TextAfterQuote { line: self.line }),
                (State::CellStart, b'"') => {
                    quoted_at = self.line;
                    State::Quoted
                }
                (State::CellStart | State::Unquoted, _) => {
                    cell.push(byte);
                    State::Unquoted
                }
            };
        }
    }

    /// Copies what is in the buffer up to a byte that ends the cell or may do so.
    fn read_plain(&mut self, cell: &mut Vec<u8>, ends: impl Fn(u8) -> bool) {
        let ahead = self.reader.buffer();
        let length = ahead.iter().position(|byte| ends(*byte)).unwrap_or(ahead.len());
        cell.extend_from_slice(&ahead[..length]);
        self.line += ahead[..length].split(|byte| *byte == b'\n').count() - 1;
        self.reader.consume(length);
    }

    /// Counts a line break outside of quoted cells: CR LF, LF, or CR alone.
    fn end_line(&mut self, byte: u8) {
        self.after_return = byte == b'\r';
        self.line += 1;
    }

    fn next_byte(&mut self) -> Result<Option<u8>, RowError> {
        loop {
            let next = self.reader.fill_buf().map_err(RowError::Read)?.first().copied();
            self.reader.consume(usize::from(next.is_some()));
            let is_second_half = std::mem::take(&mut self.after_return) && next == Some(b'\n');
            if !is_second_half {
                return Ok(next);
            }
        }
    }
}
