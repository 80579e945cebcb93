//! What a server was found to accept.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What a server was found to accept, learnt from its answers and stored in the run. It is no part of the run's
/// identity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that a server may reject")]
pub struct ServerProfile {
    /// Whether the server accepts JSON by a schema, as `response_format` or as a forced tool; `None` if not known
    /// yet.
    pub json_schema: Option<bool>,
    /// Whether the server requires `max_completion_tokens` in place of `max_tokens`.
    #[serde(rename = "max_completion_tokens")]
    pub needs_max_completion_tokens: bool,
    /// Whether the server rejects every limit of the reply's length.
    #[serde(rename = "no_max_tokens", skip_serializing_if = "is_false")]
    pub rejects_max_tokens: bool,
    /// The largest limit of the reply's length that the server accepts, if it has rejected a larger one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_max_tokens: Option<u64>,
    /// Whether the server rejects `temperature`.
    #[serde(rename = "no_temperature")]
    pub rejects_temperature: bool,
    /// Whether the model has no system role: its text goes in front of the user's.
    #[serde(rename = "no_system_role", skip_serializing_if = "is_false")]
    pub rejects_system_role: bool,
    /// The most `top_logprobs` that the server accepts, if it has rejected more; 0 if it rejects `logprobs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_logprobs: Option<u64>,
    /// Whether the server answers only as a stream.
    #[serde(rename = "stream", skip_serializing_if = "is_false")]
    pub needs_stream: bool,
    /// The fields of `extra` that the server rejects.
    #[serde(rename = "no_extra", skip_serializing_if = "BTreeSet::is_empty")]
    pub rejected_extra: BTreeSet<String>,
    /// Whether a request of the form that this profile describes has succeeded. Nothing is learnt against it from
    /// then on.
    #[serde(rename = "accepted", skip_serializing_if = "is_false")]
    pub is_accepted: bool,
    /// The number of requests in flight that the endpoint sustained in the last command.
    pub in_flight: Option<u32>,
}

impl ServerProfile {
    /// Returns whether nothing is known about the requests that the server accepts.
    pub fn parameters_unknown(&self) -> bool {
        Self { in_flight: None, is_accepted: false, ..self.clone() } == Self::default()
    }

    /// Returns what is known from either; where both know about the same, `self` wins.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            json_schema: self.json_schema.or(other.json_schema),
            needs_max_completion_tokens: self.needs_max_completion_tokens
                || other.needs_max_completion_tokens,
            rejects_max_tokens: self.rejects_max_tokens || other.rejects_max_tokens,
            largest_max_tokens: self.largest_max_tokens.or(other.largest_max_tokens),
            rejects_temperature: self.rejects_temperature || other.rejects_temperature,
            rejects_system_role: self.rejects_system_role || other.rejects_system_role,
            top_logprobs: self.top_logprobs.or(other.top_logprobs),
            needs_stream: self.needs_stream || other.needs_stream,
            rejected_extra: &self.rejected_extra | &other.rejected_extra,
            is_accepted: self.is_accepted || other.is_accepted,
            in_flight: self.in_flight.or(other.in_flight),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
fn is_false(value: &bool) -> bool {
    !value
}
