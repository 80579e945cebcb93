//! Settings (`evenhand.toml`): the judges and how to reach them.
//!
//! API keys are never in the settings file: it names the environment variable that holds a key, and only the
//! binary reads the environment.

mod judge;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::text::read_text;
use super::toml::{line_of, parse};
use crate::error::{Error, Result, nearest};
use table::{ANTHROPIC_URL, JudgeTable, check_base_url, read_judge};

pub use judge::{Api, Connection, EARLIER_MAX_TOKENS, EndpointSettings, JudgeSettings, Price};

/// A quota per minute above this value means no limit.
pub const NO_LIMIT_ABOVE: u64 = 4_000_000_000;

/// The contents of a settings file.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The file; `None` if there is none.
    path: Option<PathBuf>,
    judges: BTreeMap<String, JudgeSettings>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    #[serde(default)]
    judges: BTreeMap<String, toml::Spanned<JudgeTable>>,
}

impl Settings {
    /// Returns the judge called `name`: one of the settings file, `builtin:NAME`, `openai:MODEL` or
    /// `anthropic:MODEL`.
    ///
    /// # Errors
    ///
    /// There is no judge of that name; the message suggests the nearest one.
    pub fn judge(&self, name: &str) -> Result<JudgeSettings> {
        if let Some(judge) = self.judges.get(name) {
            return Ok(judge.clone());
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
}

impl EndpointSettings {
    /// Replaces the URL, as the settings file would set it.
    ///
    /// # Errors
    ///
    /// It is not an HTTP URL, or has a part that may be secret; the message begins with `place`.
    pub fn set_base_url(&mut self, place: &str, base_url: &str) -> Result<()> {
        check_base_url(place, base_url)?;
        self.base_urls = vec![base_url.trim_end_matches('/').to_owned()];
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
/// The file cannot be read or has an unknown key (the message suggests the nearest known one), a judge has
/// neither `model` and `base_url` nor `recorded`, or a value is out of range.
pub fn read_settings(path: &Path) -> Result<Settings> {
    let text = read_text(path)?;
    let file: SettingsFile = parse(path, &text)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut settings = Settings { path: Some(path.to_owned()), judges: BTreeMap::new() };
    for (name, table) in file.judges {
        let line = line_of(&text, table.span().start);
        let place = format!("{}:{line}: judges.{name}", path.display());
        let judge = read_judge(&place, &name, table.into_inner(), folder)?;
        settings.judges.insert(name, judge);
    }
    Ok(settings)
}
