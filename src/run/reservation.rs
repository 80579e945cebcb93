//! The budget: what a command may still spend.
//!
//! The worst case of a request is reserved before it is sent and settled when its real cost is known, so
//! the cap is never exceeded. Who cannot reserve waits as long as others may still give something back.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What may be spent, shared by all judges of a command.
#[derive(Debug)]
pub struct Budget {
    state: Mutex<State>,
    given_back: Notify,
}

#[derive(Debug)]
struct State {
    /// USD that are neither spent nor reserved; `None` without a cap.
    usd: Option<f64>,
    /// Requests that may still be sent; `None` without a cap.
    requests: Option<u64>,
    /// Reservations that are not settled yet.
    reserved: u64,
    exhausted: bool,
}

impl Budget {
    /// Returns a budget; `None` is no cap. `spent` is what the run may have cost before, in USD.
    pub fn new(max_cost: Option<f64>, spent: f64, max_requests: Option<u64>) -> Self {
        let usd = max_cost.map(|cap| cap - spent);
        let state = State { usd, requests: max_requests, reserved: 0, exhausted: false };
        Self { state: Mutex::new(state), given_back: Notify::new() }
    }

    /// Reserves `requests` requests of at most `worst` USD each; `false` if that is not there any more.
    pub(super) async fn reserve(&self, requests: u64, worst: f64) -> bool {
        let cost = requests as f64 * worst;
        loop {
            let given_back = self.given_back.notified();
            {
                let mut state = self.state();
                let affordable = state.usd.is_none_or(|usd| cost <= usd);
                let allowed = state.requests.is_none_or(|left| requests <= left);
                if affordable && allowed {
                    state.usd = state.usd.map(|usd| usd - cost);
                    state.requests = state.requests.map(|left| left - requests);
                    state.reserved += requests;
                    return true;
                }
                if state.reserved == 0 {
                    state.exhausted = true;
                    return false;
                }
            }
            given_back.await;
        }
    }

    /// Counts a request that takes over the reservation of one that was refused; `false` if no request is
    /// left.
    pub(super) fn resend(&self) -> bool {
        let mut state = self.state();
        let left = state.requests.map(|left| left.checked_sub(1));
        match left {
            Some(None) => state.exhausted = true,
            Some(left) => state.requests = left,
            None => {}
        }
        left != Some(None)
    }

    /// Gives back what a request did not cost.
    pub(super) fn settle(&self, reserved: f64, cost: f64) {
        self.give_back(reserved - cost, 0);
    }

    /// Gives back the reservation of a request that was never sent.
    pub(super) fn release(&self, reserved: f64) {
        self.give_back(reserved, 1);
    }

    fn give_back(&self, usd: f64, requests: u64) {
        let mut state = self.state();
        state.usd = state.usd.map(|left| left + usd);
        state.requests = state.requests.map(|left| left + requests);
        state.reserved = state.reserved.saturating_sub(1);
        drop(state);
        self.given_back.notify_waiters();
    }

    /// Returns whether something was left undone for want of budget.
    pub fn exhausted(&self) -> bool {
        self.state().exhausted
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
