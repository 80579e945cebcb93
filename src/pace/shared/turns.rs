//! The leases that a process has of a shared quota, and what it should book next. Nothing here waits.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::super::ledger::MINUTE;
use super::source::{Lease, LeaseRequest};
use super::terms::{MAX_LATENESS, QuotaTerms};

/// The time that a lease occupies, unless a single request needs more. Shorter ones cost more bookings; longer ones
/// lose more when a process dies, and make others wait longer.
const LEASE: Duration = Duration::from_millis(500);
/// The next lease is booked when the last one ends within this time.
const AHEAD: Duration = LEASE;
/// Positions in a lease are sums of seconds.
const ROUNDING: f64 = 1e-9;
/// No lease that begins later than this is of use: no trial waits for so long.
const MAX_WAIT: Duration = Duration::from_hours(24);

/// What this process has of a shared quota.
#[derive(Debug)]
pub(in crate::pace) struct SharedTurns {
    terms: QuotaTerms,
    /// In the order of their times.
    leases: VecDeque<HeldLease>,
    /// The largest request of all processes in tokens, and when one as large was booked last, as far as is known here.
    known_largest: u64,
    largest_since: Option<Instant>,
    /// Tokens that requests used beyond their estimates, and for which no time is booked yet.
    overused: u64,
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
    largest_tokens: u64,
    /// How many requests are expected to be sent; not whole where time has passed unused.
    requests: f64,
    /// What is used up from its beginning on, in seconds.
    used: f64,
}

