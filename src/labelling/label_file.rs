//! The label file, to which lines are added while several processes have it open.
//!
//! To add a line, a process locks the file, reads what others have added since, writes a whole line, waits until it is on
//! the disk, and unlocks the file. What was read before must not change. If it has changed, somebody has edited the file,
//! and adding to it would mix two files.

use std::fs::{File, Metadata};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The beginning of every line that is written here.
const LINE_START: &[u8] = br#"{"id":"#;
/// The most characters of a removed line that a note quotes.
const MOST_QUOTED: usize = 200;

/// A label file that lines are added to.
#[derive(Debug)]
pub(super) struct LabelFile {
    path: PathBuf,
    file: File,
    /// How many bytes are known, and their digest: whole lines.
    known: u64,
    digest: blake3::Hash,
    /// How many lines these are.
    lines: usize,
    /// What was repaired.
    pub(super) notes: Vec<String>,
}

/// A label file while nobody else can add to it.
#[derive(Debug)]
pub(super) struct Locked<'a> {
    label_file: &'a mut LabelFile,
    contents: Vec<u8>,
}

impl LabelFile {
    /// Opens a label file, or creates an empty one.
    ///
    /// # Errors
    ///
    /// There is no such folder, the file cannot be read and written, or it is no regular file.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder
            && !folder.is_dir()
        {
            return Err(Error::input(format!("{shown}: there is no folder {}", folder.display()))
                .hint("create the folder, or choose another label file"));
        }
        if path.exists() && !path.is_file() {
            return Err(Error::input(format!(
                "{shown}: this is not a file that labels can be added to"
            ))
            .hint("choose another label file; one that does not exist is created"));
        }
        let opened = File::options().read(true).write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(|error| failed(path, "be written", error))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            known: 0,
            digest: blake3::hash(&[]),
            lines: 0,
            notes: Vec::new(),
        })
    }

    /// Returns the path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Locks the file, waiting for whoever is adding a line, and reads it. A line that somebody was killed while writing
    /// is removed; it was confirmed to nobody.
    ///
    /// # Errors
    ///
    /// The file cannot be locked or read, it is no JSONL, or what was read before has changed.
    pub(super) fn lock(&mut self) -> Result<Locked<'_>> {
        self.file.lock().map_err(|error| failed(&self.path, "be locked", error))?;
        // Unlocks when it is dropped, also after an error.
        let mut locked = Locked { label_file: self, contents: Vec::new() };
        locked.read()?;
        Ok(locked)
    }
}

impl Locked<'_> {
    fn read(&mut self) -> Result<()> {
        let LabelFile { path, file, known, digest, .. } = &mut *self.label_file;
        let unreadable = |error| failed(path, "be read", error);
        let replaced = || {
            Error::run(format!("{}: the file was replaced or changed while it was open", path.display()))
                .detail("nothing was written to it")
                .hint("lines are only ever added to a label file while people label; start again to go on with the file as it is now")
        };
        let here = file.metadata().map_err(unreadable)?;
        if !std::fs::metadata(&*path).is_ok_and(|there| is_same(&here, &there)) {
            return Err(replaced());
        }
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        file.read_to_end(&mut self.contents).map_err(unreadable)?;
        let before = self.contents.get(..*known as usize);
        if before.is_none_or(|before| blake3::hash(before) != *digest) {
            return Err(replaced());
        }
        check_layout(path, &self.contents)?;
        self.repair()
    }

    /// Ends the file with a whole line.
    fn repair(&mut self) -> Result<()> {
        let end = self.end_of_whole_lines();
        let tail = &self.contents[end..];
        if tail.trim_ascii().is_empty() {
            return Ok(());
        }
        if !tail.contains(&b'\n') && serde_json::from_slice::<serde_json::Value>(tail).is_ok() {
            return self.write(b"\n");
        }
        let shown = self.label_file.path.display();
        let (zeros, text) = tail.split_at(tail.iter().take_while(|byte| **byte == 0).count());
        // After a power failure the end of a file may be zeros.
        let text = text.iter().rposition(|byte| *byte != 0).map_or(&[][..], |at| &text[..=at]);
        let is_torn = match zeros.len() {
            0 => starts_alike(text, LINE_START),
            // Whatever follows whole lines; but a file may begin with zero for other reasons.
            _ if end > 0 => true,
            1 => starts_alike(text, &LINE_START[1..]),
            _ => text.is_empty(),
        };
        if !is_torn {
            return Err(Error::input(format!("{shown}: the last line is not a JSON object"))
                .hint("correct or remove the line"));
        }
        let quoted: String = String::from_utf8_lossy(text).chars().take(MOST_QUOTED).collect();
        let note = format!(
            "{shown}: the end of the file was incomplete and was removed, since whoever wrote it was stopped before it \
             was confirmed: {quoted:?}"
        );
        self.cut(end)?;
        self.label_file.notes.push(note);
        Ok(())
    }

    /// Returns where the lines end that were written to their ends: before a line that is cut off, or that begins with
    /// zero.
    fn end_of_whole_lines(&self) -> usize {
        let mut end = 0;
        while let Some(length) = self.contents[end..].iter().position(|byte| *byte == b'\n') {
            if self.contents[end] == 0 {
                break;
            }
            end += length + 1;
        }
        end
    }

    /// Returns the lines that were added since they were last accepted, and the number of lines before them.
    pub(super) fn added(&self) -> (&[u8], usize) {
        (&self.contents[self.label_file.known as usize..], self.label_file.lines)
    }

    /// Takes note that everything in the file has been read.
    pub(super) fn accept(&mut self) {
        let LabelFile { known, digest, lines, .. } = &mut *self.label_file;
        *known = self.contents.len() as u64;
        *digest = blake3::hash(&self.contents);
        *lines = lines_of(&self.contents);
    }

    /// Returns the path of the file.
    pub(super) fn path(&self) -> &Path {
        &self.label_file.path
    }

    /// Adds whole lines, all or none of them, and waits until they are on the disk.
    ///
    /// # Errors
    ///
    /// They cannot be written; then nothing of them is left in the file.
    pub(super) fn append(&mut self, lines: &str) -> Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        self.write(lines.as_bytes())?;
        self.accept();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let end = self.contents.len();
        let file = &mut self.label_file.file;
        if let Err(error) = write_at(file, end as u64, bytes) {
            let error = failed(&self.label_file.path, "be written", error);
            return Err(match self.cut(end) {
                Ok(()) => error.detail("nothing was added to the file"),
                Err(_) => error.detail(
                    "part of a line may be left at its end, and is removed when the file is opened again",
                ),
            });
        }
        self.contents.extend_from_slice(bytes);
        Ok(())
    }

    fn cut(&mut self, end: usize) -> Result<()> {
        let LabelFile { path, file, .. } = &mut *self.label_file;
        let cut = file.set_len(end as u64).and_then(|()| file.sync_data());
        cut.map_err(|error| failed(path, "be written", error))?;
        self.contents.truncate(end);
        Ok(())
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let _unlocked_by_closing = self.label_file.file.unlock().is_err();
    }
}

