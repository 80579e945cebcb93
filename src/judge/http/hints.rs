//! Reads what servers report about their quotas in the headers of an answer.
//!
//! Headers are not trusted: a value that is negative, not finite or not understood is ignored. Dates are
//! compared with the server's own `Date`, so that our clock does not matter.

use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::judge::rate_hints::{QuotaHint, RateHints};

/// Longer waits are cut to this; a trial ends long before.
const MAX_WAIT: Duration = Duration::from_hours(24 * 30);
/// Larger counts are ignored as invalid.
const MAX_COUNT: f64 = 1e15;
/// Numbers that are dates in Unix time, from 2001 to 2286; in milliseconds they are a thousand times as large.
const EPOCH_SECONDS: Range<f64> = 1e9..1e10;

impl RateHints {
    /// Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, or Anthropic's
    /// `anthropic-ratelimit-{requests,tokens}-{limit,remaining,reset}`. The former names without the last part
    /// count as those of requests, and input tokens as tokens where nothing is said of all.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let hint = |name: &dyn Fn(&str) -> String| {
            let passed_on = |name: &str| text(headers, &format!("llm_provider-{name}"));
            let text = |what: &str| text(headers, &name(what)).or_else(|| passed_on(&name(what)));
            QuotaHint {
                limit: text("limit").and_then(count).filter(|limit| *limit > 0),
                remaining: text("remaining").and_then(count),
                reset: text("reset").and_then(|reset| until(reset, headers)),
            }
        };
        let common = |ending: &str| hint(&|what| format!("x-ratelimit-{what}{ending}"));
        let anthropic = |quota: &str| hint(&|what| format!("anthropic-ratelimit-{quota}-{what}"));
        if headers.keys().any(|name| name.as_str().contains("anthropic-ratelimit-")) {
            let all = Some(anthropic("tokens")).filter(|hint| *hint != QuotaHint::default());
            return Self {
                requests: anthropic("requests"),
                tokens: all.unwrap_or_else(|| anthropic("input-tokens")),
            };
        }
        let (mut requests, tokens) = (common("-requests"), common("-tokens"));
        if requests == QuotaHint::default() {
            requests = common("");
            // The name of this header does not say what period the limit is for.
            let resets = QuotaHint::MINUTE_RESETS;
            let per_minute = requests.reset.is_some_and(|reset| resets.contains(&reset));
            requests.limit = requests.limit.filter(|_| per_minute);
        }
        Self { requests, tokens }
    }
}

/// Returns how long a server asks to wait: `retry-after-ms` (`x-ms-retry-after-ms` at Azure), or `retry-after`
/// (`llm_provider-retry-after` where `LiteLLM` passes it on) in seconds, as a duration with units, or as a date.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let milliseconds = ["retry-after-ms", "x-ms-retry-after-ms"];
    let milliseconds = milliseconds.iter().find_map(|name| text(headers, name).and_then(number));
    if let Some(milliseconds) = milliseconds {
        return Some(seconds(milliseconds / 1000.0));
    }
    let named = [RETRY_AFTER.as_str(), "llm_provider-retry-after"];
    let hint = named.iter().find_map(|name| text(headers, name))?;
    match moment(hint)? {
        Moment::After(wait) => Some(wait),
        Moment::At(date) => since_date(date, headers),
    }
}

/// Reads a duration in a text: seconds, or with units.
pub(in crate::judge) fn duration(text: &str) -> Option<Duration> {
    number(text).or_else(|| units(text)).map(seconds)
}

/// When something happens.
enum Moment {
    After(Duration),
    At(SystemTime),
}

/// Reads a reset. A date in the past is a wait of zero.
fn until(text: &str, headers: &HeaderMap) -> Option<Duration> {
    // A number of seconds that could be a date, and is none, is no reset.
    let is_no_reset = number(text).is_some_and(|number| number >= EPOCH_SECONDS.start);
    match moment(text)? {
        Moment::After(wait) => Some(wait).filter(|_| !is_no_reset),
        // Without the server's own date, a date says nothing.
        Moment::At(date) => {
            own_date(headers).map(|_| since_date(date, headers).unwrap_or_default())
        }
    }
}

/// Reads a moment in any of the formats that servers use: seconds, a duration with units, or a date, which may
/// be one of HTTP, of RFC 3339, or Unix time in seconds or milliseconds.
fn moment(text: &str) -> Option<Moment> {
    let Some(number) = number(text) else {
        let date = || httpdate::parse_http_date(text).ok();
        let date = || date().or_else(|| humantime::parse_rfc3339_weak(text).ok());
        return units(text)
            .map(|number| Moment::After(seconds(number)))
            .or_else(|| date().map(Moment::At));
    };
    let unix = if EPOCH_SECONDS.contains(&number) {
        number
    } else if EPOCH_SECONDS.contains(&(number / 1000.0)) {
        number / 1000.0
    } else {
        return Some(Moment::After(seconds(number)));
    };
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(unix).ok()?).map(Moment::At)
}

/// Reads `1h2m3.5s`, `6m0s`, `20ms` and the like, in seconds.
fn units(text: &str) -> Option<f64> {
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() {
        let end = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
        let amount = number(&rest[..end])?;
        rest = &rest[end..];
        let end = rest.find(|char: char| !char.is_alphabetic()).unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        sum += amount * unit;
        rest = &rest[end..];
    }
    (!text.is_empty()).then_some(sum)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Reads a finite number that is not negative.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

fn count(text: &str) -> Option<u64> {
    number(text).filter(|number| *number <= MAX_COUNT).map(|number| number as u64)
}

fn seconds(number: f64) -> Duration {
    Duration::try_from_secs_f64(number).unwrap_or(MAX_WAIT).min(MAX_WAIT)
}

fn own_date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, DATE.as_str())?).ok()
}

/// Returns how long after the answer's own date a date is; `None` if it is before, or the answer has no date.
fn since_date(date: SystemTime, headers: &HeaderMap) -> Option<Duration> {
    date.duration_since(own_date(headers)?).ok().map(|wait| wait.min(MAX_WAIT))
}
