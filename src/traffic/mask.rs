//! Masks secrets and e-mail addresses by what they look like.
//!
//! A pattern finds what has its form and nothing else: names, addresses and what is secret only by its meaning stay. The
//! masks are for texts that leave production, and no proof that nothing private is left in them.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::error::{Error, Result};

/// The patterns with what replaces them. In a pattern with a group, what is before the group stays.
const PATTERNS: [(&str, &str); 9] = [
    // Blocks of keys, before anything in them.
    (
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
        "[private-key]",
    ),
    // Tokens of three parts.
    (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", "[token]"),
    // Keys of services with a prefix of their own.
    (
        r"\b(?:sk|pk|rk)[-_](?:[A-Za-z0-9]+[-_])*[A-Za-z0-9_-]{16,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}|\bxox[abeprs]-[A-Za-z0-9-]{10,}|\bAIza[A-Za-z0-9_-]{30,}|\bhf_[A-Za-z0-9]{20,}|\bnpm_[A-Za-z0-9]{20,}",
        "[secret]",
    ),
    // Passwords in addresses.
    (r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,100}:([^\s/@]{1,200})@", "[secret]"),
    (r"(?i)\b(?:bearer|basic)\s+([A-Za-z0-9+/=._~-]{16,})", "[secret]"),
    (
        r#"(?i)\b(?:api[-_ ]?key|access[-_ ]?key|secret[-_ ]?key|client[-_ ]?secret|auth[-_ ]?token|access[-_ ]?token|password|passwd|pwd|secret)["']?\s*(?:[:=]|\bis\b)\s*["']?([^\s"',;]{4,})"#,
        "[secret]",
    ),
    (r"(?i)[a-z0-9._%+'-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}", "[email]"),
    (r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b", "[iban]"),
    // Numbers of cards: kept unless their check digit is right.
    (r"\b\d(?:[ -]?\d){12,18}\b", "[card]"),
];

static BUILT_IN: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    PATTERNS
        .into_iter()
        .filter_map(|(pattern, mask)| Some((Regex::new(pattern).ok()?, mask)))
        .collect()
});

/// Masks texts, and counts what it masks.
#[derive(Debug, Default)]
pub struct Masker {
    own: Vec<Regex>,
    masked: u64,
}

impl Masker {
    /// Returns a masker with further patterns, whose matches become `[masked]`. In a pattern with a group, only the
    /// group does.
    ///
    /// # Errors
    ///
    /// A pattern is no regular expression, or matches the empty text.
    pub fn new(patterns: &[String]) -> Result<Self> {
        let compiled = |pattern: &String| {
            let regex = Regex::new(pattern).map_err(|error| {
                Error::usage(format!("`{pattern}` is no regular expression: {error}"))
            })?;
            if regex.is_match("") {
                return Err(Error::usage(format!(
                    "`{pattern}` matches the empty text, so it would mask everywhere"
                )));
            }
            Ok(regex)
        };
        Ok(Self { own: patterns.iter().map(compiled).collect::<Result<_>>()?, masked: 0 })
    }

    /// Returns how many places were masked.
    pub fn masked(&self) -> u64 {
        self.masked
    }

    /// Returns a text with secrets and e-mail addresses masked.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut masker = evenhand::traffic::Masker::default();
    /// let text = masker.mask("I am ana@example.org, my password is hunter22.");
    /// assert_eq!(text, "I am [email], my password is [secret]");
    /// assert_eq!(masker.masked(), 2);
    /// ```
    pub fn mask(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        let mut masked = 0;
        let own = self.own.iter().map(|pattern| (pattern, "[masked]"));
        for (pattern, mask) in BUILT_IN.iter().map(|(pattern, mask)| (pattern, *mask)).chain(own) {
            let replaced = pattern.replace_all(&text, |found: &Captures<'_>| {
                let whole = &found[0];
                if mask == "[card]" && !is_card_number(whole) {
                    return whole.to_owned();
                }
                let Some(group) = found.iter().skip(1).flatten().next() else {
                    masked += 1;
                    return mask.to_owned();
                };
                if group.as_str().starts_with('[') && group.as_str().contains(']') {
                    // It was masked by an earlier pattern.
                    return whole.to_owned();
                }
                masked += 1;
                let start = found.get(0).map_or(0, |whole| whole.start());
                let (before, after) = (group.start() - start, group.end() - start);
                format!("{}{mask}{}", &whole[..before], &whole[after..])
            });
            if let std::borrow::Cow::Owned(replaced) = replaced {
                text = replaced;
            }
        }
        self.masked += masked;
        text
    }

    /// Masks every text in a JSON value.
    pub(super) fn mask_value(&mut self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.mask(text),
            serde_json::Value::Array(values) => {
                for value in values {
                    self.mask_value(value);
                }
            }
            serde_json::Value::Object(map) => {
                for value in map.values_mut() {
                    self.mask_value(value);
                }
            }
            _ => {}
        }
    }
}

/// Returns whether the check digit of a number is right (Luhn).
fn is_card_number(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|char| char.to_digit(10)).collect();
    let doubled = digits.iter().rev().enumerate().map(|(at, digit)| match (at % 2, digit * 2) {
        (0, _) => *digit,
        (_, twice) if twice > 9 => twice - 9,
        (_, twice) => twice,
    });
    (13..=19).contains(&digits.len()) && doubled.sum::<u32>().is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(BUILT_IN.len(), PATTERNS.len());
    }

    #[test]
    fn secrets_are_masked_and_ordinary_text_is_not() {
        let mask = |text: &str| Masker::default().mask(text);
        for (text, expected) in [
            ("key sk-proj-abcdefghij1234567890XYZ here", "key [secret] here"),
            ("AKIAIOSFODNN7EXAMPLE", "[secret]"),
            ("Authorization: Bearer abcdef0123456789abcdef", "Authorization: Bearer [secret]"),
            ("postgres://app:hunter2@db/x", "postgres://app:[secret]@db/x"),
            ("\"api_key\": \"0123456789\",", "\"api_key\": \"[secret]\","),
            ("card 4111 1111 1111 1111.", "card [card]."),
            ("DE89 3704 0044 0532 0130 00", "[iban]"),
            ("write to o'neil+x@mail.example.co.uk!", "write to [email]!"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nrest",
                "[private-key]\nrest",
            ),
        ] {
            assert_eq!(mask(text), expected);
        }
        for text in [
            "Order 4111 1111 1111 1112 is late.",
            "I forgot my password.",
            "meet @ 5",
            "task-list of 2024-05-01",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn a_masked_text_stays_as_it_is() {
        let once =
            Masker::default().mask("password: hunter22, mail a@b.cd, sk-aaaaaaaaaaaaaaaaaaaa");
        assert_eq!(Masker::default().mask(&once), once);
    }
}
