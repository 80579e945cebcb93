//! How the records are written in a text: as JSONL, as other JSON, or as the rows of a table.

use crate::input::table::is_table;
use crate::input::text::Peeked;

/// How far the first line is looked for: 1 MiB.
const FARTHEST: usize = 1 << 20;

/// How the records of a text are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One object per line, or something that is read as such to find the error in it.
    Lines,
    /// The entries of a JSON list.
    List,
    /// JSON objects that span several lines.
    Objects,
    /// A row of column names, then one row per record.
    Table,
    /// A web page, which is usually one about the file.
    Markup,
    /// None of these.
    Unknown,
}

/// Returns how the records of a text are written, by its first line that is not blank.
///
/// # Errors
///
/// The text cannot be read.
pub(super) fn shape_of(text: &mut Peeked) -> std::io::Result<Shape> {
    let mut length = 1 << 12;
    loop {
        let head = text.peek(length)?;
        let is_complete = head.len() < length || length >= FARTHEST;
        let head = without_mark(head);
        let line = head.trim_ascii_start();
        if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
            return Ok(shape_of_line(&line[..end], head));
        }
        if is_complete {
            return Ok(shape_of_line(line, head));
        }
        length *= 4;
    }
}

/// Returns the text without its byte order mark.
pub(super) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)
}

fn shape_of_line(line: &[u8], head: &[u8]) -> Shape {
    match (line.first(), line.trim_ascii_end().last()) {
        (Some(b'['), _) => Shape::List,
        // Where a tool that indents breaks the lines of an object. A line of JSONL that is cut off hardly ends so.
        (Some(b'{'), Some(b'{' | b'[' | b',' | b':')) => Shape::Objects,
        (Some(b'{') | None, _) => Shape::Lines,
        (Some(b'<'), _) => Shape::Markup,
        _ if is_table(head) => Shape::Table,
        // Its type is named where the line is parsed.
        _ if serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok() => Shape::Lines,
        _ => Shape::Unknown,
    }
}
