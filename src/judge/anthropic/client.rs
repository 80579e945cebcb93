//! Sends requests to one server of the Messages API.

use std::sync::Arc;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

use super::answer::read_message;
use super::body::Body;
use crate::error::{Error, Result};
use crate::input::JudgeSettings;
use crate::judge::endpoint::{Answer, Request, Server, ServerParts};
use crate::judge::http::{Address, HttpServer, exchange, not_json, parse_json, with_path};
use crate::judge::{CallError, CallErrorKind, RateHints, Reply};

/// The version of the API that requests and answers are written for.
const VERSION: &str = "2023-06-01";
static VERSION_HEADER: HeaderName = HeaderName::from_static("anthropic-version");
static KEY_HEADER: HeaderName = HeaderName::from_static("x-api-key");

/// A server of the Messages API.
#[derive(Debug)]
pub(in crate::judge) struct MessagesServer {
    url: Url,
    http: HttpServer,
    address: Address,
}

/// Checks the settings that this API does not allow.
///
/// # Errors
///
/// There is no limit of a reply's length, or all of it is for thinking.
pub(in crate::judge) fn check_settings(settings: &JudgeSettings) -> Result<()> {
    let place = format!("{}.max_tokens", settings.place);
    let Some(limit) = settings.max_tokens else {
        return Err(Error::input(format!("{place}: the Messages API requires a number"))
            .hint("remove it for the default, or set the most tokens that a reply may have"));
    };
    let budget = settings.extra.get("thinking").and_then(|thinking| thinking.get("budget_tokens"));
    match budget.and_then(Value::as_u64).filter(|budget| *budget >= limit) {
        Some(budget) => Err(Error::input(format!(
            "{place}: {limit} is not more than extra.thinking.budget_tokens, which is {budget}"
        ))
        .hint("raise max_tokens: it is the limit of thinking and verdict together")),
        None => Ok(()),
    }
}

impl Server for MessagesServer {
    const KEY: (&'static HeaderName, &'static str) = (&KEY_HEADER, "");

    fn new(ServerParts { mut url, connections, mut headers, secrets }: ServerParts) -> Self {
        let base = url.clone();
        url = with_path(&url, "/messages");
        url.set_fragment(None);
        let address = Address::of(&url, &secrets);
        headers.entry(&VERSION_HEADER).or_insert(HeaderValue::from_static(VERSION));
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        let connections = Arc::new(connections);
        let http = HttpServer { base, headers, connections, secrets };
        Self { url, http, address }
    }

    async fn send(&self, request: Request<'_>) -> std::result::Result<Answer, CallError> {
        let body = serde_json::to_vec(&Body(request))
            .map_err(|error| CallError::new(CallErrorKind::RequestRejected, error.to_string()))?;
        let mut http = reqwest::Request::new(Method::POST, self.url.clone());
        let HttpServer { headers, connections, secrets, .. } = &self.http;
        http.headers_mut().clone_from(headers);
        *http.body_mut() = Some(body.into());
        let answer = exchange(connections, secrets, http).await?;
        let (status, hints) = (Some(answer.status), RateHints::from_headers(&answer.headers));
        let Some(mut body) = parse_json(&answer.body) else {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            let error = not_json(secrets, body, status, &self.address);
            return Err(CallError { hints: Box::new(hints), ..error });
        };
        // Before the verdict's JSON becomes a text, in which a secret may be escaped.
        secrets.redact_json(&mut body);
        Ok(Answer { status, hints, body })
    }

    fn address(&self) -> &Address {
        &self.address
    }

    fn read(body: &Value, status: Option<u16>) -> std::result::Result<Reply, CallError> {
        read_message(body, status)
    }

    fn body(request: Request<'_>) -> serde_json::Result<Value> {
        serde_json::to_value(Body(request))
    }
}

impl MessagesServer {
    /// Returns the server for requests other than those of single replies.
    pub(super) fn http(&self) -> &HttpServer {
        &self.http
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Connection, EndpointSettings};
    use crate::judge::http::{Connections, Secrets, headers};

    #[test]
    fn the_url_keeps_its_query_and_debug_output_shows_no_secret() {
        let mut secrets = Secrets::default();
        secrets.set_key("sk-0123456789");
        let endpoint = EndpointSettings::new("model", "");
        let settings = JudgeSettings::new("test", Connection::Endpoint(endpoint));
        for (base_url, expected) in [
            ("http://h/v1", "http://h/v1/messages"),
            ("http://h/v1//", "http://h/v1/messages"),
            ("http://h", "http://h/messages"),
            ("http://h:8443/v1/?api-version=1.0-a", "http://h:8443/v1/messages?api-version=1.0-a"),
        ] {
            let url = Url::parse(base_url).unwrap();
            let server = MessagesServer::new(ServerParts {
                connections: Connections::new(&settings, &url).unwrap(),
                url,
                headers: headers("test", &secrets, MessagesServer::KEY).unwrap(),
                secrets: Arc::new(secrets.clone()),
            });
            assert_eq!(server.url.as_str(), expected);
            assert_eq!(server.http.headers["x-api-key"], "sk-0123456789");
            assert!(!format!("{server:?}").contains("0123456789"), "{server:?}");
        }
    }
}
