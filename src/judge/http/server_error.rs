//! Errors in every form in which servers give them, read into one.
//!
//! Only what a server says itself is read: its sentence, its codes, the name of a parameter, a delay. Other fields
//! may echo the request and are left out.

use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use super::hints::duration;
use super::repair::parse_json;
use super::wording::{beginning, one_line};
use crate::judge::{CallError, CallErrorKind, Rejection};

/// How deep errors are followed into errors that they quote.
const MAX_DEPTH: usize = 8;
/// A sentence of so many bytes needs no further one.
const ENOUGH: usize = 2000;

/// What a server says in an error.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::judge) struct ServerError {
    /// Its sentence, in one line.
    pub(in crate::judge) message: Option<String>,
    /// Its codes and types, in lower case.
    pub(in crate::judge) codes: Vec<String>,
    /// The parameter that it names.
    pub(in crate::judge) parameter: Option<String>,
    /// The status that it gives in the body: that of a server behind it, or its own.
    pub(in crate::judge) status: Option<u16>,
    /// How long it asks to wait.
    pub(in crate::judge) delay: Option<Duration>,
    /// What the model wrote before the server found that it is not of the requested form.
    pub(in crate::judge) failed_generation: Option<String>,
}

impl ServerError {
    /// Reads an error from a body.
    pub(in crate::judge) fn read(body: &[u8]) -> Option<Self> {
        parse_json(body).map(|value| Self::of(&value))
    }

    /// Reads an error from a JSON value.
    pub(in crate::judge) fn of(value: &Value) -> Self {
        let mut error = Self::default();
        error.add(value, 0);
        if let Some(message) = &mut error.message {
            *message = one_line(message);
            error.delay = error.delay.or_else(|| delay_in_words(message));
        }
        error
    }

