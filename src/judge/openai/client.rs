//! A judge behind OpenAI-compatible servers, through async-openai's bring-your-own-type calls.
//!
//! async-openai builds the request and parses the answer's JSON; everything in between is ours: its own
//! retries would bypass the pacer, its typed replies reject what real servers send, and its default
//! configuration reads the environment. Answers are not trusted: their size is limited, and secrets that they
//! echo are redacted before any of it can reach a run file.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;

use super::answer::read_completion;
use super::body::Body;
use super::stream::{assemble, is_stream};
use crate::error::{Error, Result};
use crate::input::{EndpointSettings, JudgeSettings, Message};
use crate::judge::http::{
    BEARER, Connections, Replicas, Secrets, beginning, exchange, headers, one_line, parse_json,
    plain,
};
use crate::judge::negotiation::{Negotiator, RequestForm, Wishes};
use crate::judge::{
    CallError, CallErrorKind, ChatModel, FailedReplica, RateHints, Reply, ReplyFuture,
    RequestedOutput, ServerProfile,
};
use crate::trial::Trial;

tokio::task_local! {
    /// The HTTP status of the current call, which async-openai does not return.
    static STATUS: Cell<Option<u16>>;
    /// What the answer's headers report about quotas, which async-openai does not return either.
    static HINTS: RefCell<RateHints>;
}

/// A judge behind OpenAI-compatible servers, which are replicas of one model.
#[derive(Debug)]
pub struct Endpoint {
    servers: Replicas<Client<ServerConfig>>,
    model: String,
    secrets: Arc<Secrets>,
    negotiator: Negotiator,
}

/// The server's configuration in the form that async-openai requires.
#[derive(Debug, Clone)]
struct ServerConfig {
    base: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    /// Always empty: the key is among the headers, where it is marked as sensitive.
    no_key: SecretString,
}

impl Config for ServerConfig {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
    fn query(&self) -> Vec<(&str, &str)> {
        self.query.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }
    fn api_base(&self) -> &str {
        &self.base
    }
    fn api_key(&self) -> &SecretString {
        &self.no_key
    }
}

