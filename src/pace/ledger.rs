//! The ledger of the sliding minute: what was sent within the last minute, and what other clients have used
//! of the same quota.
//!
//! No window of a minute ever holds more than the quota, as far as usage is known: a departure counts with
//! what was reserved for it until its usage is known. The ledger neither waits nor reads a clock.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

pub(super) const MINUTE: Duration = Duration::from_mins(1);
/// Requests take a varying time to reach the server, so our minute is longer than the server's by 100 ms.
pub(super) const WINDOW: Duration = Duration::from_millis(60_100);
/// Departures within this time are one entry, which expires with the youngest of them. This limits the ledger
/// to some thousand entries.
const ENTRY_SPAN: Duration = Duration::from_millis(10);

/// What was sent within the last minute.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    quota: Option<u64>,
    entries: VecDeque<Entry>,
    /// The sum of all entries.
    sum: u64,
    /// The sum of all departures ever recorded.
    total: u64,
    other_clients: Option<OtherClients>,
}

#[derive(Debug)]
struct Entry {
    first: Instant,
    last: Instant,
    cells: u64,
}

/// The state of a ledger when a request was sent, that request included.
#[derive(Debug, Clone, Copy)]
pub(super) struct LedgerPosition {
    at: Instant,
    sum: u64,
    total: u64,
}

/// Usage of a quota by other clients, derived from what the server reports to remain.
#[derive(Debug)]
pub(super) struct OtherClients {
    /// The server's limit, which we and they share.
    pub(super) limit: u64,
    /// What they have used.
    pub(super) cells: u64,
    /// When the server counted.
    pub(super) since: Instant,
    /// When their usage no longer counts.
    pub(super) until: Instant,
    /// Whether it expires gradually, as a bucket refills, and not all at once.
    pub(super) refills: bool,
}

impl Ledger {
    pub(super) fn new(quota: Option<u64>) -> Self {
        Self { quota, ..Self::default() }
    }

    /// Sets the quota for later departures; what was sent before stays counted.
    pub(super) fn set_quota(&mut self, quota: Option<u64>) {
        self.quota = quota;
    }

    /// Replaces what is known about other clients.
    pub(super) fn set_other_clients(&mut self, other_clients: Option<OtherClients>) {
        self.other_clients = other_clients;
    }

    /// Returns when to ask again if `cells` may not be used yet; `None` if they may be used now.
    pub(super) fn full_until(&mut self, now: Instant, cells: u64) -> Option<Instant> {
        while let Some(entry) = self.entries.pop_front_if(|entry| entry.last + WINDOW <= now) {
            self.sum -= entry.cells;
        }
        self.other_clients.take_if(|others| others.until <= now);
        let others = self.other_clients.as_ref();
        let shared = others.map(|others| others.limit.saturating_sub(others.used(now)));
        let allowed = [self.quota, shared].into_iter().flatten().min()?;
        let missing = (self.sum + cells).checked_sub(allowed).filter(|missing| *missing > 0)?;
        let ours_expire = self.entries.front().map(|entry| entry.last + WINDOW);
        let theirs_expire = others.map(|others| others.expires(now, missing));
        Some([ours_expire, theirs_expire].into_iter().flatten().min().unwrap_or(now + WINDOW))
    }

    /// Records a departure.
    pub(super) fn record(&mut self, now: Instant, cells: u64) -> LedgerPosition {
        match self.entries.back_mut() {
            Some(entry) if now < entry.first + ENTRY_SPAN => {
                entry.last = entry.last.max(now);
                entry.cells += cells;
            }
            _ => self.entries.push_back(Entry { first: now, last: now, cells }),
        }
        self.sum += cells;
        self.total += cells;
        LedgerPosition { at: now, sum: self.sum, total: self.total }
    }

    /// Replaces what was reserved for a departure by what it used.
    pub(super) fn set_usage(&mut self, departed: &LedgerPosition, reserved: u64, used: u64) {
        self.total += used.saturating_sub(reserved);
        let at = self.entries.partition_point(|entry| entry.last < departed.at);
        if let Some(entry) = self.entries.get_mut(at).filter(|entry| entry.first <= departed.at) {
            // The entry still holds this reservation: each is replaced once.
            entry.cells = (entry.cells + used).saturating_sub(reserved);
            self.sum = (self.sum + used).saturating_sub(reserved);
        }
    }

