//! What a server was found to support.

use serde::{Deserialize, Serialize};

/// What a server was found to support, learnt from its first answers and stored in the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerProfile {
    /// Whether the server accepts `response_format: json_schema`; `None` if not known yet.
    pub json_schema: Option<bool>,
    /// Whether the server requires `max_completion_tokens` in place of `max_tokens`.
    #[serde(rename = "max_completion_tokens")]
    pub needs_max_completion_tokens: bool,
    /// Whether the server rejects `temperature`.
    #[serde(rename = "no_temperature")]
    pub rejects_temperature: bool,
    /// The number of requests in flight that the endpoint sustained in the last command.
    pub in_flight: Option<u32>,
}

impl ServerProfile {
    /// Returns whether nothing is known about the parameters that the server accepts.
    pub fn parameters_unknown(&self) -> bool {
        Self { in_flight: None, ..*self } == Self::default()
    }

    /// Returns what is known from either; where both know about the schema or the requests in flight, `self`
    /// wins.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            json_schema: self.json_schema.or(other.json_schema),
            needs_max_completion_tokens: self.needs_max_completion_tokens
                || other.needs_max_completion_tokens,
            rejects_temperature: self.rejects_temperature || other.rejects_temperature,
            in_flight: self.in_flight.or(other.in_flight),
        }
    }
}
