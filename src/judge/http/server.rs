//! One server and what requests to it have in common: for requests other than those of single replies.

use std::sync::Arc;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::multipart::Form;
use reqwest::{Method, Request};
use serde_json::Value;
use url::Url;

use super::address::Address;
use super::connections::Connections;
use super::exchange::{exchange_up_to, not_json};
use super::repair::parse_json;
use super::secrets::Secrets;
use crate::http_client::causes;
use crate::judge::{CallError, CallErrorKind};

/// The largest file, in bytes: the answers of a large batch.
const MAX_FILE: usize = 1 << 30;
/// The largest other answer, in bytes.
const MAX_BODY: usize = 32 << 20;

/// One server, with the key and the headers of every request to it.
#[derive(Debug, Clone)]
pub(in crate::judge) struct HttpServer {
    /// The base URL.
    pub(in crate::judge) base: Url,
    pub(in crate::judge) headers: HeaderMap,
    pub(in crate::judge) connections: Arc<Connections>,
    pub(in crate::judge) secrets: Arc<Secrets>,
}

impl HttpServer {
    /// Returns a URL below the base, of parts of a path that may contain any character.
    pub(in crate::judge) fn url(&self, parts: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.set_fragment(None);
        // A URL without a host has no path to extend, and is refused when it is used.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url
    }

    /// Gets a file, in which secrets are not redacted.
    ///
    /// # Errors
    ///
    /// As for [`exchange`](super::exchange).
    pub(in crate::judge) async fn get_file(&self, url: Url) -> Result<Vec<u8>, CallError> {
        self.execute(self.request(Method::GET, url), MAX_FILE).await
    }

    /// Gets JSON.
    ///
    /// # Errors
    ///
    /// As for [`exchange`](super::exchange); or the answer is no JSON.
    pub(in crate::judge) async fn get_json(&self, url: Url) -> Result<Value, CallError> {
        let request = self.request(Method::GET, url.clone());
        self.parsed(&url, &self.execute(request, MAX_BODY).await?)
    }

    /// Posts JSON and reads JSON.
    ///
    /// # Errors
    ///
    /// As for [`HttpServer::get_json`].
    pub(in crate::judge) async fn post_json(
        &self,
        url: Url,
        body: Vec<u8>,
    ) -> Result<Value, CallError> {
        let mut request = self.request(Method::POST, url.clone());
        let content_type = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, content_type);
        *request.body_mut() = Some(body.into());
        self.parsed(&url, &self.execute(request, MAX_BODY).await?)
    }

    /// Posts a form and reads JSON.
    ///
    /// # Errors
    ///
    /// As for [`HttpServer::get_json`]; or the form cannot be sent.
    pub(in crate::judge) async fn post_form(
        &self,
        url: Url,
        form: Form,
    ) -> Result<Value, CallError> {
        // The client only builds the request, with the length of its body.
        let request = self.connections.client().post(url.clone()).multipart(form).build();
        let mut request = request
            .map_err(|error| CallError::new(CallErrorKind::RequestRejected, causes(&error)))?;
        for (name, value) in self.headers.iter().filter(|(name, _)| **name != CONTENT_TYPE) {
            request.headers_mut().insert(name, value.clone());
        }
        self.parsed(&url, &self.execute(request, MAX_BODY).await?)
    }

    fn request(&self, method: Method, url: Url) -> Request {
        let mut request = Request::new(method, url);
        request.headers_mut().clone_from(&self.headers);
        request
    }

    async fn execute(&self, request: Request, max_body: usize) -> Result<Vec<u8>, CallError> {
        let answer = exchange_up_to(max_body, &self.connections, &self.secrets, request).await?;
        Ok(answer.body)
    }

    /// Parses JSON and redacts every secret in it.
    fn parsed(&self, url: &Url, body: &[u8]) -> Result<Value, CallError> {
        let parsed = parse_json(body).map(|mut value| {
            self.secrets.redact_json(&mut value);
            value
        });
        parsed.ok_or_else(|| {
            let address = Address::of(url, &self.secrets);
            let body = String::from_utf8_lossy(body).into_owned();
            not_json(&self.secrets, body, Some(200), &address)
        })
    }
}
