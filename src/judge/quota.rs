//! One quota per minute: what was set, what the server says about it, and what of it is used.
//!
//! A limiter spreads the quota over the minute, a ledger holds every minute to it. Cells are gathered from
//! the limiter in an account before a request leaves and leave it with the request, so that nothing is lost
//! with a waiter that goes away, and what a request did not use comes back.
//!
//! What a server says is believed as far as that does no harm. Its limit counts where it can be one per
//! minute, and only ever lowers the quota that was set. What others use of it is taken to be the difference
//! between what remains and what our own ledger explains. Whether the server counts in windows, which end
//! all at once at their reset, or in a bucket, which refills little by little, shows in the reset while
//! something remains: that of a bucket of a minute is the share that is used, in minutes.

use std::time::Duration;

use tokio::time::Instant;

use super::hints::QuotaHint;
use super::ledger::{Ledger, MINUTE, Mark, Others};
use super::pacer::Rate;
use crate::input::NO_LIMIT_ABOVE;

/// A reset beyond this is not that of a minute, even where a server rounds up.
const LONGEST_RESET: Duration = Duration::from_secs(61);
const SHORTEST_RESET: Duration = Duration::from_secs(10);

/// Servers count in minutes that are not quite ours: that nothing remains is explained where our own
/// departures fall short of the limit by no more than one in so many.
const EXPLAINED_WITHIN: u64 = 20;

/// A quota of requests or of tokens.
#[derive(Debug)]
pub(super) struct Quota {
    set: Option<u64>,
    learnt: Option<u64>,
    /// The server's window has turned out to be longer than a minute: its limit is none for us.
    longer: bool,
    /// The server counts in a bucket.
    refills: bool,
    /// When the request left whose answer was the last to say something.
    heard: Option<Instant>,
    rate: Option<Rate>,
    /// Cells that are gathered and not used; negative where more was used than reserved.
    gathered: i64,
    ledger: Ledger,
}

/// What a request left with, and what its answer says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard<'a> {
    pub(super) mark: &'a Mark,
    pub(super) hint: QuotaHint,
    /// The answer was a refusal for want of quota.
    pub(super) refused: bool,
    /// What the request used of this quota, as far as is known.
    pub(super) used: u64,
    /// What was reserved for it: no quota is smaller than what it let pass.
    pub(super) reserved: u64,
}

impl Quota {
    /// Returns a quota; `None` is none.
    pub(super) fn new(set: Option<u64>) -> Self {
        let set = limited(set);
        Self {
            set,
            learnt: None,
            longer: false,
            refills: false,
            heard: None,
            rate: set.and_then(Rate::per_minute),
            gathered: 0,
            ledger: Ledger::new(set),
        }
    }

    /// Returns the quota that holds now: the lower of what was set and what was learnt.
    pub(super) fn per_minute(&self) -> Option<u64> {
        [self.set, self.learnt].into_iter().flatten().min()
    }

    /// Returns whether the quota that holds is the server's own and not the one that was set.
    pub(super) fn is_learnt(&self) -> bool {
        self.per_minute() != self.set
    }

    /// Gathers what `cells` need; returns when to ask again if they may not leave yet.
    pub(super) fn full_until(&mut self, now: Instant, cells: u64) -> Option<Instant> {
        if let Some(rate) = &self.rate {
            while self.gathered < cells as i64 {
                match rate.take() {
                    Ok(portion) => self.gathered += portion,
                    Err(wait) => return Some(now + wait),
                }
            }
        }
        self.ledger.full_until(now, cells)
    }

    /// Counts a departure.
    pub(super) fn leave(&mut self, now: Instant, cells: u64) -> Mark {
        self.spend(cells as i64);
        self.ledger.enter(now, cells)
    }

    /// Puts what a request really used in the place of what was reserved for it.
    pub(super) fn settle(&mut self, mark: &Mark, reserved: u64, used: u64) {
        self.spend(used as i64 - reserved as i64);
        self.ledger.settle(mark, reserved, used);
    }

    /// No more than a minute's quota is ever owed or saved up, whatever a server counts.
    fn spend(&mut self, cells: i64) {
        if self.rate.is_some() {
            let most = self.per_minute().unwrap_or_default() as i64;
            self.gathered = self.gathered.saturating_sub(cells).clamp(-most, most);
        }
    }

    /// Learns from an answer; returns until when nothing may leave, if it says so.
    ///
    /// Where nothing remains, that is so until the reset, or, of a bucket, until one cell has come back. It
    /// needs no hold where our own departures are all that the server has counted: then the ledger knows
    /// better, which of them the server forgets when.
    pub(super) fn learn(&mut self, heard: Heard<'_>) -> Option<Instant> {
        let Heard { mark, hint, refused, used, reserved } = heard;
        if hint == QuotaHint::default() || self.heard.is_some_and(|last| last > mark.at()) {
            return None;
        }
        self.heard = Some(mark.at());
        self.longer |= hint.reset > Some(LONGEST_RESET);
        // A window that is used up and over in a moment may be one of a second.
        let of_seconds =
            hint.remaining == Some(0) && hint.reset.is_some_and(|reset| reset < SHORTEST_RESET);
        if self.longer {
            self.set_learnt(None);
        } else if hint.limit >= Some(used.max(reserved)) && !of_seconds {
            self.set_learnt(limited(hint.limit));
        }
        let ours = self.ledger.most_counted(mark);
        let wait = hint.reset.unwrap_or(MINUTE);
        if let (Some(limit), Some(remaining), false) = (hint.limit, hint.remaining, self.longer) {
            let taken = limit.saturating_sub(remaining);
            if remaining > 0 {
                self.refills = hint.reset.is_some_and(|reset| is_refill(reset, taken, limit));
            }
            let cells = taken.saturating_sub(ours);
            let (since, until) = (mark.at(), mark.at() + wait.min(MINUTE));
            let others = Others { limit, cells, since, until, refills: self.refills };
            self.ledger.set_others((cells > 0).then_some(others));
        }
        let limit = hint.limit.or(self.per_minute());
        let explained =
            !refused && limit.is_some_and(|limit| ours + limit.div_ceil(EXPLAINED_WITHIN) >= limit);
        if hint.remaining != Some(0) || explained {
            return None;
        }
        let wait = match limit.filter(|_| self.refills) {
            Some(limit) => wait.div_f64(limit as f64),
            None => hint.reset?,
        };
        Some(mark.at() + wait)
    }

    fn set_learnt(&mut self, learnt: Option<u64>) {
        let before = self.per_minute();
        self.learnt = learnt;
        let now = self.per_minute();
        if now != before {
            self.rate = now.and_then(Rate::per_minute);
            self.ledger.set_quota(now);
        }
    }
}

/// Returns the quota, unless it is none.
fn limited(quota: Option<u64>) -> Option<u64> {
    quota.filter(|quota| *quota <= NO_LIMIT_ABOVE).map(|quota| quota.max(1))
}

/// Returns whether a reset is that of a bucket which refills in a minute and of which so much is taken.
fn is_refill(reset: Duration, taken: u64, limit: u64) -> bool {
    let expected = MINUTE.as_secs_f64() * taken as f64 / limit as f64;
    (reset.as_secs_f64() - expected).abs() <= 0.05 * expected + 0.02
}
