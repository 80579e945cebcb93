//! The budget of a session, and what is reserved of it for each request.
//!
//! The worst case of a request is reserved before it is sent, and the difference is refunded when its real
//! cost is known, so the cap is never exceeded. A caller that cannot reserve waits as long as other
//! reservations may still be refunded.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What may be spent, shared by all judges of a session.
#[derive(Debug)]
pub(super) struct Budget {
    state: Mutex<BudgetState>,
    refunded: Notify,
}

#[derive(Debug)]
struct BudgetState {
    /// USD that are neither spent nor reserved; `None` without a cap.
    usd_left: Option<f64>,
    /// Requests that may still be sent; `None` without a cap.
    requests_left: Option<u64>,
    /// Reservations that may still be refunded.
    open_reservations: u64,
    /// A request was not sent because the budget did not allow it.
    is_exhausted: bool,
}

/// Sums of amounts differ from what they should be by less than this, in USD.
const ROUNDING: f64 = 1e-9;

/// Returns whether a request that may cost `worst_case` USD can be paid from its share of what is left.
pub(super) fn affords(share: f64, worst_case: f64) -> bool {
    worst_case <= share + ROUNDING
}

impl Budget {
    /// Returns a budget; `None` is no cap. `spent` is what the run may have cost before, in USD.
    pub(super) fn new(max_cost: Option<f64>, spent: f64, max_requests: Option<u64>) -> Self {
        let state = BudgetState {
            usd_left: max_cost.map(|cap| cap - spent),
            requests_left: max_requests,
            open_reservations: 0,
            is_exhausted: false,
        };
        Self { state: Mutex::new(state), refunded: Notify::new() }
    }

    /// Reserves `requests` requests of at most `worst_case` USD each, all or none; `None` if the budget is
    /// exhausted. Where that is too much and nothing more will be refunded, all that is left is divided among
    /// them, if that is at least `smallest` USD each; then the caller must limit what each can cost to that.
    pub(super) async fn reserve(
        &self,
        requests: u64,
        worst_case: f64,
        smallest: Option<f64>,
    ) -> Option<Vec<Reservation<'_>>> {
        let usd = loop {
            let refunded = self.refunded.notified();
            {
                let mut state = self.state();
                let share = state.usd_left.map_or(worst_case, |usd| usd / requests as f64);
                let is_last = state.open_reservations == 0;
                let usd = if affords(share, worst_case) {
                    Some(worst_case)
                } else {
                    smallest.filter(|smallest| is_last && *smallest <= share).map(|_| share)
                };
                let is_allowed = state.requests_left.is_none_or(|remaining| requests <= remaining);
                if let Some(usd) = usd.filter(|_| is_allowed) {
                    let cost = requests as f64 * usd;
                    state.usd_left = state.usd_left.map(|left| left - cost);
                    state.requests_left = state.requests_left.map(|remaining| remaining - requests);
                    state.open_reservations += requests;
                    break usd;
                }
                if state.open_reservations == 0 {
                    state.log_exhausted();
                    state.is_exhausted = true;
                    return None;
                }
            }
            refunded.await;
        };
        let reservation = |_| Reservation { budget: self, usd, refund: usd, requests: 1 };
        Some((0..requests).map(reservation).collect())
    }

    /// Reserves one request, as [`Self::reserve`] does.
    pub(super) async fn reserve_one(
        &self,
        worst_case: f64,
        smallest: Option<f64>,
    ) -> Option<Reservation<'_>> {
        self.reserve(1, worst_case, smallest).await?.pop()
    }

    /// Reserves one request of at most `worst_case` USD if that is possible at once; `None` if it is not, which does not
    /// exhaust the budget.
    pub(super) fn try_reserve_one(&self, worst_case: f64) -> Option<Reservation<'_>> {
        let mut state = self.state();
        let remaining = match state.requests_left {
            None => None,
            Some(remaining) => Some(remaining.checked_sub(1)?),
        };
        if state.usd_left.is_some_and(|left| !affords(left, worst_case)) {
            return None;
        }
        state.usd_left = state.usd_left.map(|left| left - worst_case);
        state.requests_left = remaining;
        state.open_reservations += 1;
        Some(Reservation { budget: self, usd: worst_case, refund: worst_case, requests: 1 })
    }

    /// Returns whether the cost is limited.
    pub(super) fn is_limited(&self) -> bool {
        self.state().usd_left.is_some()
    }

    /// Returns whether a request was not sent because the budget did not allow it.
    pub(super) fn is_exhausted(&self) -> bool {
        self.state().is_exhausted
    }

    fn state(&self) -> MutexGuard<'_, BudgetState> {
        // The lock is never held across a panic; if it were, the counts would still be consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BudgetState {
    /// Logs, once, that the budget does not allow a request.
    fn log_exhausted(&self) {
        if !self.is_exhausted {
            let (usd_left, requests_left) = (self.usd_left, self.requests_left);
            tracing::info!(usd_left, requests_left, "budget reached");
        }
    }
}

/// The worst case of one request, set aside. Dropping it refunds what was not charged: everything before the
/// request is sent, nothing from then on unless [`Reservation::charge`] says otherwise.
#[derive(Debug)]
pub(super) struct Reservation<'a> {
    budget: &'a Budget,
    usd: f64,
    /// USD to refund when it is dropped.
    refund: f64,
    /// Requests to refund when it is dropped.
    requests: u64,
}

