//! A judge's table in the settings file: its keys, their ranges, and what belongs together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::command_line::WrittenCommand;
use super::judge::{Api, Connection, EndpointSettings, JudgeSettings, Price, Servers, Stragglers};
use super::judge_program::JudgeProgram;
use super::server_command::ServerCommand;
use crate::error::{Error, Result};

/// The longest time limit that is accepted; far below what would overflow the clock.
const MAX_TIMEOUT: Duration = Duration::from_hours(24 * 30);

/// The most requests in flight that are accepted: a machine cannot open more sockets.
const MAX_IN_FLIGHT: u64 = 60_000;
/// The largest `max_tokens` that is accepted: no model writes longer replies.
const MAX_TOKENS: u64 = 10_000_000;

/// The most servers that one judge may start.
const MAX_REPLICAS: usize = 64;

/// Where the Messages API is unless `base_url` says otherwise.
pub(super) const ANTHROPIC_URL: &str = "https://api.anthropic.com/v1";

/// A number, or the word that says that none is sent.
#[derive(Debug, Deserialize, Clone, Copy)]
#[serde(untagged, expecting = "expected a number or \"none\"")]
enum OrNone<T> {
    Number(T),
    Word(NoneWord),
}

#[derive(Debug, Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum NoneWord {
    None,
}

impl<T> OrNone<T> {
    fn number(self) -> Option<T> {
        match self {
            Self::Number(number) => Some(number),
            Self::Word(NoneWord::None) => None,
        }
    }
}

#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct JudgeTable {
    model: Option<String>,
    api: Option<Api>,
    base_url: Option<String>,
    base_urls: Option<Vec<String>>,
    start: Option<String>,
    replicas: Option<usize>,
    start_timeout_s: Option<f64>,
    command: Option<WrittenCommand>,
    processes: Option<usize>,
    recorded: Option<PathBuf>,
    api_key_env: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    temperature: Option<OrNone<f64>>,
    max_tokens: Option<OrNone<u64>>,
    merge_system: Option<bool>,
    requests_per_minute: Option<u64>,
    tokens_per_minute: Option<u64>,
    max_in_flight: Option<usize>,
    timeout_s: Option<f64>,
    adaptive_timeout: Option<bool>,
    hedge: Option<bool>,
    total_timeout_s: Option<f64>,
    max_attempts: Option<u32>,
    max_parse_attempts: Option<u32>,
    #[serde(default)]
    extra: toml::Table,
    price: Option<Price>,
    batch_price: Option<Price>,
    batch_requests: Option<u64>,
    /// Only of a system.
    pub(super) prompt: Option<PathBuf>,
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

/// The same for the Messages API, whose structured output is a tool.
const RESERVED_FIELDS_OF_MESSAGES: [&str; 3] = ["system", "tools", "tool_choice"];

/// Checks that a judge may have this name.
pub(super) fn check_name(place: &str, name: &str) -> Result<()> {
    if name.is_empty() || name == "all" || name == "jury" || name.contains(':') {
        return Err(Error::input(format!("{place}: this name is reserved"))
            .hint("a judge cannot be called `all` or `jury`, and its name cannot be empty or contain a colon"));
    }
    Ok(())
}

