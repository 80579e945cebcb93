//! A quota that several processes share, on one machine or on many.
//!
//! The processes share a timeline, on which every request occupies the time that it takes of the quota: at 600 requests a
//! minute a tenth of a second, and longer if it takes more of the tokens. A process books a *lease*, the next free
//! stretch of the timeline for some of the requests that wait in it, and sends each when its turn comes. All that is
//! stored is how far the timeline is booked. So a process that dies takes nothing with it but the few turns of its last
//! lease, which pass; nothing has to be given back, found out or cleaned up.
//!
//! - `terms`: how long requests occupy the timeline, so that no minute holds more than the quota.
//! - `turns`: the leases that this process has, which request may be sent now, and when to book the next one.
//! - `source`: where leases come from; what must happen there at once.
//! - `server`: the database through which the processes share, and the names of quotas in it.
//! - `postgres`: leases from a row of PostgreSQL.
//!
//! # Why no minute holds more than the quota
//!
//! Let W be the ledger's minute, a little longer than 60 s, L the most by which a request may be sent later than its
//! turn, and Q the quota of tokens. A request of n tokens occupies n (W + L) / (Q - m), where m is the largest request
//! of all processes. Take any window of length W. Of the requests sent in it, all but the last occupy stretches within
//! W + L, so these have at most Q - m tokens together, and the last has at most m. When m grows, the lease with that
//! request begins later by what the others may have used of the difference. When m becomes smaller, nothing has to wait:
//! the requests before it occupied longer. Requests occupy (W + L) / Q each, and a window holds the beginnings of at most
//! Q such stretches.
//!
//! For tokens this holds as they are estimated when a request begins to wait. What replies use beyond the estimate is
//! booked as empty time with the next lease; what they use less is lost.
//!
//! It does not hold where a clock misleads: if the clock of the database is set forward, the turns of that time are
//! booked a second time; and a process that was suspended with its machine sends the requests of its last lease when it
//! goes on.

#[cfg(feature = "postgres")]
mod postgres;
mod server;
mod source;
mod terms;
mod turns;

pub use server::{QuotaServer, SharedQuota};
pub use source::{Lease, LeaseError, LeaseRequest, LeaseSource};
pub(super) use terms::MAX_LATENESS;
pub use terms::QuotaTerms;
pub(super) use turns::{SharedTurns, Unready, Want, WantedLease};
