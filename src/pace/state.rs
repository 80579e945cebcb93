//! What a pacer knows, and the decision whether a request may be sent now. Nothing here waits.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::concurrency::{Concurrency, useful_in_flight};
use super::delays::Delays;
use super::estimate::TokenEstimate;
use super::ledger::LedgerPosition;
use super::quota::{Quota, QuotaFeedback};
use super::shared::{Lease, QuotaTerms, SharedTurns, Unready, Want, WantedLease};
use crate::input::JudgeSettings;
use crate::judge::{CallError, CallErrorKind, Reply};

/// Where the server says when to retry, our own delays grow no longer than this.
const MAX_DELAY_BEYOND_HINT: Duration = Duration::from_secs(10);

/// A request that uses more tokens than a whole minute's quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the request needs about {tokens} tokens with its reply, and the quota is {quota} a minute{}; raise tokens_per_minute, or shorten the item",
    if *from_server { " (as reported by the server)" } else { "" }
)]
pub struct RequestTooLarge {
    /// The estimated tokens of the request, prompt and reply together.
    pub tokens: u64,
    /// The quota of tokens per minute.
    pub quota: u64,
    /// Whether the quota was reported by the server, not configured.
    pub from_server: bool,
}

/// Why a request can never be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CannotDepart {
    /// It is larger than a minute's quota.
    #[error(transparent)]
    TooLarge(#[from] RequestTooLarge),
    /// The quota is shared, and no turn can be booked; the text says why.
    #[error("{0}")]
    NoLease(String),
}

/// Which kind of request wants to be sent, in the order in which they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RequestKind {
    /// A later attempt that still holds its slot in flight.
    Resend,
    /// A later attempt of a trial.
    Retry,
    /// The first attempt of a trial.
    First,
}

/// Why a request may not be sent yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocked {
    /// A quota or a pause, at least until then.
    Until(Instant),
    /// All slots in flight are taken, or retries go first.
    ForSlot,
    /// No turn of the shared quota has been booked for it yet.
    ForLease,
}

/// What was reserved for a request when it was sent.
#[derive(Debug)]
pub(super) struct Departure {
    /// Requests are numbered in the order in which they are sent.
    number: u64,
    /// The caller's guess of the prompt's tokens.
    pub(super) prompt_tokens: u64,
    /// Tokens reserved, prompt and reply together.
    reserved_tokens: u64,
    requests_at: LedgerPosition,
    tokens_at: LedgerPosition,
}

/// What a pacer knows.
#[derive(Debug)]
pub(super) struct State {
    /// Nothing is sent before.
    paused_until: Option<Instant>,
    /// Pauses since the last reply.
    consecutive_pauses: u32,
    /// How often in a row the endpoint was unreachable.
    consecutive_unreachable: u32,
    /// What is known of the quotas here. Where they are shared, that is only what the server reports.
    requests: Quota,
    tokens: Quota,
    /// The quotas that are shared with other processes.
    shared: Option<SharedTurns>,
    in_flight: usize,
    /// How many requests wait in the queues, retries included.
    pub(super) waiting: usize,
    /// How many retries wait.
    pub(super) waiting_retries: usize,
    /// What the requests that wait are estimated at, in tokens, in the order in which they are sent.
    waiting_tokens: BTreeMap<(RequestKind, u64), u64>,
    /// The number of the next request that waits.
    next_waiting: u64,
    /// Why the last lease could not be booked, until one is.
    lease_trouble: Option<String>,
    pub(super) concurrency: Concurrency,
    pub(super) estimate: TokenEstimate,
    pub(super) delays: Delays,
}

impl State {
    pub(super) fn new(
        settings: &JudgeSettings,
        estimate: TokenEstimate,
        concurrency: Concurrency,
        seed: u64,
        shared: Option<QuotaTerms>,
    ) -> Self {
        let own = |quota: Option<u64>| Quota::new(quota.filter(|_| shared.is_none()));
        Self {
            paused_until: None,
            consecutive_pauses: 0,
            consecutive_unreachable: 0,
            requests: own(settings.requests_per_minute),
            tokens: own(settings.tokens_per_minute),
            shared: shared.map(SharedTurns::new),
            in_flight: 0,
            waiting: 0,
            waiting_retries: 0,
            waiting_tokens: BTreeMap::new(),
            next_waiting: 0,
            lease_trouble: None,
            concurrency,
            estimate,
            delays: Delays::new(seed),
        }
    }