impl Endpoint {
    /// Returns a judge that calls an endpoint; `profile` is what is known about its server.
    ///
    /// # Errors
    ///
    /// A URL is none, or the key, the name or the value of a header cannot be sent over HTTP; the message shows
    /// no value.
    pub fn new(
        settings: &JudgeSettings,
        endpoint: &EndpointSettings,
        secrets: Secrets,
        output: RequestedOutput,
        profile: ServerProfile,
    ) -> Result<Self> {
        let headers = headers(&settings.name, &secrets, BEARER)?;
        let secrets = Arc::new(secrets);
        let server = |base_url: &String| {
            Ok((base_url.clone(), client(settings, base_url, &headers, &secrets)?))
        };
        let servers = endpoint.base_urls.iter().map(server).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            servers: Replicas::new(servers, settings.timeout),
            model: endpoint.model.clone(),
            secrets,
            negotiator: Negotiator::new(Wishes::of(settings, output), profile),
        })
    }

    async fn call(
        &self,
        item: &str,
        messages: &[Message],
    ) -> std::result::Result<Reply, CallError> {
        let server = self.servers.choose(item);
        let answer = self.ask_and_learn(server.client(), messages).await;
        server.record(answer)
    }

    /// Sends one request to one server, and learns from its answer what requests may contain.
    async fn ask_and_learn(
        &self,
        server: &Client<ServerConfig>,
        messages: &[Message],
    ) -> std::result::Result<Reply, CallError> {
        let form = self.negotiator.form(messages);
        match self.ask(server, messages, &form).await {
            Ok(reply) => {
                self.negotiator.record_success(messages, &form);
                let schema_requested = form.requests_schema(self.negotiator.wishes());
                Ok(Reply { schema_requested, ..reply })
            }
            Err(mut error) => {
                let rejection = error.rejection.as_deref();
                let failed = rejection.and_then(|rejection| rejection.failed_generation.clone());
                if let Some(text) = failed {
                    return Ok(self.unreadable(text, &error, &form));
                }
                if self.negotiator.learn_from_rejection(messages, &form, &error) {
                    error.kind = CallErrorKind::UnsupportedParameter;
                }
                Err(error)
            }
        }
    }

    /// Sends one request to one server.
    async fn ask(
        &self,
        server: &Client<ServerConfig>,
        messages: &[Message],
        form: &RequestForm,
    ) -> std::result::Result<Reply, CallError> {
        let wishes = self.negotiator.wishes();
        let body = Body { model: &self.model, messages, wishes, form };
        let sent = async {
            let answer = server.chat().create_byot::<_, Value>(&body).await;
            (answer, STATUS.with(Cell::get), HINTS.with(RefCell::take))
        };
        let sent = HINTS.scope(RefCell::default(), sent);
        let (answer, status, hints) = STATUS.scope(Cell::new(None), sent).await;
        let answer = match answer {
            Ok(value) => self.read(value, status),
            Err(error) => self.read_failure(error, status),
        };
        match answer {
            Ok(reply) => Ok(Reply { hints, ..reply }),
            Err(mut error) => {
                if *error.hints == RateHints::default() {
                    *error.hints = hints;
                }
                error.message = self.secrets.redact(error.message);
                Err(error)
            }
        }
    }

    /// Reads an answer and redacts every secret in what is kept of it.
    fn read(
        &self,
        mut answer: Value,
        status: Option<u16>,
    ) -> std::result::Result<Reply, CallError> {
        if let Ok(reply) = read_completion(&answer, status) {
            return Ok(self.secrets.redact_reply(reply));
        }
        // An error keeps only the beginning of the answer. Redact before that is cut: a secret that is cut in
        // two would not be found.
        self.secrets.redact_json(&mut answer);
        read_completion(&answer, status)
    }

    /// Reads what async-openai could not: an answer that is a stream or almost JSON, or an error.
    fn read_failure(
        &self,
        error: OpenAIError,
        status: Option<u16>,
    ) -> std::result::Result<Reply, CallError> {
        match error {
            OpenAIError::Boxed(inner) => Err(match inner.downcast::<CallError>() {
                Ok(error) => *error,
                Err(other) => CallError::new(CallErrorKind::Transient, other.to_string()),
            }),
            OpenAIError::JSONDeserialize(_, body) => {
                let value = if is_stream(body.as_bytes()) {
                    assemble(body.as_bytes())
                } else {
                    parse_json(body.as_bytes())
                };
                match value {
                    Some(value) => self.read(value, status),
                    None => Err(self.not_json(body, status)),
                }
            }
            other => Err(CallError {
                status,
                ..CallError::new(
                    CallErrorKind::RequestRejected,
                    one_line(&self.secrets.redact(other.to_string())),
                )
            }),
        }
    }

    fn not_json(&self, body: String, status: Option<u16>) -> CallError {
        let body = self.secrets.redact(body);
        let what = if body.trim().is_empty() {
            "the answer is empty".to_owned()
        } else {
            format!("the answer is not valid JSON: {}", plain(body.as_bytes()))
        };
        CallError {
            status,
            body: (!body.is_empty()).then(|| beginning(body.as_bytes())),
            ..CallError::new(CallErrorKind::NoCompletion, what)
        }
    }

    /// Returns the reply that a server withheld because it is not of the requested form. Its finish reason says
    /// so; it is read like any other that was cut off.
    fn unreadable(&self, text: String, error: &CallError, form: &RequestForm) -> Reply {
        Reply {
            text: Some(text),
            finish_reason: Some("failed_generation".to_owned()),
            status: error.status,
            schema_requested: form.requests_schema(self.negotiator.wishes()),
            hints: *error.hints,
            ..Reply::default()
        }
    }
}

