//! A judge's raw reply.

use serde::{Deserialize, Serialize};

use super::rate_hints::RateHints;

/// The tokens of one call, as counted by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt: u64,
    /// Tokens of the reply.
    pub completion: u64,
}

/// One of the likeliest tokens at the position of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprob {
    /// The token's text.
    pub token: String,
    /// The natural logarithm of its probability.
    pub logprob: f64,
}

/// A judge's raw reply, with what the server reported about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reply {
    /// The text of the completion; `None` if the server returned none.
    pub text: Option<String>,
    /// The model's explanation if it refused to answer.
    pub refusal: Option<String>,
    /// The likeliest first tokens, if they were requested.
    pub logprobs: Vec<TokenLogprob>,
    /// Why the completion ended: `stop`, `length`…
    pub finish_reason: Option<String>,
    /// Token counts.
    pub usage: Option<Usage>,
    /// The model's name as reported by the server.
    pub model: Option<String>,
    /// The fingerprint of the server's configuration.
    pub fingerprint: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// Whether the request asked for JSON by a schema.
    pub schema_requested: bool,
    /// What the server reported about its quotas; not stored.
    pub hints: RateHints,
}

impl Reply {
    /// Returns a reply that consists of a text only.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }
}
