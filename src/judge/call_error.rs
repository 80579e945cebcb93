//! Calls without a reply.

use std::time::Duration;

use super::rate_hints::RateHints;

/// What a failed call means for retrying it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallErrorKind {
    /// The server does not support a parameter. The model has recorded that: retry at once.
    UnsupportedParameter,
    /// The server rejects this request for good (400, 413, 422…).
    RequestRejected,
    /// The endpoint rejects every request (401, 403, 404, no credit left).
    EndpointRejected,
    /// The server asks to wait (429, 503).
    Throttled,
    /// A failure that may be temporary (408, 5xx, a malformed body, a timeout).
    Transient,
    /// The connection was closed before any part of an answer arrived. That happens to a connection that was
    /// kept open, if the server closes it just as it is used again.
    ConnectionDropped,
    /// The endpoint is unreachable.
    Unreachable,
    /// The recording has no reply for this trial.
    NotRecorded,
}

/// A call without a reply.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What the failure means for retrying the call.
    pub kind: CallErrorKind,
    /// What happened, in a sentence without secrets.
    pub message: String,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The beginning of the answer's body, if there was one.
    pub body: Option<String>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// What the answer reports about quotas.
    pub hints: Box<RateHints>,
}

impl CallError {
    /// Returns an error without an answer.
    pub fn new(kind: CallErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            body: None,
            retry_after: None,
            hints: Box::default(),
        }
    }
}