    /// Decides whether a request may be sent now, and records its departure if so.
    pub(super) fn try_depart(
        &mut self,
        now: Instant,
        prompt_tokens: u64,
        kind: RequestKind,
        number: u64,
    ) -> Result<Result<Departure, Blocked>, CannotDepart> {
        let tokens = match self.waiting_tokens.get(&(kind, number)) {
            Some(tokens) if self.shared.is_some() => *tokens,
            _ => self.estimate.of(prompt_tokens),
        };
        if let Some((quota, from_server)) = self.token_quota().filter(|(quota, _)| tokens > *quota)
        {
            return Err(RequestTooLarge { tokens, quota, from_server }.into());
        }
        if kind == RequestKind::First && self.waiting_retries > 0 {
            return Ok(Err(Blocked::ForSlot));
        }
        let needs_slot = kind != RequestKind::Resend;
        let blocked = if needs_slot && self.in_flight >= self.concurrency.limit() {
            Some(Blocked::ForSlot)
        } else {
            self.paused_until(now).map(Blocked::Until)
        };
        if let Some(blocked) = blocked {
            // Cells that become due meanwhile are not waited for, so they are not made up afterwards.
            self.set_idle(now);
            return Ok(Err(blocked));
        }
        if let Some(shared) = &mut self.shared
            && let Err(unready) = shared.ready(now, tokens)
        {
            let blocked = match unready {
                Unready::Until(until) => Blocked::Until(until),
                Unready::ForLease => Blocked::ForLease,
                Unready::Never => {
                    let reason = shared.failure().unwrap_or_default().to_owned();
                    return Err(CannotDepart::NoLease(reason));
                }
            };
            self.set_idle(now);
            return Ok(Err(blocked));
        }
        let tokens_due = self.tokens.take(now, tokens);
        let tokens_full = tokens_due.or_else(|| self.tokens.ledger_full_until(now, tokens));
        if let Some(until) = tokens_full.max(self.requests.ledger_full_until(now, 1)) {
            self.requests.set_awaited(now, false);
            return Ok(Err(Blocked::Until(until)));
        }
        // Last, so that the cell is used in the moment in which it is taken.
        if let Some(until) = self.requests.take(now, 1) {
            return Ok(Err(Blocked::Until(until)));
        }
        if let Some(shared) = &mut self.shared {
            shared.take(tokens);
        }
        if needs_slot {
            self.in_flight += 1;
        }
        // A request in a queue counts itself.
        let others_wait = self.waiting > usize::from(needs_slot);
        Ok(Ok(Departure {
            number: self.concurrency.record_departure(self.in_flight),
            prompt_tokens,
            reserved_tokens: tokens,
            requests_at: self.requests.depart(now, 1, others_wait),
            tokens_at: self.tokens.depart(now, tokens, others_wait),
        }))
    }

    /// Counts a request that waits, whose prompt has about `prompt_tokens` tokens; returns its number among all of them.
    /// What it is estimated at now stays, so that a turn which is booked for it is not too small when it comes.
    pub(super) fn begin_waiting(&mut self, kind: RequestKind, prompt_tokens: u64) -> u64 {
        let number = self.next_waiting;
        self.next_waiting += 1;
        self.waiting_tokens.insert((kind, number), self.estimate.of(prompt_tokens));
        self.waiting += usize::from(kind != RequestKind::Resend);
        self.waiting_retries += usize::from(kind == RequestKind::Retry);
        number
    }

    /// Counts a request no longer.
    pub(super) fn end_waiting(&mut self, kind: RequestKind, number: u64) {
        self.waiting_tokens.remove(&(kind, number));
        self.waiting -= usize::from(kind != RequestKind::Resend);
        self.waiting_retries -= usize::from(kind == RequestKind::Retry);
        if self.waiting == 0 {
            self.set_idle(Instant::now());
        }
    }

