//! The secrets that are sent to an endpoint, and their redaction from what it answers.
//!
//! Servers echo keys in errors and may do so anywhere else. Every answer is redacted here before any part of
//! it reaches a message, a run file or a report.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::judge::{Reply, TokenLogprob};
use crate::keyed_hash::KeyedHash;

/// Shorter values (`none`, the number of a team) are not redacted: they occur in ordinary words.
const MIN_SECRET_LEN: usize = 8;

/// The key and the headers that are sent to an endpoint. `Debug` shows no values.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    key: Option<SecretString>,
    headers: Vec<Header>,
    /// Secrets that are a part of a header.
    parts: Vec<SecretString>,
}

#[derive(Debug, Clone)]
struct Header {
    name: String,
    value: SecretString,
    /// Whether the value is redacted.
    is_secret: bool,
}

impl Secrets {
    /// Sets the key, which is sent as the API of the endpoint expects it.
    pub fn set_key(&mut self, key: impl Into<SecretString>) {
        self.key = Some(key.into());
    }

    /// Adds a header whose value is secret.
    pub fn add_secret_header(&mut self, name: impl Into<String>, value: impl Into<SecretString>) {
        self.headers.push(Header { name: name.into(), value: value.into(), is_secret: true });
    }

    /// Adds a secret that is a part of a header: a server may echo it alone.
    pub fn add_secret_part(&mut self, value: impl Into<SecretString>) {
        self.parts.push(value.into());
    }

    /// Adds a header whose value may be shown.
    pub fn add_header(&mut self, name: impl Into<String>, value: impl Into<SecretString>) {
        self.headers.push(Header { name: name.into(), value: value.into(), is_secret: false });
    }

    /// Returns whether both have the same key and the same values of secret headers, in the same order. The
    /// names of headers do not count.
    pub(crate) fn same_credentials(&self, other: &Self) -> bool {
        self.key.is_some() == other.key.is_some() && self.exposed().eq(other.exposed())
    }

    /// Returns 16 digits that are the same wherever [`Self::same_credentials`] holds and do not tell the credentials;
    /// `None` if there are none.
    pub(crate) fn fingerprint(&self) -> Option<String> {
        let hash = KeyedHash::new("evenhand 2026-11 credentials of a shared quota");
        let hash = hash.text(if self.key.is_some() { "key" } else { "" });
        self.exposed().next()?;
        Some(format!("{:016x}", hash.texts(self.exposed()).number()))
    }

    pub(in crate::judge) fn key(&self) -> Option<&SecretString> {
        self.key.as_ref()
    }

    /// Returns the names and values of all headers.
    pub(in crate::judge) fn headers(&self) -> impl Iterator<Item = (&str, &SecretString)> {
        self.headers.iter().map(|header| (header.name.as_str(), &header.value))
    }

    /// Returns the values of all secrets.
    fn exposed(&self) -> impl Iterator<Item = &str> {
        let headers = self.headers.iter().filter(|header| header.is_secret);
        let headers = headers.map(|header| &header.value);
        self.key.iter().chain(headers).chain(&self.parts).map(SecretString::expose_secret)
    }