/// Returns what calls one server.
fn client(
    settings: &JudgeSettings,
    base_url: &str,
    headers: &HeaderMap,
    secrets: &Arc<Secrets>,
) -> Result<Client<ServerConfig>> {
    let mut url = Url::parse(base_url).map_err(|error| {
        Error::input(format!("judges.{}.base_url: not a URL: {error}", settings.name))
    })?;
    let connections = Arc::new(Connections::new(settings, &url)?);
    let query = url.query_pairs().into_owned().collect();
    url.set_query(None);
    url.set_fragment(None);
    let server = ServerConfig {
        base: url.as_str().trim_end_matches('/').to_owned(),
        query,
        headers: headers.clone(),
        no_key: SecretString::default(),
    };
    // This client only builds requests; the service chooses the client that sends each of them.
    let builder = connections.client().clone();
    let secrets = Arc::clone(secrets);
    let service = tower::service_fn(move |factory: HttpRequestFactory| {
        send(Arc::clone(&connections), Arc::clone(&secrets), factory)
    });
    Ok(Client::build(builder, server).with_http_service(service))
}

/// Sends one request, once, and gives async-openai a success to parse.
async fn send(
    connections: Arc<Connections>,
    secrets: Arc<Secrets>,
    factory: HttpRequestFactory,
) -> std::result::Result<reqwest::Response, OpenAIError> {
    let request = factory.build().await?;
    let answer = exchange(&connections, &secrets, request).await;
    let answer = answer.map_err(|error| OpenAIError::Boxed(Box::new(error)))?;
    let _outside_a_call = STATUS.try_with(|cell| cell.set(Some(answer.status)));
    let hints = RateHints::from_headers(&answer.headers);
    let _outside_a_call = HINTS.try_with(|cell| cell.replace(hints));
    let mut rebuilt = http::Response::new(answer.body);
    *rebuilt.headers_mut() = answer.headers;
    Ok(rebuilt.into())
}

impl ChatModel for Endpoint {
    fn complete<'a>(&'a self, trial: Trial<'a>, messages: &'a [Message]) -> ReplyFuture<'a> {
        Box::pin(self.call(&trial.comparison.item.id, messages))
    }

    fn server_profile(&self) -> ServerProfile {
        self.negotiator.profile()
    }

    fn request_fields(&self) -> Option<Map<String, Value>> {
        let (form, wishes) = (self.negotiator.form(&[]), self.negotiator.wishes());
        let body = Body { model: &self.model, messages: &[], wishes, form: &form };
        let Ok(Value::Object(mut fields)) = serde_json::to_value(body) else { return None };
        fields.shift_remove("messages");
        Some(fields)
    }

    fn requests_json_schema(&self) -> bool {
        self.negotiator.requests_schema()
    }

    fn can_ask_another_server(&self) -> bool {
        self.servers.another_serves()
    }

    fn failed_replicas(&self) -> Vec<FailedReplica> {
        self.servers.failed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Connection;

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.set_key("sk-0123456789");
        secrets.add_secret_header("x-team", "team-0123456789");
        secrets
    }

    fn settings(base_url: &str) -> (JudgeSettings, EndpointSettings) {
        let endpoint = EndpointSettings::new("model", base_url);
        (JudgeSettings::new("test", Connection::Endpoint(endpoint.clone())), endpoint)
    }

    #[test]
    fn debug_output_of_an_endpoint_shows_no_secret() {
        let (settings, endpoint) = settings("http://127.0.0.1:9/v1");
        let (output, profile) = (RequestedOutput::Text, ServerProfile::default());
        let endpoint = Endpoint::new(&settings, &endpoint, secrets(), output, profile).unwrap();
        let shown = format!("{endpoint:?}");
        assert!(shown.contains("127.0.0.1:9"), "{shown}");
        assert!(!shown.contains("0123456789"), "{shown}");
    }

    #[test]
    fn a_base_url_keeps_its_query_and_loses_trailing_slashes() {
        for (base_url, url, query) in [
            ("http://h/v1", "http://h/v1/chat", None),
            ("http://h/v1//", "http://h/v1/chat", None),
            ("http://h", "http://h/chat", None),
            ("http://h:8443/v1/?api-version=1.0-a", "http://h:8443/v1/chat", Some("1.0-a")),
        ] {
            let (settings, _) = settings(base_url);
            let secrets = Arc::new(secrets());
            let client = client(&settings, base_url, &HeaderMap::new(), &secrets).unwrap();
            let server = client.config();
            assert_eq!(server.url("/chat"), url);
            let query: Vec<(&str, &str)> =
                query.map(|version| ("api-version", version)).into_iter().collect();
            assert_eq!(server.query(), query);
        }
    }
}
