//! Finds a rubric and its prompt: in files of the user, or among those that ship with evenhand.

use std::path::{Path, PathBuf};

use super::parse::parse_rubric;
use super::{LoadedRubric, PromptSource};
use crate::error::{Error, Result, Warning, nearest};
use crate::input::shipped::{self, ShippedFile};
use crate::input::text::read_text;

/// Loads the rubric `name`.
///
/// A `name` with a `/` or ending in `.toml` is a path. Otherwise it is `rubrics/NAME.toml` in `folder` or, if
/// that does not exist, the rubric of that name that ships with evenhand. The prompt is looked for in the folder
/// `prompts` beside the rubric's folder, then among the prompts that ship with evenhand.
///
/// # Errors
///
/// The rubric or its prompt does not exist or cannot be read, or the rubric is malformed.
pub fn load_rubric(name: &str, folder: &Path) -> Result<LoadedRubric> {
    let path = if name.contains('/') || Path::new(name).extension().is_some_and(|end| end == "toml")
    {
        PathBuf::from(name)
    } else {
        let local = folder.join("rubrics").join(format!("{name}.toml"));
        if !local.exists() {
            return load_shipped(name, &local);
        }
        local
    };
    let text = read_text(&path)?;
    let (rubric, prompt) = parse_rubric(&path, &text)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let prompts = parent.unwrap_or(Path::new(".")).join("..").join("prompts");
    let prompts = read_prompts(&path, &prompts, &prompt)?;
    let warning = other_name(&path, &rubric.name);
    let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
    Ok(LoadedRubric { path, rubric, text, prompts, warning })
}

/// Returns the warning about a rubric that is not called as its file: run files and reports show its name.
fn other_name(path: &Path, name: &str) -> Option<Warning> {
    let stem = path.file_stem()?.to_str()?;
    let message = format!(
        "{}: the rubric is called `{name}`, not `{stem}` as its file; run files and reports show the first: change \
         `name`, or rename the file",
        path.display()
    );
    (stem != name).then(|| Warning::new("rubric-name", message))
}

/// Loads a rubric that ships with evenhand; `local` is where it was looked for before.
fn load_shipped(name: &str, local: &Path) -> Result<LoadedRubric> {
    let Some(text) = shipped::rubric(name) else {
        let known = shipped::rubric_names();
        let error = Error::input(format!("there is no rubric `{name}`")).detail(format!(
            "looked for {} and among the rubrics that ship with evenhand: {}",
            local.strip_prefix(".").unwrap_or(local).display(),
            known.join(", ")
        ));
        return Err(match nearest(name, known.iter().copied()) {
            Some(close) => error.hint(format!("did you mean `{close}`?")),
            None => error.hint("give the path of a rubric file, or create rubrics/NAME.toml"),
        });
    };
    let path = PathBuf::from(format!("rubrics/{name}.toml"));
    let (rubric, prompt) = parse_rubric(&path, text)?;
    let prompts = shipped_prompts(&prompt);
    Ok(LoadedRubric { path, rubric, text: text.to_owned(), prompts, warning: None })
}

/// Returns the prompts that ship with evenhand, the one called `name` first; none if there is no such prompt.
fn shipped_prompts(name: &str) -> Vec<PromptSource> {
    let source = |file: &ShippedFile| PromptSource {
        name: file.file_name().to_owned(),
        text: file.text.to_owned(),
    };
    let mut prompts: Vec<PromptSource> = shipped::PROMPTS.iter().map(source).collect();
    match prompts.iter().position(|source| source.name == name) {
        Some(at) => prompts[..=at].rotate_right(1),
        None => prompts.clear(),
    }
    prompts
}

/// Reads the named prompt and the other templates of its folder, which it may include or extend.
fn read_prompts(rubric: &Path, folder: &Path, prompt: &str) -> Result<Vec<PromptSource>> {
    let named = folder.join(prompt);
    if !named.exists() {
        let shipped = shipped_prompts(prompt);
        if shipped.is_empty() {
            return Err(Error::input(format!(
                "{}: prompt: there is no `{prompt}`",
                rubric.display()
            ))
            .detail(format!(
                "looked for {} and among the prompts that ship with evenhand",
                named.display()
            ))
            .hint(
                "`prompt` is the name of a file in the folder prompts/ beside the rubric's folder",
            ));
        }
        return Ok(shipped);
    }
    let text = read_text(&named)?;
    let mut prompts = vec![PromptSource { name: prompt.to_owned(), text }];
    prompts.extend(neighbours(folder, prompt)?);
    Ok(prompts)
}

/// Reads the templates of a folder other than the one called `named`, which they may include or be included by.
pub(in crate::input) fn neighbours(folder: &Path, named: &str) -> Result<Vec<PromptSource>> {
    let shown = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(shown)
        .map_err(|error| Error::unreadable(shown, error))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "j2"))
        .collect();
    paths.sort();
    let mut prompts = Vec::new();
    for path in paths {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name != named {
            // A template that cannot be read matters only if the prompt includes it, and rendering reports that.
            let Ok(text) = read_text(&path) else { continue };
            prompts.push(PromptSource { name: name.to_owned(), text });
        }
    }
    Ok(prompts)
}
