//! Sends one request, once, and reads its answer within limits.

use std::cell::Cell;
use std::sync::Arc;

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;

use super::answer::{beginning, one_line, plain, rejection};
use super::connections::{Connections, causes};
use super::secrets::Secrets;
use crate::judge::{CallError, CallErrorKind, RateHints};

/// The largest answer that is read, in bytes; a verdict has some kilobytes.
const MAX_BODY: usize = 32 << 20;

tokio::task_local! {
    /// The HTTP status of the current call, which async-openai does not return.
    pub(super) static STATUS: Cell<Option<u16>>;
    /// What the answer's headers report about quotas, which async-openai does not return either.
    pub(super) static HINTS: Cell<RateHints>;
}

/// Sends one request, once. An answer without success becomes a [`CallError`] here, while its headers are
/// still available.
pub(super) async fn send(
    connections: Arc<Connections>,
    secrets: Arc<Secrets>,
    factory: HttpRequestFactory,
) -> Result<reqwest::Response, OpenAIError> {
    let boxed = |error: CallError| OpenAIError::Boxed(Box::new(error));
    let request = factory.build().await?;
    let mut response = connections.client().execute(request).await.map_err(|error| {
        connections.record_failure();
        boxed(transport_error(&error))
    })?;
    connections.record_version(response.version());
    let status = response.status();
    let _outside_a_call = STATUS.try_with(|cell| cell.set(Some(status.as_u16())));
    let headers = response.headers().clone();
    let _outside_a_call = HINTS.try_with(|cell| cell.set(RateHints::from_headers(&headers)));
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_BODY => {
                body.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => {
                let message = format!("the answer is larger than {} MiB", MAX_BODY >> 20);
                return Err(boxed(CallError {
                    status: Some(status.as_u16()),
                    ..CallError::new(CallErrorKind::Transient, message)
                }));
            }
            Ok(None) => break,
            Err(error) => {
                return Err(boxed(CallError {
                    status: Some(status.as_u16()),
                    body: (!body.is_empty()).then(|| beginning(&secrets.redact_bytes(body))),
                    ..CallError::new(
                        CallErrorKind::Transient,
                        format!("the answer ended early: {}", causes(&error)),
                    )
                }));
            }
        }
    }
    if !status.is_success() {
        // Redact before anything is cut, which could leave a part of a secret.
        let body = secrets.redact_bytes(body);
        return Err(boxed(rejection(status.as_u16(), &headers, &body, &secrets)));
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
            " (SSL_CERT_FILE can name a file of further certificate authorities to trust)"
        } else if causes.contains("InvalidContentType") {
            " (if the server does not use HTTPS, begin base_url with http://)"
        } else {
            ""
        };
        let message = format!("cannot connect to the endpoint: {causes}{hint}");
        CallError::new(CallErrorKind::Unreachable, message)
    } else {
        let kind = if was_dropped(error) {
            CallErrorKind::ConnectionDropped
        } else {
            CallErrorKind::Transient
        };
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

/// Converts an error of async-openai.
pub(super) fn call_error(error: OpenAIError, status: Option<u16>, secrets: &Secrets) -> CallError {
    match error {
        OpenAIError::Boxed(inner) => match inner.downcast::<CallError>() {
            Ok(error) => *error,
            Err(other) => CallError::new(CallErrorKind::Transient, other.to_string()),
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
                ..CallError::new(CallErrorKind::Transient, what)
            }
        }
        OpenAIError::Reqwest(error) => transport_error(&error),
        other => CallError {
            status,
            ..CallError::new(
                CallErrorKind::RequestRejected,
                one_line(&secrets.redact(other.to_string())),
            )
        },
    }
}