    /// Returns the most of our cells that a server can have counted when it answered a request: all that was
    /// sent within the minute before the request, and all that was sent since. With a long latency this
    /// overestimates, so that usage by others goes unnoticed, but ours is never taken for theirs.
    pub(super) fn most_counted(&self, departed: &LedgerPosition) -> u64 {
        departed.sum + (self.total - departed.total)
    }
}

impl LedgerPosition {
    /// Returns when the request was sent.
    pub(super) fn at(&self) -> Instant {
        self.at
    }
}

impl OtherClients {
    /// Returns how much of their usage still counts.
    fn used(&self, now: Instant) -> u64 {
        if !self.refills {
            return self.cells;
        }
        let remaining = self.until.saturating_duration_since(now).as_secs_f64();
        (self.cells as f64 * (remaining / self.span())).ceil() as u64
    }

    /// Returns when at least `missing` cells of their usage no longer count, or all of it.
    fn expires(&self, now: Instant, missing: u64) -> Instant {
        if !self.refills {
            return self.until;
        }
        let wait = self.span() * missing as f64 / self.cells.max(1) as f64;
        let wait =
            Duration::try_from_secs_f64(wait).unwrap_or(MINUTE).max(Duration::from_millis(1));
        self.until.min(now + wait)
    }

    /// Returns the time in which all of it expires, in seconds.
    fn span(&self) -> f64 {
        self.until.saturating_duration_since(self.since).as_secs_f64().max(1e-3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_departure_counts_until_it_is_a_window_old() {
        let (mut ledger, start) = (Ledger::new(Some(10)), Instant::now());
        ledger.record(start, 6);
        for (after, cells, until) in [
            (s(1), 4, None),
            (s(1), 5, Some(WINDOW)),
            (Duration::from_millis(60_099), 5, Some(WINDOW)),
            (WINDOW, 10, None),
            (WINDOW, 11, Some(WINDOW * 2)),
        ] {
            let until = until.map(|until| start + until);
            assert_eq!(ledger.full_until(start + after, cells), until, "{cells} after {after:?}");
        }
    }

    #[test]
    fn departures_within_10_ms_expire_together() {
        let (mut ledger, start) = (Ledger::new(Some(2)), Instant::now());
        let last = start + Duration::from_millis(9);
        ledger.record(start, 1);
        ledger.record(last, 1);
        assert_eq!(ledger.full_until(start + WINDOW, 1), Some(last + WINDOW));
        assert_eq!(ledger.full_until(last + WINDOW, 2), None);
    }

    #[test]
    fn usage_replaces_the_reservation_of_its_own_entry() {
        let (mut ledger, start) = (Ledger::new(Some(100)), Instant::now());
        let first = ledger.record(start, 40);
        let second = ledger.record(start + s(10), 40);
        ledger.set_usage(&first, 40, 10);
        assert_eq!(ledger.full_until(start + s(10), 50), None);
        ledger.set_usage(&second, 40, 70);
        assert_eq!(ledger.full_until(start + s(10), 20), None);
        assert_eq!(ledger.full_until(start + s(10), 21), Some(start + WINDOW));
        // Usage that becomes known after its entry has expired changes nothing.
        assert_eq!(ledger.full_until(start + s(80), 100), None);
        ledger.set_usage(&second, 40, 400);
        assert_eq!(ledger.full_until(start + s(80), 100), None);
    }

    #[test]
    fn a_server_can_have_counted_what_was_sent_before_and_after_a_request() {
        let (mut ledger, start) = (Ledger::new(None), Instant::now());
        ledger.record(start, 5);
        let position = ledger.record(start + s(1), 7);
        assert_eq!(ledger.most_counted(&position), 12);
        ledger.record(start + s(2), 100);
        assert_eq!(ledger.most_counted(&position), 112);
    }

    #[test]
    fn usage_of_other_clients_expires_at_once_or_gradually() {
        for (refills, after, free, missing, expires) in [
            (false, 0, 50, 1, 40),
            (false, 39, 50, 25, 40),
            (true, 0, 50, 25, 20),
            (true, 20, 75, 10, 28),
            (true, 20, 75, 50, 40),
        ] {
            let (mut ledger, start) = (Ledger::new(None), Instant::now());
            let (now, until) = (start + s(after), start + s(40));
            let others = OtherClients { limit: 100, cells: 50, since: start, until, refills };
            ledger.set_other_clients(Some(others));
            assert_eq!(ledger.full_until(now, free), None, "{refills} {after}");
            let expires = Some(start + s(expires));
            assert_eq!(ledger.full_until(now, free + missing), expires, "{refills} {after}");
            assert_eq!(ledger.full_until(until, 1000), None, "{refills} {after}");
        }
    }
}
