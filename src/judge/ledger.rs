//! The sliding minute: what left within the last minute, and what others have used of the same quota.
//!
//! No window of a minute ever holds more than the quota, as far as usage is known: a departure counts with
//! what was reserved for it until its real usage settles it. The ledger neither waits nor reads a clock.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

pub(super) const MINUTE: Duration = Duration::from_mins(1);
/// Requests take now more, now less time to the server, so a minute of ours is longer than one of its.
pub(super) const WINDOW: Duration = Duration::from_millis(60_100);
/// Departures this close to each other are one entry, as old as the youngest of them; so there are never
/// more than some thousand entries.
const GRAIN: Duration = Duration::from_millis(10);

/// What left within the last minute.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    quota: Option<u64>,
    entries: VecDeque<Entry>,
    /// What all entries hold.
    sum: u64,
    /// What was ever entered.
    total: u64,
    others: Option<Others>,
}

#[derive(Debug)]
struct Entry {
    first: Instant,
    last: Instant,
    cells: u64,
}

/// Where a ledger stood when a request left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    at: Instant,
    sum: u64,
    total: u64,
}

/// What others have used of a quota, as the server's count of what remains shows.
#[derive(Debug)]
pub(super) struct Others {
    /// The server's limit, ours and theirs together.
    pub(super) limit: u64,
    /// What they used.
    pub(super) cells: u64,
    /// When the server counted.
    pub(super) since: Instant,
    /// When it has forgotten.
    pub(super) until: Instant,
    /// It forgets little by little, as a bucket refills, not all at once.
    pub(super) refills: bool,
}

impl Ledger {
    pub(super) fn new(quota: Option<u64>) -> Self {
        Self { quota, ..Self::default() }
    }

    /// Takes another quota, from the next departure on; what has left stays counted.
    pub(super) fn set_quota(&mut self, quota: Option<u64>) {
        self.quota = quota;
    }

    /// Takes note of what others use, in place of what was noted before.
    pub(super) fn set_others(&mut self, others: Option<Others>) {
        self.others = others;
    }

    /// Returns when it is worth asking again whether `cells` may leave; `None` if they may now.
    pub(super) fn full_until(&mut self, now: Instant, cells: u64) -> Option<Instant> {
        while let Some(entry) = self.entries.pop_front_if(|entry| entry.last + WINDOW <= now) {
            self.sum -= entry.cells;
        }
        self.others.take_if(|others| others.until <= now);
        let theirs =
            self.others.as_ref().map(|others| others.limit.saturating_sub(others.used(now)));
        let allowed = [self.quota, theirs].into_iter().flatten().min()?;
        let missing = (self.sum + cells).checked_sub(allowed).filter(|missing| *missing > 0)?;
        let ours = self.entries.front().map(|entry| entry.last + WINDOW);
        let theirs = self.others.as_ref().map(|others| others.gone(now, missing));
        Some([ours, theirs].into_iter().flatten().min().unwrap_or(now + WINDOW))
    }

    /// Counts a departure.
    pub(super) fn enter(&mut self, now: Instant, cells: u64) -> Mark {
        match self.entries.back_mut() {
            Some(entry) if now < entry.first + GRAIN => {
                entry.last = entry.last.max(now);
                entry.cells += cells;
            }
            _ => self.entries.push_back(Entry { first: now, last: now, cells }),
        }
        self.sum += cells;
        self.total += cells;
        Mark { at: now, sum: self.sum, total: self.total }
    }

    /// Puts what a departure really used in the place of what was reserved for it.
    pub(super) fn settle(&mut self, mark: &Mark, reserved: u64, used: u64) {
        self.total += used.saturating_sub(reserved);
        let at = self.entries.partition_point(|entry| entry.last < mark.at);
        if let Some(entry) = self.entries.get_mut(at).filter(|entry| entry.first <= mark.at) {
            // What was settled before is out of the entry already, so it holds at least this reservation.
            entry.cells = (entry.cells + used).saturating_sub(reserved);
            self.sum = (self.sum + used).saturating_sub(reserved);
        }
    }

    /// Returns the most of ours that a server may have counted in a minute when it answered a request: all
    /// that had left within the minute before it, and all that has left since. A long latency makes this
    /// much, and then nothing can be said about others; but nothing of ours is ever taken for theirs.
    pub(super) fn most_counted(&self, mark: &Mark) -> u64 {
        mark.sum + (self.total - mark.total)
    }
}

impl Mark {
    /// Returns when the request left.
    pub(super) fn at(&self) -> Instant {
        self.at
    }
}

impl Others {
    /// Returns how much of what they used still counts.
    fn used(&self, now: Instant) -> u64 {
        if !self.refills {
            return self.cells;
        }
        let left = self.until.saturating_duration_since(now).as_secs_f64();
        (self.cells as f64 * (left / self.span())).ceil() as u64
    }

    /// Returns when at least `missing` of it no longer counts, or all of it.
    fn gone(&self, now: Instant, missing: u64) -> Instant {
        if !self.refills {
            return self.until;
        }
        let wait = self.span() * missing as f64 / self.cells.max(1) as f64;
        let wait =
            Duration::try_from_secs_f64(wait).unwrap_or(MINUTE).max(Duration::from_millis(1));
        self.until.min(now + wait)
    }

    fn span(&self) -> f64 {
        self.until.saturating_duration_since(self.since).as_secs_f64().max(1e-3)
    }
}
