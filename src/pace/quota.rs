//! One quota per minute: what was configured, what the server reports about it, and what of it is used.
//!
//! A [`Rate`] spreads the quota over the minute; a [`Ledger`] limits every sliding minute. Cells are moved from
//! the rate to a balance as they become due, and the request takes them from the balance when it is sent. So
//! a request can wait for more cells than are ever due at once, a waiter that is dropped loses nothing, and
//! what a request did not use is returned.
//!
//! What a server reports is applied only where that does no harm:
//!
//! - Its limit counts where it can be one per minute, and never raises the configured quota.
//! - Usage by other clients is the difference between what the server has counted and what our own ledger
//!   explains.
//! - A server counts either in fixed windows, which end at their reset, or in a bucket, which refills
//!   gradually. The reset shows which, while something remains: the reset of a bucket that refills in a
//!   minute is the used share of the quota, in minutes.

use std::time::Duration;

use tokio::time::Instant;

use super::ledger::{Ledger, LedgerPosition, MINUTE, OtherClients};
use super::rate::Rate;
use crate::input::NO_LIMIT_ABOVE;
use crate::judge::QuotaHint;

/// `remaining = 0` can be due to our own requests alone. That is assumed where they reach the limit up to one part
/// in this many; not all of it, because the server's minute begins at another time than ours.
const EXPLAINED_WITHIN: u64 = 20;

/// A quota of requests or of tokens.
#[derive(Debug)]
pub(super) struct Quota {
    configured: Option<u64>,
    /// The limit that the server reported.
    reported: Option<u64>,
    /// The server's window is longer than a minute, so its limit does not apply to a minute.
    longer_window: bool,
    /// The server counts in a bucket.
    refills: bool,
    /// When the request was sent whose answer was the last to report something.
    last_report: Option<Instant>,
    rate: Option<Rate>,
    /// Cells taken from the rate and not used; negative where requests used more than they reserved.
    balance: i64,
    ledger: Ledger,
}

/// What was reserved of a quota for a request, and what its answer reports.
#[derive(Debug, Clone, Copy)]
pub(super) struct QuotaFeedback<'a> {
    /// The ledger's position when the request was sent.
    pub(super) departed: &'a LedgerPosition,
    pub(super) hint: QuotaHint,
    /// Whether the server refused the request because a quota was used up.
    pub(super) throttled: bool,
    /// What the request used of this quota, 0 where that is not known.
    pub(super) used: u64,
    /// What was reserved for it.
    pub(super) reserved: u64,
}

impl Quota {
    /// Returns a quota; `None` means no limit.
    pub(super) fn new(configured: Option<u64>) -> Self {
        let configured = limited(configured);
        Self {
            configured,
            reported: None,
            longer_window: false,
            refills: false,
            last_report: None,
            rate: configured.map(Rate::per_minute),
            balance: 0,
            ledger: Ledger::new(configured),
        }
    }

    /// Returns the quota in force: the lower of what was configured and what the server reported.
    pub(super) fn per_minute(&self) -> Option<u64> {
        [self.configured, self.reported].into_iter().flatten().min()
    }

    /// Returns whether the quota in force was reported by the server and not configured.
    pub(super) fn is_from_server(&self) -> bool {
        self.per_minute() != self.configured
    }

    /// Takes cells from the rate until the balance covers `cells`; returns when it will if it does not yet.
    pub(super) fn take(&mut self, now: Instant, cells: u64) -> Option<Instant> {
        let rate = self.rate.as_mut()?;
        let missing = u64::try_from(cells as i64 - self.balance).ok().filter(|cells| *cells > 0)?;
        let (taken, due) = rate.take(now, missing);
        self.balance += taken as i64;
        due
    }

    /// Returns when to ask again if the minute's ledger has no room for `cells` yet.
    pub(super) fn ledger_full_until(&mut self, now: Instant, cells: u64) -> Option<Instant> {
        self.ledger.full_until(now, cells)
    }

    /// Records whether somebody waits for cells of this quota from now on, not for something else.
    pub(super) fn set_awaited(&mut self, now: Instant, awaited: bool) {
        if let Some(rate) = &mut self.rate {
            rate.set_awaited(now, awaited);
        }
    }

