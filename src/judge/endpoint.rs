//! A judge behind HTTP servers, whatever the form of its API: which server is asked, in which form of request, and
//! what is learnt from the answer.
//!
//! A [`Server`] only puts a request into the words of its API, sends it, and reads its answer. Answers are not
//! trusted: secrets that they echo are redacted here before any of it can reach a run file.

use std::borrow::Cow;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Map, Value};
use url::Url;

use super::batch::{BatchApi, BatchServer};
use super::http::{Address, Connections, Replicas, Secrets, headers};
use super::negotiation::{Negotiator, RequestForm, Wishes};
use super::started::{EndedServer, Ports, StartError, StartFuture, StartedServers, StartsServers};
use super::{
    CallError, CallErrorKind, ChatModel, FailedReplica, RateHints, Reply, ReplyFuture,
    RequestedOutput, Sample, ServerProfile,
};
use crate::error::{Error, Result};
use crate::input::{EndpointSettings, JudgeSettings, Message, ServerCommand};
use crate::trial::{GradeTrial, Trial};

/// A token count above this is ignored as invalid.
const MAX_TOKENS: f64 = 1e9;

/// The content of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    /// The model's name.
    pub(super) model: &'a str,
    /// The prompt.
    pub(super) messages: &'a [Message],
    /// What the judge asks for.
    pub(super) wishes: &'a Wishes,
    /// The form in which the server accepts it.
    pub(super) form: &'a RequestForm,
    /// The most tokens that the reply to this request may have, whatever the server would accept.
    pub(super) most_tokens: Option<u64>,
}

impl<'a> Request<'a> {
    /// Returns the limit of the reply's length that is sent; `None` where the server accepts none.
    pub(super) fn max_tokens(&self) -> Option<u64> {
        let limit = self.form.max_tokens(self.wishes)?;
        Some(self.most_tokens.map_or(limit, |most| most.min(limit)))
    }

    /// Returns the messages to send. For a model without a system role, the system text is put in front of the
    /// user's.
    pub(super) fn accepted_messages(&self) -> Cow<'a, [Message]> {
        if !self.form.merges_system(self.wishes) {
            return Cow::Borrowed(self.messages);
        }
        let (system, mut others): (Vec<Message>, Vec<Message>) =
            self.messages.iter().cloned().partition(|message| message.role == "system");
        let system: Vec<String> = system.into_iter().map(|message| message.content).collect();
        if let Some(first) = others.first_mut().filter(|_| !system.is_empty()) {
            first.content = format!("{}\n\n{}", system.join("\n\n"), first.content);
        }
        Cow::Owned(others)
    }
}

/// A successful answer, as JSON.
#[derive(Debug)]
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: Option<u16>,
    /// What its headers report about quotas.
    pub(super) hints: RateHints,
    /// The body, in which secrets need not be redacted yet.
    pub(super) body: Value,
}

/// What a server is made of.
#[derive(Debug)]
pub(super) struct ServerParts {
    /// The base URL.
    pub(super) url: Url,
    pub(super) connections: Connections,
    /// The headers of every request, that of the key included.
    pub(super) headers: HeaderMap,
    pub(super) secrets: Arc<Secrets>,
}

/// One server of an endpoint, which is addressed in the form of its API.
pub(super) trait Server: BatchServer + Send + Sync + std::fmt::Debug + Sized {
    /// The header of the key and what stands before it.
    const KEY: (&'static HeaderName, &'static str);

    /// Returns the server at an address.
    fn new(parts: ServerParts) -> Self;

    /// Sends one request, once. An error is complete, with what its headers report about quotas.
    fn send(
        &self,
        request: Request<'_>,
    ) -> impl Future<Output = std::result::Result<Answer, CallError>> + Send;

    /// Returns the address of its requests, for messages.
    fn address(&self) -> &Address;

    /// Reads a reply from the body of an answer. What is no reply is an error that says so.
    fn read(body: &Value, status: Option<u16>) -> std::result::Result<Reply, CallError>;

