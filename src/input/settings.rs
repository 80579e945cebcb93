//! Settings: which judges there are and how they are reached.
//!
//! A key's value is never in the settings file; the file names the environment variable that holds it,
//! and only the binary reads the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::toml::{line_of, parse};
use crate::error::{Error, Result, nearest};

/// A quota a minute above this is no limit.
pub const NO_LIMIT_ABOVE: u64 = 4_000_000_000;

/// The longest time limit: what a person may mean, and no clock overflows.
const LONGEST: Duration = Duration::from_hours(24 * 30);

/// More sockets than this one machine cannot open.
const MOST_IN_FLIGHT: u64 = 60_000;
/// Longer replies no model writes.
const MOST_TOKENS: u64 = 10_000_000;

/// What tokens cost, in USD.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// USD for a million tokens of the prompt.
    pub input_per_million: f64,
    /// USD for a million tokens of the reply.
    pub output_per_million: f64,
}

impl Price {
    /// Returns the price of a call in USD.
    pub fn of(&self, prompt_tokens: u64, completion_tokens: u64) -> f64 {
        (prompt_tokens as f64 * self.input_per_million
            + completion_tokens as f64 * self.output_per_million)
            / 1e6
    }
}

/// What answers for a judge.
#[derive(Debug, Clone, PartialEq)]
pub enum Connection {
    /// An OpenAI-compatible endpoint.
    Endpoint {
        /// The model's name as the server knows it.
        model: String,
        /// The URL up to and without `/chat/completions`.
        base_url: String,
        /// The environment variable with the key; `None` sends no key.
        api_key_env: Option<String>,
        /// Further headers; a value `$NAME` stands for the environment variable NAME.
        headers: BTreeMap<String, String>,
    },
    /// A recording of replies.
    Recorded(PathBuf),
    /// A judge built into the program, by its name after `builtin:`.
    Builtin(String),
    /// A model that a caller of the library supplies, by the name that identifies it in run files.
    Supplied(String),
}

/// A judge: a model with its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeSettings {
    /// The name under which its verdicts are reported.
    pub name: String,
    /// What answers.
    pub connection: Connection,
    /// Sampling temperature.
    pub temperature: f64,
    /// The most tokens a reply may have.
    pub max_tokens: u64,
    /// Requests a minute, `None` for no limit.
    pub requests_per_minute: Option<u64>,
    /// Tokens a minute, prompt and reply together, `None` for no limit.
    pub tokens_per_minute: Option<u64>,
    /// The most requests on their way at once.
    pub max_in_flight: usize,
    /// How long one request may take.
    pub timeout: Duration,
    /// How long one trial may take, all waiting and all attempts included.
    pub total_timeout: Duration,
    /// The most attempts at a trial; a pause after 429 or 503 uses none.
    pub max_attempts: u32,
    /// How often a reply that cannot be read is asked again.
    pub max_parse_attempts: u32,
    /// Merged into the request's body.
    pub extra: Map<String, Value>,
    /// What tokens cost, if known.
    pub price: Option<Price>,
}

/// The contents of a settings file.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    judges: BTreeMap<String, JudgeSettings>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    #[serde(default)]
    judges: BTreeMap<String, toml::Spanned<JudgeTable>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct JudgeTable {
    model: Option<String>,
    base_url: Option<String>,
    recorded: Option<PathBuf>,
    api_key_env: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    temperature: Option<f64>,
    max_tokens: Option<u64>,
    requests_per_minute: Option<u64>,
    tokens_per_minute: Option<u64>,
    max_in_flight: Option<usize>,
    timeout_s: Option<f64>,
    total_timeout_s: Option<f64>,
    max_attempts: Option<u32>,
    max_parse_attempts: Option<u32>,
    #[serde(default)]
    extra: toml::Table,
    price: Option<Price>,
}

/// Fields of the request body that evenhand writes itself, so `extra` may not.
const OWN_FIELDS: [&str; 10] = [
    "model",
    "messages",
    "temperature",
    "max_tokens",
    "max_completion_tokens",
    "response_format",
    "logprobs",
    "top_logprobs",
    "stream",
    "n",
];

