//! Recorded replies: what a judge once said, found again by item and presentation order.
//!
//! One reply a line, `{"id","first","second","reply"}`. Where a trial was repeated, its lines stand in
//! the order of the repeats.

use std::collections::HashMap;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::json::read_lines;
use crate::error::{Error, Result};

/// One line of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedReply {
    /// The item.
    pub id: String,
    /// The system whose response was shown first.
    pub first: String,
    /// The system whose response was shown second.
    pub second: String,
    /// The raw reply; empty where the judge said nothing.
    pub reply: String,
}

/// Reads a recording: the replies of each (id, first, second), in file order.
///
/// # Errors
///
/// The file cannot be read, or a line lacks one of the four fields. A `reply` of `null` is the empty
/// reply; other fields are passed over, since recordings come from many hands.
pub fn read_recording(path: &Path) -> Result<HashMap<[String; 3], Vec<String>>> {
    let mut replies: HashMap<[String; 3], Vec<String>> = HashMap::new();
    read_lines(path, |mut record| {
        let key =
            [record.take_name("id")?, record.take_name("first")?, record.take_name("second")?];
        let reply = match record.take("reply") {
            Some(serde_json::Value::String(text)) => text,
            Some(other) => return Err(record.expected("reply", "a string", &other)),
            None => String::new(),
        };
        replies.entry(key).or_default().push(reply);
        Ok(())
    })?;
    Ok(replies)
}

/// Makes sure that a recording can be written, before anything is asked for its sake.
///
/// # Errors
///
/// The file or its folder cannot be made.
pub fn prepare_recording(path: &Path) -> Result<()> {
    let failed = |error: std::io::Error| Error::input(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::File::create(part_of(path)).map_err(failed)?;
    Ok(())
}

/// Where a recording is until it is whole.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Writes a recording, whole or not at all: an interrupted write leaves the former file.
///
/// # Errors
///
/// The file or its folder cannot be written.
pub fn write_recording(
    path: &Path,
    replies: impl IntoIterator<Item = RecordedReply>,
) -> Result<usize> {
    let failed = |error: std::io::Error| Error::input(format!("{}: {error}", path.display()));
    let part = part_of(path);
    let mut file = BufWriter::new(std::fs::File::create(&part).map_err(failed)?);
    let mut written = 0;
    for reply in replies {
        serde_json::to_writer(&mut file, &reply).map_err(|error| failed(error.into()))?;
        file.write_all(b"\n").map_err(failed)?;
        written += 1;
    }
    file.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
    std::fs::rename(&part, path).map_err(failed)?;
    Ok(written)
}
