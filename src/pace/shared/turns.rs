//! The leases that a process has of a shared quota, and what it should book next. Nothing here waits.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::source::LeaseRequest;
use super::terms::{MAX_LATENESS, QuotaTerms};

/// The time that a lease occupies, unless a single request needs more. Shorter ones cost more bookings; longer ones
/// lose more when a process dies, and make others wait longer.
const LEASE: Duration = Duration::from_millis(500);
/// The next lease is booked when the last one ends within this time.
const AHEAD: Duration = LEASE;
/// Positions in a lease are sums of seconds.
const ROUNDING: f64 = 1e-9;
/// How many average requests may be made up for by tokens that others did not use.
const UNUSED_REQUESTS: i64 = 4;

/// What this process has of a shared quota.
#[derive(Debug)]
pub(in crate::pace) struct SharedTurns {
    terms: QuotaTerms,
    leases: VecDeque<HeldLease>,
    /// The largest request of all processes, as far as this one knows, in tokens.
    known_largest: u64,
    /// The largest request of this process.
    largest: u64,
    /// Tokens that requests did not use of those that they were estimated at; negative where they used more.
    unused: i64,
    /// Why there will be no more leases.
    failure: Option<String>,
}

/// A lease of which something is left.
#[derive(Debug)]
struct HeldLease {
    begin: Instant,
    seconds: f64,
    /// How late a request may be sent.
    lateness: Duration,
    /// The largest request with which it was booked.
    largest: u64,
    /// How many requests are expected to be sent.
    requests: usize,
    /// What is used up from its beginning on, in seconds.
    used: f64,
}

/// A lease to be booked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::pace) struct WantedLease {
    pub(in crate::pace) request: LeaseRequest,
    /// For how many requests it is.
    requests: usize,
    /// The tokens above the estimates that its gap makes up for.
    overused: i64,
}

/// Why a request may not be sent yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pace) enum Unready {
    /// Its turn is then.
    Until(Instant),
    /// There is no lease for it.
    ForLease,
    /// There will be none.
    Never,
}

/// What to book.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::pace) enum Want {
    /// Nothing, until something changes.
    Nothing,
    /// Nothing until then.
    Later(Instant),
    /// A lease.
    Lease(WantedLease),
}

impl SharedTurns {
    pub(in crate::pace) fn new(terms: QuotaTerms) -> Self {
        Self {
            terms,
            leases: VecDeque::new(),
            known_largest: 0,
            largest: 0,
            unused: 0,
            failure: None,
        }
    }

    /// Returns the quotas.
    pub(in crate::pace) fn terms(&self) -> QuotaTerms {
        self.terms
    }

    /// Returns whether it is the turn of a request of `tokens` tokens, and discards the leases that have no turn for it.
    pub(in crate::pace) fn ready(&mut self, now: Instant, tokens: u64) -> Result<(), Unready> {
        if self.failure.is_some() {
            return Err(Unready::Never);
        }
        while let Some(lease) = self.leases.front_mut() {
            lease.skip_missed(now);
            if lease.fits(&self.terms, tokens) {
                let due = lease.due();
                return if due <= now { Ok(()) } else { Err(Unready::Until(due)) };
            }
            self.leases.pop_front();
        }
        Err(Unready::ForLease)
    }

    /// Uses the turn of a request that is ready.
    pub(in crate::pace) fn take(&mut self, tokens: u64) {
        if let Some(lease) = self.leases.front_mut() {
            lease.used += self.terms.seconds(tokens, lease.largest);
            lease.requests = lease.requests.saturating_sub(1);
        }
    }

    /// Learns what a request used that was estimated at `estimated` tokens.
    pub(in crate::pace) fn set_usage(&mut self, estimated: u64, used: u64) {
        let quota = self.terms.tokens_per_minute().unwrap_or_default() as i64;
        let most = (estimated as i64).saturating_mul(UNUSED_REQUESTS).min(quota);
        let unused = self.unused.saturating_add(estimated as i64).saturating_sub(used as i64);
        self.unused = unused.clamp(-quota, most);
    }

    /// Returns what to book now; `waiting` are the tokens of the requests that wait and find a slot, in the order in
    /// which they are sent.
    pub(in crate::pace) fn want(&self, now: Instant, waiting: impl Iterator<Item = u64>) -> Want {
        if self.failure.is_some() {
            return Want::Nothing;
        }
        let held: usize = self.leases.iter().map(|lease| lease.requests).sum();
        let mut waiting = waiting.skip(held).peekable();
        if waiting.peek().is_none() {
            return Want::Nothing;
        }
        match self.leases.back().map(HeldLease::end) {
            Some(end) if end > now + AHEAD => Want::Later(end - AHEAD),
            _ => Want::Lease(self.lease_for(waiting)),
        }
    }

