//! An import written to a folder: whole files only, and never over something else.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Imported;
use crate::error::{Error, Result};

/// Writes the files of an import below `folder`, which is made if it is missing, and returns the paths
/// of those that were not there already.
///
/// # Errors
///
/// A file of that name is there with other contents (then nothing is written), or the folder cannot be
/// written.
pub fn write_imported(folder: &Path, imported: &Imported) -> Result<Vec<PathBuf>> {
    let mut missing = Vec::new();
    for (name, text) in &imported.files {
        let path = folder.join(name);
        match std::fs::read(&path) {
            Ok(there) if there == text.as_bytes() => {}
            Ok(_) => {
                return Err(Error::input(format!(
                    "{}: there already, with other contents",
                    path.display()
                ))
                .detail("nothing was written, since nothing is overwritten")
                .hint("give another folder with --to, or move that file away"));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                missing.push((path, text));
            }
            Err(error) => return Err(failed(&path, &error)),
        }
    }
    for (path, text) in &missing {
        write_whole(path, text).map_err(|error| failed(path, &error))?;
    }
    Ok(missing.into_iter().map(|(path, _)| path).collect())
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::input(format!("{}: {error}", path.display()))
        .hint("--to names a folder that can be written to")
}

/// Writes a file under another name first, so that an interrupted write leaves no half of it.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let mut file = std::fs::File::create(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&part, path)
}
