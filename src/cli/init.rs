//! `evenhand init`: creates a starter folder, with the sample or with the user's own items.

use evenhand::input::starter_files;
use evenhand::{Error, ExitCode, Result};

use super::arguments::Init;
use super::init_from;
use super::print_note;
use super::starter_folder::{SETTINGS, enter, print_paths, refuse_existing, write};

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
    let enter = enter(folder);
    print_note(format_args!(
        "\nnext: {enter}evenhand judge calibration/tickets/items.jsonl --rubric summary-quality --judge builtin:lexical\n\
         or, with a key in OPENAI_API_KEY, responses to judge:\n\
         \x20     {enter}evenhand generate systems/prompts.jsonl --system short --system guided --to replies.jsonl"
    ));
    Ok(ExitCode::Done)
}
