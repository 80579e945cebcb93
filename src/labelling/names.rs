//! The names of annotators.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::input::look_alike;

/// The longest name, in characters.
const LONGEST: usize = 64;

/// Checks the names of the annotators of a session, also against those that a file has already.
///
/// # Errors
///
/// There is none, one is empty, too long or has control characters, or two look alike.
pub(super) fn check_names(names: &[String], in_file: &[Arc<str>]) -> Result<Vec<Arc<str>>> {
    if names.is_empty() {
        return Err(Error::usage("no annotator is named").hint("name each annotator"));
    }
    let mut checked: Vec<Arc<str>> = Vec::with_capacity(names.len());
    for name in names {
        check(name)?;
        // Who is in the file already goes on, whoever else is.
        let is_in_file = in_file.iter().any(|known| **known == **name);
        let others = if is_in_file { &[] } else { in_file };
        let mut known = checked.iter().chain(others).enumerate();
        let alike = known.find(|(_, known)| look_alike(known, name));
        if let Some((at, other)) = alike {
            let error = if **other == **name {
                Error::usage(format!("the annotator `{name}` is named twice"))
            } else if at < checked.len() {
                Error::usage(format!("the annotators `{other}` and `{name}` look alike"))
            } else {
                Error::usage(format!(
                    "the annotator `{name}` looks like `{other}`, who is in the label file"
                ))
            };
            return Err(
                error.hint("give every annotator one name, and always write it the same way")
            );
        }
        checked.push(Arc::from(name.as_str()));
    }
    Ok(checked)
}

fn check(name: &str) -> Result<()> {
    let fault = if name.trim().is_empty() {
        "is empty"
    } else if name.chars().any(char::is_control) {
        "has control characters"
    } else if name.chars().count() > LONGEST {
        "is longer than 64 characters"
    } else {
        return Ok(());
    };
    Err(Error::usage(format!("the name of an annotator {fault}: {name:?}"))
        .hint("choose a short name, which is written to the label file"))
}
