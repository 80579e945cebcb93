//! `evenhand init`: creates a starter folder, with the sample or with the user's own items.

use std::path::Path;

use evenhand::input::starter_files;
use evenhand::report::for_terminal;
use evenhand::{Error, ExitCode, Result};

use super::arguments::Init;
use super::init_from;
use super::{print, print_note};

pub(super) const SETTINGS: &str = include_str!("evenhand.toml");

/// Writes the files of the starter folder, unless one of them already exists.
pub(crate) fn run(arguments: &Init) -> Result<ExitCode> {
    if arguments.from.is_some() {
        return init_from::run(arguments);
    }
    if arguments.table.is_given() {
        return Err(Error::usage("the columns of a table were named, but no table")
            .hint("name it with --from FILE"));
    }
    let folder = &arguments.folder;
    let files: Vec<(&str, &str)> = std::iter::once(("evenhand.toml", SETTINGS))
        .chain(starter_files().map(|file| (file.path, file.text)))
        .collect();
    refuse_existing(folder, files.iter().map(|(path, _)| *path))?;
    for (path, text) in &files {
        write(folder, path, text)?;
    }
    print_paths(folder, files.iter().map(|(path, _)| *path))?;
    print_note(format_args!(
        "\nnext: {}evenhand judge calibration/tickets/items.jsonl --rubric summary-quality --judge builtin:lexical",
        enter(folder)
    ));
    Ok(ExitCode::Done)
}

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
    let failed = |error: std::io::Error| Error::input(format!("{}: {error}", path.display()));
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

/// Returns a path as a word of a shell.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |char: char| char.is_alphanumeric() || "/._-+@%:,".contains(char);
    if !path.is_empty() && !path.starts_with('-') && path.chars().all(is_plain) {
        return path;
    }
    let dashed = if path.starts_with('-') { "./" } else { "" };
    format!("'{dashed}{}'", path.replace('\'', r"'\''"))
}
