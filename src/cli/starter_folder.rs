//! Writes the files of a starter folder, and prints their paths.

use std::path::Path;

use evenhand::report::for_terminal;
use evenhand::{Error, Result};

use super::print;
pub(super) use super::shell::quoted_path as quoted;

/// The settings of a starter folder.
pub(super) const SETTINGS: &str = include_str!("evenhand.toml");

/// Fails if one of the files exists.
pub(super) fn refuse_existing<'a>(
    folder: &Path,
    files: impl IntoIterator<Item = &'a str>,
) -> Result<()> {
    match files.into_iter().map(|path| folder.join(path)).find(|path| path.exists()) {
        None => Ok(()),
        Some(path) => Err(Error::input(format!("{}: the file already exists", path.display()))
            .detail("nothing was written: existing files are never overwritten")
            .hint("choose an empty folder: evenhand init DIR")),
    }
}

/// Writes one file of the folder.
pub(super) fn write(folder: &Path, path: &str, text: &str) -> Result<()> {
    let path = folder.join(path);
    let failed = |error| Error::unwritable(&path, error);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    std::fs::write(&path, text).map_err(failed)
}

/// Prints the paths of the new files.
pub(super) fn print_paths<'a>(
    folder: &Path,
    files: impl IntoIterator<Item = &'a str>,
) -> Result<()> {
    for path in files {
        let path = folder.join(path).display().to_string();
        print(&format!("{}\n", for_terminal(&path, false)))?;
    }
    Ok(())
}

/// Returns the command that enters the folder, before another command; nothing if it is the current one.
pub(super) fn enter(folder: &Path) -> String {
    if folder.as_os_str() == "." { String::new() } else { format!("cd {} && ", quoted(folder)) }
}
