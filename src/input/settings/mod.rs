//! Settings (`evenhand.toml`): the judges, the systems that are asked to respond, and how to reach them.
//!
//! API keys are never in the settings file: it names the environment variable that holds a key, and only the
//! binary reads the environment.
//!
//! The whole file must be TOML with known keys. What the keys of a judge or a system say is checked when it is asked
//! for, so that a mistake in one does not stop a command that uses another.

mod command_line;
mod judge;
mod judge_program;
mod server_command;
mod system;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::text::read_text;
use super::toml::{explain, line_of, parse};
use crate::error::{Error, Result, nearest};
use system::check_system;
use table::{ANTHROPIC_URL, JudgeTable, check_base_url, check_name, read_judge};

pub use judge::{
    Api, Connection, EARLIER_MAX_TOKENS, EndpointSettings, JudgeSettings, Price, Servers,
    Stragglers,
};
pub use judge_program::JudgeProgram;
pub use server_command::ServerCommand;
pub use system::SystemSettings;

/// A quota per minute above this value means no limit.
pub const NO_LIMIT_ABOVE: u64 = 4_000_000_000;

/// The contents of a settings file.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The file; `None` if there is none.
    path: Option<PathBuf>,
    judges: BTreeMap<String, Declared>,
    systems: BTreeMap<String, Declared>,
}

/// A judge or a system as it is written in the file.
#[derive(Debug, Clone)]
struct Declared {
    /// `file:line: judges.NAME` or `file:line: systems.NAME`, for messages.
    place: String,
    /// The line; `None` for one that no file declares.
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
    #[serde(default)]
    systems: BTreeMap<String, toml::Spanned<JudgeTable>>,
}

/// The same, with the tables as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsText {
    #[serde(default)]
    judges: BTreeMap<String, toml::Table>,
    #[serde(default)]
    systems: BTreeMap<String, toml::Table>,
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
        if let Some(declared) = self.judges.get(name) {
            return self.read(declared, |folder| {
                refuse_prompt(&declared.place, &declared.table)?;
                read_judge(&declared.place, name, declared.table.clone(), folder)
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

    /// Reads a table with the folder of the file; an error names its line.
    fn read<T>(&self, declared: &Declared, read: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
        let path = self.path.as_deref();
        let folder = path.and_then(Path::parent).unwrap_or(Path::new("."));
        read(folder).map_err(|error| match path.zip(declared.line) {
            Some((path, line)) => error.at_line(path.display().to_string(), line),
            None => error,
        })
    }

    /// Adds settings as lines of the file would, or replaces those of the file: `judges.NAME.KEY = VALUE` or
    /// `systems.NAME.KEY = VALUE`. `flag` is how they were given, for messages.
    ///
    /// # Errors
    ///
    /// A line is not TOML, has an unknown key (the message suggests the nearest known one) or a value of the wrong type,
    /// or gives a judge or a system a reserved name; or the lines are about one that neither the file nor they declare.
    pub fn set(&mut self, flag: &str, lines: &[String]) -> Result<()> {
        let declared = [&self.judges, &self.systems]
            .map(|section| section.keys().cloned().collect::<Vec<String>>());
        lines.iter().try_for_each(|line| self.set_line(flag, line))?;
        let [judges, systems] = declared;
        for name in self.judges.keys().filter(|name| !judges.contains(name)) {
            let Err(error) = self.judge(name) else { continue };
            return Err(undeclared(flag, "judge", name, &judges, error));
        }
        for name in self.systems.keys().filter(|name| !systems.contains(name)) {
            let Err(error) = self.system(name) else { continue };
            return Err(undeclared(flag, "system", name, &systems, error));
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
        for (section, added, check) in [
            (&mut self.judges, file.judges, check_name as CheckName),
            (&mut self.systems, file.systems, check_system),
        ] {
            for (name, added) in added {
                check(&place, &name)?;
                let declared = section.get(&name);
                let mut written = declared.map(|known| known.written.clone()).unwrap_or_default();
                merge(&mut written, added);
                let table =
                    JudgeTable::deserialize(written.clone()).map_err(|error| malformed(&error))?;
                let line = declared.and_then(|known| known.line);
                let place = declared.map_or_else(|| place.clone(), |known| known.place.clone());
                section.insert(name, Declared { place, line, written, table });
            }
        }
        Ok(())
    }

    /// Checks every judge and every system of the file.
    ///
    /// # Errors
    ///
    /// As for [`Settings::judge`] and [`Settings::system`], for the first judge or else the first system by name that
    /// is invalid.
    pub fn check(&self) -> Result<()> {
        self.judges.keys().try_for_each(|name| self.judge(name).map(drop))?;
        self.systems.keys().try_for_each(|name| self.system(name).map(drop))
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
/// the wrong type, or gives a judge or a system a reserved name. What else may be wrong with one is an error of
/// [`Settings::judge`], [`Settings::system`] and [`Settings::check`].
pub fn read_settings(path: &Path) -> Result<Settings> {
    let text = read_text(path)?;
    let file: SettingsFile = parse(path, &text)?;
    // The second time without types, for settings that are added later.
    let mut written: SettingsText = parse(path, &text)?;
    let mut settings = Settings { path: Some(path.to_owned()), ..Settings::default() };
    for (section, key, tables, written, check) in [
        (&mut settings.judges, "judges", file.judges, &mut written.judges, check_name as CheckName),
        (&mut settings.systems, "systems", file.systems, &mut written.systems, check_system),
    ] {
        for (name, table) in tables {
            let line = line_of(&text, table.span().start);
            let place = format!("{}:{line}: {key}.{name}", path.display());
            check(&place, &name)?;
            let written = written.remove(&name).unwrap_or_default();
            let table = table.into_inner();
            section.insert(name, Declared { place, line: Some(line), written, table });
        }
    }
    Ok(settings)
}

/// Checks the name of a judge or a system, given its place.
type CheckName = fn(&str, &str) -> Result<()>;

/// Returns the error about a setting for something that neither the file nor the settings declare.
fn undeclared(flag: &str, what: &str, name: &str, known: &[String], error: Error) -> Error {
    match nearest(name, known.iter().map(String::as_str)) {
        Some(close) => Error::input(format!("{flag}: there is no {what} `{name}`"))
            .hint(format!("did you mean `{close}`?")),
        None => error.detail(format!("no settings file declares the {what} `{name}`")),
    }
}

/// Refuses the prompt of a judge: it is that of its rubric.
fn refuse_prompt(place: &str, table: &JudgeTable) -> Result<()> {
    if table.prompt.is_none() {
        return Ok(());
    }
    Err(Error::input(format!("{place}.prompt: this is a setting of a system, not of a judge"))
        .hint("the prompt of a judge is that of its rubric: write `prompt` into the rubric's file"))
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
