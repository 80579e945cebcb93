//! What a server reports about its quotas.

use std::ops::RangeInclusive;
use std::time::Duration;

/// What an answer reports about the quotas of its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateHints {
    /// The quota of requests.
    pub requests: QuotaHint,
    /// The quota of tokens.
    pub tokens: QuotaHint,
}

/// What an answer reports about one quota. The length of its window is not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuotaHint {
    /// The quota, above 0.
    pub limit: Option<u64>,
    /// What remained of it when the request arrived.
    pub remaining: Option<u64>,
    /// The time until none of it is used any more: the end of a window, or a bucket's full refill.
    pub reset: Option<Duration>,
}

impl QuotaHint {
    /// The resets that a limit per minute can have. A shorter one may be that of a limit per second or per ten
    /// seconds; a longer one is that of a limit per hour or per day, even if the server rounds up to whole
    /// seconds.
    pub(crate) const MINUTE_RESETS: RangeInclusive<Duration> =
        Duration::from_secs(10)..=Duration::from_secs(61);
}