    /// Replaces every secret in a text by `[redacted]`.
    pub(in crate::judge) fn redact(&self, text: String) -> String {
        let mut secrets: Vec<&str> =
            self.exposed().filter(|secret| secret.len() >= MIN_SECRET_LEN).collect();
        // A secret may contain another one; the longer goes first, so that nothing of it remains.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.into_iter().fold(text, |text, secret| {
            let text = replaced(text, secret);
            // JSON within a text may escape a slash, once more for every text that it is quoted in.
            if !secret.contains('/') {
                return text;
            }
            let escaped = ["\\/", "\\\\/", "\\\\\\\\/"];
            escaped.iter().fold(text, |text, slash| replaced(text, &secret.replace('/', slash)))
        })
    }

    /// Redacts every secret in a body, however its JSON escapes it.
    pub(in crate::judge) fn redact_bytes(&self, body: Vec<u8>) -> Vec<u8> {
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

    /// Redacts every secret in every text of a reply. That costs a hundredth of searching the whole answer, of
    /// which a reply keeps little.
    pub(in crate::judge) fn redact_reply(&self, reply: Reply) -> Reply {
        // Destructured, so that the compiler reports a field that is added later.
        let Reply {
            text,
            refusal,
            reasoning,
            recorded_vote,
            recorded_grade,
            is_order_unknown,
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
            reasoning: clean(reasoning),
            recorded_vote,
            recorded_grade,
            is_order_unknown,
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

    /// Redacts every secret in every text of an answer, the keys of objects included.
    pub(in crate::judge) fn redact_json(&self, value: &mut Value) {
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

fn replaced(text: String, secret: &str) -> String {
    if text.contains(secret) { text.replace(secret, "[redacted]") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-0123456789";

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.set_key(KEY);
        secrets.add_secret_header("x-team", "team-0123456789");
        secrets.add_secret_header("x-short", "none");
        secrets.add_header("x-client", "evenhand-test");
        secrets
    }

    #[test]
    fn debug_output_shows_no_value() {
        let shown = format!("{:?}", secrets());
        assert!(shown.contains("x-team"), "{shown}");
        for value in [KEY, "0123456789", "none", "evenhand-test"] {
            assert!(!shown.contains(value), "{shown}");
        }
    }

    #[test]
    fn long_secrets_are_redacted_and_other_values_are_kept() {
        let text = format!("{KEY} team-0123456789 none evenhand-test");
        assert_eq!(secrets().redact(text), "[redacted] [redacted] none evenhand-test");
    }

    #[test]
    fn nothing_remains_of_a_secret_that_contains_another_one() {
        let mut secrets = Secrets::default();
        secrets.set_key(KEY);
        secrets.add_secret_header("x-team", format!("{KEY}-of-team"));
        assert_eq!(secrets.redact(format!("{KEY}-of-team, {KEY}")), "[redacted], [redacted]");
    }

    #[test]
    fn a_secret_is_redacted_however_json_escapes_it() {
        let body = br#"{"sk-0123456789":["\u0073k-0123456789"]}"#.to_vec();
        assert_eq!(secrets().redact_bytes(body), br#"{"[redacted]":["[redacted]"]}"#);
    }

    #[test]
    fn a_secret_is_redacted_in_json_that_a_text_quotes() {
        let mut secrets = Secrets::default();
        secrets.set_key("sk-abc/def/0123");
        let inner = r#"{"error":"bad key sk-abc\/def\/0123"}"#;
        let body = serde_json::json!({ "error": { "raw": inner } }).to_string();
        let clean = String::from_utf8(secrets.redact_bytes(body.into_bytes())).unwrap();
        assert!(clean.contains("[redacted]") && !clean.contains("0123"), "{clean}");
    }

    #[test]
    fn a_part_of_a_header_is_redacted() {
        let mut secrets = Secrets::default();
        secrets.add_secret_header("authorization", "Bearer team-0123456789");
        secrets.add_secret_part("team-0123456789");
        assert_eq!(secrets.redact("bad team-0123456789".to_owned()), "bad [redacted]");
    }

    #[test]
    fn credentials_are_the_key_and_the_secret_headers() {
        let same = secrets();
        let mut other_client = secrets();
        other_client.add_header("x-client", "another");
        let mut other_team = secrets();
        other_team.add_secret_header("x-team", "team-of-others");
        let mut no_key = Secrets::default();
        no_key.add_secret_header("x-key", KEY);
        let mut key = Secrets::default();
        key.set_key(KEY);
        assert!(same.same_credentials(&secrets()) && same.same_credentials(&other_client));
        assert!(!same.same_credentials(&other_team) && !key.same_credentials(&no_key));
    }
}