    /// Records that nobody waits for cells from now on.
    pub(super) fn set_idle(&mut self, now: Instant) {
        self.requests.set_awaited(now, false);
        self.tokens.set_awaited(now, false);
    }

    /// Frees the slot of a request.
    pub(super) fn release_slot(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Learns from the result of a request. A hold on all requests that lasts as long as `total_timeout` is
    /// not applied: no trial could wait for its end, and the server's own refusal stops the judge with a
    /// message.
    pub(super) fn record(
        &mut self,
        now: Instant,
        departure: &Departure,
        answer: &Result<Reply, CallError>,
        total_timeout: Duration,
    ) {
        let (hints, usage) = match answer {
            Ok(reply) => (reply.hints, reply.usage),
            Err(error) => (*error.hints, None),
        };
        let reserved = departure.reserved_tokens;
        let used = usage.map(|usage| usage.prompt + usage.completion);
        if let Some((usage, used)) = usage.zip(used) {
            self.tokens.set_usage(&departure.tokens_at, reserved, used);
            if let Some(shared) = &mut self.shared {
                shared.set_usage(reserved, used);
            }
            self.estimate.learn(departure.prompt_tokens, usage);
        }
        // Any status, even an error, means that the endpoint can be reached.
        if answer.as_ref().map_or_else(|error| error.status.is_some(), |_| true) {
            self.consecutive_unreachable = 0;
        }
        match answer {
            Ok(_) => {
                let latency = now - departure.requests_at.at();
                self.concurrency.record_reply(departure.number, latency);
            }
            Err(error) if is_overload(error) => self.concurrency.record_overload(departure.number),
            Err(_) => {}
        }
        let throttled = matches!(answer, Err(CallError { kind: CallErrorKind::Throttled, .. }));
        let holds = [
            self.requests.learn(QuotaFeedback {
                departed: &departure.requests_at,
                hint: hints.requests,
                throttled,
                used: 1,
                reserved: 1,
            }),
            self.tokens.learn(QuotaFeedback {
                departed: &departure.tokens_at,
                hint: hints.tokens,
                throttled,
                used: used.unwrap_or_default(),
                reserved,
            }),
        ];
        let within_timeout = |until: &Instant| *until < now + total_timeout;
        if let Some(until) = holds.into_iter().flatten().filter(within_timeout).max() {
            self.pause_until(until);
        }
    }

    /// Records that the endpoint answers requests: the initial limit of requests in flight is lifted, and the
    /// next pause counts as the first.
    pub(super) fn mark_reachable(&mut self) {
        self.consecutive_pauses = 0;
        self.consecutive_unreachable = 0;
        self.concurrency.mark_reachable();
    }

    /// Records that the endpoint answers requests, but with nothing that is of use yet.
    pub(super) fn mark_answering(&mut self) {
        self.consecutive_pauses = 0;
        self.consecutive_unreachable = 0;
        self.concurrency.mark_answering();
    }

    /// Pauses because the server asked for it.
    ///
    /// The first pause lasts as long as the hint says. Where pauses follow each other without a reply, the
    /// hint was too short, and our own growing delay applies where it is longer.
    pub(super) fn record_throttled(&mut self, now: Instant, hint: Option<Duration>) {
        self.consecutive_unreachable = 0;
        // Refusals that arrive during a pause belong to that pause.
        if self.paused_until(now).is_none() {
            self.consecutive_pauses += 1;
        }
        let pauses = self.consecutive_pauses;
        let hint = hint.map(|hint| hint + self.delays.jitter());
        let own = self.delays.after(pauses);
        let delay = match hint {
            Some(hint) if pauses <= 1 => hint,
            Some(hint) => hint.max(own.min(MAX_DELAY_BEYOND_HINT)),
            None => own,
        };
        self.pause_until(now + delay);
    }

    /// Pauses because the endpoint is unreachable, each time longer; returns how often in a row that was so.
    /// Failures that arrive during a pause count as one.
    pub(super) fn record_unreachable(&mut self, now: Instant) -> u32 {
        if self.paused_until(now).is_none() {
            self.consecutive_unreachable += 1;
            let delay = self.delays.after(self.consecutive_unreachable);
            self.pause_until(now + delay);
        }
        self.consecutive_unreachable
    }

    /// Returns the end of the current pause.
    pub(super) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.paused_until.filter(|until| *until > now)
    }

