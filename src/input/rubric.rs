//! Rubrics: what "better" means, which prompt asks for it, and how votes are read from replies.

use std::path::{Path, PathBuf};

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::shipped::{self, ShippedFile};
use super::text::read_text;
use super::toml::parse;
use crate::error::{Error, Result, Warning, nearest};

/// One named aspect of a rubric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// The name, as replies write it.
    pub name: String,
    /// What is asked, in one sentence.
    pub description: String,
}

/// Which vote counts if a reply contains more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// The one that starts first.
    First,
    /// The one that starts last.
    #[default]
    Last,
    /// The common one if all matches are the same vote; otherwise the reply is unreadable.
    Only,
}

/// How a vote is written in a reply.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ReplyFormat {
    /// One JSON object with `reasoning`, `criteria` and `vote`.
    Json {
        /// Which object counts if there are several.
        take: Take,
    },
    /// One regular expression per vote, searched in the reply.
    Pattern {
        /// Votes for the response shown first.
        first: Regex,
        /// Votes for the response shown second.
        second: Regex,
        /// Votes for a tie.
        tie: Option<Regex>,
        /// Which match counts if there are several.
        take: Take,
    },
    /// The more likely of two answers of one token each, by log-probability.
    Logprobs {
        /// Votes for the response shown first.
        first: String,
        /// Votes for the response shown second.
        second: String,
    },
}

impl ReplyFormat {
    /// Returns the name of the format in a rubric.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Json { .. } => "json",
            Self::Pattern { .. } => "pattern",
            Self::Logprobs { .. } => "logprobs",
        }
    }
}

/// What "better" means and how a reply is read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Rubric {
    /// The name, which appears in reports and in the run file's name.
    pub name: String,
    /// The version, for information only.
    pub version: String,
    /// The question to the judge, in one sentence.
    pub description: String,
    /// Whether the judge may answer "tie".
    pub ties: bool,
    /// The named aspects, in the order in which they are asked.
    pub criteria: Vec<Criterion>,
    /// How a vote is read from a reply.
    pub reply: ReplyFormat,
}

/// The name and text of a prompt template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptSource {
    /// The file's name in the prompts folder.
    pub name: String,
    /// The text of the template.
    pub text: String,
}

/// A rubric with the source texts of itself and its prompt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoadedRubric {
    /// Where the text is from, for messages: the rubric's file, or the run file that holds it.
    pub path: PathBuf,
    /// The parsed rubric.
    pub rubric: Rubric,
    /// The text of the rubric file.
    pub text: String,
    /// The prompt template that the rubric names, then the other templates of its folder, which it may include.
    pub prompts: Vec<PromptSource>,
    /// The warning about a name that is not that of its file.
    pub warning: Option<Warning>,
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
pub(super) fn neighbours(folder: &Path, named: &str) -> Result<Vec<PromptSource>> {
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

/// Parses the text of a rubric that a run file holds; `path` is for messages.
///
/// # Errors
///
/// The rubric is malformed.
pub(crate) fn parse_stored_rubric(path: &Path, text: &str) -> Result<Rubric> {
    parse_rubric(path, text).map(|(rubric, _)| rubric)
}

/// Parses the text of a rubric and returns it with the name of its prompt; `path` is for messages.
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
                "{place}: criteria: the name `{}` is empty or repeated",
                criterion.name
            ))
            .hint("give every criterion its own name"));
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

/// Reads the `[reply]` table.
fn read_reply(path: &Path, file: &RubricFile) -> Result<ReplyFormat> {
    let place = path.display();
    let table = &file.reply;
    let needed = |key: &str, value: &Option<String>| {
        value.clone().filter(|text| !text.is_empty()).ok_or_else(|| {
            Error::input(format!("{place}: reply.{key} is missing"))
                .hint("this reply format needs the keys `first` and `second`")
        })
    };
    let unwanted = |key: &str, present: bool| {
        if present {
            return Err(Error::input(format!(
                "{place}: reply.{key} is not used by this reply format"
            ))
            .hint("remove the key, or set reply.format = \"pattern\" or \"logprobs\""));
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
                .hint("the more likely of two tokens is never a tie; set ties = false"));
            }
            let first = needed("first", &table.first)?;
            let second = needed("second", &table.second)?;
            if first.trim() == second.trim() {
                return Err(Error::input(format!(
                    "{place}: reply.first and reply.second are the same token"
                ))
                .hint("use two different answers, for example \"A\" and \"B\""));
            }
            Ok(ReplyFormat::Logprobs { first, second })
        }
    }
}

/// Compiles the pattern of a vote.
fn compile(path: &Path, key: &str, pattern: &str) -> Result<Regex> {
    let failed = |why: &dyn std::fmt::Display| {
        Error::input(format!("{}: reply.{key}: {why}", path.display()))
            .detail(format!("pattern: {pattern}"))
    };
    let regex = Regex::new(pattern).map_err(|error| failed(&error))?;
    if regex.is_match("") {
        return Err(failed(&"the pattern matches an empty text, so it would match every reply"));
    }
    Ok(regex)
}
