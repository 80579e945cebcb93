//! Settings (`evenhand.toml`): the judges and how to reach them.
//!
//! API keys are never in the settings file: it names the environment variable that holds a key, and only the
//! binary reads the environment.
//!
//! The whole file must be TOML with known keys. What the keys of a judge say is checked when the judge is asked for, so
//! that a mistake in one judge does not stop a command that uses another.

mod command_line;
mod judge;
mod judge_program;
mod server_command;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::text::read_text;
use super::toml::{explain, line_of, parse};
use crate::error::{Error, Result, nearest};
use table::{ANTHROPIC_URL, JudgeTable, check_base_url, check_name, read_judge};

pub use judge::{
    Api, Connection, EARLIER_MAX_TOKENS, EndpointSettings, JudgeSettings, Price, Servers,
};
pub use judge_program::JudgeProgram;
pub use server_command::ServerCommand;

/// A quota per minute above this value means no limit.
pub const NO_LIMIT_ABOVE: u64 = 4_000_000_000;

/// The contents of a settings file.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The file; `None` if there is none.
    path: Option<PathBuf>,
    judges: BTreeMap<String, Declared>,
}

/// A judge as it is written in the file.
#[derive(Debug, Clone)]
struct Declared {
    /// `file:line: judges.NAME`, for messages.
    place: String,
    /// The line; `None` for a judge that no file declares.
    line: Option<usize>,
    /// As it is written, so that further settings can be added.
    written: toml::Table,
    table: JudgeTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    #[serde(default)]
    judges: BTreeMap<String, toml::Spanned<JudgeTable>>,
}

/// The same, with the judges as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsText {
    #[serde(default)]
    judges: BTreeMap<String, toml::Table>,
}

impl Settings {
    /// Returns the judge called `name`: one of the settings file, `builtin:NAME`, `openai:MODEL` or
    /// `anthropic:MODEL`.
    ///
    /// # Errors
    ///
    /// There is no judge of that name, and the message suggests the nearest one; or the judge has neither `model` and
    /// `base_url` or `start` nor `command` nor `recorded`, or a value is out of range.
    pub fn judge(&self, name: &str) -> Result<JudgeSettings> {
        if let Some(Declared { place, line, table, .. }) = self.judges.get(name) {
            let path = self.path.as_deref();
            let folder = path.and_then(Path::parent).unwrap_or(Path::new("."));
            return read_judge(place, name, table.clone(), folder).map_err(|error| {
                match path.zip(*line) {
                    Some((path, line)) => error.at_line(path.display().to_string(), line),
                    None => error,
                }
            });
        }
        if let Some(builtin) = name.strip_prefix("builtin:") {
            return Ok(JudgeSettings::new(name, Connection::Builtin(builtin.to_owned())));
        }
        if let Some(endpoint) = known_provider(name) {
            return Ok(JudgeSettings::new(name, Connection::Endpoint(endpoint)));
        }
        let known: Vec<&str> = self.judges.keys().map(String::as_str).collect();
        let error = Error::input(format!("there is no judge `{name}`"));
        let error = match nearest(name, known.iter().copied()) {
            Some(close) => error.detail(format!("did you mean `{close}`?")),
            None => error.detail(match &self.path {
                None => "no settings file was found".to_owned(),
                Some(path) if known.is_empty() => format!("{} has no judges", path.display()),
                Some(path) => format!("the judges in {} are: {}", path.display(), known.join(", ")),
            }),
        };
        let file = self.path.as_deref().unwrap_or(Path::new("evenhand.toml"));
        Err(error.hint(format!(
            "add [judges.NAME] with model and base_url to {}, or use builtin:longer, builtin:lexical, \
             openai:MODEL or anthropic:MODEL",
            file.display()
        )))
    }

    /// Adds settings as lines of the file would, or replaces those of the file: `judges.NAME.KEY = VALUE`. `flag` is
    /// how they were given, for messages.
    ///
    /// # Errors
    ///
    /// A line is not TOML, has an unknown key (the message suggests the nearest known one) or a value of the wrong type,
    /// or gives a judge a reserved name; or the lines are about a judge that neither the file nor they declare.
    pub fn set(&mut self, flag: &str, lines: &[String]) -> Result<()> {
        let declared: Vec<String> = self.judges.keys().cloned().collect();
        lines.iter().try_for_each(|line| self.set_line(flag, line))?;
        for name in self.judges.keys().filter(|name| !declared.contains(name)) {
            let Err(error) = self.judge(name) else { continue };
            let known = declared.iter().map(String::as_str);
            return Err(match nearest(name, known) {
                Some(close) => Error::input(format!("{flag}: there is no judge `{name}`"))
                    .hint(format!("did you mean `{close}`?")),
                None => error.detail(format!("no settings file declares the judge `{name}`")),
            });
        }
        Ok(())
    }

