//! Masks secrets and e-mail addresses by what they look like.
//!
//! A pattern finds what has its form and nothing else: names, addresses and what is secret only by its meaning stay. The
//! masks are for texts that leave production, and no proof that nothing private is left in them.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::error::{Error, Result};

/// The names of values that are secret, in any case.
const NAMES: &str = "(?:api|access|secret|private|account|signing|encryption|master)[-_ ]?key|password|passwd|passphrase|pwd|secret|token";

/// The patterns with what replaces them. In a pattern with groups, only the group that is found is replaced. `NAMES` stands
/// for the names of secret values.
const PATTERNS: [(&str, &str); 13] = [
    // Blocks of keys, before anything in them.
    (
        r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|$)",
        "[private-key]",
    ),
    // Tokens of three parts.
    (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", "[token]"),
    // Keys of services with a prefix of their own.
    (
        r"\b(?:sk|pk|rk)[-_](?:[A-Za-z0-9]+[-_])*[A-Za-z0-9_-]{16,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}|\bxox[abeprs]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}|\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{20,}|\bGOCSPX-[A-Za-z0-9_-]{20,}|\bhf_[A-Za-z0-9]{20,}|\bnpm_[A-Za-z0-9]{20,}|\bpypi-[A-Za-z0-9_-]{20,}",
        "[secret]",
    ),
    (
        r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|\bdo[opr]_v1_[a-f0-9]{20,}|\bshp(?:at|ca|pa|ss)_[A-Fa-f0-9]{20,}|\bdapi[a-f0-9]{30,}|\bwhsec_[A-Za-z0-9+/=]{16,}|\bhv[bsr]\.[A-Za-z0-9_-]{16,}|\bhooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]+|\b\d{8,10}:[A-Za-z0-9_-]{35}\b",
        "[secret]",
    ),
    // Passwords in addresses, up to the last `@`.
    (r#"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@"'<>]{0,100}:([^\s"'<>]{1,200})@"#, "[secret]"),
    // Parameters of addresses whose names are not those of secrets elsewhere.
    (r#"(?i)[?&](?:[a-z0-9_.-]*(?:sig|signature)|key|auth)=([^&\s"'<>#\\]{4,})"#, "[secret]"),
    // Headers, whose values are secret however short they are.
    (
        r#"(?i)\bauthorization\\?["']?\s*[:=]\s*\\?["']?(?:(?:bearer|basic|token|digest|apikey|negotiate)\s+([^\s"',;\\]{3,})|([^\s"',;\\]{12,}))"#,
        "[secret]",
    ),
    (
        r#"(?i)\bx-[a-z-]*(?:key|token|secret)\\?["']?(?:\s*[:=]\s*|\s+)\\?["']?([^\s"',;\\]{6,})"#,
        "[secret]",
    ),
    (r"(?i)\b(?:bearer|basic)\s+([A-Za-z0-9+/=._~-]{16,})", "[secret]"),
    // Values by their names: in quotes, which may be escaped, as a whole, and else up to white space.
    (
        r#"(?i)(?:NAMES)\\?["']?\s*(?:[:=]>?|\bis\b)\s*(?:\\"([^"\\]{1,500})|"((?:[^"\\]|\\.){1,500})|'([^'\n]{1,500})|([^\s"',;&\\]{4,}))"#,
        "[secret]",
    ),
    (r"[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+", "[email]"),
    // Numbers of accounts and of cards: kept unless their check digits are right.
    (r"(?i)\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b", "[iban]"),
    (r"\b\d(?:[ -]?\d){12,18}\b", "[card]"),
];

/// Everything that a secret may have been replaced by.
const MASKS: [&str; 7] =
    ["[private-key]", "[token]", "[secret]", "[email]", "[iban]", "[card]", "[masked]"];

/// Words that say something of a password and are none.
const ORDINARY: [&str; 36] = [
    "already",
    "also",
    "always",
    "being",
    "case-sensitive",
    "correct",
    "different",
    "empty",
    "encrypted",
    "expired",
    "found",
    "given",
    "hashed",
    "hidden",
    "incorrect",
    "invalid",
    "known",
    "longer",
    "missing",
    "needed",
    "never",
    "only",
    "optional",
    "protected",
    "required",
    "reset",
    "sent",
    "shown",
    "still",
    "stored",
    "strong",
    "that",
    "used",
    "valid",
    "weak",
    "wrong",
];

static BUILT_IN: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    PATTERNS
        .into_iter()
        .filter_map(|(pattern, mask)| {
            Some((Regex::new(&pattern.replace("NAMES", NAMES)).ok()?, mask))
        })
        .collect()
});