impl Reservation<'_> {
    /// Returns the reserved amount in USD.
    pub(super) fn usd(&self) -> f64 {
        self.usd
    }

    /// Records that the request is being sent: it may cost everything from now on.
    pub(super) fn mark_sent(&mut self) {
        (self.refund, self.requests) = (0.0, 0);
    }

    /// Ends the reservation of a sent request with what it cost.
    pub(super) fn charge(mut self, usd: f64) {
        self.refund = self.usd - usd;
    }

    /// Keeps the amount for a request that replaces a sent one which cost nothing, and takes one more request;
    /// `None` if none is left. It does not wait: the caller keeps its slot in flight, and a refund can come only
    /// from requests that need slots.
    pub(super) fn renew(mut self) -> Option<Self> {
        let mut state = self.budget.state();
        let remaining = state.requests_left.map(|remaining| remaining.checked_sub(1));
        if remaining == Some(None) {
            state.is_exhausted = true;
            drop(state);
            self.charge(0.0);
            return None;
        }
        state.requests_left = remaining.flatten();
        drop(state);
        (self.refund, self.requests) = (self.usd, 1);
        Some(self)
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.state();
        state.usd_left = state.usd_left.map(|usd| usd + self.refund);
        state.requests_left = state.requests_left.map(|remaining| remaining + self.requests);
        state.open_reservations -= 1;
        drop(state);
        self.budget.refunded.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    /// Returns what remains of a budget.
    fn remaining(budget: &Budget) -> (Option<f64>, Option<u64>, u64) {
        let state = budget.state();
        (state.usd_left, state.requests_left, state.open_reservations)
    }

    fn reserve(budget: &Budget, requests: u64, usd: f64) -> Vec<Reservation<'_>> {
        budget.reserve(requests, usd, None).now_or_never().unwrap().unwrap()
    }

    #[test]
    fn a_dropped_reservation_refunds_what_was_not_charged() {
        // What is done with the reservation, and what remains of 10 USD and 5 requests.
        type Case = (fn(Reservation<'_>), f64, u64);
        let cases: [Case; 4] = [
            (|unsent| drop(unsent), 10.0, 5),
            (
                |mut sent| {
                    sent.mark_sent();
                    drop(sent);
                },
                6.0,
                4,
            ),
            (
                |mut sent| {
                    sent.mark_sent();
                    sent.charge(1.5);
                },
                8.5,
                4,
            ),
            (
                |mut sent| {
                    sent.mark_sent();
                    drop(sent.renew());
                },
                10.0,
                4,
            ),
        ];
        for (at, (end, usd, requests)) in cases.into_iter().enumerate() {
            let budget = Budget::new(Some(12.0), 2.0, Some(5));
            end(reserve(&budget, 1, 4.0).remove(0));
            assert_eq!(remaining(&budget), (Some(usd), Some(requests), 0), "case {at}");
        }
    }

    #[test]
    fn all_requests_are_reserved_or_none() {
        let budget = Budget::new(Some(1.0), 0.0, Some(3));
        let both = reserve(&budget, 2, 0.25);
        assert_eq!(remaining(&budget), (Some(0.5), Some(1), 2));
        assert!(budget.reserve(2, 0.25, None).now_or_never().is_none(), "it waits for a refund");
        assert!(!budget.is_exhausted());
        drop(both);
        assert_eq!(remaining(&budget), (Some(1.0), Some(3), 0));
        assert!(budget.reserve(4, 0.0, None).now_or_never().unwrap().is_none());
        assert!(budget.is_exhausted());
    }

    #[test]
    fn a_caller_that_waits_gets_what_another_one_is_refunded() {
        let budget = Budget::new(Some(1.0), 0.0, None);
        let mut first = reserve(&budget, 1, 1.0).remove(0);
        first.mark_sent();
        let waiting = budget.reserve(1, 0.75, None);
        let mut waiting = std::pin::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none());
        first.charge(0.25);
        assert!(waiting.now_or_never().unwrap().is_some());
    }

    #[test]
    fn the_rest_of_a_budget_is_divided_if_it_is_enough() {
        let budget = Budget::new(Some(1.0), 0.0, None);
        let open = reserve(&budget, 1, 0.25);
        assert!(budget.reserve(2, 0.5, Some(0.1)).now_or_never().is_none(), "a refund may come");
        drop(open);
        let rest = budget.reserve(2, 0.75, Some(0.5)).now_or_never().unwrap().unwrap();
        assert_eq!(rest.iter().map(Reservation::usd).collect::<Vec<_>>(), [0.5, 0.5]);
        assert_eq!(remaining(&budget), (Some(0.0), None, 2));
        drop(rest);
        let too_little = budget.reserve(2, 0.75, Some(0.6)).now_or_never().unwrap();
        assert!(too_little.is_none() && budget.is_exhausted());
    }

    #[test]
    fn what_is_reserved_only_if_it_is_possible_at_once_does_not_exhaust_the_budget() {
        let budget = Budget::new(Some(1.0), 0.0, Some(2));
        let first = budget.try_reserve_one(0.75).unwrap();
        assert!(budget.try_reserve_one(0.5).is_none(), "a refund may come, but it does not wait");
        assert_eq!(remaining(&budget), (Some(0.25), Some(1), 1));
        let _second = budget.try_reserve_one(0.25).unwrap();
        assert!(budget.try_reserve_one(0.0).is_none(), "no request is left");
        assert!(!budget.is_exhausted());
        drop(first);
        assert_eq!(remaining(&budget), (Some(0.75), Some(1), 1));
    }

    #[test]
    fn without_a_further_request_a_reservation_cannot_be_renewed_and_refunds_its_money() {
        let budget = Budget::new(Some(1.0), 0.0, Some(1));
        let mut sent = reserve(&budget, 1, 1.0).remove(0);
        sent.mark_sent();
        assert!(sent.renew().is_none());
        assert_eq!(remaining(&budget), (Some(1.0), Some(0), 0));
        assert!(budget.is_exhausted());
    }
}
