//! Replicas: several servers of one model, as a fleet of vLLM servers is.
//!
//! A request goes to the replica of its item, so that both orders and all pairs of an item meet the same prefix
//! cache, unless that one has clearly more requests in flight than another. Each replica has its own health: one
//! that fails rests, longer each time, and is then tried by one request; and its own limit of requests in flight,
//! which an overload lowers and replies raise. Quotas are those of all replicas together, and are the pacer's.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::judge::{CallError, CallErrorKind, Reply};
use crate::keyed_hash::KeyedHash;

/// A replica may have this many requests in flight more than the least busy one before an item leaves it.
const MIN_SLACK: usize = 4;
/// The same as a share of the requests of the least busy one.
const SLACK: f64 = 0.25;
/// The first rest of a replica that failed; it doubles up to [`MAX_REST`].
const FIRST_REST: Duration = Duration::from_secs(1);
const MAX_REST: Duration = Duration::from_secs(30);
/// The factor by which an overload lowers the limit of a replica.
const DECREASE: f64 = 0.7;

/// The replicas of one endpoint; at least one.
#[derive(Debug)]
pub(in crate::judge) struct Replicas<T> {
    servers: Vec<T>,
    states: Mutex<Vec<ReplicaState>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct ReplicaState {
    in_flight: usize,
    /// The most requests in flight; `None` until it was overloaded.
    limit: Option<f64>,
    /// Failures in a row.
    failures: u32,
    /// When it may be tried again.
    resting_until: Option<Instant>,
    /// Whether a request is trying it after a rest.
    is_tried: bool,
}

/// A request at a replica, counted until dropped.
#[derive(Debug)]
pub(in crate::judge) struct AtReplica<'a, T> {
    replicas: &'a Replicas<T>,
    at: usize,
}

impl<T> Replicas<T> {
    /// Returns the replicas that these servers are.
    pub(in crate::judge) fn new(servers: Vec<T>) -> Self {
        let states = Mutex::new(vec![ReplicaState::default(); servers.len()]);
        Self { servers, states }
    }

    /// Chooses a replica for a request about an item.
    pub(in crate::judge) fn choose(&self, item: &str) -> AtReplica<'_, T> {
        let now = Instant::now();
        let mut states = self.states();
        let at =
            if states.len() == 1 { 0 } else { place(&states, &ranking(item, states.len()), now) };
        let state = &mut states[at];
        state.in_flight += 1;
        state.is_tried |= state.resting_until.is_some();
        AtReplica { replicas: self, at }
    }

    fn states(&self) -> MutexGuard<'_, Vec<ReplicaState>> {
        // No code panics while it holds this lock.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> AtReplica<'_, T> {
    /// Returns the server to ask.
    pub(in crate::judge) fn server(&self) -> &T {
        &self.replicas.servers[self.at]
    }

    /// Learns from the answer. An error that concerns only this replica becomes one that another can answer, as
    /// long as another is in service.
    pub(in crate::judge) fn record(
        &self,
        answer: Result<Reply, CallError>,
    ) -> Result<Reply, CallError> {
        let now = Instant::now();
        let mut states = self.replicas.states();
        if states.len() == 1 {
            return answer;
        }
        let others = || states.iter().enumerate().filter(|(at, _)| *at != self.at);
        let another_serves = others().any(|(_, state)| state.serves(now));
        let state = &mut states[self.at];
        state.is_tried = false;
        match answer {
            Err(error) if concerns_replica(&error) => {
                state.record_failure(now, &error);
                if another_serves {
                    return Err(CallError { kind: CallErrorKind::ReplicaFailed, ..error });
                }
                Err(error)
            }
            answer => {
                state.record_service();
                answer
            }
        }
    }
}

impl<T> Drop for AtReplica<'_, T> {
    fn drop(&mut self) {
        let state = &mut self.replicas.states()[self.at];
        state.in_flight -= 1;
        state.is_tried = false;
    }
}

impl ReplicaState {
    /// Returns whether it may be sent a request now, as far as its health goes.
    fn serves(&self, now: Instant) -> bool {
        self.resting_until.is_none_or(|until| until <= now && !self.is_tried)
    }

    fn has_room(&self) -> bool {
        self.limit.is_none_or(|limit| (self.in_flight as f64) < limit)
    }

    fn record_failure(&mut self, now: Instant, error: &CallError) {
        // Requests that were in flight when it failed are the same failure.
        if self.resting_until.is_none_or(|until| until <= now) {
            self.failures += 1;
            let own = FIRST_REST * 2_u32.saturating_pow(self.failures.min(10) - 1);
            let rest = error.retry_after.unwrap_or(own).min(MAX_REST);
            self.resting_until = Some(now + rest);
            self.limit = Some((self.in_flight as f64 * DECREASE).max(1.0));
        }
    }

    fn record_service(&mut self) {
        (self.failures, self.resting_until) = (0, None);
        if let Some(limit) = &mut self.limit {
            *limit += 1.0 / *limit;
        }
    }
}

/// Returns whether an error may be that of one replica alone, so that another one is worth asking.
fn concerns_replica(error: &CallError) -> bool {
    match error.kind {
        CallErrorKind::Unreachable
        | CallErrorKind::Throttled
        | CallErrorKind::ConnectionDropped => true,
        CallErrorKind::Transient => error.status.is_none_or(|status| status >= 500),
        _ => false,
    }
}

/// Returns the replicas in the order in which an item prefers them: the highest random weight first, so that a
/// replica that joins or leaves moves only its own items.
fn ranking(item: &str, replicas: usize) -> Vec<usize> {
    let weight = |at: &usize| {
        let hash =
            KeyedHash::new("evenhand: replica of an item").text(item).bytes(&at.to_le_bytes());
        std::cmp::Reverse(hash.digest())
    };
    let mut ranking: Vec<usize> = (0..replicas).collect();
    ranking.sort_by_cached_key(weight);
    ranking
}

/// Returns which replica gets a request: the first of the ranking among those in service, unless it has too many
/// requests in flight.
fn place(states: &[ReplicaState], ranking: &[usize], now: Instant) -> usize {
    let in_service: Vec<usize> =
        ranking.iter().copied().filter(|at| states[*at].serves(now)).collect();
    let with_room: Vec<usize> =
        in_service.iter().copied().filter(|at| states[*at].has_room()).collect();
    // Where none is in service, the one whose rest ends first is as good as any.
    let candidates = [with_room, in_service, ranking.to_vec()];
    let candidates = candidates.into_iter().find(|candidates| !candidates.is_empty());
    let candidates = candidates.unwrap_or_default();
    let least = candidates.iter().copied().min_by_key(|at| states[*at].in_flight);
    let (Some(preferred), Some(least)) = (candidates.first().copied(), least) else { return 0 };
    let fewest = states[least].in_flight;
    let slack = ((fewest as f64 * SLACK) as usize).max(MIN_SLACK);
    if states[preferred].in_flight <= fewest + slack { preferred } else { least }
}