/// Returns the judge that a table describes; paths in it are relative to `folder`.
pub(super) fn read_judge(
    place: &str,
    name: &str,
    table: JudgeTable,
    folder: &Path,
) -> Result<JudgeSettings> {
    let connection = read_connection(place, name, &table, folder)?;
    let mut judge = JudgeSettings::new(name, connection);
    let out_of_range =
        |key: &str, expected: &str| Error::input(format!("{place}.{key}: expected {expected}"));
    judge.timeout = time_limit(place, "timeout_s", table.timeout_s, judge.timeout)?;
    let Stragglers { adaptive_timeout, hedge } = judge.stragglers;
    judge.stragglers = Stragglers {
        adaptive_timeout: table.adaptive_timeout.unwrap_or(adaptive_timeout),
        hedge: table.hedge.unwrap_or(hedge),
    };
    judge.total_timeout =
        time_limit(place, "total_timeout_s", table.total_timeout_s, judge.total_timeout)?;
    if let Some(temperature) = table.temperature {
        judge.temperature = temperature.number();
        if judge.temperature.is_some_and(|number| !(0.0..=10.0).contains(&number)) {
            return Err(out_of_range("temperature", "a number from 0 to 10, or \"none\""));
        }
    }
    let max_tokens = table.max_tokens.and_then(OrNone::number);
    for (key, value) in [
        ("max_tokens", max_tokens),
        ("requests_per_minute", table.requests_per_minute),
        ("tokens_per_minute", table.tokens_per_minute),
        ("max_in_flight", table.max_in_flight.map(|count| count as u64)),
        ("max_attempts", table.max_attempts.map(u64::from)),
        ("batch_requests", table.batch_requests),
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
    if table.max_tokens.is_some() {
        (judge.max_tokens, judge.max_tokens_is_default) = (max_tokens, false);
    }
    judge.merge_system = table.merge_system.unwrap_or(judge.merge_system);
    judge.requests_per_minute = table.requests_per_minute;
    judge.tokens_per_minute = table.tokens_per_minute;
    judge.max_in_flight = table.max_in_flight.unwrap_or(judge.max_in_flight);
    judge.max_attempts = table.max_attempts.unwrap_or(judge.max_attempts);
    judge.max_parse_attempts = table.max_parse_attempts.unwrap_or(judge.max_parse_attempts);
    for (key, price) in [("price", table.price), ("batch_price", table.batch_price)] {
        let Some(price) = price else { continue };
        let valid = |usd: f64| usd.is_finite() && usd >= 0.0;
        let cached = price.cached_input_per_million.unwrap_or(0.0);
        if ![price.input_per_million, price.output_per_million, cached].into_iter().all(valid) {
            return Err(out_of_range(key, "amounts in USD, 0 or more"));
        }
    }
    (judge.price, judge.batch_price) = (table.price, table.batch_price);
    judge.batch_requests = table.batch_requests;
    let is_messages = judge.endpoint().is_some_and(|endpoint| endpoint.api == Api::Anthropic);
    if is_messages && judge.max_tokens.is_none() {
        let error = Error::input(format!("{place}.max_tokens: the Messages API requires a number"));
        return Err(error.hint("remove it for the default, or set the most tokens of a reply"));
    }
    for (key, value) in table.extra {
        let is_reserved = RESERVED_FIELDS.contains(&key.as_str())
            || (is_messages && RESERVED_FIELDS_OF_MESSAGES.contains(&key.as_str()));
        if is_reserved {
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

/// Returns a time limit in seconds, or the default where none is set.
fn time_limit(place: &str, key: &str, seconds: Option<f64>, default: Duration) -> Result<Duration> {
    let Some(seconds) = seconds else { return Ok(default) };
    let limit = Duration::try_from_secs_f64(seconds).ok();
    let limit = limit.filter(|limit| !limit.is_zero() && *limit <= MAX_TIMEOUT);
    limit.ok_or_else(|| {
        Error::input(format!(
            "{place}.{key}: expected a number of seconds above 0, at most 30 days"
        ))
    })
}

fn read_connection(
    place: &str,
    name: &str,
    table: &JudgeTable,
    folder: &Path,
) -> Result<Connection> {
    let sources = [
        ("recorded", table.recorded.is_some()),
        ("command", table.command.is_some()),
        ("start", table.start.is_some()),
        ("base_url", table.base_url.is_some()),
        ("base_urls", table.base_urls.is_some()),
    ];
    let mut given = sources.into_iter().filter(|(_, is_given)| *is_given);
    if let (Some((one, _)), Some((other, _))) = (given.next(), given.next()) {
        return Err(Error::input(format!("{place}: `{one}` and `{other}` are mutually exclusive"))
            .hint("remove one of them"));
    }
    let only_started = [
        ("replicas", table.replicas.is_some()),
        ("start_timeout_s", table.start_timeout_s.is_some()),
    ];
    let mut useless = only_started.into_iter().filter(|(_, is_given)| *is_given);
    if let (None, Some((key, _))) = (&table.start, useless.next()) {
        return Err(Error::input(format!("{place}.{key}: this is a setting of `start`"))
            .hint("remove it, or let `start` say how the server is started"));
    }
    if let Some(command) = &table.command {
        refuse_settings_of_endpoints(place, table)?;
        let (model, processes) = (table.model.as_deref(), table.processes);
        let program = JudgeProgram::read(place, name, command, model, processes, folder)?;
        return Ok(Connection::Program(program));
    }
    if table.processes.is_some() {
        return Err(Error::input(format!("{place}.processes: this is a setting of `command`"))
            .hint("remove it, or let `command` name the program that is the judge"));
    }
    let api = table.api.unwrap_or_default();
    if let Some(recorded) = &table.recorded {
        return Ok(Connection::Recorded(folder.join(recorded)));
    }
    let missing = |key: &str| {
        Error::input(format!("{place}.{key} is missing")).hint(
            "give `model` and `base_url`, `model` and `start`, or `command`; a judge may have `recorded = \"replies.jsonl\"` \
             instead",
        )
    };
    let model =
        table.model.clone().filter(|model| !model.is_empty()).ok_or_else(|| missing("model"))?;
    let servers = match (&table.start, &table.base_url, &table.base_urls) {
        (Some(start), ..) => Servers::Started(read_command(place, start, table, folder)?),
        (None, Some(base_url), _) => {
            Servers::At(read_base_urls(&[(format!("{place}.base_url"), base_url)])?)
        }
        (None, None, Some(base_urls)) if base_urls.is_empty() => {
            return Err(Error::input(format!("{place}.base_urls is empty"))
                .hint("name the URL of at least one replica"));
        }
        (None, None, Some(base_urls)) => {
            let place = |at: usize| format!("{place}.base_urls[{at}]");
            let urls: Vec<_> =
                base_urls.iter().enumerate().map(|(at, url)| (place(at), url)).collect();
            Servers::At(read_base_urls(&urls)?)
        }
        (None, None, None) if api == Api::Anthropic => Servers::At(vec![ANTHROPIC_URL.to_owned()]),
        (None, None, None) => return Err(missing("base_url")),
    };
    if let Some(variable) = &table.api_key_env {
        check_variable(place, variable)?;
    }
    Ok(Connection::Endpoint(EndpointSettings {
        api,
        model,
        servers,
        api_key_env: table.api_key_env.clone(),
        headers: table.headers.clone(),
    }))
}

/// Checks that the table of a program has no setting that only an HTTP endpoint has.
fn refuse_settings_of_endpoints(place: &str, table: &JudgeTable) -> Result<()> {
    let arguments = "write what the program needs into its arguments, in `command`";
    for (key, is_given, hint) in [
        ("api", table.api.is_some(), "remove it: a program is asked in lines of JSON"),
        (
            "api_key_env",
            table.api_key_env.is_some(),
            "remove it: the program inherits the environment and reads its key itself",
        ),
        ("headers", !table.headers.is_empty(), arguments),
        ("extra", !table.extra.is_empty(), arguments),
        (
            "batch_price",
            table.batch_price.is_some(),
            "remove it: a program is asked one trial at a time, and no batches",
        ),
        (
            "batch_requests",
            table.batch_requests.is_some(),
            "remove it: a program is asked one trial at a time, and no batches",
        ),
        (
            "merge_system",
            table.merge_system.is_some(),
            "remove it: the program gets the messages as they are, and may join them",
        ),
        (
            "adaptive_timeout",
            table.adaptive_timeout.is_some(),
            "remove it: a process that takes longer than `timeout_s` is ended, and no other one earlier",
        ),
        ("hedge", table.hedge.is_some(), "remove it: a trial is given to one process at a time"),
    ] {
        if is_given {
            return Err(Error::input(format!(
                "{place}.{key}: this is a setting of an HTTP endpoint, and the judge is a program (`command`)"
            ))
            .hint(hint));
        }
    }
    Ok(())
}

/// Returns the command that starts the servers of a judge, which is run in `folder`.
fn read_command(
    place: &str,
    start: &str,
    table: &JudgeTable,
    folder: &Path,
) -> Result<ServerCommand> {
    let mut command = ServerCommand::parse(&format!("{place}.start"), start)?;
    // The folder of a file without one is the working folder, whose name is not the empty one.
    command.folder = Path::new(".").join(folder);
    command.start_timeout =
        time_limit(place, "start_timeout_s", table.start_timeout_s, command.start_timeout)?;
    command.replicas = table.replicas.unwrap_or(command.replicas);
    if !(1..=MAX_REPLICAS).contains(&command.replicas) {
        return Err(Error::input(format!(
            "{place}.replicas: expected a number from 1 to {MAX_REPLICAS}"
        )));
    }
    Ok(command)
}

/// Checks URLs, each with the place at which it is written, and returns them without a slash at the end.
fn read_base_urls(urls: &[(String, &String)]) -> Result<Vec<String>> {
    let mut base_urls = Vec::new();
    for (place, base_url) in urls {
        check_base_url(place, base_url)?;
        let base_url = base_url.trim_end_matches('/').to_owned();
        if base_urls.contains(&base_url) {
            return Err(Error::input(format!("{place}: this URL is given twice"))
                .hint("name each replica once"));
        }
        base_urls.push(base_url);
    }
    Ok(base_urls)
}

/// Checks that `api_key_env` can be the name of a variable. It may be the key itself, which must not be shown.
fn check_variable(place: &str, variable: &str) -> Result<()> {
    let is_name = variable.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && variable.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    if is_name {
        return Ok(());
    }
    Err(Error::input(format!("{place}.api_key_env: this is not the name of an environment variable"))
        .hint("put the key itself into a variable: export OPENAI_API_KEY=…, api_key_env = \"OPENAI_API_KEY\""))
}

/// The paths of requests, which evenhand appends to a base URL or does not use.
const REQUEST_PATHS: [&str; 5] =
    ["/chat/completions", "/completions", "/messages", "/responses", "/embeddings"];

/// Checks that a URL, which contains nothing secret, does not end in the path of a request.
fn check_path(place: &str, url: &Url) -> Result<()> {
    let path = url.path().trim_end_matches('/');
    let found = REQUEST_PATHS.iter().find_map(|of| Some((of, path.strip_suffix(of)?)));
    let Some((request_path, base_path)) = found else { return Ok(()) };
    let mut base = url.clone();
    base.set_path(base_path);
    // A host alone is written without the slash that is its path.
    let instead = base.as_str().trim_end_matches('/');
    Err(Error::input(format!(
        "{place}: expected the URL before the path of a request, and it ends in {request_path}"
    ))
    .hint(format!("write {instead}; evenhand appends the path that the judge's api needs")))
}

/// Checks that a base URL is an HTTP URL without secrets, because it is written to the run file; `place` names
/// the setting.
pub(super) fn check_base_url(place: &str, base_url: &str) -> Result<()> {
    let invalid = |why: &str| Error::input(format!("{place}: {why}"));
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
    check_path(place, &url)
}
