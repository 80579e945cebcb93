//! The template of a system's prompt, with those of its folder that it may include.

use std::path::Path;

use super::rubric::{PromptSource, neighbours};
use super::text::read_text;
use crate::error::{Error, Result};

/// A template and its neighbours, as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadedTemplate {
    /// The folder with a slash at its end, for messages; empty for the working folder.
    pub folder: String,
    /// The template, then the others of its folder.
    pub sources: Vec<PromptSource>,
}

/// Loads a template. `written` is relative to `folder`, or to the folder `prompts` in it; `place` is the setting, for
/// messages.
///
/// # Errors
///
/// There is no such file, or it cannot be read.
pub(super) fn load_template(place: &str, written: &Path, folder: &Path) -> Result<LoadedTemplate> {
    let candidates = [folder.join(written), folder.join("prompts").join(written)];
    let Some(path) = candidates.iter().find(|path| path.is_file()) else {
        let [first, second] = candidates.map(|path| plain(&path).display().to_string());
        return Err(Error::input(format!("{place}: there is no template `{}`", written.display()))
            .detail(format!("looked for {first} and {second}"))
            .hint("a system without `prompt` is sent the prompts of the items as they are"));
    };
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let parent = path.parent().unwrap_or(Path::new(""));
    let mut sources = vec![PromptSource { name: name.to_owned(), text: read_text(path)? }];
    sources.extend(neighbours(parent, name)?);
    let shown = plain(parent).display().to_string();
    let folder = if shown.is_empty() { shown } else { format!("{shown}/") };
    Ok(LoadedTemplate { folder, sources })
}

/// Returns a path without `./` at its beginning.
fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}
