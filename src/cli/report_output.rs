//! Where a report goes, in which format, and of what it is.

use std::path::Path;

use evenhand::{Error, Result};

use super::arguments::{Report, ReportDocument, SelectionArguments};
use super::browser::open_file;
use super::output_file::{chosen_format, write_output, write_temporary};
use super::terminal::refuse_terminal;
use super::{print, print_note, print_warning};

/// The endings of files by format, the default format first.
const ENDINGS: [(&str, ReportDocument); 7] = [
    ("txt", ReportDocument::Table),
    ("html", ReportDocument::Html),
    ("htm", ReportDocument::Html),
    ("json", ReportDocument::Json),
    ("md", ReportDocument::Markdown),
    ("markdown", ReportDocument::Markdown),
    ("xml", ReportDocument::Junit),
];

/// Returns the format: the one that is named, else the one of the output file's ending.
pub(super) fn format(arguments: &Report) -> Result<ReportDocument> {
    let format = chosen_format(arguments.format, arguments.output.as_deref(), &ENDINGS)?;
    let is_printed = arguments.output.is_none() && !arguments.open;
    if format == ReportDocument::Html && is_printed {
        refuse_terminal("write it to a file: --output FILE.html, or open it: --open")?;
    }
    Ok(format)
}

/// Returns the ending of a file of a format.
fn ending(format: ReportDocument) -> String {
    let ending = ENDINGS.iter().find(|(_, of)| *of == format).map(|(ending, _)| ending);
    ending.map_or_else(String::new, |ending| format!(".{ending}"))
}

/// Returns the flags that select comparisons, for the report to name them.
pub(super) fn selection(arguments: &SelectionArguments) -> Vec<String> {
    let items = arguments.items.iter().map(|file| format!("items={}", file.display()));
    let tags = arguments.tag.iter().map(|(tag, value)| format!("{tag}={value}"));
    items.chain(tags).collect()
}

/// Writes the report where the flags say, and opens it if they do.
pub(super) fn write(arguments: &Report, format: ReportDocument, document: &[u8]) -> Result<()> {
    match (&arguments.output, arguments.open) {
        (Some(path), is_opened) => {
            write_output(path, |output| output.write_all(document).map_err(Error::unwritten))?;
            print_note(format_args!("report written to {}", path.display()));
            if is_opened {
                open(path);
            }
        }
        (None, true) => {
            let path = write_temporary(&ending(format), document)?;
            print(&format!("{}\n", path.display()))?;
            open(&path);
        }
        (None, false) => {
            print(&String::from_utf8_lossy(document))?;
        }
    }
    Ok(())
}

fn open(path: &Path) {
    if let Err(reason) = open_file(path) {
        print_warning(&format!("{} could not be opened: {reason}", path.display()));
    }
}