    /// Returns the body of a request as JSON.
    fn body(request: Request<'_>) -> serde_json::Result<Value>;
}

/// A judge behind servers that are replicas of one model.
#[derive(Debug)]
pub(super) struct Endpoint<S> {
    settings: JudgeSettings,
    /// What starts the servers; `None` where they run already.
    command: Option<ServerCommand>,
    /// None before they are started.
    servers: RwLock<Arc<Replicas<S>>>,
    model: String,
    secrets: Arc<Secrets>,
    negotiator: Negotiator,
}

impl<S: Server> Endpoint<S> {
    /// Returns a judge that calls an endpoint; `profile` is what is known about its server.
    ///
    /// # Errors
    ///
    /// A URL is none, or the key, the name or the value of a header cannot be sent over HTTP; the message shows
    /// no value.
    pub(super) fn new(
        settings: &JudgeSettings,
        endpoint: &EndpointSettings,
        secrets: Secrets,
        output: RequestedOutput,
        profile: ServerProfile,
    ) -> Result<Self> {
        let secrets = Arc::new(secrets);
        let servers = connect(settings, &secrets, endpoint.base_urls())?;
        Ok(Self {
            settings: settings.clone(),
            command: endpoint.server_command().cloned(),
            servers: RwLock::new(Arc::new(servers)),
            model: endpoint.model.clone(),
            secrets,
            negotiator: Negotiator::new(Wishes::of(settings, output), profile),
        })
    }

    pub(super) fn servers(&self) -> Arc<Replicas<S>> {
        Arc::clone(&self.servers.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn call(
        &self,
        item: &str,
        messages: &[Message],
        most_tokens: Option<u64>,
    ) -> std::result::Result<Reply, CallError> {
        let servers = self.servers();
        if servers.is_empty() {
            let message = "the server of the judge was not started";
            return Err(CallError::new(CallErrorKind::Unreachable, message));
        }
        let server = servers.choose(item);
        let answer = self.ask_and_learn(server.client(), messages, most_tokens).await;
        server.record(answer)
    }

    /// Sends one request to one server, and learns from its answer what requests may contain.
    async fn ask_and_learn(
        &self,
        server: &S,
        messages: &[Message],
        most_tokens: Option<u64>,
    ) -> std::result::Result<Reply, CallError> {
        let form = self.negotiator.form(messages);
        let request = self.request(messages, &form, most_tokens);
        match self.ask(server, request).await {
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
    async fn ask(&self, server: &S, request: Request<'_>) -> std::result::Result<Reply, CallError> {
        let read = match server.send(request).await {
            Ok(Answer { status, hints, body }) => match self.read(body, status) {
                Ok(reply) => return Ok(Reply { hints, ..reply }),
                Err(error) => Err(CallError { hints: Box::new(hints), ..error }),
            },
            Err(error) => Err(error),
        };
        read.map_err(|error| CallError { message: self.secrets.redact(error.message), ..error })
    }

    /// Returns what answers must not contain.
    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Returns the body of a request of a batch, and whether it asks for JSON by a schema.
    pub(super) fn batched_body(&self, messages: &[Message]) -> serde_json::Result<(Value, bool)> {
        let form = self.negotiator.form(messages);
        let mut body = S::body(self.request(messages, &form, None))?;
        if let Some(fields) = body.as_object_mut() {
            // An answer that is stored in a file is never a stream.
            fields.retain(|name, _| name != "stream" && name != "stream_options");
        }
        Ok((body, form.requests_schema(self.negotiator.wishes())))
    }

    /// Reads an answer and redacts every secret in what is kept of it.
    pub(super) fn read(
        &self,
        mut body: Value,
        status: Option<u16>,
    ) -> std::result::Result<Reply, CallError> {
        if let Ok(reply) = S::read(&body, status) {
            return Ok(self.secrets.redact_reply(reply));
        }
        // An error keeps only the beginning of the answer. Redact before that is cut: a secret that is cut in
        // two would not be found.
        self.secrets.redact_json(&mut body);
        S::read(&body, status)
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

    fn request<'a>(
        &'a self,
        messages: &'a [Message],
        form: &'a RequestForm,
        most_tokens: Option<u64>,
    ) -> Request<'a> {
        let wishes = self.negotiator.wishes();
        Request { model: &self.model, messages, wishes, form, most_tokens }
    }
}

impl<S: Server> ChatModel for Endpoint<S> {
    fn complete<'a>(
        &'a self,
        trial: Trial<'a>,
        messages: &'a [Message],
        max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        Box::pin(self.call(&trial.comparison.item.id, messages, max_tokens))
    }

    fn grade<'a>(
        &'a self,
        trial: GradeTrial<'a>,
        messages: &'a [Message],
        max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        Box::pin(self.call(&trial.response.item.id, messages, max_tokens))
    }

    fn respond<'a>(
        &'a self,
        sample: Sample<'a>,
        messages: &'a [Message],
        max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        Box::pin(self.call(&sample.item.id, messages, max_tokens))
    }