impl Settings {
    /// Returns the judge that `--judge NAME` means: `builtin:NAME`, `openai:MODEL`, or one of the file.
    ///
    /// # Errors
    ///
    /// There is no judge of that name; the message has the nearest one.
    pub fn judge(&self, name: &str) -> Result<JudgeSettings> {
        if let Some(judge) = self.judges.get(name) {
            return Ok(judge.clone());
        }
        if let Some(builtin) = name.strip_prefix("builtin:") {
            return Ok(JudgeSettings::new(name, Connection::Builtin(builtin.to_owned())));
        }
        if let Some(model) = name.strip_prefix("openai:").filter(|model| !model.is_empty()) {
            let connection = Connection::Endpoint {
                model: model.to_owned(),
                base_url: "https://api.openai.com/v1".to_owned(),
                api_key_env: Some("OPENAI_API_KEY".to_owned()),
                headers: BTreeMap::new(),
            };
            return Ok(JudgeSettings::new(name, connection));
        }
        let known: Vec<&str> = self.judges.keys().map(String::as_str).collect();
        let error = Error::input(format!("there is no judge `{name}`"));
        let error = match nearest(name, known.iter().copied()) {
            Some(close) => error.detail(format!("did you mean `{close}`?")),
            None if known.is_empty() => error.detail("no settings file with judges was found"),
            None => error.detail(format!("the settings have: {}", known.join(", "))),
        };
        Err(error.hint(
            "add [judges.NAME] with model and base_url to evenhand.toml, or use builtin:longer, builtin:lexical or openai:MODEL",
        ))
    }
}

impl JudgeSettings {
    /// Returns the settings of a judge of which nothing but its connection is known.
    pub fn new(name: &str, connection: Connection) -> Self {
        Self {
            name: name.to_owned(),
            connection,
            temperature: 0.0,
            max_tokens: 1024,
            requests_per_minute: None,
            tokens_per_minute: None,
            max_in_flight: 64,
            timeout: Duration::from_mins(2),
            total_timeout: Duration::from_mins(30),
            max_attempts: 6,
            max_parse_attempts: 2,
            extra: Map::new(),
            price: None,
        }
    }
}

/// Reads a settings file; the paths in it are relative to its folder.
///
/// # Errors
///
/// The file cannot be read or has an unknown key (the message names the nearest known one), a judge
/// has neither `model` and `base_url` nor `recorded`, or a number is out of range.
pub fn read_settings(path: &Path) -> Result<Settings> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::input(format!("{}: {error}", path.display())))?;
    let file: SettingsFile = parse(path, &text)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut settings = Settings::default();
    for (name, table) in file.judges {
        let line = line_of(&text, table.span().start);
        let place = format!("{}:{line}: judges.{name}", path.display());
        let judge = read_judge(&place, &name, table.into_inner(), folder)?;
        settings.judges.insert(name, judge);
    }
    Ok(settings)
}

