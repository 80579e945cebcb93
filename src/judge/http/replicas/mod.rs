//! Replicas: several servers of one model, as a fleet of vLLM servers is.
//!
//! A request goes to the replica of its item, so that both orders and all pairs of an item meet the same prefix
//! cache, unless that one has clearly more requests in flight than another; then the item moves as a whole. Each
//! replica has its own health: one that fails rests, longer each time, and is then tried by one request; and its own
//! limit of requests in flight, which an overload lowers and answers raise. Where all have reached theirs, the pacer's limit decides. Quotas are
//! those of all replicas together, and are the pacer's too; what a single server announces about its own is no
//! quota of all, so a fleet does not pass it on.
//!
//! What a replica cannot answer, another one is asked: the error becomes one that uses no attempt, as long as another
//! one is in service. Where none is, the error is that of the endpoint, and the engine's rules apply.

mod health;
mod placement;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use self::health::{Departure, Health};
use self::placement::{place, ranking};
use crate::judge::{CallError, CallErrorKind, FailedReplica, RateHints, Reply};

/// A request that was dropped after this share of its time limit was dropped because of the limit: its clock starts
/// a little earlier than ours.
const SHARE_OF_TIMEOUT: f64 = 0.95;

/// The replicas of one endpoint; none while its servers are not started.
#[derive(Debug)]
pub(in crate::judge) struct Replicas<T> {
    servers: Vec<Server<T>>,
    state: Mutex<State>,
    /// How long a replica may be silent.
    patience: Duration,
}

#[derive(Debug)]
struct State {
    replicas: Vec<Health>,
    /// The items with requests in flight.
    homes: HashMap<String, Home>,
}

/// Where the requests of an item go while it has some in flight.
#[derive(Debug)]
struct Home {
    at: usize,
    in_flight: usize,
    /// Whether the next of them to be dropped was given up before its time limit, since others took much less time.
    gives_up: bool,
}

#[derive(Debug)]
struct Server<T> {
    base_url: String,
    client: T,
}

/// A request at a replica, in flight until dropped. One that is dropped without an answer after its time limit, or was
/// given up before, was not answered in time; one that is dropped earlier was abandoned, which says nothing about the replica.
#[derive(Debug)]
pub(in crate::judge) struct AtReplica<'a, T> {
    replicas: &'a Replicas<T>,
    item: String,
    at: usize,
    departure: Departure,
    is_answered: bool,
}

impl<T> Replicas<T> {
    /// Returns the replicas with these base URLs. A request is given up after `timeout`.
    pub(in crate::judge) fn new(
        servers: impl IntoIterator<Item = (String, T)>,
        timeout: Duration,
    ) -> Self {
        let server = |(base_url, client)| Server { base_url, client };
        let servers: Vec<_> = servers.into_iter().map(server).collect();
        let replicas = vec![Health::default(); servers.len()];
        let state = Mutex::new(State { replicas, homes: HashMap::new() });
        Self { servers, state, patience: timeout.mul_f64(SHARE_OF_TIMEOUT) }
    }

