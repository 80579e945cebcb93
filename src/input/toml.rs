//! TOML files, with error messages that name file, line and key and suggest the nearest known key.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result, nearest};

/// Parses a TOML document; `path` is for messages only. What is plainly another format is named as that.
///
/// # Errors
///
/// The document is not valid TOML, has an unknown key, or a value of the wrong type.
pub(crate) fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    // No TOML document begins so.
    for (begins, format) in [('{', "JSON"), ('<', "a web page or XML")] {
        if text.trim_start().starts_with(begins) {
            let message = format!("{}: the file is {format}, not TOML", path.display());
            return Err(Error::input(message)
                .hint("settings and rubrics are TOML: lines such as `name = \"mine\"`"));
        }
    }
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        let file = path.display().to_string();
        explain(&format!("{file}:{line}"), error.message()).at_line(file, line)
    })
}

/// Returns the number of the line at a byte offset, counted from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or(text).matches('\n').count() + 1
}

/// Turns serde's message "unknown field `x`, expected one of `y`, `z`" into one that suggests the nearest key.
pub(crate) fn explain(place: &str, message: &str) -> Error {
    let mut words = message.split('`').skip(1).step_by(2);
    let error = Error::input(format!("{place}: {}", message.trim_end().replace('\n', " ")));
    if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
        return error;
    }
    let Some(unknown) = words.next() else { return error };
    let known: Vec<&str> = words.collect();
    let what = if message.starts_with("unknown field") { "key" } else { "value" };
    let error = Error::input(format!("{place}: unknown {what} `{unknown}`"));
    match nearest(unknown, known.iter().copied()) {
        Some(close) => error.hint(format!("did you mean `{close}`?")),
        None => error.hint(format!("the known {what}s are: {}", known.join(", "))),
    }
}
