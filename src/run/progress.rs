//! What is going on: counters that the engine raises and that anybody may look at.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::store::Attempt;
use crate::verdict::Outcome;

/// Running counts of one command, over all its judges.
#[derive(Debug, Default)]
pub struct Tally {
    /// Comparisons to be judged by this command.
    total: AtomicU64,
    done: AtomicU64,
    kept: AtomicU64,
    flipped: AtomicU64,
    in_flight: AtomicU64,
    requests: AtomicU64,
    retries: AtomicU64,
    /// USD in millionths of a cent: an integer, so that it can be counted without a lock.
    cost: AtomicU64,
    waiting: Mutex<Option<(Instant, String)>>,
}

/// The counts at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapshot {
    /// Comparisons to be judged by this command.
    pub total: u64,
    /// Comparisons that have ended.
    pub done: u64,
    /// Of those, kept.
    pub kept: u64,
    /// Of those, flipped.
    pub flipped: u64,
    /// Requests on their way.
    pub in_flight: u64,
    /// Requests sent.
    pub requests: u64,
    /// Requests that repeated an earlier one.
    pub retries: u64,
    /// What they have cost, in USD.
    pub cost: f64,
}

const PER_USD: f64 = 1e8;

impl Tally {
    /// Adds comparisons to be judged.
    pub fn expect(&self, comparisons: u64) {
        self.total.fetch_add(comparisons, Relaxed);
    }

    /// Takes back comparisons that turned out to be judged already.
    pub(super) fn withdraw(&self, comparisons: u64) {
        let less = |total: u64| Some(total.saturating_sub(comparisons));
        let _always_some = self.total.fetch_update(Relaxed, Relaxed, less).is_err();
    }

    /// Takes note that nothing leaves before a moment, and why.
    pub(super) fn waits(&self, until: Option<Instant>, why: String) {
        let Some(until) = until else { return };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.as_ref().is_none_or(|(later, _)| *later < until) {
            *waiting = Some((until, why));
        }
    }

    /// Returns until when nothing leaves and why, as far as an endpoint has asked for it or is away.
    pub fn waiting(&self) -> Option<(Instant, String)> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.clone().filter(|(until, _)| *until > Instant::now())
    }

    pub(super) fn sent(&self, again: bool) {
        self.in_flight.fetch_add(1, Relaxed);
        self.requests.fetch_add(1, Relaxed);
        self.retries.fetch_add(u64::from(again), Relaxed);
    }

    pub(super) fn came_back(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }

    pub(super) fn reply(&self, attempt: &Attempt) {
        let cost = (attempt.cost.unwrap_or(0.0) * PER_USD).round() as u64;
        self.cost.fetch_add(cost, Relaxed);
    }

    pub(super) fn ended(&self, outcome: Outcome) {
        if outcome == Outcome::Pending {
            return;
        }
        self.done.fetch_add(1, Relaxed);
        match outcome {
            Outcome::Kept => self.kept.fetch_add(1, Relaxed),
            Outcome::Flipped => self.flipped.fetch_add(1, Relaxed),
            _ => 0,
        };
    }

    /// Returns the counts as they are now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            total: self.total.load(Relaxed),
            done: self.done.load(Relaxed),
            kept: self.kept.load(Relaxed),
            flipped: self.flipped.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            requests: self.requests.load(Relaxed),
            retries: self.retries.load(Relaxed),
            cost: self.cost.load(Relaxed) as f64 / PER_USD,
        }
    }
}