    fn set_line(&mut self, flag: &str, line: &str) -> Result<()> {
        let place = format!("{flag} {line}");
        let malformed = |error: &toml::de::Error| {
            let error = explain(&place, error.message());
            // Where it has a hint, that suggests the nearest key.
            if error.hint_text().is_some() {
                return error;
            }
            error.hint(format!(
                "expected a line of the settings file: {flag} 'judges.NAME.temperature = 0.5'; texts need quotes"
            ))
        };
        let file: SettingsText = toml::from_str(line).map_err(|error| malformed(&error))?;
        for (name, added) in file.judges {
            check_name(&place, &name)?;
            let declared = self.judges.get(&name);
            let mut written = declared.map(|judge| judge.written.clone()).unwrap_or_default();
            merge(&mut written, added);
            let table =
                JudgeTable::deserialize(written.clone()).map_err(|error| malformed(&error))?;
            let line = declared.and_then(|judge| judge.line);
            let place = declared.map_or_else(|| place.clone(), |judge| judge.place.clone());
            self.judges.insert(name, Declared { place, line, written, table });
        }
        Ok(())
    }

    /// Checks every judge of the file.
    ///
    /// # Errors
    ///
    /// As for [`Settings::judge`], for the first judge by name that is invalid.
    pub fn check(&self) -> Result<()> {
        self.judges.keys().try_for_each(|name| self.judge(name).map(drop))
    }
}

impl EndpointSettings {
    /// Replaces the URL, as the settings file would set it.
    ///
    /// # Errors
    ///
    /// It is not an HTTP URL, or has a part that may be secret; the message begins with `place`.
    pub fn set_base_url(&mut self, place: &str, base_url: &str) -> Result<()> {
        check_base_url(place, base_url)?;
        self.servers = Servers::At(vec![base_url.trim_end_matches('/').to_owned()]);
        Ok(())
    }
}

/// Returns the endpoint that `openai:MODEL` or `anthropic:MODEL` stands for.
fn known_provider(name: &str) -> Option<EndpointSettings> {
    let (provider, model) = name.split_once(':').filter(|(_, model)| !model.is_empty())?;
    let (api, base_url, key) = match provider {
        "openai" => (Api::OpenAi, "https://api.openai.com/v1", "OPENAI_API_KEY"),
        "anthropic" => (Api::Anthropic, ANTHROPIC_URL, "ANTHROPIC_API_KEY"),
        _ => return None,
    };
    let api_key_env = Some(key.to_owned());
    Some(EndpointSettings { api, api_key_env, ..EndpointSettings::new(model, base_url) })
}

/// Reads a settings file; paths in it are relative to its folder.
///
/// # Errors
///
/// The file cannot be read, is not TOML, has an unknown key (the message suggests the nearest known one) or a value of
/// the wrong type, or gives a judge a reserved name. What else may be wrong with a judge is an error of
/// [`Settings::judge`] and [`Settings::check`].
pub fn read_settings(path: &Path) -> Result<Settings> {
    let text = read_text(path)?;
    let file: SettingsFile = parse(path, &text)?;
    // The second time without types, for settings that are added later.
    let mut written: SettingsText = parse(path, &text)?;
    let mut settings = Settings { path: Some(path.to_owned()), judges: BTreeMap::new() };
    for (name, table) in file.judges {
        let line = line_of(&text, table.span().start);
        let place = format!("{}:{line}: judges.{name}", path.display());
        check_name(&place, &name)?;
        let written = written.judges.remove(&name).unwrap_or_default();
        let table = table.into_inner();
        settings.judges.insert(name, Declared { place, line: Some(line), written, table });
    }
    Ok(settings)
}

/// Adds settings to others; of two for the same key, the added one counts.
fn merge(settings: &mut toml::Table, added: toml::Table) {
    for (key, value) in added {
        match (settings.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(added)) => merge(inner, added),
            (_, value) => {
                settings.insert(key, value);
            }
        }
    }
}
