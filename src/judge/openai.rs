//! Any OpenAI-compatible endpoint, through async-openai's bring-your-own-type calls.
//!
//! async-openai builds the request and reads the reply; everything in between is ours: its own retries
//! would hide refusals from the pacer, its typed replies reject what real servers send, and its default
//! configuration reads the environment. No other file names it. Answers of servers are hostile: they are
//! bounded in size, and any secret that they echo is blotted out before it can reach a run file.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::answer::{beginning, one_line, plain, read_completion, refusal};
use super::body::Body;
use super::connections::{Connections, causes};
use super::secrets::Secrets;
use super::{Answer, CallError, CallErrorKind, ChatModel, Learnt, RateHints, Reply, ReplyForm};
use crate::error::{Error, Result};
use crate::input::{JudgeSettings, Message};
use crate::trial::Trial;

/// The largest answer that is read; a verdict has some kilobytes.
const LARGEST_BODY: usize = 32 << 20;

tokio::task_local! {
    /// The HTTP status of the call under way; async-openai does not hand it on.
    static STATUS: Cell<Option<u16>>;
    /// What the answer's headers said about quotas; nor these.
    static HINTS: Cell<RateHints>;
}

/// Returns what tells one request's messages from another's.
fn hash_of(messages: &[Message]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for message in messages {
        hasher.update(&(message.content.len() as u64).to_le_bytes());
        hasher.update(message.content.as_bytes());
    }
    hasher.finalize()
}

/// A judge behind an OpenAI-compatible endpoint.
#[derive(Debug)]
pub struct Endpoint {
    client: Client<Server>,
    model: String,
    form: ReplyForm,
    temperature: f64,
    max_tokens: u64,
    extra: Map<String, Value>,
    secrets: Arc<Secrets>,
    known: Mutex<Known>,
}

/// What has been learnt, and what is only suspected.
#[derive(Debug)]
struct Known {
    learnt: Learnt,
    /// Requests that were refused without a reason that names the schema, by the hash of their messages.
    /// They, and only they, are tried once without it.
    doubted: HashSet<blake3::Hash>,
}

/// What async-openai needs to know of the server.
#[derive(Debug, Clone)]
struct Server {
    base: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    no_key: SecretString,
}

impl Config for Server {
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
        // The key stands in the headers, where it is marked as sensitive.
        &self.no_key
    }
}

impl Endpoint {
    /// Returns a judge that calls `base_url` for `model`, knowing what was `learnt` about it before.
    ///
    /// # Errors
    ///
    /// A header's name or value, or the key, cannot be sent over HTTP; the message never shows it.
    pub fn new(
        settings: &JudgeSettings,
        model: &str,
        base_url: &str,
        secrets: Secrets,
        form: ReplyForm,
        learnt: Learnt,
    ) -> Result<Self> {
        let connections = Connections::new(settings, base_url.starts_with("https://"))?;
        let (base, query) = base_url.split_once('?').unwrap_or((base_url, ""));
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        let server = Server {
            base: base.trim_end_matches('/').to_owned(),
            query: query.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            headers: headers(&settings.name, &secrets)?,
            no_key: SecretString::default(),
        };
        let secrets = Arc::new(secrets);
        let (connections, hidden) = (Arc::new(connections), Arc::clone(&secrets));
        // This one only builds the requests; which client sends them is decided for each.
        let builder = connections.client().clone();
        let service = tower::service_fn(move |factory: HttpRequestFactory| {
            send(Arc::clone(&connections), Arc::clone(&hidden), factory)
        });
        Ok(Self {
            client: Client::build(builder, server).with_http_service(service),
            model: model.to_owned(),
            form,
            temperature: settings.temperature,
            max_tokens: settings.max_tokens,
            extra: settings.extra.clone(),
            secrets,
            known: Mutex::new(Known { learnt, doubted: HashSet::new() }),
        })
    }

    fn body<'a>(&'a self, messages: &'a [Message], learnt: Learnt, by_schema: bool) -> Body<'a> {
        let limit =
            if learnt.max_completion_tokens { "max_completion_tokens" } else { "max_tokens" };
        Body {
            model: &self.model,
            messages,
            temperature: (!learnt.no_temperature).then_some(self.temperature),
            limit: (limit, self.max_tokens),
            form: &self.form,
            by_schema,
            extra: &self.extra,
        }
    }

