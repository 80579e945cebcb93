//! How long requests occupy the timeline of a shared quota.

use std::time::Duration;

use super::super::ledger::WINDOW;
use crate::input::{JudgeSettings, NO_LIMIT_ABOVE};

/// The most by which a request is sent later than its turn. A lease is of no use if the database takes longer to answer.
pub(in crate::pace) const MAX_LATENESS: Duration = Duration::from_millis(250);

/// The quotas of requests and tokens per minute that processes share; at least one of them is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaTerms {
    requests_per_minute: Option<u64>,
    tokens_per_minute: Option<u64>,
}

impl QuotaTerms {
    /// Returns the quotas of a judge; `None` if it has none.
    pub fn of(settings: &JudgeSettings) -> Option<Self> {
        let limited =
            |quota: Option<u64>| quota.filter(|quota| (1..=NO_LIMIT_ABOVE).contains(quota));
        let requests_per_minute = limited(settings.requests_per_minute);
        let tokens_per_minute = limited(settings.tokens_per_minute);
        let is_limited = requests_per_minute.is_some() || tokens_per_minute.is_some();
        is_limited.then_some(Self { requests_per_minute, tokens_per_minute })
    }

    /// Returns the quota of requests per minute.
    pub fn requests_per_minute(&self) -> Option<u64> {
        self.requests_per_minute
    }

    /// Returns the quota of tokens per minute, of prompts and replies together.
    pub fn tokens_per_minute(&self) -> Option<u64> {
        self.tokens_per_minute
    }

    /// Returns the time that so many tokens occupy, in seconds, where the largest request has `largest`: at most W + L, so
    /// that no other request is sent in the same minute.
    pub(super) fn token_seconds(&self, tokens: u64, largest: u64) -> f64 {
        let Some(quota) = self.tokens_per_minute else { return 0.0 };
        let left = quota.saturating_sub(largest).max(1);
        (tokens as f64 * span() / left as f64).min(span())
    }

    /// Returns the time that a request occupies, in seconds.
    pub(super) fn request_seconds(&self, tokens: u64, largest: u64) -> f64 {
        let of_request = self.requests_per_minute.map_or(0.0, |quota| span() / quota as f64);
        of_request.max(self.token_seconds(tokens, largest.max(tokens)))
    }
}

/// Returns W + L, in seconds: the stretch of the timeline whose requests can be sent within one minute.
fn span() -> f64 {
    (WINDOW + MAX_LATENESS).as_secs_f64()
}
