//! Calls without a reply.

use std::time::Duration;

use super::rate_hints::RateHints;

/// What a failed call means for retrying it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallErrorKind {
    /// The server does not support a parameter. The model has recorded that: retry at once.
    UnsupportedParameter,
    /// The server rejects this request (400, 413, 422…).
    RequestRejected,
    /// The server rejects this request with a status that says nothing about the reason (418, 460…).
    UnknownRefusal,
    /// The server rejects the request for a reason that may concern every request (401, 403, 404, no credit
    /// left).
    EndpointRejected,
    /// The server asks to wait (429, 503, 529).
    Throttled,
    /// A failure that may be temporary (408, 5xx, a malformed body, a timeout).
    Transient,
    /// The server answers with a success that is no completion, and does not say why.
    NoCompletion,
    /// The connection was closed before any part of an answer arrived. That happens to a connection that was
    /// kept open, if the server closes it just as it is used again.
    ConnectionDropped,
    /// The endpoint is unreachable.
    Unreachable,
    /// One of several replicas failed, and another one can be asked at once.
    ReplicaFailed {
        /// Whether the failed one was reached, so that it may have processed the request.
        reached: bool,
    },
    /// The recording has no reply for this trial.
    NotRecorded,
    /// The program that is the judge cannot be started, or its processes fail without ever answering.
    ProgramFailed,
}

impl CallErrorKind {
    /// Returns the words for it in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnsupportedParameter => "unsupported parameter",
            Self::RequestRejected => "request rejected",
            Self::UnknownRefusal => "unknown refusal",
            Self::EndpointRejected => "endpoint rejects",
            Self::Throttled => "throttled",
            Self::Transient => "temporary failure",
            Self::NoCompletion => "no completion",
            Self::ConnectionDropped => "connection dropped",
            Self::Unreachable => "unreachable",
            Self::ReplicaFailed { .. } => "replica failed",
            Self::NotRecorded => "not recorded",
            Self::ProgramFailed => "program failed",
        }
    }
}

/// What a server says about a request that it rejects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Rejection {
    /// Its own sentence, without secrets.
    pub message: String,
    /// The parameter that it names.
    pub parameter: Option<String>,
    /// The status of the rejection: that of the answer, or the one that its body gives.
    pub status: Option<u16>,
    /// What the model wrote, where the server found that this is not of the requested form.
    pub failed_generation: Option<String>,
}

/// A replica that has failed and has not answered since.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedReplica {
    /// Its URL in the settings.
    pub base_url: String,
    /// Its last failure, in a sentence without secrets.
    pub message: String,
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
    /// Whether the message is about what all requests share: the key, the account, its credit, the address.
    pub account: bool,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// What the server says about the request, if it has rejected it.
    pub rejection: Option<Box<Rejection>>,
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
            account: false,
            retry_after: None,
            rejection: None,
            hints: Box::default(),
        }
    }

    /// Returns what may be logged: the kind and, where no server has answered, what happened to the connection. The
    /// words of a server are left out, since they may quote the request.
    pub fn logged(&self) -> String {
        let is_of_connection = matches!(
            self.kind,
            CallErrorKind::Unreachable
                | CallErrorKind::ConnectionDropped
                | CallErrorKind::ReplicaFailed { .. }
                | CallErrorKind::Transient
        );
        let has_no_answer =
            self.status.is_none() && self.body.is_none() && self.rejection.is_none();
        match self.kind.as_str() {
            kind if is_of_connection && has_no_answer => format!("{kind}: {}", self.message),
            kind => kind.to_owned(),
        }
    }
}
