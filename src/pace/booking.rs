//! Books turns of a shared quota for the requests that wait in a pacer.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::pacer::Pacer;
use super::shared::{LeaseError, MAX_LATENESS, Want, WantedLease};

/// How long leases may be impossible to book before no more are asked for; half of a trial's time if that is shorter.
const MAX_WITHOUT_LEASE: Duration = Duration::from_mins(1);
const FIRST_LEASE_RETRY: Duration = Duration::from_millis(100);
const LAST_LEASE_RETRY: Duration = Duration::from_secs(5);

impl Pacer {
    /// Returns why a request that waits has no turn of a shared quota, as far as is known: that no lease could be booked,
    /// or that others come first. `None` where the quota is not shared.
    pub fn why_no_turn(&self) -> Option<String> {
        let source = self.leases.as_deref()?;
        Some(
            self.lease_trouble()
                .unwrap_or_else(|| format!("others had all turns of {}", source.place())),
        )
    }

    /// Returns why leases cannot be booked now; `None` if they can, as far as is known, or if the quota is not shared.
    pub fn lease_trouble(&self) -> Option<String> {
        self.state().lease_trouble().map(ToOwned::to_owned)
    }

    /// Returns whether the quota is shared.
    pub fn is_shared(&self) -> bool {
        self.leases.is_some()
    }

    /// Books turns for the requests that wait, as long as the future is polled; it never ends by itself. Where the quota
    /// is not shared, there is nothing to book.
    ///
    /// If no lease can be booked for a minute, or the source refuses, no further request is sent.
    pub async fn book_leases(&self) {
        let Some(source) = self.leases.as_deref() else { return std::future::pending().await };
        let (mut last_success, mut retry_after) = (Instant::now(), FIRST_LEASE_RETRY);
        loop {
            let wanted = self.next_lease(&mut last_success).await;
            let asked = Instant::now();
            let booked = source.lease(wanted.request).await;
            let answered = Instant::now();
            let failure = match booked {
                Ok(lease) => {
                    let is_in_time = self.state().add_lease(&wanted, lease, asked, answered);
                    self.changed.notify_waiters();
                    if is_in_time {
                        self.state().set_lease_trouble(None);
                        (last_success, retry_after) = (answered, FIRST_LEASE_RETRY);
                        continue;
                    }
                    format!(
                        "{} answered after {} ms; a turn can be used only if it is booked within {} ms",
                        source.place(),
                        (answered - asked).as_millis(),
                        MAX_LATENESS.as_millis()
                    )
                }
                Err(LeaseError::OtherLargest(largest)) => {
                    self.state().set_known_largest(largest, answered);
                    continue;
                }
                Err(LeaseError::Full(reason)) => {
                    last_success = answered;
                    reason
                }
                Err(LeaseError::Unavailable(reason)) => reason,
                Err(LeaseError::Refused(reason)) => {
                    self.state().fail_leases(reason);
                    self.changed.notify_waiters();
                    return std::future::pending().await;
                }
            };
            tracing::info!(judge = self.judge, reason = failure, "no lease of the shared quota");
            let longest = MAX_WITHOUT_LEASE.min(self.total_timeout / 2);
            if answered - last_success >= longest {
                let seconds = longest.as_secs();
                self.state()
                    .fail_leases(format!("no turn could be booked for {seconds} s: {failure}"));
                self.changed.notify_waiters();
                return std::future::pending().await;
            }
            self.state().set_lease_trouble(Some(failure));
            sleep(retry_after).await;
            retry_after = (retry_after * 2).min(LAST_LEASE_RETRY);
        }
    }

    /// Waits until a lease should be booked. The time in which none is needed is no failure to book one.
    async fn next_lease(&self, last_success: &mut Instant) -> WantedLease {
        loop {
            let changed = self.lease_wanted.notified();
            let want = self.state().want_lease(Instant::now());
            match want {
                Want::Lease(lease) => return lease,
                Want::Nothing => changed.await,
                Want::Later(until) => tokio::select! {
                    () = sleep_until(until) => {}
                    () = changed => {}
                },
            }
            *last_success = Instant::now();
        }
    }
}
