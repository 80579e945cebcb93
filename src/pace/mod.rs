//! Pacing: decides when each request may be sent.
//!
//! A [`Pacer`] enforces the quotas of requests and tokens per minute, limits the requests in flight to what
//! the endpoint sustains, and applies the pauses that the server asks for. Every attempt passes through it,
//! retries included.
//!
//! A *departure* is a request being sent. A *cell* is one unit of a quota: one request or one token. A *slot* is
//! one request in flight.
//!
//! - `pacer`: the queues and the waiting.
//! - `state`: what the pacer knows, and whether a request may be sent now; it never waits.
//! - `quota`: one quota per minute, made of `rate` (spreads it over the minute) and `ledger` (limits
//!   every sliding minute).
//! - `shared`: quotas that several processes share, and where turns of them come from; `booking` books them.
//! - `concurrency`: the limit of requests in flight.
//! - `estimate`: the tokens that a request is likely to use.
//! - `delays`: exponential delays with jitter.
//!
//! Only this folder uses governor and backoff: governor for the arithmetic of quotas (not its waiting, which
//! wakes every waiter at once), backoff for the growth of delays (not its retry loop, which follows a
//! server's `Retry-After` without limit).

mod booking;
mod concurrency;
mod delays;
mod estimate;
mod ledger;
mod pacer;
mod quota;
mod rate;
mod shared;
mod state;

pub use pacer::{Pacer, Permit, QueueHead};
pub use shared::{
    Lease, LeaseError, LeaseRequest, LeaseSource, QuotaServer, QuotaTerms, SharedQuota,
};
pub use state::{CannotDepart, RequestTooLarge};
