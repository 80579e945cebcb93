//! Headers about quotas and waiting, in every format that servers use.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use evenhand::judge::{RateHints, retry_after};

const NOW: (&str, &str) = ("date", "Tue, 01 Jan 2030 00:00:00 GMT");

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap())
    };
    pairs.iter().map(pair).collect()
}

#[test]
fn a_reset_is_read_in_every_format_that_servers_use() {
    for (text, milliseconds) in [
        ("1s", Some(1000)),
        ("6m0s", Some(360_000)),
        ("20ms", Some(20)),
        ("1h2m3.5s", Some(3_723_500)),
        ("1d", Some(86_400_000)),
        ("59.5", Some(59_500)),
        ("0", Some(0)),
        ("Tue, 01 Jan 2030 00:00:07 GMT", Some(7000)),
        ("1893456009", Some(9000)),
        ("1893456009000", Some(9000)),
        // A date in the past.
        ("1893455000", Some(0)),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("1x", None),
        ("s", None),
        ("1.2.3s", None),
        ("5 s", None),
        ("soon", None),
        ("", None),
        // Cut to the longest wait.
        ("900000000", Some(2_592_000_000)),
        ("99999999999999999h", Some(2_592_000_000)),
        ("1e300", None),
    ] {
        let read = RateHints::from_headers(&headers(&[NOW, ("x-ratelimit-reset-requests", text)]));
        assert_eq!(read.requests.reset, milliseconds.map(Duration::from_millis), "{text}");
    }
    let undated = headers(&[("x-ratelimit-reset-tokens", "1893456009")]);
    assert_eq!(
        RateHints::from_headers(&undated).tokens.reset,
        None,
        "our own clock does not matter"
    );
}

#[test]
fn invalid_counts_are_ignored() {
    for (text, limit, remaining) in [
        ("500", Some(500), Some(500)),
        (" 500 ", Some(500), Some(500)),
        ("500.0", Some(500), Some(500)),
        ("0", None, Some(0)),
        ("-5", None, None),
        ("1e300", None, None),
        ("500, 500;w=60", None, None),
        ("unlimited", None, None),
    ] {
        let names = ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens"];
        let tokens = RateHints::from_headers(&headers(&names.map(|name| (name, text)))).tokens;
        assert_eq!((tokens.limit, tokens.remaining), (limit, remaining), "{text}");
    }
}

#[test]
fn a_limit_without_a_unit_counts_only_if_it_can_be_one_per_minute() {
    for (reset, limit) in
        [("0.4", None), ("1", None), ("10", Some(20)), ("60", Some(20)), ("3600", None)]
    {
        let plain = [("x-ratelimit-limit", "20"), ("x-ratelimit-reset", reset)];
        assert_eq!(RateHints::from_headers(&headers(&plain)).requests.limit, limit, "{reset}");
    }
    assert_eq!(
        RateHints::from_headers(&headers(&[("x-ratelimit-limit", "20")])).requests.limit,
        None
    );
}

#[test]
fn retry_after_is_read_as_milliseconds_seconds_or_a_date() {
    let later = "Tue, 01 Jan 2030 00:00:05 GMT";
    for (pairs, milliseconds) in [
        (vec![("retry-after", "2")], Some(2000)),
        (vec![("retry-after", "0.3")], Some(300)),
        (vec![("retry-after-ms", "40"), ("retry-after", "9")], Some(40)),
        (vec![("retry-after-ms", "soon"), ("retry-after", "9")], Some(9000)),
        (vec![NOW, ("retry-after", later)], Some(5000)),
        (vec![("retry-after", later)], None),
        (vec![("date", later), ("retry-after", NOW.1)], None),
        (vec![("retry-after", "-1")], None),
        (vec![("retry-after", "NaN")], None),
        (vec![("retry-after", "10000000000000000000")], Some(2_592_000_000)),
        (vec![], None),
    ] {
        let read = retry_after(&headers(&pairs));
        assert_eq!(read, milliseconds.map(Duration::from_millis), "{pairs:?}");
    }
}

#[test]
fn the_headers_of_other_providers_are_read() {
    let messages_api = headers(&[
        NOW,
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "49"),
        ("anthropic-ratelimit-requests-reset", "2030-01-01T00:00:07Z"),
        ("anthropic-ratelimit-input-tokens-limit", "40000"),
        ("anthropic-ratelimit-input-tokens-reset", "2030-01-01T00:01:00.5Z"),
    ]);
    let read = RateHints::from_headers(&messages_api);
    assert_eq!((read.requests.limit, read.requests.remaining), (Some(50), Some(49)));
    assert_eq!(read.requests.reset, Some(Duration::from_secs(7)));
    assert_eq!(read.tokens.limit, Some(40_000));
    assert_eq!(read.tokens.reset, Some(Duration::from_millis(60_500)));
    let all = ("anthropic-ratelimit-tokens-limit", "80000");
    let input = ("anthropic-ratelimit-input-tokens-limit", "40000");
    assert_eq!(RateHints::from_headers(&headers(&[all, input])).tokens.limit, Some(80_000));

    let passed_on = headers(&[
        ("x-ratelimit-limit-requests", "9"),
        ("llm_provider-x-ratelimit-reset-requests", "30s"),
    ]);
    let read = RateHints::from_headers(&passed_on).requests;
    assert_eq!((read.limit, read.reset), (Some(9), Some(Duration::from_secs(30))));
}

#[test]
fn retry_after_is_read_in_every_published_form() {
    for (pairs, milliseconds) in [
        (vec![("retry-after", "6m0s")], Some(360_000)),
        (vec![("retry-after", "1.5s")], Some(1500)),
        (vec![NOW, ("retry-after", "1893456009")], Some(9000)),
        (vec![NOW, ("retry-after", "1893456009500")], Some(9500)),
        (vec![NOW, ("retry-after", "2030-01-01T00:00:05Z")], Some(5000)),
        (vec![("retry-after", "2030-01-01T00:00:05Z")], None),
        (vec![("x-ms-retry-after-ms", "250")], Some(250)),
        (vec![("llm_provider-retry-after", "2")], Some(2000)),
        (vec![("retry-after", "1"), ("llm_provider-retry-after", "2")], Some(1000)),
    ] {
        let read = retry_after(&headers(&pairs));
        assert_eq!(read, milliseconds.map(Duration::from_millis), "{pairs:?}");
    }
}