    /// Records a departure, and whether other requests wait.
    pub(super) fn depart(&mut self, now: Instant, cells: u64, others_wait: bool) -> LedgerPosition {
        self.spend(cells as i64);
        self.set_awaited(now, others_wait);
        self.ledger.record(now, cells)
    }

    /// Replaces what was reserved for a request by what it used.
    pub(super) fn set_usage(&mut self, departed: &LedgerPosition, reserved: u64, used: u64) {
        self.spend(used as i64 - reserved as i64);
        self.ledger.set_usage(departed, reserved, used);
    }

    /// Takes cells from the balance, which stays within one minute's quota in either direction, whatever
    /// usage a server reports.
    fn spend(&mut self, cells: i64) {
        if self.rate.is_some() {
            let most = self.per_minute().unwrap_or_default() as i64;
            self.balance = self.balance.saturating_sub(cells).clamp(-most, most);
        }
    }

    /// Learns from an answer; returns until when nothing may be sent, if it says so.
    ///
    /// Where nothing remains, that is until the reset, or, of a bucket, until one cell has come back. No pause
    /// is needed where our own departures explain all that the server has counted: the ledger knows more
    /// exactly when each of them expires.
    pub(super) fn learn(&mut self, feedback: QuotaFeedback<'_>) -> Option<Instant> {
        let QuotaFeedback { departed, hint, throttled, used, reserved } = feedback;
        let outdated = self.last_report.is_some_and(|last| last > departed.at());
        if hint == QuotaHint::default() || outdated {
            return None;
        }
        // Answers overtake each other; the one to the newest request knows most.
        self.last_report = Some(departed.at());
        // A window does not become shorter while a session runs.
        self.longer_window |= hint.reset > Some(*QuotaHint::MINUTE_RESETS.end());
        let shorter_window = hint.remaining == Some(0)
            && hint.reset.is_some_and(|reset| reset < *QuotaHint::MINUTE_RESETS.start());
        // A limit below what a single request uses would be of something else.
        let plausible = hint.limit >= Some(used.max(reserved));
        // A limit of an hour or a day says nothing about a minute. One of a second or ten says nothing either,
        // but only as long as nothing remains; the limit of the minute, learnt before, stays.
        if self.longer_window {
            self.set_reported(None);
        } else if plausible && !shorter_window {
            self.set_reported(limited(hint.limit));
        }
        let ours = self.ledger.most_counted(departed);
        let wait = hint.reset.unwrap_or(MINUTE);
        if let (Some(limit), Some(remaining), false) =
            (hint.limit, hint.remaining, self.longer_window)
        {
            let taken = limit.saturating_sub(remaining);
            // Where nothing remains, a bucket and a window report the same reset.
            if remaining > 0 {
                self.refills = hint.reset.is_some_and(|reset| is_refill(reset, taken, limit));
            }
            let cells = taken.saturating_sub(ours);
            let (since, until) = (departed.at(), departed.at() + wait.min(MINUTE));
            let others = OtherClients { limit, cells, since, until, refills: self.refills };
            self.ledger.set_other_clients((cells > 0).then_some(others));
        }
        let limit = hint.limit.or(self.per_minute());
        // A throttled request proves that the server has counted more than the ledger.
        let explained = !throttled
            && limit.is_some_and(|limit| ours + limit.div_ceil(EXPLAINED_WITHIN) >= limit);
        if hint.remaining != Some(0) || explained {
            return None;
        }
        let wait = match limit.filter(|_| self.refills) {
            // A bucket that refills in `wait` gives one cell back after this share of it.
            Some(limit) => wait.div_f64(limit as f64),
            None => hint.reset?,
        };
        Some(departed.at() + wait)
    }

    fn set_reported(&mut self, reported: Option<u64>) {
        let before = self.per_minute();
        self.reported = reported;
        let now = self.per_minute();
        if now != before {
            // The balance stays: it is bounded by a minute's quota, and departures are in the ledger.
            self.rate = now.map(Rate::per_minute);
            self.ledger.set_quota(now);
        }
    }
}

/// Returns the quota as at least 1, or `None` where it is so large that it means no limit.
fn limited(quota: Option<u64>) -> Option<u64> {
    quota.filter(|quota| *quota <= NO_LIMIT_ABOVE).map(|quota| quota.max(1))
}

