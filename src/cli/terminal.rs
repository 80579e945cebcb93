//! What is known of the terminal: its width, and whether it shows colour.

use std::io::IsTerminal as _;

use evenhand::{Error, Result};

use super::arguments::Colour;
use super::environment::optional_variable;

/// The width where it is not known.
const DEFAULT_COLUMNS: usize = 80;

/// Returns the width of the page: `COLUMNS` if it is set, else that of the terminal, else 80.
pub(super) fn terminal_columns() -> usize {
    let set = optional_variable("COLUMNS").and_then(|columns| columns.trim().parse().ok());
    let of_terminal = || {
        let (width, _) = terminal_size::terminal_size()?;
        Some(usize::from(width.0))
    };
    let known = set.or_else(of_terminal).filter(|columns| *columns > 0);
    known.unwrap_or(DEFAULT_COLUMNS)
}

/// Returns whether text may have colour.
pub(super) fn is_colourful(wanted: Colour) -> bool {
    match wanted {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => {
            std::io::stdout().is_terminal()
                && optional_variable("NO_COLOR").is_none()
                && optional_variable("TERM").is_none_or(|terminal| terminal != "dumb")
        }
    }
}

/// Refuses to print a page if stdout is a terminal; `hint` says where to write it.
///
/// # Errors
///
/// It is one.
pub(super) fn refuse_terminal(hint: &str) -> Result<()> {
    if std::io::stdout().is_terminal() {
        return Err(Error::usage("an HTML page is not for a terminal").hint(hint));
    }
    Ok(())
}