    fn server_profile(&self) -> ServerProfile {
        self.negotiator.profile()
    }

    fn request_fields(&self) -> Option<Map<String, Value>> {
        let body = S::body(self.request(&[], &self.negotiator.form(&[]), None));
        let Ok(Value::Object(mut fields)) = body else { return None };
        fields.shift_remove("messages");
        Some(fields)
    }

    fn requests_json_schema(&self) -> bool {
        self.negotiator.requests_schema()
    }

    fn batches(&self) -> Option<&dyn BatchApi> {
        self.servers().only().is_some().then_some(self)
    }

    fn keep_token_limit(&self) {
        self.negotiator.keep_token_limit();
    }

    fn can_ask_another_server(&self) -> bool {
        self.servers().another_serves()
    }

    fn record_given_up(&self, item: &str) {
        self.servers().record_given_up(item);
    }

    fn address(&self) -> Option<String> {
        self.servers().only().map(|server| server.address().url().to_owned())
    }

    fn failed_replicas(&self) -> Vec<FailedReplica> {
        self.servers().failed()
    }
}

impl<S: Server> StartsServers for Endpoint<S> {
    fn start<'a>(&'a self, ports: &'a Ports) -> StartFuture<'a> {
        Box::pin(async move {
            let Some(command) = &self.command else {
                let message = format!("{}: no command starts a server", self.settings.place);
                return Err(StartError::Command(Error::internal(message)));
            };
            let started =
                StartedServers::start(&self.settings, command, &self.secrets, ports).await?;
            let servers = connect(&self.settings, &self.secrets, &started.base_urls())
                .map_err(StartError::Command)?;
            *self.servers.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(servers);
            Ok(started)
        })
    }

    fn retire(&self, ended: &EndedServer) {
        self.servers().retire(&ended.base_url, &ended.message);
    }
}

/// Returns the servers at these URLs, without opening a connection.
fn connect<S: Server>(
    settings: &JudgeSettings,
    secrets: &Arc<Secrets>,
    base_urls: &[String],
) -> Result<Replicas<S>> {
    let headers = headers(&settings.place, secrets, S::KEY)?;
    let server = |base_url: &String| {
        let url = Url::parse(base_url).map_err(|error| {
            Error::input(format!("{}.base_url: not a URL: {error}", settings.place))
        })?;
        let connections = Connections::new(settings, &url)?;
        let (headers, secrets) = (headers.clone(), Arc::clone(secrets));
        Ok((base_url.clone(), S::new(ServerParts { url, connections, headers, secrets })))
    };
    let servers = base_urls.iter().map(server).collect::<Result<Vec<_>>>()?;
    Ok(Replicas::new(servers, settings.timeout))
}

/// Returns a text field of an object.
pub(super) fn text_field(of: Option<&Value>, field: &str) -> Option<String> {
    of?.get(field)?.as_str().map(ToOwned::to_owned)
}

/// Returns a plausible number of tokens in a field of an object.
pub(super) fn token_count(of: Option<&Value>, field: &str) -> Option<u64> {
    let count = of?.get(field)?.as_f64()?;
    (0.0..=MAX_TOKENS).contains(&count).then_some(count as u64)
}
