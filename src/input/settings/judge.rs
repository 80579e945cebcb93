//! A judge's settings, as the rest of the program uses them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::judge_program::JudgeProgram;
use super::server_command::ServerCommand;

/// The default of [`JudgeSettings::max_tokens`]: enough for a model that reasons before it answers.
const MAX_TOKENS: u64 = 4096;
/// The defaults of earlier versions; a run that was begun with one of them keeps it.
pub const EARLIER_MAX_TOKENS: [u64; 1] = [1024];

/// What tokens cost, in USD.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// USD per million tokens of the prompt.
    pub input_per_million: f64,
    /// USD per million tokens of the prompt that the server reads from its cache; `None` if it charges for them
    /// as for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input_per_million: Option<f64>,
    /// USD per million tokens of the reply.
    pub output_per_million: f64,
}

impl Price {
    /// Returns half of it.
    #[must_use]
    pub fn halved(self) -> Self {
        Self {
            input_per_million: self.input_per_million / 2.0,
            cached_input_per_million: self.cached_input_per_million.map(|price| price / 2.0),
            output_per_million: self.output_per_million / 2.0,
        }
    }
}

/// The form of requests and answers that an endpoint expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Api {
    /// The chat completions of `OpenAI`, which most servers offer.
    #[default]
    OpenAi,
    /// The Messages API of Anthropic.
    Anthropic,
}

/// What happens to requests that take much longer than others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stragglers {
    /// Whether one is given up before [`JudgeSettings::timeout`] and sent again with more time; programs are always given
    /// the whole time.
    pub adaptive_timeout: bool,
    /// Whether a second request is sent beside one that is late, and the first reply counts.
    pub hedge: bool,
}

impl Default for Stragglers {
    fn default() -> Self {
        Self { adaptive_timeout: true, hedge: false }
    }
}

/// Where the replies of a judge come from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Connection {
    /// An HTTP endpoint.
    Endpoint(EndpointSettings),
    /// A program that is asked in lines of JSON.
    Program(JudgeProgram),
    /// A file of recorded replies.
    Recorded(PathBuf),
    /// A judge built into evenhand, by its name after `builtin:`.
    Builtin(String),
    /// A model that a caller of the library supplies, by the name that identifies it in run files.
    Supplied(String),
}

/// Where the model of an endpoint is served; several servers are replicas of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Servers {
    /// By servers that run already, at these URLs: what comes before `/chat/completions` or `/messages`, without a
    /// slash at its end. Never empty.
    At(Vec<String>),
    /// By servers that are started when there is something to ask, and stopped when all has been asked.
    Started(ServerCommand),
}

impl Default for Servers {
    fn default() -> Self {
        Self::At(Vec::new())
    }
}

/// Where an HTTP endpoint is and how it is addressed.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct EndpointSettings {
    /// The form of requests and answers.
    pub api: Api,
    /// The name under which the server knows the model.
    pub model: String,
    /// Where the model is served.
    pub servers: Servers,
    /// The environment variable that holds the API key; `None` sends no key.
    pub api_key_env: Option<String>,
    /// Further headers; the value `$NAME` is replaced by the environment variable NAME.
    pub headers: BTreeMap<String, String>,
}

impl EndpointSettings {
    /// Returns the settings of an OpenAI-compatible endpoint without a key.
    pub fn new(model: impl Into<String>, base_url: impl Into<String>) -> Self {
        let servers = Servers::At(vec![base_url.into()]);
        Self { model: model.into(), servers, ..Self::default() }
    }

    /// Returns the URLs of servers that run already; none for servers that are started.
    pub fn base_urls(&self) -> &[String] {
        match &self.servers {
            Servers::At(base_urls) => base_urls,
            Servers::Started(_) => &[],
        }
    }

