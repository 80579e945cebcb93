//! `evenhand man`: the manual pages, made from the help.

use std::path::Path;

use clap::CommandFactory as _;
use clap_mangen::Man as Page;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Arguments, Man};
use super::print;

/// Prints the page of the program, or writes the pages of all commands to a folder.
pub(crate) fn run(arguments: &Man) -> Result<ExitCode> {
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    match &arguments.to {
        Some(folder) => write_pages(&command, folder)?,
        None => {
            print(&String::from_utf8_lossy(&render(&command)?))?;
        }
    }
    Ok(ExitCode::Done)
}

/// Writes the page of a command and those of its subcommands, and prints their paths.
fn write_pages(command: &clap::Command, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| Error::unwritable(folder, error))?;
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let path = folder.join(format!("{name}.1"));
    std::fs::write(&path, render(command)?).map_err(|error| Error::unwritable(&path, error))?;
    print(&format!("{}\n", path.display()))?;
    command.get_subcommands().try_for_each(|command| write_pages(command, folder))
}

fn render(command: &clap::Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    Page::new(command.clone())
        .source(concat!("evenhand ", env!("CARGO_PKG_VERSION")))
        .render(&mut page)
        .map_err(|error| Error::internal(format!("cannot write the manual page: {error}")))?;
    Ok(page)
}
