//! Recorded replies of a judge, looked up by item and presentation order.
//!
//! The file is JSONL with one reply per line: `{"id","first","second","reply"}`. The replies of repeated trials
//! are in the order of the repeats.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::data_file::DataFile;
use super::jsonl::{Fingerprint, LineIndex, Record};
use crate::error::{Error, Result};

/// One line of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedReply {
    /// The id of the item.
    pub id: String,
    /// The system whose response was shown first.
    pub first: String,
    /// The system whose response was shown second.
    pub second: String,
    /// The raw reply; empty if the judge returned no text.
    pub reply: String,
}

/// A file of recorded replies; a line is read when its reply is needed.
#[derive(Debug)]
pub struct Recording {
    lines: LineIndex,
}

impl Recording {
    /// Opens a recording: validates every line and indexes it.
    ///
    /// A `reply` of `null` is an empty reply. Unknown fields are ignored, because recordings are written by many
    /// programs.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a line lacks `id`, `first` or `second` or has a `reply`
    /// that is not a string.
    pub fn read(path: &Path) -> Result<Self> {
        let lines = LineIndex::read(DataFile::recording(path), |mut record| {
            let key = key_of(&mut record)?;
            reply_of(&mut record)?;
            Ok(key)
        })?;
        Ok(Self { lines })
    }

    /// Returns the reply to an item in this presentation order, or `None` if it was not recorded.
    ///
    /// `repeat` selects one of several replies to the same trial, counted from 0.
    ///
    /// # Errors
    ///
    /// The file can no longer be read, or was changed after it was opened.
    pub fn reply(
        &self,
        id: &str,
        first: &str,
        second: &str,
        repeat: u32,
    ) -> Result<Option<String>> {
        let mut positions = self.lines.find(Fingerprint::of(&[id, first, second]));
        let Some(position) = positions.nth(repeat as usize) else { return Ok(None) };
        let mut record = self.lines.record(position)?;
        let key = key_of(&mut record)?;
        self.lines.check_key(position, &record, key)?;
        reply_of(&mut record).map(Some)
    }
}

fn key_of(record: &mut Record) -> Result<Fingerprint> {
    let key = [record.take_id()?, record.take_name("first")?, record.take_name("second")?];
    Ok(Fingerprint::of(&key.each_ref().map(String::as_str)))
}

fn reply_of(record: &mut Record) -> Result<String> {
    match record.take("reply") {
        Some(serde_json::Value::String(text)) => Ok(text),
        Some(other) => Err(record.expected("reply", "a string", &other)),
        None => Ok(String::new()),
    }
}

/// Checks that a recording can be written, before any request is sent.
///
/// # Errors
///
/// The file or its folder cannot be created.
pub fn prepare_recording(path: &Path) -> Result<()> {
    let failed = |error| Error::unwritable(path, error);
    if path.is_dir() {
        return Err(
            Error::input(format!("{}: this is a folder", path.display())).hint("name a file in it")
        );
    }
    if is_special(path) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::File::create(partial_path(path)).map_err(failed)?;
    Ok(())
}

/// Returns whether a path is a device, a pipe or the like, which is written in place: renaming a file to its name would
/// replace it.
fn is_special(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.is_file())
}

/// Returns the path to which a file is written until it is complete.
pub(super) fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Writes a recording atomically and returns the number of replies: an interrupted write leaves an existing
/// file unchanged.
///
/// `replies` calls the function it is given once for each reply.
///
/// # Errors
///
/// The file or its folder cannot be written, or `replies` returns an error, which is passed on.
pub fn write_recording(
    path: &Path,
    replies: impl FnOnce(&mut dyn FnMut(RecordedReply) -> Result<()>) -> Result<()>,
) -> Result<usize> {
    let failed = |error| Error::unwritable(path, error);
    if is_special(path) {
        let file = std::fs::File::options().write(true).open(path).map_err(failed)?;
        return write_replies(path, file, replies).map(|(_, written)| written);
    }
    let partial = partial_path(path);
    let file = std::fs::File::create(&partial).map_err(failed)?;
    let written = write_replies(path, file, replies).and_then(|(file, written)| {
        file.sync_all().and_then(|()| std::fs::rename(&partial, path)).map_err(failed)?;
        Ok(written)
    });
    if written.is_err() {
        // The rest of a recording is of no use, and the disk may be full of it.
        let _gone_already = std::fs::remove_file(&partial).is_err();
    }
    written
}

/// Writes replies to a file; `path` is for messages.
fn write_replies(
    path: &Path,
    file: std::fs::File,
    replies: impl FnOnce(&mut dyn FnMut(RecordedReply) -> Result<()>) -> Result<()>,
) -> Result<(std::fs::File, usize)> {
    let failed = |error| Error::unwritable(path, error);
    let mut file = BufWriter::new(file);
    let mut written = 0;
    replies(&mut |reply| {
        serde_json::to_writer(&mut file, &reply).map_err(|error| failed(error.into()))?;
        file.write_all(b"\n").map_err(failed)?;
        written += 1;
        Ok(())
    })?;
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    Ok((file, written))
}