/// The names of fields of JSON whose values are secret.
static SECRET_FIELD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("(?i)(?:{NAMES}|authorization)$")).ok());

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
                match mask {
                    "[card]" if !is_card_number(whole) => return whole.to_owned(),
                    "[iban]" => {
                        // Words after the number have its form, too.
                        let Some(end) = end_of_iban(whole) else { return whole.to_owned() };
                        masked += 1;
                        return format!("{mask}{}", &whole[end..]);
                    }
                    _ => {}
                }
                let Some(group) = found.iter().skip(1).flatten().next() else {
                    if mask == "[secret]" && is_words(whole) {
                        return whole.to_owned();
                    }
                    masked += 1;
                    return mask.to_owned();
                };
                let start = found.get(0).map_or(0, |whole| whole.start());
                let (before, after) = (group.start() - start, group.end() - start);
                if mask != "[masked]" && is_no_secret(&whole[..before], group.as_str()) {
                    return whole.to_owned();
                }
                masked += 1;
                format!("{}{mask}{}", &whole[..before], &whole[after..])
            });
            if let std::borrow::Cow::Owned(replaced) = replaced {
                text = replaced;
            }
        }
        self.masked += masked;
        text
    }

    /// Masks every text in a JSON value, and what has the name of a secret.
    pub(super) fn mask_value(&mut self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.mask(text),
            serde_json::Value::Array(values) => {
                for value in values {
                    self.mask_value(value);
                }
            }
            serde_json::Value::Object(map) => {
                for (name, value) in map.iter_mut() {
                    let is_secret =
                        SECRET_FIELD.as_ref().is_none_or(|pattern| pattern.is_match(name));
                    match value {
                        serde_json::Value::String(text)
                            if is_secret && !text.is_empty() && !MASKS.contains(&text.as_str()) =>
                        {
                            "[secret]".clone_into(text);
                            self.masked += 1;
                        }
                        serde_json::Value::Number(_) if is_secret => {
                            *value = "[secret]".into();
                            self.masked += 1;
                        }
                        _ => self.mask_value(value),
                    }
                }
            }
            _ => {}
        }
    }
}

/// Returns whether a text is words that may be joined, such as the name of a key of a table: no number, and no capital letter
/// but the first. A random key of twenty letters and digits is one with a probability of `(26/62)^20`.
fn is_words(text: &str) -> bool {
    let is_of_word = |char: char| char.is_ascii_lowercase() || "-_.'".contains(char);
    text.chars().skip(1).all(is_of_word)
        && text.starts_with(|char: char| char.is_ascii_alphabetic())
}

/// Returns whether what a pattern found is no secret: an earlier pattern has masked it, it is the port of an address, or an
/// ordinary word of a sentence about a secret.
fn is_no_secret(before: &str, found: &str) -> bool {
    let text = found.trim_end_matches(['.', '!', '?', ')', ':']);
    let is_port = || {
        let (port, rest) = found.split_once('/').unwrap_or_default();
        !port.is_empty() && !rest.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    };
    let before_it = before.trim_end().to_ascii_lowercase();
    let is_sentence = || before_it.ends_with(" is") || before_it.ends_with(':');
    // Where a header names the scheme, what follows is no word.
    let is_scheme = || before_it == "basic" || before_it == "bearer";
    (is_scheme() && is_words(text))
        || MASKS.contains(&text)
        || (before.contains("://") && before.ends_with(':') && is_port())
        || (is_sentence() && ORDINARY.contains(&text.to_ascii_lowercase().as_str()))
}

/// Returns where the number of an account ends, if the check digits of a beginning of the text are right (ISO 13616).
fn end_of_iban(text: &str) -> Option<usize> {
    let spaces = text.char_indices().filter(|(_, char)| *char == ' ').map(|(at, _)| at);
    let mut ends: Vec<usize> = spaces.chain([text.len()]).collect();
    ends.reverse();
    ends.into_iter().find(|end| {
        let plain: Vec<u32> = text[..*end].chars().filter_map(|char| char.to_digit(36)).collect();
        let rest = |rest: u32, digit: &u32| {
            if *digit < 10 { (rest * 10 + digit) % 97 } else { (rest * 100 + digit) % 97 }
        };
        (15..=34).contains(&plain.len()) && plain[4..].iter().chain(&plain[..4]).fold(0, rest) == 1
    })
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
    fn a_value_is_masked_by_the_name_of_its_field() {
        let mut masker = Masker::default();
        let mut value = serde_json::json!({
            "tool_calls": [{"function": {"arguments": {"password": "hunter22", "user": "ana", "pin_token": 1234}}}],
            "arguments": "{\"password\":\"hunter22\"}",
        });
        masker.mask_value(&mut value);
        assert_eq!(
            value,
            serde_json::json!({
                "tool_calls": [{"function": {"arguments": {"password": "[secret]", "user": "ana", "pin_token": "[secret]"}}}],
                "arguments": "{\"password\":\"[secret]\"}",
            })
        );
        assert_eq!(masker.masked(), 3);
    }

    #[test]
    fn a_masked_text_stays_as_it_is() {
        let once =
            Masker::default().mask("password: hunter22, mail a@b.cd, sk-aaaaaaaaaaaaaaaaaaa1");
        assert_eq!(Masker::default().mask(&once), once);
    }
}
