//! Rubrics: what "better" means, how it is asked, and how a reply is read.

use std::path::{Path, PathBuf};

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::shipped;
use super::toml::parse;
use crate::error::{Error, Result, nearest};

/// One named aspect of a rubric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// The name, as it stands in the reply.
    pub name: String,
    /// What is asked, in a sentence.
    pub description: String,
}

/// Which of several matches counts, where a reply contains more than one vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// The one that starts first.
    First,
    /// The one that starts last.
    #[default]
    Last,
    /// Any, if all say the same; else the reply is unreadable.
    Only,
}

/// How a vote is written in a reply.
#[derive(Debug, Clone)]
pub enum ReplyFormat {
    /// One JSON object with `reasoning`, `criteria` and `vote`.
    Json {
        /// Which object counts, where there are several.
        take: Take,
    },
    /// A regular expression per vote, searched in the reply alone.
    Pattern {
        /// Means: the response shown first.
        first: Regex,
        /// Means: the response shown second.
        second: Regex,
        /// Means: neither is better.
        tie: Option<Regex>,
        /// Which match counts, where there are several.
        take: Take,
    },
    /// The likelier of two answers of one token each.
    Logprobs {
        /// Means: the response shown first.
        first: String,
        /// Means: the response shown second.
        second: String,
    },
}

/// What "better" means.
#[derive(Debug, Clone)]
pub struct Rubric {
    /// The name, which appears in reports and in the run file's name.
    pub name: String,
    /// The version, for people.
    pub version: String,
    /// The question in a sentence.
    pub description: String,
    /// May the judge answer "tie"?
    pub ties: bool,
    /// The named aspects, in the order they are asked.
    pub criteria: Vec<Criterion>,
    /// How a reply is read.
    pub reply: ReplyFormat,
}

/// A prompt template's name and text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptSource {
    /// The file's name in the prompts folder.
    pub name: String,
    /// The template.
    pub text: String,
}

/// A rubric with the texts that it came from.
#[derive(Debug, Clone)]
pub struct LoadedRubric {
    /// What was read.
    pub rubric: Rubric,
    /// The rubric file's text.
    pub text: String,
    /// The prompt it names comes first; the rest of its folder may be included by it.
    pub prompts: Vec<PromptSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RubricFile {
    name: String,
    #[serde(default = "first_version")]
    version: String,
    description: String,
    #[serde(default = "default_prompt")]
    prompt: String,
    #[serde(default = "yes")]
    ties: bool,
    #[serde(default)]
    criteria: Vec<Criterion>,
    #[serde(default)]
    reply: ReplyTable,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ReplyTable {
    #[serde(default)]
    format: FormatName,
    first: Option<String>,
    second: Option<String>,
    tie: Option<String>,
    take: Option<Take>,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum FormatName {
    #[default]
    Json,
    Pattern,
    Logprobs,
}

fn first_version() -> String {
    "0.0.0".to_owned()
}

fn default_prompt() -> String {
    "pairwise.j2".to_owned()
}

fn yes() -> bool {
    true
}

/// Finds and reads the rubric that `--rubric` names: a path if it has a `/` or ends in `.toml`, else
/// `rubrics/NAME.toml` below `folder`, else the rubric of that name that ships with the program.
///
/// # Errors
///
/// There is no such rubric or prompt, or one of them is malformed.
pub fn load_rubric(name: &str, folder: &Path) -> Result<LoadedRubric> {
    let path = if name.contains('/') || Path::new(name).extension().is_some_and(|end| end == "toml")
    {
        PathBuf::from(name)
    } else {
        let local = folder.join("rubrics").join(format!("{name}.toml"));
        if !local.exists() {
            return load_shipped(name);
        }
        local
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Error::input(format!("{}: {error}", path.display())))?;
    let (rubric, prompt) = parse_rubric(&path, &text)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let prompts = parent.unwrap_or(Path::new(".")).join("..").join("prompts");
    let prompts = read_prompts(&path, &prompts, &prompt)?;
    Ok(LoadedRubric { rubric, text, prompts })
}

fn load_shipped(name: &str) -> Result<LoadedRubric> {
    let Some(text) = shipped::rubric(name) else {
        let known = shipped::rubric_names();
        let error = Error::input(format!("there is no rubric `{name}`")).detail(format!(
            "looked for rubrics/{name}.toml and among those that ship: {}",
            known.join(", ")
        ));
        return Err(match nearest(name, known.iter().copied()) {
            Some(close) => error.hint(format!("did you mean `{close}`?")),
            None => error.hint("give a path, or write the file"),
        });
    };
    let path = PathBuf::from(format!("rubrics/{name}.toml"));
    let (rubric, prompt) = parse_rubric(&path, text)?;
    let prompts = shipped_prompts(&prompt);
    Ok(LoadedRubric { rubric, text: text.to_owned(), prompts })
}

/// Returns the prompts that ship, the named one first; none if it is not among them.
fn shipped_prompts(name: &str) -> Vec<PromptSource> {
    let mut prompts = shipped::prompts();
    match prompts.iter().position(|source| source.name == name) {
        Some(at) => prompts[..=at].rotate_right(1),
        None => prompts.clear(),
    }
    prompts
}

/// Reads the named prompt and, since it may include or extend them, its neighbours.
fn read_prompts(rubric: &Path, folder: &Path, prompt: &str) -> Result<Vec<PromptSource>> {
    let failed = |path: &Path, error| Error::input(format!("{}: {error}", path.display()));
    let named = folder.join(prompt);
    if !named.exists() {
        let shipped = shipped_prompts(prompt);
        if shipped.is_empty() {
            return Err(Error::input(format!(
                "{}: prompt: there is no `{prompt}`",
                rubric.display()
            ))
            .detail(format!("looked for {} and among the prompts that ship", named.display()))
            .hint("`prompt` is a file's name in the folder prompts/ beside the rubric's folder"));
        }
        return Ok(shipped);
    }
    let text = std::fs::read_to_string(&named).map_err(|error| failed(&named, error))?;
    let mut prompts = vec![PromptSource { name: prompt.to_owned(), text }];
    let mut neighbours: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|error| failed(folder, error))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "j2"))
        .collect();
    neighbours.sort();
    for path in neighbours {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name != prompt {
            // One that cannot be read is missed only if the prompt needs it.
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            prompts.push(PromptSource { name: name.to_owned(), text });
        }
    }
    Ok(prompts)
}

