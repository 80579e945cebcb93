//! Recorded replies: what a judge once said, found again by item and presentation order.
//!
//! One reply a line, `{"id","first","second","reply"}`. Where a trial was repeated, its lines stand in
//! the order of the repeats.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::json::Record;
use super::line_index::{Fingerprint, LineIndex};
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

/// A recording, read line by line as its replies are asked for.
#[derive(Debug)]
pub struct Recording {
    lines: LineIndex,
}

impl Recording {
    /// Checks every line of a recording and remembers where it stands.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is no ordinary one, or a line lacks one of the four fields. A `reply` of
    /// `null` is the empty reply; other fields are passed over, since recordings come from many hands.
    pub fn read(path: &Path) -> Result<Self> {
        let lines = LineIndex::read(path, |mut record| {
            let key = key_of(&mut record)?;
            reply_of(&mut record)?;
            Ok(key)
        })?;
        Ok(Self { lines })
    }

    /// Returns the reply to an item with its responses in this order; of several, that of `repeat`, counted
    /// from 0.
    ///
    /// # Errors
    ///
    /// The file cannot be read any more, or is not what it was.
    pub fn reply(
        &self,
        id: &str,
        first: &str,
        second: &str,
        repeat: u32,
    ) -> Result<Option<String>> {
        let mut places = self.lines.find(Fingerprint::of(&[id, first, second]));
        let Some(place) = places.nth(repeat as usize) else { return Ok(None) };
        let mut record = self.lines.line(place)?;
        let key = key_of(&mut record)?;
        self.lines.check(place, &record, key)?;
        reply_of(&mut record).map(Some)
    }
}

fn key_of(record: &mut Record) -> Result<Fingerprint> {
    let key = [record.take_name("id")?, record.take_name("first")?, record.take_name("second")?];
    Ok(Fingerprint::of(&key.each_ref().map(String::as_str)))
}

fn reply_of(record: &mut Record) -> Result<String> {
    match record.take("reply") {
        Some(serde_json::Value::String(text)) => Ok(text),
        Some(other) => Err(record.expected("reply", "a string", &other)),
        None => Ok(String::new()),
    }
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

/// Writes a recording, whole or not at all: an interrupted write leaves the former file. `replies` hands
/// each reply to what it is given; the number of them is returned.
///
/// # Errors
///
/// The file or its folder cannot be written, and whatever `replies` returns.
pub fn write_recording(
    path: &Path,
    replies: impl FnOnce(&mut dyn FnMut(RecordedReply) -> Result<()>) -> Result<()>,
) -> Result<usize> {
    let failed = |error: std::io::Error| Error::input(format!("{}: {error}", path.display()));
    let part = part_of(path);
    let mut file = BufWriter::new(std::fs::File::create(&part).map_err(failed)?);
    let mut written = 0;
    replies(&mut |reply| {
        serde_json::to_writer(&mut file, &reply).map_err(|error| failed(error.into()))?;
        file.write_all(b"\n").map_err(failed)?;
        written += 1;
        Ok(())
    })?;
    file.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
    std::fs::rename(&part, path).map_err(failed)?;
    Ok(written)
}