fn read_judge(place: &str, name: &str, table: JudgeTable, folder: &Path) -> Result<JudgeSettings> {
    if name.is_empty() || name == "all" || name == "jury" || name.contains(':') {
        return Err(Error::input(format!("{place}: a judge cannot have this name"))
            .hint("`all`, `jury` and names with a colon are reserved"));
    }
    let connection = read_connection(place, &table, folder)?;
    let mut judge = JudgeSettings::new(name, connection);
    let wrong =
        |key: &str, expected: &str| Error::input(format!("{place}.{key}: expected {expected}"));
    let positive = |key: &str, seconds: Option<f64>, default: Duration| match seconds {
        None => Ok(default),
        Some(seconds) => Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|duration| !duration.is_zero() && *duration <= LONGEST)
            .ok_or_else(|| wrong(key, "a number of seconds above 0, at most 30 days")),
    };
    judge.timeout = positive("timeout_s", table.timeout_s, judge.timeout)?;
    judge.total_timeout = positive("total_timeout_s", table.total_timeout_s, judge.total_timeout)?;
    if let Some(temperature) = table.temperature {
        if !(0.0..=10.0).contains(&temperature) {
            return Err(wrong("temperature", "a number from 0 to 10"));
        }
        judge.temperature = temperature;
    }
    for (key, value) in [
        ("max_tokens", table.max_tokens),
        ("requests_per_minute", table.requests_per_minute),
        ("tokens_per_minute", table.tokens_per_minute),
        ("max_in_flight", table.max_in_flight.map(|count| count as u64)),
        ("max_attempts", table.max_attempts.map(u64::from)),
    ] {
        let most = if key == "max_in_flight" { MOST_IN_FLIGHT } else { u64::MAX };
        let most = if key == "max_tokens" { MOST_TOKENS } else { most };
        if value.is_some_and(|value| value == 0 || value > most) {
            return Err(wrong(key, &format!("a number above 0, at most {most}")));
        }
    }
    judge.max_tokens = table.max_tokens.unwrap_or(judge.max_tokens);
    judge.requests_per_minute = table.requests_per_minute;
    judge.tokens_per_minute = table.tokens_per_minute;
    judge.max_in_flight = table.max_in_flight.unwrap_or(judge.max_in_flight);
    judge.max_attempts = table.max_attempts.unwrap_or(judge.max_attempts);
    judge.max_parse_attempts = table.max_parse_attempts.unwrap_or(judge.max_parse_attempts);
    if let Some(price) = table.price {
        let sound = |usd: f64| usd.is_finite() && usd >= 0.0;
        if !sound(price.input_per_million) || !sound(price.output_per_million) {
            return Err(wrong("price", "amounts in USD that are not negative"));
        }
        judge.price = Some(price);
    }
    for (key, value) in table.extra {
        if OWN_FIELDS.contains(&key.as_str()) {
            return Err(Error::input(format!(
                "{place}.extra.{key}: this field of the request is evenhand's own"
            ))
            .hint("use the setting of that name, or the rubric's [reply]"));
        }
        let value = serde_json::to_value(value)
            .map_err(|error| Error::input(format!("{place}.extra.{key}: {error}")))?;
        judge.extra.insert(key, value);
    }
    judge.extra.sort_keys();
    Ok(judge)
}

fn read_connection(place: &str, table: &JudgeTable, folder: &Path) -> Result<Connection> {
    if let Some(recorded) = &table.recorded {
        if table.base_url.is_some() {
            return Err(Error::input(format!(
                "{place}: a judge has `recorded` or `base_url`, not both"
            )));
        }
        return Ok(Connection::Recorded(folder.join(recorded)));
    }
    let missing = |key: &str| {
        Error::input(format!("{place}.{key} is missing"))
            .hint("a judge needs `model` and `base_url`, or `recorded = \"replies.jsonl\"`")
    };
    let model =
        table.model.clone().filter(|model| !model.is_empty()).ok_or_else(|| missing("model"))?;
    let base_url = table.base_url.clone().ok_or_else(|| missing("base_url"))?;
    check_base_url(place, &base_url)?;
    Ok(Connection::Endpoint {
        model,
        base_url: base_url.trim_end_matches('/').to_owned(),
        api_key_env: table.api_key_env.clone(),
        headers: table.headers.clone(),
    })
}

/// The base URL stands in the run file, so nothing secret may be in it.
fn check_base_url(place: &str, base_url: &str) -> Result<()> {
    let wrong = |why: &str| Error::input(format!("{place}.base_url: {why}"));
    let rest = base_url.strip_prefix("https://").or_else(|| base_url.strip_prefix("http://"));
    let Some(rest) = rest.filter(|rest| !rest.is_empty() && !rest.starts_with('/')) else {
        return Err(wrong("expected a URL that begins with http:// or https://")
            .hint("for example https://api.openai.com/v1 or http://localhost:11434/v1"));
    };
    if let Err(error) = url::Url::parse(base_url) {
        return Err(wrong(&format!("not a URL: {error}")));
    }
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    if host.contains('@') {
        return Err(wrong("a user name or password in the URL would be written to the run file")
            .hint("put the key into an environment variable and name it in api_key_env"));
    }
    if let Some((_, query)) = rest.split_once('?')
        && query.split('&').any(|pair| !pair.starts_with("api-version="))
    {
        return Err(wrong(
            "only api-version may stand in the URL's query, which the run file holds",
        )
        .hint("put a key into `headers` as \"$NAME\", where NAME is an environment variable"));
    }
    Ok(())
}
