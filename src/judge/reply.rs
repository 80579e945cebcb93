//! A judge's raw reply.

use serde::{Deserialize, Serialize};

use super::rate_hints::RateHints;
use crate::input::{Price, RecordedAnswer, RecordedVote};

/// What Anthropic, the one provider that charges for writing its cache, charges for that: a multiple of the
/// price of other tokens of the prompt.
const CACHE_WRITE_FACTOR: f64 = 1.25;

/// The tokens of one call, as counted by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens of the prompt, those of a cache included.
    pub prompt: u64,
    /// Tokens of the reply, those of its reasoning included.
    pub completion: u64,
    /// Of the prompt's tokens, those that the server read from its cache.
    pub cached: u64,
    /// Of the prompt's tokens, those that the server wrote into its cache, where it charges for that.
    pub cache_written: u64,
    /// Of the reply's tokens, those of its reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// Returns what these tokens cost, in USD.
    pub fn cost(self, price: Price) -> f64 {
        let cached = self.cached.min(self.prompt);
        let written = self.cache_written.min(self.prompt - cached);
        let other = (self.prompt - cached - written) as f64;
        let cached_price = price.cached_input_per_million.unwrap_or(price.input_per_million);
        let prompt = (other + written as f64 * CACHE_WRITE_FACTOR) * price.input_per_million
            + cached as f64 * cached_price;
        (prompt + self.completion as f64 * price.output_per_million) / 1e6
    }
}

impl Usage {
    /// Returns what the server's cache saved, in USD: negative where writing it cost more than reading it saved.
    pub fn saved_by_cache(self, price: Price) -> f64 {
        Self { cached: 0, cache_written: 0, ..self }.cost(price) - self.cost(price)
    }
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
    /// The reasoning that a server returned apart from the text. It is kept for people and never read for a
    /// vote.
    pub reasoning: Option<String>,
    /// The vote that a recording holds; it is read in place of the text.
    pub recorded_vote: Option<RecordedVote>,
    /// The name of the grade that a recording holds; it is read in place of the text.
    pub recorded_grade: Option<String>,
    /// Whether nobody knows which response was shown first, as a recording may say; the reply counts in the order that
    /// the recording names.
    pub is_order_unknown: bool,
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

    /// Returns the reply that a recording holds.
    pub fn from_recorded(answer: RecordedAnswer) -> Self {
        let RecordedAnswer { reply, vote, grade, is_order_unknown } = answer;
        Self {
            text: reply,
            recorded_vote: vote,
            recorded_grade: grade,
            is_order_unknown,
            ..Self::default()
        }
    }

    /// The `finish_reason` of a reply that ended at a limit of its length that was lowered to limit the cost.
    pub(crate) const COST_LIMIT: &str = "max_cost";

    /// The `finish_reason` that is stored in place of a reply where a recording has none.
    pub(crate) const NOT_RECORDED: &str = "not_recorded";

    /// Returns whether the reply ended at a limit of its length that was lowered to limit the cost. With a larger
    /// budget it may be longer.
    pub fn hit_cost_limit(&self) -> bool {
        self.finish_reason.as_deref() == Some(Self::COST_LIMIT)
    }

    /// Returns whether the reply ended at the limit of its length.
    pub fn hit_token_limit(&self) -> bool {
        const WORDS: [&str; 6] = [
            "length",
            "max_tokens",
            "max_output_tokens",
            "max_completion_tokens",
            "model_length",
            "model_context_window_exceeded",
        ];
        let reason = self.finish_reason.as_deref().unwrap_or_default();
        WORDS.iter().any(|word| reason.eq_ignore_ascii_case(word))
    }
}
