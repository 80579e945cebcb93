//! A judge behind an OpenAI-compatible endpoint, through async-openai's bring-your-own-type calls.
//!
//! async-openai builds the request and parses the answer's JSON; everything in between is ours: its own
//! retries would bypass the pacer, its typed replies reject what real servers send, and its default
//! configuration reads the environment. Answers are not trusted: their size is limited, and secrets that they
//! echo are redacted before any of it can reach a run file.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_openai::Client;
use async_openai::config::Config;
use async_openai::middleware::HttpRequestFactory;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use url::Url;

use super::answer::read_completion;
use super::body::Body;
use super::connections::Connections;
use super::parameters::{KnownParameters, RequestHash};
use super::secrets::Secrets;
use super::transport::{HINTS, STATUS, call_error, send};
use crate::error::{Error, Result};
use crate::input::{JudgeSettings, Message};
use crate::judge::{
    CallError, CallErrorKind, ChatModel, Reply, ReplyFuture, RequestedOutput, ServerProfile,
};
use crate::trial::Trial;

/// A judge behind an OpenAI-compatible endpoint.
#[derive(Debug)]
pub struct Endpoint {
    client: Client<ServerConfig>,
    model: String,
    form: RequestedOutput,
    temperature: f64,
    max_tokens: u64,
    extra: Map<String, Value>,
    secrets: Arc<Secrets>,
    known: Mutex<KnownParameters>,
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
    /// Returns a judge that calls `base_url` for `model`; `profile` is what is known about the server.
    ///
    /// # Errors
    ///
    /// `base_url` is not a URL, or the key, the name or the value of a header cannot be sent over HTTP; the
    /// message shows no value.
    pub fn new(
        settings: &JudgeSettings,
        model: &str,
        base_url: &str,
        secrets: Secrets,
        form: RequestedOutput,
        profile: ServerProfile,
    ) -> Result<Self> {
        let mut url = Url::parse(base_url).map_err(|error| {
            Error::input(format!("judges.{}.base_url: not a URL: {error}", settings.name))
        })?;
        let connections = Connections::new(settings, url.scheme() == "https")?;
        let query = url.query_pairs().into_owned().collect();
        url.set_query(None);
        url.set_fragment(None);
        let server = ServerConfig {
            base: url.as_str().trim_end_matches('/').to_owned(),
            query,
            headers: headers(&settings.name, &secrets)?,
            no_key: SecretString::default(),
        };
        let secrets = Arc::new(secrets);
        let (connections, redacted) = (Arc::new(connections), Arc::clone(&secrets));
        // This client only builds requests; the service chooses the client that sends each of them.
        let builder = connections.client().clone();
        let service = tower::service_fn(move |factory: HttpRequestFactory| {
            send(Arc::clone(&connections), Arc::clone(&redacted), factory)
        });
        Ok(Self {
            client: Client::build(builder, server).with_http_service(service),
            model: model.to_owned(),
            form,
            temperature: settings.temperature,
            max_tokens: settings.max_tokens,
            extra: settings.extra.clone(),
            secrets,
            known: Mutex::new(KnownParameters::new(profile)),
        })
    }

    fn body<'a>(
        &'a self,
        messages: &'a [Message],
        profile: ServerProfile,
        request_schema: bool,
    ) -> Body<'a> {
        let limit = if profile.needs_max_completion_tokens {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        Body {
            model: &self.model,
            messages,
            temperature: (!profile.rejects_temperature).then_some(self.temperature),
            limit: (limit, self.max_tokens),
            form: &self.form,
            request_schema,
            extra: &self.extra,
        }
    }

    async fn call(&self, messages: &[Message]) -> std::result::Result<Reply, CallError> {
        let (profile, uncertain) = {
            let known = self.known();
            (known.profile(), known.is_uncertain())
        };
        // Only a schema can be suspected. The lock is free meanwhile, since prompts may be long.
        let has_schema = matches!(self.form, RequestedOutput::Json(_));
        let hash = (uncertain && has_schema).then(|| RequestHash::of(messages));
        let suspected = self.known().suspects_schema(hash);
        let request_schema = self.uses_schema(profile) && !suspected;
        let body = self.body(messages, profile, request_schema);
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
                self.known().record_accepted(request_schema, hash);
                Ok(Reply { schema_requested: request_schema, hints, ..reply })
            }
            Err(mut error) => {
                *error.hints = hints;
                error.message = self.secrets.redact(error.message);
                if error.kind == CallErrorKind::RequestRejected
                    && self.known().learn_from_rejection(&error, profile, request_schema, hash)
                {
                    error.kind = CallErrorKind::UnsupportedParameter;
                }
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

    fn uses_schema(&self, profile: ServerProfile) -> bool {
        matches!(self.form, RequestedOutput::Json(_)) && profile.json_schema != Some(false)
    }

    fn known(&self) -> MutexGuard<'_, KnownParameters> {
        // No code panics while it holds this lock.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChatModel for Endpoint {
    fn complete<'a>(&'a self, _trial: Trial<'a>, messages: &'a [Message]) -> ReplyFuture<'a> {
        Box::pin(self.call(messages))
    }

    fn server_profile(&self) -> ServerProfile {
        self.known().profile()
    }

    fn requests_json_schema(&self) -> bool {
        self.uses_schema(self.server_profile())
    }
}

/// Returns the headers of every request, all of them marked as sensitive.
fn headers(judge: &str, secrets: &Secrets) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let sensitive = |value: &SecretString, what: &str| {
        let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| {
            Error::input(format!(
                "judges.{judge}: {what} contains a character that is not allowed in an HTTP header"
            ))
        })?;
        value.set_sensitive(true);
        Ok::<_, Error>(value)
    };
    if let Some(key) = secrets.key() {
        let token = SecretString::from(format!("Bearer {}", key.expose_secret()));
        headers.insert(AUTHORIZATION, sensitive(&token, "the key")?);
    }
    for (name, value) in secrets.headers() {
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
            Error::input(format!("judges.{judge}.headers: `{name}` is not a valid header name"))
        })?;
        headers.insert(header, sensitive(value, &format!("headers.{name}"))?);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Connection;

    fn endpoint(base_url: &str) -> Result<Endpoint> {
        let connection = Connection::Builtin("first".to_owned());
        let settings = JudgeSettings::new("test", connection);
        let mut secrets = Secrets::default();
        secrets.set_key("sk-0123456789");
        secrets.add_secret_header("x-team", "team-0123456789");
        let profile = ServerProfile::default();
        Endpoint::new(&settings, "model", base_url, secrets, RequestedOutput::Text, profile)
    }

    #[test]
    fn debug_output_of_an_endpoint_shows_no_secret() {
        let shown = format!("{:?}", endpoint("http://127.0.0.1:9/v1").unwrap());
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
            let endpoint = endpoint(base_url).unwrap();
            let server = endpoint.client.config();
            assert_eq!(server.url("/chat"), url);
            let query: Vec<(&str, &str)> =
                query.map(|version| ("api-version", version)).into_iter().collect();
            assert_eq!(server.query(), query);
        }
    }
}