    /// Pauses until then, unless a longer pause is in force.
    pub(super) fn pause_until(&mut self, until: Instant) {
        self.paused_until = self.paused_until.max(Some(until));
    }

    /// Returns whether at least half as many requests wait or are in flight as may be in flight now.
    pub(super) fn is_busy(&self) -> bool {
        (self.waiting + self.in_flight) * 2 >= self.concurrency.limit()
    }

    /// Returns whether fewer requests wait than can be in flight, and than the quotas let through within
    /// `minutes`, for prompts of about `prompt_tokens` tokens.
    pub(super) fn has_capacity(&self, prompt_tokens: u64, minutes: f64) -> bool {
        let quotas = [self.requests.per_minute(), self.tokens.per_minute()];
        let tokens = self.estimate.of(prompt_tokens);
        let useful = useful_in_flight(quotas, tokens, minutes);
        // Of a shared quota, this process may get a small part, and the time of a trial runs while it waits. So no more
        // wait than two leases have room for.
        let to_lease =
            self.shared.as_ref().map(|shared| shared.requests_per_lease(tokens).saturating_mul(2));
        let to_lease = to_lease.unwrap_or(usize::MAX);
        self.waiting < useful.min(self.concurrency.limit()).min(to_lease)
    }

    /// Returns what lease to book now: turns for the requests that wait and find a slot.
    pub(super) fn want_lease(&self, now: Instant) -> Want {
        let Some(shared) = &self.shared else { return Want::Nothing };
        if let Some(until) = self.paused_until(now) {
            return Want::Later(until);
        }
        let resends = self.waiting_tokens.range(..(RequestKind::Retry, 0)).count();
        let slots = self.concurrency.limit().saturating_sub(self.in_flight);
        shared.want(now, self.waiting_tokens.values().take(resends + slots).copied())
    }

    /// Records a lease that was booked between `asked` and `answered`; returns whether it was in time to be used.
    pub(super) fn add_lease(
        &mut self,
        wanted: &WantedLease,
        lease: Lease,
        asked: Instant,
        answered: Instant,
    ) -> bool {
        self.shared.as_mut().is_some_and(|shared| shared.add(wanted, lease, asked, answered))
    }

    /// Records the largest request of all processes that share the quota.
    pub(super) fn set_known_largest(&mut self, largest: u64, now: Instant) {
        if let Some(shared) = &mut self.shared {
            shared.set_known_largest(largest, now);
        }
    }

    /// Records why a lease could not be booked; `None` if one was.
    pub(super) fn set_lease_trouble(&mut self, reason: Option<String>) {
        self.lease_trouble = reason;
    }

    /// Returns why the last lease could not be booked.
    pub(super) fn lease_trouble(&self) -> Option<&str> {
        self.lease_trouble.as_deref()
    }

    /// Records that no more leases can be booked.
    pub(super) fn fail_leases(&mut self, reason: String) {
        if let Some(shared) = &mut self.shared {
            shared.fail(reason);
        }
    }

    /// Returns the quota of tokens in force, and whether the server reported it.
    fn token_quota(&self) -> Option<(u64, bool)> {
        let shared = self.shared.as_ref().and_then(|shared| shared.terms().tokens_per_minute());
        let own = self.tokens.per_minute().map(|quota| (quota, self.tokens.is_from_server()));
        own.into_iter().chain(shared.map(|quota| (quota, false))).min_by_key(|(quota, _)| *quota)
    }
}

/// Returns whether an error means that the endpoint has more requests than it can handle.
fn is_overload(error: &CallError) -> bool {
    match error.kind {
        CallErrorKind::Throttled => true,
        CallErrorKind::Transient => {
            error.status.is_none_or(|status| status == 408 || status >= 500)
        }
        _ => false,
    }
}
