//! The budget: what a command may still spend.
//!
//! The worst case of a request is reserved before it is sent and settled when its real cost is known, so
//! the cap is never exceeded. A comparison is begun only if both its orders can be paid for.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What may be spent, shared by all judges of a command.
#[derive(Debug)]
pub struct Budget {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// USD that are neither spent nor reserved; `None` without a cap.
    usd: Option<f64>,
    /// Requests that may still be sent; `None` without a cap.
    requests: Option<u64>,
    exhausted: bool,
}

impl Budget {
    /// Returns a budget; `None` is no cap. `spent` is what the run has cost before.
    pub fn new(max_cost: Option<f64>, spent: f64, max_requests: Option<u64>) -> Self {
        let usd = max_cost.map(|cap| cap - spent);
        Self { state: Mutex::new(State { usd, requests: max_requests, exhausted: false }) }
    }

    /// Reserves `requests` requests of at most `worst` USD each; `false` if that is not there any more.
    pub(super) fn reserve(&self, requests: u64, worst: f64) -> bool {
        let mut state = self.state();
        let cost = requests as f64 * worst;
        let affordable = state.usd.is_none_or(|usd| cost <= usd)
            && state.requests.is_none_or(|left| requests <= left);
        if affordable {
            state.usd = state.usd.map(|usd| usd - cost);
            state.requests = state.requests.map(|left| left - requests);
        } else {
            state.exhausted = true;
        }
        affordable
    }

    /// Gives back what a request did not cost.
    pub(super) fn settle(&self, reserved: f64, cost: f64) {
        let mut state = self.state();
        state.usd = state.usd.map(|usd| usd + reserved - cost);
    }

    /// Gives back the reservation of a request that was never sent.
    pub(super) fn release(&self, reserved: f64) {
        let mut state = self.state();
        state.usd = state.usd.map(|usd| usd + reserved);
        state.requests = state.requests.map(|left| left + 1);
    }

    /// Returns whether something was left undone for want of budget.
    pub fn exhausted(&self) -> bool {
        self.state().exhausted
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
