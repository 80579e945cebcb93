//! JSON that is not one object per line: a list of objects, or objects that span several lines.
//!
//! The objects are found one by one, so that a file of any size fits into memory.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;

use super::spool::SpoolWriter;
use crate::error::{Error, Result};
use crate::input::jsonl::{invalid_json, parse_unique};
use crate::input::text::not_utf8;

/// Writes each object to the copy. `is_list` says whether they are the entries of a list.
///
/// # Errors
///
/// The file cannot be read, is not valid JSON, has anything but objects, or has an object that repeats a key.
pub(super) fn copy_values(
    path: &Path,
    text: impl Read,
    is_list: bool,
    copy: &mut SpoolWriter,
) -> Result<()> {
    let mut bytes = Bytes { reader: BufReader::with_capacity(1 << 16, text), line: 1, column: 0 };
    let mut values =
        Values { path, state: if is_list { State::BeforeList } else { State::BeforeValue } };
    let mut object = Object::default();
    while let Some(byte) = bytes.next().map_err(|error| values.error(bytes.line, error))? {
        if object.depth > 0 {
            object.push(byte);
            if object.depth == 0 {
                object.write(path, copy)?;
                values.state = if is_list { State::AfterEntry } else { State::BeforeValue };
            }
            continue;
        }
        values.between(byte, bytes.line)?;
        if byte == b'{' {
            object.begin(bytes.line, bytes.column);
        }
    }
    if object.depth > 0 {
        // The parser says where the object breaks off.
        return object.write(path, copy);
    }
    if is_list && values.state != State::AfterList {
        return Err(values.error(bytes.line, "the list is not closed: the file is cut off"));
    }
    Ok(())
}

/// Reads bytes and counts lines and columns, from 1.
struct Bytes<R> {
    reader: BufReader<R>,
    line: usize,
    column: usize,
}

impl<R: Read> Bytes<R> {
    fn next(&mut self) -> std::io::Result<Option<u8>> {
        let Some(byte) = self.reader.fill_buf()?.first().copied() else { return Ok(None) };
        self.reader.consume(1);
        if byte == b'\n' {
            self.line += 1;
            self.column = 0;
        } else {
            self.column += 1;
        }
        Ok(Some(byte))
    }
}

/// What may come between two objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    BeforeList,
    /// At the beginning of the list.
    BeforeFirst,
    BeforeValue,
    AfterEntry,
    /// After the comma between two entries of the list.
    AfterComma,
    AfterList,
}

struct Values<'a> {
    path: &'a Path,
    state: State,
}

impl Values<'_> {
    fn error(&self, line: usize, message: impl std::fmt::Display) -> Error {
        let file = self.path.display().to_string();
        Error::input(format!("{file}:{line}: {message}")).at_line(file, line)
    }

    /// Checks a byte outside of the objects.
    fn between(&mut self, byte: u8, line: usize) -> Result<()> {
        if byte.is_ascii_whitespace() {
            return Ok(());
        }
        self.state = match (self.state, byte) {
            (State::BeforeList, b'[') => State::BeforeFirst,
            (State::BeforeFirst | State::AfterEntry, b']') => State::AfterList,
            (State::AfterEntry, b',') => State::AfterComma,
            (State::BeforeFirst | State::BeforeValue | State::AfterComma, b'{') => {
                State::BeforeValue
            }
            (State::AfterComma, b']') => {
                return Err(self
                    .error(
                        line,
                        "not valid JSON: there is a comma after the last entry of the list",
                    )
                    .hint("remove the comma"));
            }
            (State::BeforeValue, b',') => {
                return Err(self
                    .error(line, "not valid JSON: there is a comma after an object that is in no list")
                    .hint("remove the commas between the objects, or write `[` before the first and `]` after the last"));
            }
            (State::BeforeFirst | State::BeforeValue | State::AfterComma, _) => {
                return Err(self.no_object(byte, line));
            }
            (State::AfterEntry, _) => {
                return Err(self.error(
                    line,
                    "not valid JSON: expected `,` or `]` after an entry of the list",
                ));
            }
            (State::BeforeList | State::AfterList, _) => {
                return Err(self.error(line, "not valid JSON: there is more text after the list"));
            }
        };
        Ok(())
    }

    fn no_object(&self, byte: u8, line: usize) -> Error {
        let found = match byte {
            b'[' => "a list",
            b'"' => "a string",
            b'0'..=b'9' | b'-' => "a number",
            b't' | b'f' => "a boolean",
            b'n' => "null",
            _ => return self.error(line, "not valid JSON: expected an object"),
        };
        self.error(line, format!("expected a JSON object, found {found}"))
            .hint("the file must hold one JSON object for each record")
    }
}

/// The object that is being read.
#[derive(Default)]
struct Object {
    text: Vec<u8>,
    line: usize,
    column: usize,
    /// How many of its braces and brackets are open; 0 outside of an object.
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
}

impl Object {
    fn begin(&mut self, line: usize, column: usize) {
        self.text.clear();
        self.text.push(b'{');
        (self.line, self.column, self.depth) = (line, column, 1);
        (self.is_in_string, self.is_escaped) = (false, false);
    }

    fn push(&mut self, byte: u8) {
        self.text.push(byte);
        if self.is_in_string {
            self.is_in_string = self.is_escaped || byte != b'"';
            self.is_escaped = byte == b'\\' && !self.is_escaped;
            return;
        }
        match byte {
            b'"' => self.is_in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
    }

    /// Writes the object on one line; it is parsed first, where its errors have their place in the original.
    fn write(&mut self, path: &Path, copy: &mut SpoolWriter) -> Result<()> {
        let place = format!("{}:{}", path.display(), self.line);
        let text =
            std::str::from_utf8(&self.text).map_err(|_| not_utf8(&place, "the object", path))?;
        parse_unique(text).map_err(|error| {
            let line = self.line + error.line().saturating_sub(1);
            let before = if error.line() == 1 { self.column - 1 } else { 0 };
            let file = path.display().to_string();
            Error::input(format!("{file}:{line}: {}", invalid_json(&error, before)))
                .at_line(file, line)
        })?;
        // Outside of strings, where alone valid JSON has them, line breaks mean no more than spaces.
        for byte in self.text.iter_mut().filter(|byte| matches!(**byte, b'\n' | b'\r')) {
            *byte = b' ';
        }
        copy.write(self.line, 0, &self.text)
    }
}