    async fn call(&self, messages: &[Message]) -> std::result::Result<Reply, CallError> {
        let (learnt, in_doubt) = {
            let known = self.known();
            (known.learnt, known.learnt.json_schema.is_none() || !known.doubted.is_empty())
        };
        let hash = in_doubt.then(|| hash_of(messages));
        let doubted = hash.is_some_and(|hash| self.known().doubted.contains(&hash));
        let by_schema = self.wants_schema(learnt) && !doubted;
        let body = self.body(messages, learnt, by_schema);
        let sent = async {
            let answer = self.client.chat().create_byot::<_, Value>(&body).await;
            (answer, STATUS.with(Cell::get), HINTS.with(Cell::get))
        };
        let sent = HINTS.scope(Cell::default(), sent);
        let (answer, status, hints) = STATUS.scope(Cell::new(None), sent).await;
        let result = match answer {
            Ok(value) => self.read(value, status),
            Err(error) => Err(call_error(error, status, &self.secrets)),
        };
        match result {
            Ok(reply) => {
                let mut known = self.known();
                if by_schema {
                    known.learnt.json_schema = Some(true);
                } else if hash.is_some_and(|hash| known.doubted.remove(&hash)) {
                    known.learnt.json_schema = known.learnt.json_schema.or(Some(false));
                }
                Ok(Reply { by_schema, hints, ..reply })
            }
            Err(mut error) => {
                *error.hints = hints;
                error.message = self.secrets.redact(error.message);
                if error.kind == CallErrorKind::Refused
                    && self.learn_from(&error, learnt, by_schema, hash)
                {
                    error.kind = CallErrorKind::Parameter;
                }
                Err(error)
            }
        }
    }

    /// Reads an answer and blots out every secret in what is kept of it.
    fn read(
        &self,
        mut answer: Value,
        status: Option<u16>,
    ) -> std::result::Result<Reply, CallError> {
        if let Ok(reply) = read_completion(&answer, status) {
            return Ok(self.secrets.redact_reply(reply));
        }
        // An error keeps the beginning of the answer, where a secret that is cut in two would not be found.
        self.secrets.redact_all(&mut answer);
        read_completion(&answer, status)
    }

    fn wants_schema(&self, learnt: Learnt) -> bool {
        matches!(self.form, ReplyForm::Json(_)) && learnt.json_schema != Some(false)
    }

    /// Learns from a refusal which parameter the server does not take; `false` if it was another reason.
    ///
    /// Only the server's own sentence counts, not the body, which may echo the request. Where it names
    /// nothing and the schema has never been accepted, this one request is tried without it: if that
    /// succeeds, the schema was the reason.
    fn learn_from(
        &self,
        error: &CallError,
        sent: Learnt,
        by_schema: bool,
        hash: Option<blake3::Hash>,
    ) -> bool {
        let said = error.message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        let rejects = says(&[
            "support",
            "unrecognized",
            "unknown",
            "not allowed",
            "not permitted",
            "invalid",
        ]);
        let mut known = self.known();
        if says(&["max_completion_tokens"]) && !sent.max_completion_tokens {
            known.learnt.max_completion_tokens = true;
            return true;
        }
        if rejects && says(&["temperature"]) && !sent.no_temperature {
            known.learnt.no_temperature = true;
            return true;
        }
        if !by_schema {
            hash.map(|hash| known.doubted.remove(&hash));
            return false;
        }
        if says(&["response_format", "json_schema", "structured output", "guided", "grammar"]) {
            known.learnt.json_schema = Some(false);
            return true;
        }
        match known.learnt.json_schema {
            // A server that has accepted the schema, or that finds the request too long, has another reason.
            Some(true) => false,
            None if error.status == Some(413) => false,
            // It was learnt while this request was on its way.
            Some(false) => true,
            // A repeat of the same request may have doubted it before this one came back; it is tried too.
            None => {
                known.doubted.extend(hash);
                hash.is_some()
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl ChatModel for Endpoint {
    fn complete<'a>(&'a self, _trial: Trial<'a>, messages: &'a [Message]) -> Answer<'a> {
        Box::pin(self.call(messages))
    }

    fn learnt(&self) -> Learnt {
        self.known().learnt
    }

    fn asks_by_schema(&self) -> bool {
        self.wants_schema(self.learnt())
    }
}

fn headers(judge: &str, secrets: &Secrets) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let secret = |value: &str, what: &str| {
        let mut value = HeaderValue::from_str(value).map_err(|_| {
            Error::input(format!("judges.{judge}: {what} has a character that HTTP cannot carry"))
        })?;
        value.set_sensitive(true);
        Ok::<_, Error>(value)
    };
    if let Some(key) = &secrets.key {
        headers.insert(AUTHORIZATION, secret(&format!("Bearer {key}"), "the key")?);
    }
    for (name, value) in &secrets.headers {
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
            Error::input(format!("judges.{judge}.headers: `{name}` is no header's name"))
        })?;
        headers.insert(header, secret(value, &format!("headers.{name}"))?);
    }
    Ok(headers)
}

