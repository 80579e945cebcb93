//! OpenAI-compatible servers, through async-openai's bring-your-own-type calls.
//!
//! async-openai builds the request and parses the answer's JSON; everything in between is ours: its own
//! retries would bypass the pacer, its typed replies reject what real servers send, and its default
//! configuration reads the environment.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName};
use secrecy::SecretString;
use serde_json::Value;

use super::answer::read_completion;
use super::body::Body;
use super::stream::{assemble, is_stream};
use crate::judge::endpoint::{Answer, Request, Server, ServerParts};
use crate::judge::http::{
    Address, Connections, HttpServer, Secrets, exchange, not_json, one_line, parse_json, with_path,
};
use crate::judge::{CallError, CallErrorKind, RateHints, Reply};

tokio::task_local! {
    /// The HTTP status of the current call, which async-openai does not return.
    static STATUS: Cell<Option<u16>>;
    /// What the answer's headers report about quotas, which async-openai does not return either.
    static HINTS: RefCell<RateHints>;
}

/// An OpenAI-compatible server.
#[derive(Debug)]
pub(in crate::judge) struct OpenAiServer {
    client: Client<ServerConfig>,
    http: HttpServer,
    address: Address,
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

impl Server for OpenAiServer {
    const KEY: (&'static HeaderName, &'static str) = (&AUTHORIZATION, "Bearer ");

    fn new(ServerParts { mut url, connections, headers, secrets }: ServerParts) -> Self {
        let connections = Arc::new(connections);
        let http = HttpServer {
            base: url.clone(),
            headers: headers.clone(),
            connections: Arc::clone(&connections),
            secrets: Arc::clone(&secrets),
        };
        let query = url.query_pairs().into_owned().collect();
        url.set_query(None);
        url.set_fragment(None);
        let server = ServerConfig {
            base: url.as_str().trim_end_matches('/').to_owned(),
            query,
            headers,
            no_key: SecretString::default(),
        };
        // This client only builds requests; the service chooses the client that sends each of them.
        let builder = connections.client().clone();
        let address = Address::of(&with_path(&url, "/chat/completions"), &secrets);
        let service = tower::service_fn(move |factory: HttpRequestFactory| {
            send(Arc::clone(&connections), Arc::clone(&secrets), factory)
        });
        let client = Client::build(builder, server).with_http_service(service);
        Self { client, http, address }
    }

    async fn send(&self, request: Request<'_>) -> std::result::Result<Answer, CallError> {
        let body = Body(request);
        let sent = async {
            let answer = self.client.chat().create_byot::<_, Value>(&body).await;
            (answer, STATUS.with(Cell::get), HINTS.with(RefCell::take))
        };
        let sent = HINTS.scope(RefCell::default(), sent);
        let (answer, status, hints) = STATUS.scope(Cell::new(None), sent).await;
        match answer.or_else(|error| self.read_failure(error, status)) {
            Ok(body) => Ok(Answer { status, hints, body }),
            Err(mut error) => {
                if *error.hints == RateHints::default() {
                    *error.hints = hints;
                }
                Err(error)
            }
        }
    }

    fn address(&self) -> &Address {
        &self.address
    }

    fn read(body: &Value, status: Option<u16>) -> std::result::Result<Reply, CallError> {
        read_completion(body, status)
    }

    fn body(request: Request<'_>) -> serde_json::Result<Value> {
        serde_json::to_value(Body(request))
    }
}

impl OpenAiServer {
    /// Returns the server for requests other than those of single replies.
    pub(super) fn http(&self) -> &HttpServer {
        &self.http
    }

    /// Reads what async-openai could not: an answer that is a stream or almost JSON, or an error.
    fn read_failure(
        &self,
        error: OpenAIError,
        status: Option<u16>,
    ) -> std::result::Result<Value, CallError> {
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
                value.ok_or_else(|| not_json(&self.http.secrets, body, status, &self.address))
            }
            other => Err(CallError {
                status,
                ..CallError::new(
                    CallErrorKind::RequestRejected,
                    one_line(&self.http.secrets.redact(other.to_string())),
                )
            }),
        }
    }
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

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::input::{Connection, EndpointSettings, JudgeSettings};
    use crate::judge::endpoint::Endpoint;
    use crate::judge::{RequestedOutput, ServerProfile};

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
        let endpoint =
            Endpoint::<OpenAiServer>::new(&settings, &endpoint, secrets(), output, profile);
        let shown = format!("{:?}", endpoint.unwrap());
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
            let url_of_server = Url::parse(base_url).unwrap();
            let server = OpenAiServer::new(ServerParts {
                connections: Connections::new(&settings, &url_of_server).unwrap(),
                url: url_of_server,
                headers: HeaderMap::new(),
                secrets: Arc::new(secrets()),
            });
            let server = server.client.config();
            assert_eq!(server.url("/chat"), url);
            let query: Vec<(&str, &str)> =
                query.map(|version| ("api-version", version)).into_iter().collect();
            assert_eq!(server.query(), query);
        }
    }
}
