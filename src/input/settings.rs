//! Settings (`evenhand.toml`): the judges and how to reach them.
//!
//! API keys are never in the settings file: it names the environment variable that holds a key, and only the
//! binary reads the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::toml::{line_of, parse};
use crate::error::{Error, Result, nearest};

/// A quota per minute above this value means no limit.
pub const NO_LIMIT_ABOVE: u64 = 4_000_000_000;

/// The longest time limit that is accepted; far below what would overflow the clock.
const MAX_TIMEOUT: Duration = Duration::from_hours(24 * 30);

/// The most requests in flight that are accepted: a machine cannot open more sockets.
const MAX_IN_FLIGHT: u64 = 60_000;
/// The largest `max_tokens` that is accepted: no model writes longer replies.
const MAX_TOKENS: u64 = 10_000_000;

/// What tokens cost, in USD.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// USD per million tokens of the prompt.
    pub input_per_million: f64,
    /// USD per million tokens of the reply.
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

/// Where the replies of a judge come from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Connection {
    /// An OpenAI-compatible endpoint.
    Endpoint {
        /// The name under which the server knows the model.
        model: String,
        /// The URL before `/chat/completions`, without a slash at its end.
        base_url: String,
        /// The environment variable that holds the API key; `None` sends no key.
        api_key_env: Option<String>,
        /// Further headers; the value `$NAME` is replaced by the environment variable NAME.
        headers: BTreeMap<String, String>,
    },
    /// A file of recorded replies.
    Recorded(PathBuf),
    /// A judge built into evenhand, by its name after `builtin:`.
    Builtin(String),
    /// A model that a caller of the library supplies, by the name that identifies it in run files.
    Supplied(String),
}

/// A judge: a model with its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeSettings {
    /// The name under which its verdicts are reported.
    pub name: String,
    /// Where its replies come from.
    pub connection: Connection,
    /// Sampling temperature.
    pub temperature: f64,
    /// The maximum length of a reply, in tokens.
    pub max_tokens: u64,
    /// Quota of requests per minute; `None` for no limit.
    pub requests_per_minute: Option<u64>,
    /// Quota of tokens per minute, of prompts and replies together; `None` for no limit.
    pub tokens_per_minute: Option<u64>,
    /// The most requests in flight at once.
    pub max_in_flight: usize,
    /// The time limit of one request.
    pub timeout: Duration,
    /// The time limit of one trial, including all waiting and all attempts.
    pub total_timeout: Duration,
    /// The most attempts at a trial; a pause after status 429 or 503 does not use one.
    pub max_attempts: u32,
    /// How often a trial is asked again because its reply could not be read.
    pub max_parse_attempts: u32,
    /// Fields that are merged into the request body.
    pub extra: Map<String, Value>,
    /// The price of tokens, if known.
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

/// Fields of the request body that evenhand sets itself; `extra` must not have them.
const RESERVED_FIELDS: [&str; 10] = [
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
    /// Returns the judge called `name`: one of the settings file, `builtin:NAME` or `openai:MODEL`.
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
            None => error.detail(format!("the judges in the settings are: {}", known.join(", "))),
        };
        Err(error.hint(
            "add [judges.NAME] with model and base_url to evenhand.toml, or use builtin:longer, \
             builtin:lexical or openai:MODEL",
        ))
    }
}

impl JudgeSettings {
    /// Returns the default settings of a judge with this connection.
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

/// Reads a settings file; paths in it are relative to its folder.
///
/// # Errors
///
/// The file cannot be read or has an unknown key (the message suggests the nearest known one), a judge has
/// neither `model` and `base_url` nor `recorded`, or a value is out of range.
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
        return Err(Error::input(format!("{place}: this name is reserved"))
            .hint("a judge cannot be called `all` or `jury`, and its name cannot be empty or contain a colon"));
    }
    let connection = read_connection(place, &table, folder)?;
    let mut judge = JudgeSettings::new(name, connection);
    let out_of_range =
        |key: &str, expected: &str| Error::input(format!("{place}.{key}: expected {expected}"));
    let positive = |key: &str, seconds: Option<f64>, default: Duration| match seconds {
        None => Ok(default),
        Some(seconds) => Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|duration| !duration.is_zero() && *duration <= MAX_TIMEOUT)
            .ok_or_else(|| out_of_range(key, "a number of seconds above 0, at most 30 days")),
    };
    judge.timeout = positive("timeout_s", table.timeout_s, judge.timeout)?;
    judge.total_timeout = positive("total_timeout_s", table.total_timeout_s, judge.total_timeout)?;
    if let Some(temperature) = table.temperature {
        if !(0.0..=10.0).contains(&temperature) {
            return Err(out_of_range("temperature", "a number from 0 to 10"));
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
        let max = match key {
            "max_in_flight" => MAX_IN_FLIGHT,
            "max_tokens" => MAX_TOKENS,
            _ => u64::MAX,
        };
        if value.is_some_and(|value| value == 0 || value > max) {
            return Err(out_of_range(key, &format!("a number above 0, at most {max}")));
        }
    }
    judge.max_tokens = table.max_tokens.unwrap_or(judge.max_tokens);
    judge.requests_per_minute = table.requests_per_minute;
    judge.tokens_per_minute = table.tokens_per_minute;
    judge.max_in_flight = table.max_in_flight.unwrap_or(judge.max_in_flight);
    judge.max_attempts = table.max_attempts.unwrap_or(judge.max_attempts);
    judge.max_parse_attempts = table.max_parse_attempts.unwrap_or(judge.max_parse_attempts);
    if let Some(price) = table.price {
        let valid = |usd: f64| usd.is_finite() && usd >= 0.0;
        if !valid(price.input_per_million) || !valid(price.output_per_million) {
            return Err(out_of_range("price", "amounts in USD, 0 or more"));
        }
        judge.price = Some(price);
    }
    for (key, value) in table.extra {
        if RESERVED_FIELDS.contains(&key.as_str()) {
            return Err(Error::input(format!(
                "{place}.extra.{key}: evenhand sets this field of the request itself"
            ))
            .hint("use the setting of that name, or [reply] in the rubric"));
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
                "{place}: `recorded` and `base_url` are mutually exclusive"
            ))
            .hint("remove one of them"));
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

/// Checks that a base URL is an HTTP URL without secrets, because it is written to the run file.
fn check_base_url(place: &str, base_url: &str) -> Result<()> {
    let invalid = |why: &str| Error::input(format!("{place}.base_url: {why}"));
    let example = "for example https://api.openai.com/v1 or http://localhost:11434/v1";
    // `Url::parse` repairs `http:host`, `http:///host` and leading spaces; here they are errors.
    let rest = base_url.strip_prefix("https://").or_else(|| base_url.strip_prefix("http://"));
    if rest.is_none_or(|rest| rest.is_empty() || rest.starts_with('/')) {
        return Err(invalid("expected a URL that begins with http:// or https://").hint(example));
    }
    let url = Url::parse(base_url)
        .map_err(|error| invalid(&format!("not a URL: {error}")).hint(example))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("the run file would contain the user name and password in the URL")
            .hint("put the key into an environment variable and name it in api_key_env"));
    }
    if url.query() == Some("") || url.query_pairs().any(|(name, _)| name != "api-version") {
        return Err(invalid(
            "the run file would contain the query of the URL; only api-version is allowed",
        )
        .hint("put a key into `headers` as \"$NAME\", where NAME is an environment variable"));
    }
    Ok(())
}
