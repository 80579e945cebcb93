//! What must never be seen, and how it is kept out of sight.
//!
//! Servers echo keys in their errors and may put them anywhere else. Whatever they answer passes here before
//! any of it reaches a message, a run file or a report.

use std::fmt;

use serde_json::Value;

use crate::judge::{Reply, TokenLogprob};

/// Anything shorter is no secret.
const SHORTEST_SECRET: usize = 8;

/// Everything secret that is sent to an endpoint: the key and the values of headers.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The key, sent as a bearer token.
    pub key: Option<String>,
    /// Further headers with their values.
    pub headers: Vec<(String, String)>,
    /// Those values that came from the environment and must not be seen.
    pub hidden: Vec<String>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// Returns whether both authenticate as the same client: the same key and the same secret header values.
    pub(crate) fn same_credentials(&self, other: &Self) -> bool {
        self.key == other.key && self.hidden == other.hidden
    }

    /// Blots out every secret in a text. What is shorter than a secret can be (`none`, a team's number)
    /// is none, and would be found in innocent words.
    pub(super) fn redact(&self, text: String) -> String {
        let secrets =
            self.key.iter().chain(&self.hidden).filter(|secret| secret.len() >= SHORTEST_SECRET);
        secrets.fold(text, |text, secret| {
            if text.contains(secret.as_str()) {
                text.replace(secret.as_str(), "[redacted]")
            } else {
                text
            }
        })
    }

    /// Blots out every secret in a body, in whatever way its JSON spells it.
    pub(super) fn redact_bytes(&self, body: Vec<u8>) -> Vec<u8> {
        if let Ok(value) = serde_json::from_slice::<Value>(&body) {
            let mut clean = value.clone();
            self.redact_json(&mut clean);
            if clean != value {
                return clean.to_string().into_bytes();
            }
        }
        match String::from_utf8(body) {
            Ok(text) => self.redact(text).into_bytes(),
            Err(error) => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let clean = self.redact(text.clone());
                if clean == text { error.into_bytes() } else { clean.into_bytes() }
            }
        }
    }

    /// Blots out every secret in every text of a reply. Searching the little that is kept of an answer costs
    /// a hundredth of going through all of it.
    pub(super) fn redact_reply(&self, reply: Reply) -> Reply {
        // Every field by its name, so that none that is added later can be forgotten.
        let Reply {
            text,
            refusal,
            logprobs,
            finish_reason,
            usage,
            model,
            fingerprint,
            status,
            schema_requested,
            hints,
        } = reply;
        let clean = |text: Option<String>| text.map(|text| self.redact(text));
        let logprobs = logprobs.into_iter().map(|TokenLogprob { token, logprob }| TokenLogprob {
            token: self.redact(token),
            logprob,
        });
        Reply {
            text: clean(text),
            refusal: clean(refusal),
            logprobs: logprobs.collect(),
            finish_reason: clean(finish_reason),
            usage,
            model: clean(model),
            fingerprint: clean(fingerprint),
            status,
            schema_requested,
            hints,
        }
    }

    /// Blots out every secret in every text of an answer, its keys included.
    pub(super) fn redact_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.redact(std::mem::take(text)),
            Value::Array(list) => list.iter_mut().for_each(|value| self.redact_json(value)),
            Value::Object(fields) => {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(key, mut value)| {
                        self.redact_json(&mut value);
                        (self.redact(key), value)
                    })
                    .collect();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
