//! Writes an import to a folder, atomically per file and without overwriting anything.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Imported;
use crate::error::{Error, ErrorKind, Result};
use crate::input::recording::partial_path;

/// Writes the files of an import to `folder`, which is created if it is missing, and returns the paths of the
/// new files. Files that exist with the same contents are left alone.
///
/// # Errors
///
/// The folder is a file, or a file in it exists with other contents, in which case nothing is written; or the folder cannot
/// be written.
pub fn write_imported(folder: &Path, imported: &Imported) -> Result<Vec<PathBuf>> {
    if folder.exists() && !folder.is_dir() {
        return Err(Error::input(format!(
            "{} is a file, and an import is written to a folder",
            folder.display()
        ))
        .hint("name another folder; it is created if it is not there"));
    }
    let mut missing = Vec::new();
    for (name, text) in &imported.files {
        let path = folder.join(name);
        match std::fs::read(&path) {
            Ok(existing) if existing == text.as_bytes() => {}
            Ok(_) => {
                return Err(Error::input(format!(
                    "{}: the file already exists with other contents",
                    path.display()
                ))
                .detail("nothing was written: existing files are never overwritten")
                .hint("choose another folder, or move the file"));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                missing.push((path, text));
            }
            Err(error) => return Err(failed(&path, error)),
        }
    }
    for (path, text) in &missing {
        write_atomically(path, text).map_err(|error| failed(path, error))?;
    }
    Ok(missing.into_iter().map(|(path, _)| path).collect())
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    let error = Error::unwritable(path, error);
    match error.kind() {
        ErrorKind::Input => error.hint("choose a folder that you have permission to write to"),
        _ => error,
    }
}

/// Writes a file under a temporary name and renames it, so that an interrupted write leaves no partial file.
fn write_atomically(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let partial = partial_path(path);
    let mut file = std::fs::File::create(&partial)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&partial, path)
}
