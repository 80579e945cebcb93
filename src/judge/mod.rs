//! Judges: whatever answers a trial, and the pacing of its calls.
//!
//! [`ChatModel`] is the one seam to the world: it gets the trial with its rendered messages and returns a
//! raw reply. Endpoints, recordings and the judges built into the program stand behind it alike. One call
//! is one request; whether and when to ask again is the engine's decision, and every attempt goes through
//! the [`Pacer`].

mod answer;
mod body;
mod builtin;
mod concurrency;
mod connections;
mod estimate;
mod hints;
mod ledger;
mod openai;
mod pacer;
mod quota;
mod recorded;
mod secrets;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::Result;
use crate::input::{Message, ReplyFormat, Rubric};
use crate::trial::{Comparison, Trial};

pub use builtin::{Builtin, builtin_names};
pub use hints::{QuotaHint, RateHints, retry_after};
pub use openai::Endpoint;
pub use pacer::{Pacer, Permit, TooLarge, Turn};
pub use recorded::Recorded;
pub use secrets::Secrets;

/// A future that a [`ChatModel`] returns.
pub type Answer<'a> =
    Pin<Box<dyn Future<Output = std::result::Result<Reply, CallError>> + Send + 'a>>;

/// A model that answers trials. The only seam between the engine and the world.
pub trait ChatModel: Send + Sync + std::fmt::Debug {
    /// Puts one trial to the model, with its rendered messages. One call is one request: no retries here.
    ///
    /// # Errors
    ///
    /// A [`CallError`] when no reply was obtained; its kind says whether trying again can help.
    fn complete<'a>(&'a self, trial: Trial<'a>, messages: &'a [Message]) -> Answer<'a>;

    /// Checks that a comparison has what this judge needs.
    ///
    /// # Errors
    ///
    /// It has not; the message names the item.
    fn suits(&self, _comparison: &Comparison) -> Result<()> {
        Ok(())
    }

    /// Returns whether the same trial always gets the same reply, so that asking again is of no use.
    fn always_the_same(&self) -> bool {
        false
    }

    /// Returns whether requests ask for JSON by a schema, as far as is known now.
    fn asks_by_schema(&self) -> bool {
        false
    }

    /// Returns what has been learnt about the server so far.
    fn learnt(&self) -> Learnt {
        Learnt::default()
    }
}

/// What a server turned out to support; learnt from its first real answers and kept in the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Learnt {
    /// `response_format: json_schema`: refused (`false`), accepted, or not known yet.
    pub json_schema: Option<bool>,
    /// The server wants `max_completion_tokens` instead of `max_tokens`.
    pub max_completion_tokens: bool,
    /// The server takes no `temperature`.
    pub no_temperature: bool,
    /// How many requests in flight the last command has settled on.
    pub in_flight: Option<u32>,
}

impl Learnt {
    /// Returns whether nothing was learnt about the form of requests.
    pub fn knows_no_form(&self) -> bool {
        Self { in_flight: None, ..*self } == Self::default()
    }

    /// Returns what either knows; where they differ about the schema or the requests in flight, what `self`
    /// knows.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            json_schema: self.json_schema.or(other.json_schema),
            max_completion_tokens: self.max_completion_tokens || other.max_completion_tokens,
            no_temperature: self.no_temperature || other.no_temperature,
            in_flight: self.in_flight.or(other.in_flight),
        }
    }
}

/// Tokens of one call, as the server counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt: u64,
    /// Tokens of the reply.
    pub completion: u64,
}

/// One of the likeliest tokens at the place where the answer stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprob {
    /// The token's text.
    pub token: String,
    /// The natural logarithm of its probability.
    pub logprob: f64,
}

/// A judge's raw reply and what the server said about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reply {
    /// The completion's text; `None` where the server gave none.
    pub text: Option<String>,
    /// Why the model would not answer, in its own words.
    pub refusal: Option<String>,
    /// The likeliest first tokens, where they were asked for.
    pub logprobs: Vec<TokenLogprob>,
    /// Why the completion ended: `stop`, `length`…
    pub finish_reason: Option<String>,
    /// Token counts.
    pub usage: Option<Usage>,
    /// The model's name as the server gave it.
    pub model: Option<String>,
    /// The fingerprint of the server's configuration.
    pub fingerprint: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// Whether the request asked for JSON by a schema.
    pub by_schema: bool,
    /// What the server said about its quotas; not stored.
    pub hints: RateHints,
}

impl Reply {
    /// Returns a reply of which only the text is known.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }
}

/// What a failed call says about trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallErrorKind {
    /// The server does not take a parameter; the model has learnt it, ask again at once.
    Parameter,
    /// This request is refused for good (400, 413, 422…).
    Refused,
    /// The endpoint refuses everything (401, 403, 404, no credit left).
    Endpoint,
    /// The endpoint asks to wait (429, 503).
    Pause,
    /// Something that may pass (408, 5xx, a broken body, a timeout).
    Passing,
    /// The connection was closed before anything of an answer came, as one that was kept open is now and then
    /// at the moment of its next use.
    Dropped,
    /// The endpoint cannot be reached at all.
    Unreachable,
    /// The recording has no reply to this trial.
    NotRecorded,
}

/// A call that brought no reply.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What it says about trying again.
    pub kind: CallErrorKind,
    /// What happened, in a sentence without any secret.
    pub message: String,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The beginning of the answer's body, if there was one.
    pub body: Option<String>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// What it said about its quotas.
    pub hints: Box<RateHints>,
}

impl CallError {
    /// Returns an error without an answer behind it.
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

/// What form of reply a request asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplyForm {
    /// One JSON object of this schema.
    Json(Value),
    /// Text.
    Text,
    /// One token, with the probabilities of its rivals.
    Token,
}

impl ReplyForm {
    /// Returns the form that a rubric asks for.
    pub fn of(rubric: &Rubric) -> Self {
        match &rubric.reply {
            ReplyFormat::Json { .. } => Self::Json(schema(rubric)),
            ReplyFormat::Pattern { .. } => Self::Text,
            ReplyFormat::Logprobs { .. } => Self::Token,
        }
    }

    /// Returns what of the form is part of the request, for its digest.
    pub fn describe(&self) -> Value {
        match self {
            Self::Json(schema) => json!({ "json_schema": schema }),
            Self::Text => json!("text"),
            Self::Token => json!("logprobs"),
        }
    }
}

/// The JSON schema of a verdict: the reasoning first, since a vote given before it is not its result.
fn schema(rubric: &Rubric) -> Value {
    let votes =
        if rubric.ties { json!(["first", "second", "tie"]) } else { json!(["first", "second"]) };
    let vote = json!({ "type": "string", "enum": votes });
    let names: Vec<&str> =
        rubric.criteria.iter().map(|criterion| criterion.name.as_str()).collect();
    let criteria: serde_json::Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), vote.clone())).collect();
    json!({
        "type": "object",
        "properties": {
            "reasoning": { "type": "string" },
            "criteria": {
                "type": "object",
                "properties": criteria,
                "required": names,
                "additionalProperties": false
            },
            "vote": vote
        },
        "required": ["reasoning", "criteria", "vote"],
        "additionalProperties": false
    })
}
