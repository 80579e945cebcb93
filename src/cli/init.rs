//! `evenhand init`: creates a starter folder.

use evenhand::input::starter_files;
use evenhand::{Error, ExitCode, Result};

use super::arguments::Init;
use super::{print, print_note};

const SETTINGS: &str = include_str!("evenhand.toml");

/// Writes the files of the starter folder, unless one of them already exists.
pub(crate) fn run(arguments: &Init) -> Result<ExitCode> {
    let folder = &arguments.folder;
    let files: Vec<(&str, &str)> = std::iter::once(("evenhand.toml", SETTINGS))
        .chain(starter_files().map(|file| (file.path, file.text)))
        .collect();
    let existing: Vec<&str> = files
        .iter()
        .filter(|(path, _)| folder.join(path).exists())
        .map(|(path, _)| *path)
        .collect();
    if !existing.is_empty() {
        return Err(Error::input(format!(
            "{}: the file already exists",
            folder.join(existing[0]).display()
        ))
        .detail("nothing was written: existing files are never overwritten")
        .hint("choose an empty folder: evenhand init DIR"));
    }
    for (path, text) in &files {
        let path = folder.join(path);
        let failed = |error| Error::unwritable(&path, error);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(&path, text).map_err(failed)?;
    }
    for (path, _) in &files {
        print(&format!("{}\n", folder.join(path).display()))?;
    }
    let enter = if folder.as_os_str() == "." {
        String::new()
    } else {
        format!("cd {} && ", folder.display())
    };
    print_note(format_args!(
        "\nnext: {enter}evenhand judge calibration/tickets/items.jsonl --rubric summary-quality --judge builtin:lexical"
    ));
    Ok(ExitCode::Done)
}
