//! Reads what servers report about their quotas in the headers of an answer.
//!
//! Headers are not trusted: a value that is negative, not finite or not understood is ignored. Dates are
//! compared with the server's own `Date`, so that our clock does not matter.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::judge::rate_hints::{QuotaHint, RateHints};

/// Longer waits are cut to this; a trial ends long before.
const MAX_WAIT: Duration = Duration::from_hours(24 * 30);
/// Larger counts are ignored as invalid.
const MAX_COUNT: f64 = 1e15;
/// A larger number of seconds is a date (Unix time), and a number a hundred times as large is a date in
/// milliseconds.
const EPOCH_SECONDS_FROM: f64 = 1e9;
const EPOCH_MILLISECONDS_FROM: f64 = 1e11;

impl RateHints {
    /// Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`. The same names without the last part
    /// count as those of requests.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let hint = |ending: &str| {
            let text = |what: &str| text(headers, &format!("x-ratelimit-{what}{ending}"));
            QuotaHint {
                limit: text("limit").and_then(count).filter(|limit| *limit > 0),
                remaining: text("remaining").and_then(count),
                reset: text("reset").and_then(|reset| until(reset, headers)),
            }
        };
        let (mut requests, tokens) = (hint("-requests"), hint("-tokens"));
        if requests == QuotaHint::default() {
            requests = hint("");
            // The name of this header does not say what period the limit is for.
            let resets = QuotaHint::MINUTE_RESETS;
            let per_minute = requests.reset.is_some_and(|reset| resets.contains(&reset));
            requests.limit = requests.limit.filter(|_| per_minute);
        }
        Self { requests, tokens }
    }
}

/// Returns how long a server asks to wait: `retry-after-ms`, or `retry-after` in seconds or as a date.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    if let Some(milliseconds) = text(headers, "retry-after-ms").and_then(number) {
        return Some(seconds(milliseconds / 1000.0));
    }
    let hint = text(headers, RETRY_AFTER.as_str())?;
    match number(hint) {
        Some(number) => Some(seconds(number)),
        None => since_date(httpdate::parse_http_date(hint).ok()?, headers),
    }
}

/// Reads a reset in any of the formats that servers use: seconds, a duration with units, or a date. A date in
/// the past is a wait of zero.
fn until(text: &str, headers: &HeaderMap) -> Option<Duration> {
    let date = match number(text) {
        Some(number) if number < EPOCH_SECONDS_FROM => return Some(seconds(number)),
        Some(number) => {
            let milliseconds = number >= EPOCH_MILLISECONDS_FROM;
            let number = if milliseconds { number / 1000.0 } else { number };
            UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(number).ok()?)?
        }
        None => match units(text) {
            Some(number) => return Some(seconds(number)),
            None => httpdate::parse_http_date(text).ok()?,
        },
    };
    // Without the server's own date, a date says nothing.
    own_date(headers)?;
    Some(since_date(date, headers).unwrap_or_default())
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
