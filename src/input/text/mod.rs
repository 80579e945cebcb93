//! Opens a file as UTF-8 text, whatever it is packed in.
//!
//! What a file is follows from its first bytes, never from its name. Gzip, Zstandard and UTF-16 with a byte order
//! mark are decoded; the error about any other kind of file names the kind and how to convert it. What cannot be
//! told for certain (an old 8-bit encoding, UTF-16 without a mark) is not guessed.

mod peeked;
mod signature;
mod unpack;
mod utf16;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};
use signature::{Foreign, Kind, kind_of_file};
use utf16::Utf16;

pub(super) use peeked::Peeked;

/// A file that was opened as text.
#[derive(Debug)]
pub(crate) struct OpenedText {
    /// The text in UTF-8, from its beginning. That it is valid is not checked.
    pub(crate) text: Peeked,
    /// Whether the text is what the file holds byte by byte, so that it may be read from there again.
    pub(super) is_as_stored: bool,
}

/// Opens a file or a pipe.
///
/// # Errors
///
/// The file cannot be opened or is of a kind that is not read.
pub(crate) fn open_text(path: &Path) -> Result<OpenedText> {
    let failed = |error| Error::unreadable(path, error);
    let file = File::open(path).map_err(failed)?;
    let is_file = file.metadata().map_err(failed)?.is_file();
    decode_text(path, Box::new(file), is_file)
}

/// Reads a whole file as text, without the byte order mark.
///
/// # Errors
///
/// As for [`open_text`]; or the file cannot be read or is not UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    open_text(path)?
        .text
        .read_to_end(&mut bytes)
        .map_err(|error| Error::unreadable(path, error))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| not_utf8(&path.display().to_string(), "the file", path))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Returns the error for bytes that are no UTF-8.
pub(super) fn not_utf8(place: &str, what: &str, path: &Path) -> Error {
    Error::input(format!("{place}: {what} is not valid UTF-8")).hint(format!(
        "save it as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8 {} > converted.txt (if that is its encoding)",
        path.display()
    ))
}

/// Removes the layers around a text. `path` is for messages only.
///
/// # Errors
///
/// The data cannot be read or is of a kind that is not read.
pub(super) fn decode_text(
    path: &Path,
    raw: Box<dyn Read + Send>,
    is_file: bool,
) -> Result<OpenedText> {
    let failed = |error| Error::unreadable(path, error);
    let mut text = Peeked::new(raw);
    let (mut is_as_stored, mut is_unpacked) = (is_file, false);
    loop {
        let kind = kind_of_file(text.peek(signature::LENGTH).map_err(failed)?);
        text = match kind {
            Kind::Text => return Ok(OpenedText { text, is_as_stored }),
            Kind::Foreign(foreign) => return Err(not_read(path, foreign, is_unpacked)),
            Kind::Gzip | Kind::Zstd if is_unpacked => {
                return Err(Error::input(format!("{}: the file is packed twice", path.display()))
                    .hint("unpack it once, with gunzip or unzstd"));
            }
            Kind::Gzip => Peeked::new(unpack::gzip(text)),
            Kind::Zstd => Peeked::new(unpack::zstd(text)),
            Kind::Utf16(endian) => Peeked::new(Box::new(Utf16::new(text, endian))),
        };
        is_unpacked |= matches!(kind, Kind::Gzip | Kind::Zstd);
        is_as_stored = false;
    }
}

/// Returns the error for a file of a kind that is not read.
fn not_read(path: &Path, foreign: Foreign, is_unpacked: bool) -> Error {
    let inside = if is_unpacked { "what is packed in it is" } else { "the file is" };
    let Foreign { name, remedy } = foreign;
    Error::input(format!("{}: {inside} {name}, which cannot be read", path.display()))
        .hint(remedy.replace("FILE", &path.display().to_string()))
}