    /// Returns the command that starts the servers; `None` for servers that run already.
    pub fn server_command(&self) -> Option<&ServerCommand> {
        match &self.servers {
            Servers::At(_) => None,
            Servers::Started(command) => Some(command),
        }
    }
}

/// A judge, or a system that is asked to respond: a model with its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeSettings {
    /// Where the settings are declared, for messages: `judges.NAME` or `systems.NAME`.
    pub place: String,
    /// The name under which its verdicts are reported, or that of the system.
    pub name: String,
    /// Where its replies come from.
    pub connection: Connection,
    /// Sampling temperature; `None` leaves it to the server.
    pub temperature: Option<f64>,
    /// The maximum length of a reply, in tokens; `None` leaves it to the server.
    pub max_tokens: Option<u64>,
    /// Whether `max_tokens` is the default of this version, and a run that was begun with the default of an
    /// earlier one keeps its own.
    pub max_tokens_is_default: bool,
    /// Whether the system message is put in front of the user's from the start, for a model without that role.
    pub merge_system: bool,
    /// Quota of requests per minute; `None` for no limit.
    pub requests_per_minute: Option<u64>,
    /// Quota of tokens per minute, of prompts and replies together; `None` for no limit.
    pub tokens_per_minute: Option<u64>,
    /// The most requests in flight at once, at all replicas together.
    pub max_in_flight: usize,
    /// The time limit of one request.
    pub timeout: Duration,
    /// What happens to requests that take much longer than others.
    pub stragglers: Stragglers,
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
    /// The price of tokens in a batch, where that is not half of [`JudgeSettings::price`].
    pub batch_price: Option<Price>,
    /// The most requests of a batch; `None` for as many as the provider takes and memory allows.
    pub batch_requests: Option<u64>,
}

impl JudgeSettings {
    /// Returns the default settings of a judge with this connection.
    pub fn new(name: &str, connection: Connection) -> Self {
        let max_in_flight = match &connection {
            // Each process is given one trial at a time.
            Connection::Program(program) => program.processes,
            _ => 64,
        };
        Self {
            place: format!("judges.{name}"),
            name: name.to_owned(),
            connection,
            temperature: Some(0.0),
            max_tokens: Some(MAX_TOKENS),
            max_tokens_is_default: true,
            merge_system: false,
            requests_per_minute: None,
            tokens_per_minute: None,
            max_in_flight,
            timeout: Duration::from_mins(2),
            stragglers: Stragglers::default(),
            total_timeout: Duration::from_mins(30),
            max_attempts: 6,
            max_parse_attempts: 2,
            extra: Map::new(),
            price: None,
            batch_price: None,
            batch_requests: None,
        }
    }

    /// Returns the price of tokens in a batch, if known: half of that of others unless another one is set, as it is at the
    /// providers that have batches.
    pub fn price_in_batches(&self) -> Option<Price> {
        self.batch_price.or_else(|| self.price.map(Price::halved))
    }

    /// Returns whether the judge is built in or reads recorded replies: it sends nothing and costs nothing.
    pub fn is_local(&self) -> bool {
        matches!(self.connection, Connection::Builtin(_) | Connection::Recorded(_))
    }

    /// Returns the name of the model that the judge asks at an endpoint or of a program; `None` for another judge.
    pub fn asked_model(&self) -> Option<&str> {
        match &self.connection {
            Connection::Endpoint(endpoint) => Some(&endpoint.model),
            Connection::Program(program) => Some(&program.model),
            _ => None,
        }
    }

    /// Returns the program that is the judge; `None` for another judge.
    pub fn program(&self) -> Option<&JudgeProgram> {
        match &self.connection {
            Connection::Program(program) => Some(program),
            _ => None,
        }
    }

    /// Returns the settings of the judge's endpoint; `None` for a judge without one.
    pub fn endpoint(&self) -> Option<&EndpointSettings> {
        match &self.connection {
            Connection::Endpoint(endpoint) => Some(endpoint),
            _ => None,
        }
    }
}
