//! Sends one request, once, and reads its answer within limits.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use secrecy::{ExposeSecret as _, SecretString};

use super::address::Address;
use super::connections::Connections;
use super::hints::retry_after;
use super::secrets::Secrets;
use super::server_error::{ServerError, classify};
use super::wording::{beginning, is_html, one_line, plain};
use crate::error::{Error, Result};
use crate::http_client::causes;
use crate::judge::{CallError, CallErrorKind, RateHints, Rejection};

/// The largest answer that is read, in bytes; a verdict has some kilobytes.
const MAX_BODY: usize = 32 << 20;

/// A successful answer.
#[derive(Debug)]
pub(in crate::judge) struct HttpAnswer {
    pub(in crate::judge) status: u16,
    pub(in crate::judge) headers: HeaderMap,
    pub(in crate::judge) body: Vec<u8>,
}

/// Sends one request, once. An answer without success is a [`CallError`], from which secrets are redacted.
///
/// # Errors
///
/// There was no answer, it could not be read to its end, or it was no success.
pub(in crate::judge) async fn exchange(
    connections: &Connections,
    secrets: &Secrets,
    request: reqwest::Request,
) -> std::result::Result<HttpAnswer, CallError> {
    exchange_up_to(MAX_BODY, connections, secrets, request).await
}

/// As [`exchange`], for an answer of at most so many bytes.
///
/// # Errors
///
/// As for [`exchange`].
pub(in crate::judge) async fn exchange_up_to(
    max_body: usize,
    connections: &Connections,
    secrets: &Secrets,
    request: reqwest::Request,
) -> std::result::Result<HttpAnswer, CallError> {
    let address = Address::of(request.url(), secrets);
    let mut response = connections.client().execute(request).await.map_err(|error| {
        connections.record_failure();
        connections.failure(&error, &address)
    })?;
    connections.record_version(response.version());
    let (status, headers) = (response.status(), response.headers().clone());
    let failed = |message: String, body: Option<String>| CallError {
        status: Some(status.as_u16()),
        body,
        hints: Box::new(RateHints::from_headers(&headers)),
        ..CallError::new(CallErrorKind::Transient, message)
    };
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= max_body => {
                body.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => {
                let message = format!("the answer is larger than {} MiB", max_body >> 20);
                return Err(failed(message, None));
            }
            Ok(None) => break,
            Err(error) => {
                let read = (!body.is_empty()).then(|| beginning(&secrets.redact_bytes(body)));
                let message = format!("the answer ended early: {}{address}", causes(&error));
                return Err(failed(message, read));
            }
        }
    }
    if !status.is_success() {
        // Redact before anything is cut, which could leave a part of a secret.
        let body = secrets.redact_bytes(body);
        return Err(rejection(status.as_u16(), &headers, &body, secrets, &address));
    }
    Ok(HttpAnswer { status: status.as_u16(), headers, body })
}

/// Reads an answer without success.
pub(in crate::judge) fn rejection(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    secrets: &Secrets,
    address: &Address,
) -> CallError {
    let read = ServerError::read(body);
    // JSON without a message may be anything, even an echo of the request, and is not shown.
    let plain = read.is_none().then(|| plain(body));
    let error = read.unwrap_or_else(|| ServerError { message: plain, ..ServerError::default() });
    // A redirect is not followed: the other server would receive the key. It is shown, so that the user can
    // configure it instead.
    let location = headers.get(LOCATION).filter(|_| (300..400).contains(&status));
    let location = location.map(|location| {
        let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
        // The query may hold a key in an encoding that is not recognized.
        one_line(secrets.redact(location).split(['?', '#']).next().unwrap_or_default())
    });
    let what = match location {
        Some(location) => format!("HTTP {status}, a redirect to {location}"),
        None => format!("HTTP {status}"),
    };
    let error = ServerError { delay: retry_after(headers).or(error.delay), ..error };
    let (kind, account) = classify(status, &error);
    let message = error.message.as_deref().filter(|message| !message.is_empty());
    let message = message.map_or(what.clone(), |message| format!("{what}: {message}"));
    // These may mean that another server answers than the intended one, or another path of it.
    let concerns_address = matches!(status, 300..=399 | 401 | 403..=405 | 407) || is_html(body);
    let address = match status {
        _ if !concerns_address => String::new(),
        404 if !account => format!("{address}{}", address.guess()),
        _ => address.to_string(),
    };
    CallError {
        kind,
        message: format!("{message}{address}"),
        status: Some(status),
        account,
        body: (!body.is_empty()).then(|| beginning(body)),
        retry_after: error.delay,
        hints: Box::new(RateHints::from_headers(headers)),
        rejection: Some(Box::new(Rejection { status: Some(status), ..error.rejection() })),
    }
}

/// Returns the error for a success that is not JSON.
pub(in crate::judge) fn not_json(
    secrets: &Secrets,
    body: String,
    status: Option<u16>,
    address: &Address,
) -> CallError {
    let body = secrets.redact(body);
    let what = if body.trim().is_empty() {
        format!("the answer is empty{address}")
    } else {
        format!("the answer is not valid JSON: {}{address}", plain(body.as_bytes()))
    };
    CallError {
        status,
        body: (!body.is_empty()).then(|| beginning(body.as_bytes())),
        ..CallError::new(CallErrorKind::NoCompletion, what)
    }
}

/// Returns the headers of every request, all of them marked as sensitive; `key` is the header of the key and
/// what stands before it.
///
/// # Errors
///
/// The key, the name or the value of a header cannot be sent over HTTP; the message shows no value.
pub(in crate::judge) fn headers(
    place: &str,
    secrets: &Secrets,
    (key_header, before_key): (&HeaderName, &str),
) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let sensitive = |value: &SecretString, what: &str| {
        let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| {
            Error::input(format!(
                "{place}: {what} contains a character that is not allowed in an HTTP header"
            ))
        })?;
        value.set_sensitive(true);
        Ok::<_, Error>(value)
    };
    if let Some(key) = secrets.key() {
        let token = SecretString::from(format!("{before_key}{}", key.expose_secret()));
        headers.insert(key_header, sensitive(&token, "the key")?);
    }
    for (name, value) in secrets.headers() {
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
            Error::input(format!("{place}.headers: `{name}` is not a valid header name"))
        })?;
        headers.insert(header, sensitive(value, &format!("headers.{name}"))?);
    }
    Ok(headers)
}