    /// Returns whether there are none.
    pub(in crate::judge) fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }

    /// Sends no request to a replica from now on, since it has ended for good: another program may listen at its
    /// address. Where all have ended, the caller stops asking.
    pub(in crate::judge) fn retire(&self, base_url: &str, message: &str) {
        let now = Instant::now();
        let mut state = self.state();
        let replicas = self.servers.iter().zip(&mut state.replicas);
        for (_, replica) in replicas.filter(|(server, _)| server.base_url == base_url) {
            replica.retire(now, message);
        }
    }

    /// Chooses a replica for a request about an item, which departs now. There is at least one.
    pub(in crate::judge) fn choose(&self, item: &str) -> AtReplica<'_, T> {
        let now = Instant::now();
        let mut state = self.state();
        let State { replicas, homes } = &mut *state;
        let item = item.to_owned();
        let at = if replicas.len() == 1 {
            0
        } else {
            let urls = self.servers.iter().map(|server| server.base_url.as_str());
            let candidates: Vec<_> = replicas.iter().map(|one| one.candidate(now)).collect();
            let home = homes.get(&item).map(|home| home.at);
            place(&candidates, &ranking(&item, urls), home)
        };
        let home = homes.entry(item.clone()).or_insert(Home { at, in_flight: 0, gives_up: false });
        (home.at, home.in_flight) = (at, home.in_flight + 1);
        let departure = replicas[at].depart(now);
        AtReplica { replicas: self, item, at, departure, is_answered: false }
    }

    /// Records that a request about an item, which is dropped right after this, is given up before its time limit: its
    /// replica was too slow.
    pub(in crate::judge) fn record_given_up(&self, item: &str) {
        if let Some(home) = self.state().homes.get_mut(item) {
            home.gives_up = true;
        }
    }

    /// Returns whether there are several replicas, of which one may be asked now.
    pub(in crate::judge) fn another_serves(&self) -> bool {
        let now = Instant::now();
        let replicas = &self.state().replicas;
        replicas.len() > 1 && replicas.iter().any(|state| state.serves(now))
    }

    /// Returns the replicas that have failed and have not answered since, unless all have: then it is the endpoint
    /// that has failed.
    pub(in crate::judge) fn failed(&self) -> Vec<FailedReplica> {
        let replicas = &self.state().replicas;
        let failed = self.servers.iter().zip(replicas).filter_map(|(server, state)| {
            let message = state.failure()?.to_owned();
            Some(FailedReplica { base_url: server.base_url.clone(), message })
        });
        let failed: Vec<_> = failed.collect();
        if failed.len() < replicas.len() { failed } else { Vec::new() }
    }

    /// Returns what asks the server, if there is only one.
    pub(in crate::judge) fn only(&self) -> Option<&T> {
        match self.servers.as_slice() {
            [only] => Some(&only.client),
            _ => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> AtReplica<'_, T> {
    /// Returns what asks the server.
    pub(in crate::judge) fn client(&self) -> &T {
        &self.replicas.servers[self.at].client
    }

    /// Learns from the answer. An error that concerns only this replica becomes one that another can answer, as
    /// long as another is in service.
    pub(in crate::judge) fn record(
        mut self,
        answer: Result<Reply, CallError>,
    ) -> Result<Reply, CallError> {
        self.is_answered = true;
        let now = Instant::now();
        let states = &mut self.replicas.state().replicas;
        if states.len() == 1 {
            return answer;
        }
        let mut error = match answer {
            Ok(reply) => {
                self.record_answer(&mut states[self.at]);
                return Ok(Reply { hints: RateHints::default(), ..reply });
            }
            Err(error) => error,
        };
        *error.hints = RateHints::default();
        if !states[self.at].record_error(now, self.departure, &error) {
            if error.kind != CallErrorKind::ConnectionDropped {
                self.record_answer(&mut states[self.at]);
            }
            return Err(error);
        }
        self.log_rest(&states[self.at], now, &error.logged());
        let others = || states.iter().enumerate().filter(|(at, _)| *at != self.at);
        if others().any(|(_, state)| state.serves(now)) {
            let reached = error.kind != CallErrorKind::Unreachable;
            let kind = CallErrorKind::ReplicaFailed { reached };
            return Err(CallError { kind, retry_after: None, ..error });
        }
        // All wait no longer than until the first of the others may be tried again.
        let rest = others().map(|(_, state)| state.rest(now)).min();
        error.retry_after = error.retry_after.zip(rest).map(|(asked, rest)| asked.min(rest));
        Err(error)
    }
}

impl<T> AtReplica<'_, T> {
    fn record_answer(&self, replica: &mut Health) {
        let had_failed = replica.failure().is_some();
        replica.record_answer(self.departure);
        if had_failed && replica.failure().is_none() {
            tracing::info!(replica = self.host(), "replica answers again");
        }
    }

    fn log_rest(&self, replica: &Health, now: Instant, reason: &str) {
        let rest_ms = replica.rest(now).as_millis() as u64;
        tracing::info!(replica = self.host(), reason, rest_ms, "replica rests");
    }

    /// Returns the host and port of the replica, which contain no key.
    fn host(&self) -> String {
        let url = url::Url::parse(&self.replicas.servers[self.at].base_url).ok();
        let url =
            url.as_ref().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)));
        url.map(|(host, port)| format!("{host}:{port}")).unwrap_or_default()
    }
}

impl<T> Drop for AtReplica<'_, T> {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut state = self.replicas.state();
        let State { replicas, homes } = &mut *state;
        let mut was_given_up = false;
        if let Some(home) = homes.get_mut(&self.item) {
            was_given_up = std::mem::take(&mut home.gives_up);
            home.in_flight -= 1;
            if home.in_flight == 0 {
                homes.remove(&self.item);
            }
        }
        let replica = &mut replicas[self.at];
        let waited = now.saturating_duration_since(self.departure.at);
        if !self.is_answered && (was_given_up || waited >= self.replicas.patience) {
            replica.record_silence(now, self.departure);
            self.log_rest(replica, now, "no answer in time");
        }
        replica.arrive(self.departure);
    }
}