/// Reads the text of a rubric that a run file holds; `path` is for messages.
pub(crate) fn parse_stored_rubric(path: &Path, text: &str) -> Result<Rubric> {
    parse_rubric(path, text).map(|(rubric, _)| rubric)
}

/// Reads a rubric's text; `path` is for messages. Returns it with the name of its prompt.
fn parse_rubric(path: &Path, text: &str) -> Result<(Rubric, String)> {
    let file: RubricFile = parse(path, text)?;
    let place = path.display();
    if file.name.is_empty() {
        return Err(Error::input(format!("{place}: name is empty")));
    }
    let mut names = std::collections::HashSet::new();
    for criterion in &file.criteria {
        if criterion.name.is_empty() || !names.insert(criterion.name.as_str()) {
            return Err(Error::input(format!(
                "{place}: criteria: the name `{}` is empty or there twice",
                criterion.name
            )));
        }
    }
    let reply = read_reply(path, &file)?;
    let rubric = Rubric {
        name: file.name,
        version: file.version,
        description: file.description,
        ties: file.ties,
        criteria: file.criteria,
        reply,
    };
    Ok((rubric, file.prompt))
}

fn read_reply(path: &Path, file: &RubricFile) -> Result<ReplyFormat> {
    let place = path.display();
    let table = &file.reply;
    let needed = |key: &str, value: &Option<String>| {
        value.clone().filter(|text| !text.is_empty()).ok_or_else(|| {
            Error::input(format!("{place}: reply.{key} is missing"))
                .hint("this reply format needs `first` and `second`")
        })
    };
    let unwanted = |key: &str, present: bool| {
        if present {
            return Err(Error::input(format!(
                "{place}: reply.{key} has no use with this reply format"
            )));
        }
        Ok(())
    };
    match table.format {
        FormatName::Json => {
            unwanted("first", table.first.is_some())?;
            unwanted("second", table.second.is_some())?;
            unwanted("tie", table.tie.is_some())?;
            Ok(ReplyFormat::Json { take: table.take.unwrap_or_default() })
        }
        FormatName::Pattern => {
            let first = compile(path, "first", &needed("first", &table.first)?)?;
            let second = compile(path, "second", &needed("second", &table.second)?)?;
            let tie = table.tie.as_ref().map(|tie| compile(path, "tie", tie)).transpose()?;
            Ok(ReplyFormat::Pattern { first, second, tie, take: table.take.unwrap_or_default() })
        }
        FormatName::Logprobs => {
            unwanted("tie", table.tie.is_some())?;
            unwanted("take", table.take.is_some())?;
            if file.ties {
                return Err(Error::input(format!(
                    "{place}: reply.format = \"logprobs\" needs ties = false"
                ))
                .hint("the likelier of two tokens is never a tie"));
            }
            let first = needed("first", &table.first)?;
            let second = needed("second", &table.second)?;
            if first.trim() == second.trim() {
                return Err(Error::input(format!(
                    "{place}: reply.first and reply.second are the same token"
                )));
            }
            Ok(ReplyFormat::Logprobs { first, second })
        }
    }
}

fn compile(path: &Path, key: &str, pattern: &str) -> Result<Regex> {
    let failed = |why: &dyn std::fmt::Display| {
        Error::input(format!("{}: reply.{key}: {why}", path.display()))
            .detail(format!("pattern: {pattern}"))
    };
    let regex = Regex::new(pattern).map_err(|error| failed(&error))?;
    if regex.is_match("") {
        return Err(failed(&"the pattern matches the empty text, so it would match every reply"));
    }
    Ok(regex)
}
