//! Recognises run files by their first bytes, without opening them as a database.

use std::io::Read as _;
use std::path::Path;

use super::database::APPLICATION;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Where the header has what the writer of the file says about it.
const USER_VERSION: usize = 60;
const APPLICATION_ID: usize = 68;
const HEADER: usize = 100;

/// What a file says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A run file of this format.
    Run {
        /// The version of the format.
        format: i32,
    },
    /// A database without a mark: of another program, or of one that was killed before it created the tables.
    Unmarked,
    /// Anything else.
    Other,
}

/// Returns what kind of file this is.
///
/// # Errors
///
/// The file cannot be read.
pub fn file_kind(path: &Path) -> std::io::Result<FileKind> {
    let mut header = Vec::new();
    std::fs::File::open(path)?.take(HEADER as u64).read_to_end(&mut header)?;
    if header.len() < HEADER || !header.starts_with(MAGIC) {
        return Ok(FileKind::Other);
    }
    let number = |at: usize| i32::from_be_bytes([0, 1, 2, 3].map(|byte| header[at + byte]));
    Ok(match number(APPLICATION_ID) {
        APPLICATION => FileKind::Run { format: number(USER_VERSION) },
        0 => FileKind::Unmarked,
        _ => FileKind::Other,
    })
}
