//! Which parameters a server accepts, learnt from its answers.

use std::collections::HashSet;

use crate::input::Message;
use crate::judge::{CallError, ServerProfile};
use crate::keyed_hash::KeyedHash;

/// Identifies a request by its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RequestHash([u8; 32]);

impl RequestHash {
    pub(super) fn of(messages: &[Message]) -> Self {
        let texts = messages.iter().map(|message| message.content.as_str());
        Self(KeyedHash::new("evenhand: request without its schema").texts(texts).digest())
    }
}

/// What is known about the parameters that a server accepts, and what is suspected.
#[derive(Debug)]
pub(super) struct KnownParameters {
    profile: ServerProfile,
    /// Requests that were rejected without a reason, and may have been rejected for their schema. Only these
    /// are sent once more without it.
    suspects: HashSet<RequestHash>,
}

impl KnownParameters {
    pub(super) fn new(profile: ServerProfile) -> Self {
        Self { profile, suspects: HashSet::new() }
    }

    pub(super) fn profile(&self) -> ServerProfile {
        self.profile
    }

    /// Returns whether requests must be identified: the schema was neither accepted nor rejected yet, or
    /// there are suspects.
    pub(super) fn is_uncertain(&self) -> bool {
        self.profile.json_schema.is_none() || !self.suspects.is_empty()
    }

    /// Returns whether this request is to be sent without the schema because it is a suspect.
    pub(super) fn suspects_schema(&self, hash: Option<RequestHash>) -> bool {
        hash.is_some_and(|hash| self.suspects.contains(&hash))
    }

    /// Records that the server accepted a request.
    pub(super) fn record_accepted(&mut self, schema_requested: bool, hash: Option<RequestHash>) {
        if schema_requested {
            self.profile.json_schema = Some(true);
        } else if hash.is_some_and(|hash| self.suspects.remove(&hash)) {
            self.profile.json_schema = self.profile.json_schema.or(Some(false));
        }
    }

    /// Learns from a rejection which parameter the server does not accept; returns whether to retry.
    ///
    /// Only the server's own message counts, not the body, which may echo the request. Where the message
    /// names no parameter and the schema was never accepted, this one request is retried without the schema:
    /// if that succeeds, the schema was the reason. `sent` is the profile with which the request was built.
    pub(super) fn learn_from_rejection(
        &mut self,
        error: &CallError,
        sent: ServerProfile,
        schema_requested: bool,
        hash: Option<RequestHash>,
    ) -> bool {
        let message = error.message.to_lowercase();
        let mentions = |words: &[&str]| words.iter().any(|word| message.contains(word));
        let unsupported = mentions(&[
            "support",
            "unrecognized",
            "unknown",
            "not allowed",
            "not permitted",
            "invalid",
        ]);
        if mentions(&["max_completion_tokens"]) && !sent.needs_max_completion_tokens {
            self.profile.needs_max_completion_tokens = true;
            return true;
        }
        if unsupported && mentions(&["temperature"]) && !sent.rejects_temperature {
            self.profile.rejects_temperature = true;
            return true;
        }
        if !schema_requested {
            hash.map(|hash| self.suspects.remove(&hash));
            return false;
        }
        if mentions(&["response_format", "json_schema", "structured output", "guided", "grammar"]) {
            self.profile.json_schema = Some(false);
            return true;
        }
        match self.profile.json_schema {
            // A server that accepts the schema, or for which the request is too long, has another reason.
            Some(true) => false,
            None if error.status == Some(413) => false,
            // That was learnt while this request was in flight.
            Some(false) => true,
            // A repeat of the same request may have made it a suspect already; this one is retried too.
            None => {
                self.suspects.extend(hash);
                hash.is_some()
            }
        }
    }
}