    fn add(&mut self, value: &Value, depth: usize) {
        match value {
            _ if depth > MAX_DEPTH => {}
            Value::String(text) => self.add_sentence(text, depth),
            Value::Array(list) => self.add_list(list, depth),
            Value::Object(fields) => {
                let present = |name: &&str| fields.get(*name).is_some_and(|value| !value.is_null());
                for name in ["code", "type", "status", "reason", "error_code", "errorCode"] {
                    self.add_code(fields.get(name));
                }
                let parameter = fields.get("param").and_then(Value::as_str);
                self.parameter = self.parameter.take().or_else(|| parameter.map(ToOwned::to_owned));
                self.add_delay(value);
                let failed = fields.get("failed_generation").and_then(Value::as_str);
                self.failed_generation =
                    self.failed_generation.take().or_else(|| failed.map(ToOwned::to_owned));
                if let Some(location) = fields.get("loc").and_then(Value::as_array) {
                    self.add_detail(location, fields.get("msg"));
                    return;
                }
                let sentences = ["message", "msg", "detail", "error_description", "error_message"];
                // Most servers wrap the error, some do not.
                let wrapped = ["error", "errors"].into_iter().find(present);
                for name in wrapped.into_iter().chain(sentences.into_iter().find(present)) {
                    self.add(&fields[name], depth + 1);
                }
                // Google gives reason and delay in a list of details.
                for detail in fields.get("details").and_then(Value::as_array).into_iter().flatten()
                {
                    self.add_code(detail.get("reason"));
                    self.add_delay(detail);
                }
                // A gateway quotes the error of the provider behind it.
                if let Some(raw) = fields.get("metadata").and_then(|metadata| metadata.get("raw")) {
                    self.add(raw, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// Adds a sentence, or the error that it quotes as JSON.
    fn add_sentence(&mut self, text: &str, depth: usize) {
        let quoted = text.trim_start().starts_with(['{', '[']);
        if let Some(value) = quoted.then(|| parse_json(text.trim().as_bytes())).flatten() {
            return self.add(&value, depth + 1);
        }
        if text.trim().is_empty() {
            return;
        }
        self.message = Some(match self.message.take() {
            Some(message) if message.len() > ENOUGH || message.contains(text) => message,
            Some(message) => format!("{message}: {text}"),
            None => text.to_owned(),
        });
    }

    fn add_list(&mut self, list: &[Value], depth: usize) {
        for (at, value) in list.iter().enumerate() {
            if self.message.as_ref().is_some_and(|message| message.len() > ENOUGH) {
                break;
            }
            // The first error of a list counts, unless it is a list of faults of the request.
            if at > 0 && value.get("loc").is_none() {
                break;
            }
            self.add(value, depth + 1);
        }
    }

    /// Adds a fault of the request at its place: the form of pydantic, which many Python servers use.
    fn add_detail(&mut self, location: &[Value], message: Option<&Value>) {
        let part = |part: &Value| part.as_str().map_or_else(|| part.to_string(), ToOwned::to_owned);
        let place = location.iter().map(part).collect::<Vec<_>>().join(".");
        let fault = format!("{place}: {}", message.and_then(Value::as_str).unwrap_or("refused"));
        self.message = Some(match self.message.take() {
            Some(message) => format!("{message}; {fault}"),
            None => fault,
        });
    }

    fn add_code(&mut self, value: Option<&Value>) {
        let status =
            value.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
        if let Some(status) = status.and_then(|status| u16::try_from(status).ok()) {
            self.status = self.status.or(Some(status).filter(|status| (300..600).contains(status)));
        } else if let Some(word) = value.and_then(Value::as_str) {
            self.codes.push(word.to_lowercase());
        }
    }

    fn add_delay(&mut self, value: &Value) {
        let delay = ["retryDelay", "retry_after", "retry_delay"].into_iter().find_map(|name| {
            let value = value.get(name)?;
            match value.as_f64() {
                Some(seconds) => duration(&seconds.to_string()),
                None => duration(value.as_str()?.trim()),
            }
        });
        self.delay = self.delay.or(delay);
    }

    /// Returns what the error says about the request.
    pub(in crate::judge) fn rejection(&self) -> Rejection {
        let failed = self.is_failed_generation();
        Rejection {
            message: self.message.clone().unwrap_or_default(),
            parameter: self.parameter.clone(),
            status: self.status,
            failed_generation: failed.then(|| self.failed_generation.clone().unwrap_or_default()),
        }
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        self.codes.iter().any(|code| codes.contains(&code.as_str()))
    }

    /// Returns the status with which Anthropic documents the type of its error.
    fn status_of_type(&self, value: &Value) -> Option<u16> {
        const TYPES: [(&str, u16); 10] = [
            ("invalid_request_error", 400),
            ("authentication_error", 401),
            ("billing_error", 402),
            ("permission_error", 403),
            ("not_found_error", 404),
            ("request_too_large", 413),
            ("rate_limit_error", 429),
            ("api_error", 500),
            ("timeout_error", 504),
            ("overloaded_error", 529),
        ];
        let is_anthropic = value.get("type").is_some_and(|of| of == "error");
        let mut named = TYPES.iter().filter(|(name, _)| is_anthropic && self.has_code(&[*name]));
        named.next().map(|(_, status)| *status)
    }

    /// Returns whether the error is about what all requests share: the key, the account, its credit, the model.
    fn concerns_account(&self) -> bool {
        static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(
                r"(?x) api[\x20_-]?key | \bauthenticat | \bunauthori[sz]ed | \bcredentials?\b
                | \binvalid\ model\b | \bmodel\b.{0,80}\b(?:not\ found|not\ exist|no\ longer\ available)\b
                | \bno\ connected\ db\b | credit\ balance | \b(?:insufficient|not\ enough|out\ of|no)\ (?:credits?|balance|funds|quota)
                | exceeded\ your\ (?:current\ )?quota | \btop\ up\b | \brecharge\b
                | \btoken\ (?:has\ )?(?:expired|is\ invalid|expired\ or\ invalid) ",
            )
            .ok()
        });
        const CODES: [&str; 10] = [
            "insufficient_quota",
            "billing_hard_limit_reached",
            "billing_not_active",
            "billing_error",
            "invalid_api_key",
            "api_key_invalid",
            "authentication_error",
            "insufficient_balance",
            "access_terminated",
            "model_not_found",
        ];
        let mut message = self.message.as_deref().unwrap_or_default().to_lowercase();
        if message.contains("rate limit") {
            // A limit that is counted by key is full for a while; the key is good.
            message = message.replace("api_key", "").replace("api key", "");
        }
        self.has_code(&CODES) || WORDS.as_ref().is_some_and(|words| words.is_match(&message))
    }

    /// Returns whether the server found that the model's output is not of the requested form.
    pub(in crate::judge) fn is_failed_generation(&self) -> bool {
        self.failed_generation.is_some()
            || self.has_code(&["json_validate_failed", "output_parse_failed", "tool_use_failed"])
    }

    /// Returns whether this one request is larger than what the server grants in a minute, so that waiting does
    /// not help.
    fn is_too_large(&self) -> bool {
        let message = self.message.as_deref().unwrap_or_default().to_lowercase();
        ["request too large", "too large for", "must be reduced"]
            .iter()
            .any(|words| message.contains(words))
    }
}

/// A delay that a sentence names, such as "again in 6m0s" or "retry after 32 seconds".
static DELAY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let unit = "ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?";
    let amount = format!(r"(?:\d+(?:\.\d+)?\s?(?:{unit})\b\s?)+|(?:\d+(?:\.\d+)?(?:ms|s|m|h))+");
    let asks = r"\b(?:again|retry|wait|resets?)(?: again)? (?:in|after|for)\s+";
    Regex::new(&format!("(?i){asks}({amount})")).ok()
});

/// The unit of an amount, of which only the beginning is kept, and the spaces around it.
static UNIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\s?(ms|m|s|h)[a-z]*\s?").ok());

/// Reads a delay that a sentence names.
fn delay_in_words(message: &str) -> Option<Duration> {
    let words = DELAY.as_ref()?.captures(message)?.get(1)?.as_str().to_lowercase();
    let words = words.replace("milliseconds", "ms").replace("millisecond", "ms");
    duration(&UNIT.as_ref()?.replace_all(&words, "$1"))
}

/// Returns what an error means for retrying, and whether it is about what all requests share.
pub(in crate::judge) fn classify(status: u16, error: &ServerError) -> (CallErrorKind, bool) {
    // A quota that is free again soon is no lack of credit, whatever the sentence also mentions.
    let is_passing = matches!(status, 429 | 503) && error.delay.is_some();
    let account = !is_passing && error.concerns_account();
    let kind = match status {
        429 | 503 if account => CallErrorKind::EndpointRejected,
        429 if error.is_too_large() => CallErrorKind::RequestRejected,
        429 | 503 | 529 => CallErrorKind::Throttled,
        300..=399 | 401 | 402 | 407 => return (CallErrorKind::EndpointRejected, true),
        403..=405 => CallErrorKind::EndpointRejected,
        501 => CallErrorKind::RequestRejected,
        408 | 409 | 421 | 424 | 425 | 499 | 500.. => CallErrorKind::Transient,
        400..=499 if account => CallErrorKind::EndpointRejected,
        400 | 406 | 410..=417 | 422 | 431 | 451 => CallErrorKind::RequestRejected,
        _ => CallErrorKind::UnknownRefusal,
    };
    (kind, account)
}

/// Reads a success that is no completion: an error object, in which gateways report the status of the server
/// behind them, or anything else.
pub(in crate::judge) fn error_in_success(value: &Value, status: Option<u16>) -> CallError {
    let error = ServerError::of(value);
    let (kind, account) = match error.status.or_else(|| error.status_of_type(value)) {
        Some(inner) => classify(inner, &error),
        None => (CallErrorKind::NoCompletion, error.concerns_account()),
    };
    let message = match &error.message {
        Some(message) => format!("the answer is an error: {message}"),
        None => "the answer is JSON but not a completion".to_owned(),
    };
    // An error behind a part of a completion rejects no request, and that part may be charged.
    let is_rejection = error.message.is_some() && value.get("choices").is_none();
    let rejection = is_rejection.then(|| Box::new(error.rejection()));
    CallError {
        status,
        account,
        retry_after: error.delay,
        rejection,
        body: Some(beginning(value.to_string().as_bytes())),
        ..CallError::new(kind, message)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(value: &Value) -> Option<String> {
        ServerError::of(value).message
    }

    #[test]
    fn the_sentence_is_found_in_every_form() {
        let sentence = "No such luck";
        for value in [
            json!({ "error": { "message": sentence } }),
            json!({ "error": sentence }),
            json!([{ "error": { "message": sentence } }]),
            json!([sentence]),
            json!({ "message": sentence }),
            json!({ "msg": sentence, "code": 1001 }),
            json!({ "detail": sentence }),
            json!({ "detail": { "message": sentence } }),
            json!({ "error": { "detail": sentence } }),
            json!({ "errors": [{ "message": sentence }, { "message": "another" }] }),
            json!({ "object": "error", "message": sentence, "code": 40_303 }),
            json!({ "error": null, "message": sentence }),
            json!({ "error": "invalid_request", "error_description": sentence }),
            json!({ "message": format!("{{\"error\":{{\"message\":\"{sentence}\"}}}}") }),
            json!({ "error": { "message": "Provider returned error",
                "metadata": { "raw": format!("{{\"error\":{{\"message\":\"{sentence}\"}}}}") } } }),
        ] {
            let found = message(&value).unwrap_or_default();
            assert!(found.ends_with(sentence), "{value}: {found}");
        }
        let details = json!({ "detail": [
            { "loc": ["body", "top_p"], "msg": "Input should be a number", "input": "echo" },
            { "loc": ["body", 0], "msg": "Field required" },
        ] });
        let expected = "body.top_p: Input should be a number; body.0: Field required";
        assert_eq!(message(&details).as_deref(), Some(expected));
        assert_eq!(message(&json!({ "echo": sentence })), None);
    }

    #[test]
    fn a_delay_is_found_in_fields_and_in_the_sentence() {
        let google = |delay: &str| json!([{ "error": { "details": [{ "retryDelay": delay }] } }]);
        let said = |sentence: &str| json!({ "error": { "message": sentence } });
        for (value, milliseconds) in [
            (google("5.999s"), Some(5_999)),
            (google("34s"), Some(34_000)),
            (google("soon"), None),
            (json!({ "error": { "retry_after": 2.5 } }), Some(2_500)),
            (said("Rate limit reached. Please try again in 20ms."), Some(20)),
            (said("Please try again in 6m0s. Visit …"), Some(360_000)),
            (said("Please try again in 1.2s"), Some(1_200)),
            (said("Please retry after 32 seconds."), Some(32_000)),
            (said("Please wait for 2 minutes"), Some(120_000)),
            (said("try again in 1h2m3.5s"), Some(3_723_500)),
            (said("try again in 1 minute 30 seconds"), Some(90_000)),
            (said("try again in 250 milliseconds"), Some(250)),
            (said("try again in a moment"), None),
            (said("Limit 30000, requested 39000"), None),
        ] {
            let delay = ServerError::of(&value).delay;
            assert_eq!(delay, milliseconds.map(Duration::from_millis), "{value}");
        }
    }

    #[test]
    fn what_an_error_means_for_retrying() {
        use CallErrorKind::{
            EndpointRejected, RequestRejected, Throttled, Transient, UnknownRefusal,
        };
        for (status, sentence, kind, account) in [
            (400, "This model's maximum context length is 8192 tokens", RequestRejected, false),
            (400, "API key not valid. Please pass a valid API key.", EndpointRejected, true),
            (400, "Your credit balance is too low to access the API.", EndpointRejected, true),
            (401, "no", EndpointRejected, true),
            (402, "Insufficient credits. Add more to continue.", EndpointRejected, true),
            (403, "Your input was flagged for \"violence\".", EndpointRejected, false),
            (403, "Insufficient Balance", EndpointRejected, true),
            (404, "The model does not exist", EndpointRejected, true),
            (404, "Not Found", EndpointRejected, false),
            (400, "Invalid model name passed in model=nomodel", EndpointRejected, true),
            (302, "", EndpointRejected, true),
            (408, "", Transient, false),
            (409, "", Transient, false),
            (418, "I am a teapot", UnknownRefusal, false),
            (421, "", Transient, false),
            (422, "", RequestRejected, false),
            (424, "upstream trouble", Transient, false),
            (425, "", Transient, false),
            (429, "Rate limit reached", Throttled, false),
            (429, "Rate limit exceeded for api_key: 4258. Limit type: requests.", Throttled, false),
            (429, "Request too large for m on tokens per min (TPM)", RequestRejected, false),
            (
                429,
                "You exceeded your current quota, please check your plan",
                EndpointRejected,
                true,
            ),
            (460, "", UnknownRefusal, false),
            (499, "client closed request", Transient, false),
            (500, "", Transient, false),
            (501, "", RequestRejected, false),
            (503, "overloaded", Throttled, false),
            (529, "Overloaded", Throttled, false),
        ] {
            let error = ServerError::of(&json!({ "error": { "message": sentence } }));
            assert_eq!(classify(status, &error), (kind, account), "{status} {sentence}");
        }
    }

    #[test]
    fn codes_and_statuses_are_words_and_numbers() {
        let error = ServerError::of(&json!([{ "error": {
            "code": 400, "status": "INVALID_ARGUMENT", "message": "no",
            "details": [{ "reason": "API_KEY_INVALID" }],
        } }]));
        assert_eq!(error.codes, ["invalid_argument", "api_key_invalid"]);
        assert_eq!(error.status, Some(400));
        assert_eq!(classify(400, &error), (CallErrorKind::EndpointRejected, true));
        let error = ServerError::of(&json!({ "code": "401", "msg": "token expired or invalid" }));
        assert_eq!((error.status, error.concerns_account()), (Some(401), true));
        let error = ServerError::of(&json!({ "error": { "code": "json_validate_failed" } }));
        assert!(error.is_failed_generation());
    }

    #[test]
    fn an_error_of_anthropic_in_a_success_is_that_of_its_type() {
        for (of_type, kind) in [
            ("overloaded_error", CallErrorKind::Throttled),
            ("authentication_error", CallErrorKind::EndpointRejected),
            ("api_error", CallErrorKind::Transient),
            ("new_error", CallErrorKind::NoCompletion),
        ] {
            let error = json!({ "type": "error", "error": { "type": of_type, "message": "no" } });
            assert_eq!(error_in_success(&error, Some(200)).kind, kind, "{of_type}");
        }
        let of_another = json!({ "error": { "type": "invalid_request_error", "message": "no" } });
        assert_eq!(error_in_success(&of_another, None).kind, CallErrorKind::NoCompletion);
    }
}