/// Returns how many lines a text has.
fn lines_of(text: &[u8]) -> usize {
    text.split_inclusive(|byte| *byte == b'\n').count()
}

/// Returns whether a text begins with another, or is the beginning of it.
fn starts_alike(text: &[u8], beginning: &[u8]) -> bool {
    text.starts_with(beginning) || beginning.starts_with(text)
}

/// Writes bytes at the end of a file, and waits until they are on the disk.
///
/// Several lines are written all but the first byte, which is zero until everything else is on the disk: whoever is
/// stopped in between has written none of them.
fn write_at(file: &mut File, end: u64, bytes: &[u8]) -> std::io::Result<()> {
    let first = usize::from(lines_of(bytes) > 1);
    file.seek(SeekFrom::Start(end + first as u64))?;
    file.write_all(&bytes[first..])?;
    file.sync_data()?;
    if first > 0 {
        file.seek(SeekFrom::Start(end))?;
        file.write_all(&bytes[..first])?;
        file.sync_data()?;
    }
    Ok(())
}

/// Fails unless a file is empty or begins with a JSON object on one line.
fn check_layout(path: &Path, contents: &[u8]) -> Result<()> {
    let contents = contents.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(contents).trim_ascii_start();
    let mut lines = contents.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let is_last = lines.next().is_none();
    let is_object = |line: &[u8]| {
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line).is_ok()
    };
    // The only lines may be torn.
    let may_be_torn =
        is_last && (first.is_empty() || first.starts_with(b"{")) || contents.starts_with(&[0]);
    if may_be_torn || is_object(first) {
        return Ok(());
    }
    Err(Error::input(format!(
        "{}: labels are added to JSONL only, and this is something else",
        path.display()
    ))
    .hint(
        "choose another label file, which is created; the labels of this one can be merged into it",
    ))
}

/// Returns whether two files are the same, as far as this platform says.
fn is_same(here: &Metadata, there: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        (here.dev(), here.ino()) == (there.dev(), there.ino())
    }
    #[cfg(not(unix))]
    {
        here.len() == there.len()
    }
}

/// Returns the error about a label file that cannot be read or written.
fn failed(path: &Path, what: &str, error: std::io::Error) -> Error {
    Error::run(format!("{}: the label file cannot {what}: {error}", path.display()))
        .hint("it needs a disk with enough space that is not read-only, and permission to write")
        .caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_is_an_error_of_its_own_kind_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        let mut label_file = LabelFile::open(&path).unwrap();
        label_file.lock().unwrap().append("{\"id\":1}\n").unwrap();
        // As on a disk that has become read-only.
        label_file.file = File::open(&path).unwrap();
        for lines in ["{\"id\":2}\n", "{\"id\":2}\n{\"id\":3}\n"] {
            let error = label_file.lock().unwrap().append(lines).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Run);
            assert!(error.to_string().contains("labels.jsonl: the label file cannot be written"));
            assert!(error.hint_text().unwrap().contains("disk"));
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"id\":1}\n");
        label_file.file = File::options().read(true).write(true).open(&path).unwrap();
        label_file.lock().unwrap().append("{\"id\":4}\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"id\":1}\n{\"id\":4}\n");
    }
}