/// Returns whether a reset is that of a bucket that refills in a minute and of which `taken` is used, within 5 %
/// and 20 ms for the rounding of servers.
fn is_refill(reset: Duration, taken: u64, limit: u64) -> bool {
    let expected = MINUTE.as_secs_f64() * taken as f64 / limit as f64;
    (reset.as_secs_f64() - expected).abs() <= 0.05 * expected + 0.02
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn hint(limit: u64, remaining: u64, reset: Duration) -> QuotaHint {
        QuotaHint { limit: Some(limit), remaining: Some(remaining), reset: Some(reset) }
    }

    /// Sends a request of one cell and learns from its answer; returns for how long nothing may be sent.
    fn learn(
        quota: &mut Quota,
        now: Instant,
        hint: QuotaHint,
        throttled: bool,
    ) -> Option<Duration> {
        let departed = &quota.depart(now, 1, false);
        let feedback = QuotaFeedback { departed, hint, throttled, used: 1, reserved: 1 };
        quota.learn(feedback).map(|until| until - now)
    }

    #[test]
    fn a_reported_limit_only_lowers_the_configured_quota() {
        for (configured, reported, in_force) in [
            (None, 100, Some(100)),
            (Some(1000), 100, Some(100)),
            (Some(100), 1000, Some(100)),
            (None, u64::MAX, None),
            (Some(0), 100, Some(1)),
        ] {
            let (mut quota, now) = (Quota::new(configured), Instant::now());
            learn(&mut quota, now, hint(reported, reported / 2, SECOND * 30), false);
            assert_eq!(quota.per_minute(), in_force, "{configured:?} {reported}");
            assert_eq!(quota.is_from_server(), in_force != limited(configured));
        }
    }

    #[test]
    fn a_limit_counts_only_where_it_can_be_one_per_minute() {
        for (remaining, reset, in_force) in [
            (50, SECOND * 61, Some(100)),
            (50, SECOND * 62, None),
            (0, SECOND * 9, None),
            (0, SECOND * 10, Some(100)),
            (50, SECOND, Some(100)),
        ] {
            let (mut quota, now) = (Quota::new(None), Instant::now());
            learn(&mut quota, now, hint(100, remaining, reset), false);
            assert_eq!(quota.per_minute(), in_force, "{remaining} remain, reset in {reset:?}");
        }
    }

    #[test]
    fn an_earlier_request_that_is_answered_late_changes_nothing() {
        let (mut quota, now) = (Quota::new(None), Instant::now());
        let early = quota.depart(now, 1, false);
        learn(&mut quota, now + SECOND, hint(100, 50, SECOND * 30), false);
        let late = QuotaFeedback {
            departed: &early,
            hint: hint(7, 0, SECOND * 30),
            throttled: true,
            used: 1,
            reserved: 1,
        };
        assert_eq!(quota.learn(late), None);
        assert_eq!(quota.per_minute(), Some(100));
    }

    #[test]
    fn nothing_remaining_is_a_hold_unless_our_own_requests_explain_it() {
        for (ours, throttled, hold) in [
            (0, false, Some(20)),
            (93, false, Some(20)),
            // With the request itself these are 95 of 100.
            (94, false, None),
            (94, true, Some(20)),
        ] {
            let (mut quota, now) = (Quota::new(None), Instant::now());
            for _ in 0..ours {
                quota.depart(now, 1, false);
            }
            let held = learn(&mut quota, now, hint(100, 0, SECOND * 20), throttled);
            assert_eq!(held, hold.map(|seconds| SECOND * seconds), "{ours} {throttled}");
        }
    }

    #[test]
    fn an_empty_bucket_is_a_hold_until_it_has_one_cell() {
        let (mut quota, now) = (Quota::new(None), Instant::now());
        learn(&mut quota, now, hint(600, 300, SECOND * 30), false);
        let now = now + MINUTE * 5;
        let held = learn(&mut quota, now, hint(600, 0, MINUTE), true);
        assert_eq!(held, Some(MINUTE / 600));
    }

    #[test]
    fn cells_that_were_not_used_are_returned() {
        let (mut quota, now) = (Quota::new(Some(6000)), Instant::now());
        assert_eq!(quota.take(now, 1), None);
        let departed = quota.depart(now, 1, false);
        quota.set_usage(&departed, 1, 0);
        assert_eq!(quota.take(now, 1), None, "the returned one");
        quota.depart(now, 1, false);
        assert!(quota.take(now, 1).is_some());
    }
}