    /// Returns the lease for the first of the requests that wait, at least one.
    fn lease_for(&self, waiting: impl Iterator<Item = u64>) -> WantedLease {
        let quota = self.terms.tokens_per_minute();
        let mut largest = self.largest.max(self.known_largest);
        let (mut booked, mut seconds) = (Vec::new(), 0.0);
        for tokens in waiting.map(|tokens| quota.map_or(0, |quota| tokens.min(quota))) {
            if tokens > largest {
                // All of them occupy longer.
                largest = tokens;
                seconds = booked.iter().map(|tokens| self.terms.seconds(*tokens, largest)).sum();
            }
            let with_it = seconds + self.terms.seconds(tokens, largest);
            if !booked.is_empty() && with_it > LEASE.as_secs_f64() {
                break;
            }
            booked.push(tokens);
            seconds = with_it;
        }
        let requests = booked.len();
        // Before the first lease of all, nothing was sent.
        let growth = if self.known_largest == 0 { 0 } else { largest - self.known_largest };
        let overused = self.unused.min(0);
        let gap_seconds = self.terms.token_seconds(growth, largest)
            + self.terms.token_seconds(overused.unsigned_abs(), largest);
        let known_largest = self.known_largest;
        let request = LeaseRequest { seconds, gap_seconds, largest, known_largest };
        WantedLease { request, requests, overused }
    }

    /// Records a lease that was booked between `asked` and `answered` and begins in `begins_in` from the booking on;
    /// returns whether there is a time in which it can be used.
    ///
    /// The source's clock is not ours: the booking was made at some moment in between. A turn begins when it has begun
    /// for sure, and may be used until its lateness may be too large.
    pub(in crate::pace) fn add(
        &mut self,
        wanted: &WantedLease,
        begins_in: Duration,
        asked: Instant,
        answered: Instant,
    ) -> bool {
        let WantedLease { request, requests, overused } = *wanted;
        (self.known_largest, self.largest) = (request.largest, request.largest);
        self.unused -= overused;
        let lateness = MAX_LATENESS.saturating_sub(answered - asked);
        let is_in_time = !lateness.is_zero();
        self.leases.extend(is_in_time.then_some(HeldLease {
            begin: answered + begins_in,
            seconds: request.seconds,
            lateness,
            largest: request.largest,
            requests,
            used: 0.0,
        }));
        is_in_time
    }

    /// Records the largest request that the source has stored.
    pub(in crate::pace) fn set_known_largest(&mut self, largest: u64) {
        self.known_largest = largest;
    }

    /// Records that there will be no more leases.
    pub(in crate::pace) fn fail(&mut self, reason: String) {
        self.failure.get_or_insert(reason);
    }

    /// Returns why there will be no more leases.
    pub(in crate::pace) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Returns how many requests of `tokens` tokens one lease has room for, at least 1.
    pub(in crate::pace) fn requests_per_lease(&self, tokens: u64) -> usize {
        let seconds = self.terms.seconds(tokens, self.largest);
        ((LEASE.as_secs_f64() / seconds) as usize).max(1)
    }
}

impl HeldLease {
    /// Returns whether there is room for a request.
    fn fits(&self, terms: &QuotaTerms, tokens: u64) -> bool {
        let is_small_enough = terms.tokens_per_minute().is_none() || tokens <= self.largest;
        let end = self.used + terms.seconds(tokens, self.largest);
        is_small_enough && end <= self.seconds * (1.0 + ROUNDING)
    }

    /// Returns when the next request may be sent.
    fn due(&self) -> Instant {
        self.begin + Duration::from_secs_f64(self.used)
    }

    fn end(&self) -> Instant {
        self.begin + Duration::from_secs_f64(self.seconds)
    }

    /// Moves on to what is not too late yet.
    fn skip_missed(&mut self, now: Instant) {
        let Some(late) = now.checked_duration_since(self.begin + self.lateness) else { return };
        let late = late.as_secs_f64();
        if late > self.used {
            let left = (self.seconds - late).max(0.0) / (self.seconds - self.used);
            self.requests = (self.requests as f64 * left) as usize;
            self.used = late;
        }
    }
}