/// A lease to be booked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::pace) struct WantedLease {
    pub(in crate::pace) request: LeaseRequest,
    /// For how many requests it is.
    requests: usize,
    /// The tokens beyond the estimates that its gap makes up for.
    overused: u64,
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
            largest_since: None,
            overused: 0,
            failure: None,
        }
    }

    /// Returns the quotas.
    pub(in crate::pace) fn terms(&self) -> QuotaTerms {
        self.terms
    }

    /// Returns whether it is the turn of a request of `tokens` tokens.
    pub(in crate::pace) fn ready(&mut self, now: Instant, tokens: u64) -> Result<(), Unready> {
        if self.failure.is_some() {
            return Err(Unready::Never);
        }
        self.leases.iter_mut().for_each(|lease| lease.skip_missed(now));
        self.leases.retain(|lease| !lease.is_used_up());
        for lease in &mut self.leases {
            if lease.fits(&self.terms, tokens) {
                let due = lease.due();
                return if due <= now { Ok(()) } else { Err(Unready::Until(due)) };
            }
            // What is left may do for a smaller request, which is not expected.
            lease.requests = 0.0;
        }
        Err(Unready::ForLease)
    }

    /// Uses the turn of a request that is ready.
    pub(in crate::pace) fn take(&mut self, tokens: u64) {
        let terms = self.terms;
        if let Some(lease) = self.leases.iter_mut().find(|lease| lease.fits(&terms, tokens)) {
            lease.used += terms.request_seconds(tokens, lease.largest_tokens);
            lease.requests = (lease.requests - 1.0).max(0.0);
        }
    }

    /// Learns what a request used that was estimated at `estimated` tokens.
    pub(in crate::pace) fn set_usage(&mut self, estimated: u64, used: u64) {
        let quota = self.terms.tokens_per_minute().unwrap_or_default();
        // Whatever usage a server reports, no more than a minute is made up for.
        let overused = self.overused.saturating_add(used.saturating_sub(estimated));
        self.overused = overused.min(quota);
    }

    /// Returns what to book now; `waiting` are the tokens of the requests that wait and find a slot, in the order in
    /// which they are sent.
    pub(in crate::pace) fn want(&self, now: Instant, waiting: impl Iterator<Item = u64>) -> Want {
        if self.failure.is_some() {
            return Want::Nothing;
        }
        let held: f64 = self.leases.iter().map(|lease| lease.requests).sum();
        let mut waiting = waiting.skip((held + ROUNDING) as usize).peekable();
        if waiting.peek().is_none() {
            return Want::Nothing;
        }
        match self.leases.back().map(HeldLease::end) {
            Some(end) if end > now + AHEAD => Want::Later(end - AHEAD),
            _ => Want::Lease(self.lease_for(now, waiting)),
        }
    }

    /// Returns the lease for the first of the requests that wait, at least one.
    fn lease_for(&self, now: Instant, waiting: impl Iterator<Item = u64>) -> WantedLease {
        let quota = self.terms.tokens_per_minute();
        // The largest request counts for as long as a window may hold it, and another minute, so that it does not
        // become smaller and larger in turn.
        let is_old = self.largest_since.is_none_or(|since| now > since + MINUTE * 2);
        let known = if is_old { 0 } else { self.known_largest };
        let (mut booked, mut own_largest, mut seconds) = (Vec::new(), 0, 0.0);
        for tokens in waiting.map(|tokens| quota.map_or(0, |quota| tokens.min(quota))) {
            let largest = known.max(own_largest).max(tokens);
            // Where it is the largest so far, all of them occupy longer.
            let with_it = if tokens > known.max(own_largest) {
                let all = booked.iter().chain([&tokens]);
                all.map(|tokens| self.terms.request_seconds(*tokens, largest)).sum()
            } else {
                seconds + self.terms.request_seconds(tokens, largest)
            };
            if !booked.is_empty() && with_it > LEASE.as_secs_f64() {
                break;
            }
            booked.push(tokens);
            (own_largest, seconds) = (own_largest.max(tokens), with_it);
        }
        let largest_tokens = known.max(own_largest);
        // Before the first lease of all, nothing was sent.
        let growth = match self.known_largest {
            0 => 0,
            known => largest_tokens.saturating_sub(known),
        };
        let time_of = |tokens| self.terms.token_seconds(tokens, largest_tokens);
        let request = LeaseRequest {
            seconds,
            gap_seconds: time_of(growth) + time_of(self.overused),
            largest_tokens,
            own_largest,
            known_largest: self.known_largest,
        };
        WantedLease { request, requests: booked.len(), overused: self.overused }
    }

    /// Records a lease that was booked between `asked` and `answered`; returns whether there is a time in which it can
    /// be used.
    ///
    /// The source's clock is not ours: the booking was made at some moment in between. A turn begins when it has begun
    /// for sure, and may be used until its lateness may be too large.
    pub(in crate::pace) fn add(
        &mut self,
        wanted: &WantedLease,
        lease: Lease,
        asked: Instant,
        answered: Instant,
    ) -> bool {
        let WantedLease { request, requests, overused } = *wanted;
        self.known_largest = request.largest_tokens;
        self.largest_since = answered.checked_sub(lease.largest_age);
        self.overused = self.overused.saturating_sub(overused);
        let lateness = MAX_LATENESS.saturating_sub(answered - asked);
        let is_in_time = !lateness.is_zero();
        self.leases.extend(is_in_time.then_some(HeldLease {
            begin: answered + lease.begins_in.min(MAX_WAIT),
            seconds: request.seconds,
            lateness,
            largest_tokens: request.largest_tokens,
            requests: requests as f64,
            used: 0.0,
        }));
        is_in_time
    }

    /// Records the largest request that the source has stored; when it was booked is learnt with the next lease.
    pub(in crate::pace) fn set_known_largest(&mut self, largest: u64, now: Instant) {
        (self.known_largest, self.largest_since) = (largest, Some(now));
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
        let seconds = self.terms.request_seconds(tokens, self.known_largest);
        ((LEASE.as_secs_f64() / seconds) as usize).max(1)
    }
}

impl HeldLease {
    /// Returns whether there is room for a request.
    fn fits(&self, terms: &QuotaTerms, tokens: u64) -> bool {
        let is_small_enough = terms.tokens_per_minute().is_none() || tokens <= self.largest_tokens;
        let end = self.used + terms.request_seconds(tokens, self.largest_tokens);
        is_small_enough && end <= self.seconds * (1.0 + ROUNDING)
    }

    /// Returns when the next request may be sent.
    fn due(&self) -> Instant {
        self.begin + Duration::from_secs_f64(self.used)
    }

    fn end(&self) -> Instant {
        self.begin + Duration::from_secs_f64(self.seconds)
    }

    fn is_used_up(&self) -> bool {
        self.used >= self.seconds * (1.0 - ROUNDING)
    }

    /// Moves on to what is not too late yet.
    fn skip_missed(&mut self, now: Instant) {
        let Some(late) = now.checked_duration_since(self.begin + self.lateness) else { return };
        let late = late.as_secs_f64().min(self.seconds);
        if late > self.used {
            self.requests *= (self.seconds - late) / (self.seconds - self.used);
            self.used = late;
        }
    }
}