/// Sends one request, once. An answer that is no success becomes a [`CallError`] here, where its headers
/// can still be seen.
async fn send(
    connections: Arc<Connections>,
    secrets: Arc<Secrets>,
    factory: HttpRequestFactory,
) -> std::result::Result<reqwest::Response, OpenAIError> {
    let boxed = |error: CallError| OpenAIError::Boxed(Box::new(error));
    let request = factory.build().await?;
    let mut response = connections.client().execute(request).await.map_err(|error| {
        connections.failed();
        boxed(transport_error(&error))
    })?;
    connections.answered(response.version());
    let status = response.status();
    let _outside_a_call = STATUS.try_with(|cell| cell.set(Some(status.as_u16())));
    let headers = response.headers().clone();
    let _outside_a_call = HINTS.try_with(|cell| cell.set(RateHints::of(&headers)));
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST_BODY => {
                body.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => {
                let message = format!("the answer is larger than {} MiB", LARGEST_BODY >> 20);
                return Err(boxed(CallError {
                    status: Some(status.as_u16()),
                    ..CallError::new(CallErrorKind::Passing, message)
                }));
            }
            Ok(None) => break,
            Err(error) => {
                return Err(boxed(CallError {
                    status: Some(status.as_u16()),
                    body: (!body.is_empty()).then(|| beginning(&secrets.redact_bytes(body))),
                    ..CallError::new(
                        CallErrorKind::Passing,
                        format!("the answer broke off: {}", causes(&error)),
                    )
                }));
            }
        }
    }
    if !status.is_success() {
        // Before anything is cut to length, which could leave a part of a secret.
        let body = secrets.redact_bytes(body);
        return Err(boxed(refusal(status.as_u16(), &headers, &body, &secrets)));
    }
    let mut rebuilt = http::Response::new(body);
    *rebuilt.status_mut() = status;
    *rebuilt.headers_mut() = headers;
    Ok(rebuilt.into())
}

fn transport_error(error: &reqwest::Error) -> CallError {
    if error.is_connect() {
        let causes = causes(error);
        let hint = if causes.contains("UnknownIssuer") {
            " (whom to trust beside the system's authorities, SSL_CERT_FILE says)"
        } else if causes.contains("InvalidContentType") {
            " (does the server speak https?)"
        } else {
            ""
        };
        let message = format!("the endpoint cannot be reached: {causes}{hint}");
        CallError::new(CallErrorKind::Unreachable, message)
    } else {
        let kind = if was_dropped(error) { CallErrorKind::Dropped } else { CallErrorKind::Passing };
        CallError::new(kind, format!("the request failed: {}", causes(error)))
    }
}

/// Returns whether the server closed the connection before it sent anything.
fn was_dropped(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return error.is_incomplete_message() || error.is_canceled();
        }
        cause = error.source();
    }
    false
}

fn call_error(error: OpenAIError, status: Option<u16>, secrets: &Secrets) -> CallError {
    match error {
        OpenAIError::Boxed(inner) => match inner.downcast::<CallError>() {
            Ok(error) => *error,
            Err(other) => CallError::new(CallErrorKind::Passing, other.to_string()),
        },
        OpenAIError::JSONDeserialize(_, body) => {
            let body = secrets.redact(body);
            let what = if body.trim().is_empty() {
                "the answer is empty".to_owned()
            } else {
                format!("the answer is not valid JSON: {}", plain(body.as_bytes()))
            };
            CallError {
                status,
                body: (!body.is_empty()).then(|| beginning(body.as_bytes())),
                ..CallError::new(CallErrorKind::Passing, what)
            }
        }
        OpenAIError::Reqwest(error) => transport_error(&error),
        other => CallError {
            status,
            ..CallError::new(CallErrorKind::Refused, one_line(&other.to_string()))
        },
    }
}
