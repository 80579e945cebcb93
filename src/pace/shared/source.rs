//! Where leases of a shared quota come from.

use std::fmt::Debug;
use std::time::Duration;

use futures_util::future::BoxFuture;

/// A stretch of the timeline to be booked.
///
/// A source stores for each quota how far the timeline is booked, `free_at`, the tokens of the largest request, and when
/// a request as large was booked last. In one step that no other booking can interrupt, and only if the largest request
/// that it has stored is `known_largest`, it moves `free_at` to `gap_seconds + seconds` after what it was, or after now
/// if that is later, stores `largest_tokens`, and if `own_largest` is as large, that this was now. The last `seconds`
/// before the new `free_at` are what is booked.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct LeaseRequest {
    /// The length of the stretch.
    pub seconds: f64,
    /// The time before the stretch that stays empty.
    pub gap_seconds: f64,
    /// The largest request of all processes, in tokens; 0 where tokens have no quota.
    pub largest_tokens: u64,
    /// The largest request of this stretch, in tokens.
    pub own_largest: u64,
    /// The largest request that the source had stored, as far as this process knows.
    pub known_largest: u64,
}

/// A stretch of the timeline that is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// The time from the moment of the booking until the stretch begins.
    pub begins_in: Duration,
    /// The time from the last booking of a request as large as the largest until this booking.
    pub largest_age: Duration,
}

impl Lease {
    /// Returns a lease.
    pub fn new(begins_in: Duration, largest_age: Duration) -> Self {
        Self { begins_in, largest_age }
    }
}

/// Why nothing was booked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeaseError {
    /// The largest request that is stored is this one. The booking is made again.
    OtherLargest(u64),
    /// The timeline is booked so far ahead that no more is booked now. The text says how far.
    Full(String),
    /// The source cannot be reached, or fails; it may succeed later. The text says what happened and where, without
    /// secrets.
    Unavailable(String),
    /// The source will not book, however often it is asked. The text says why and what to do.
    Refused(String),
}

/// Books leases of one quota.
pub trait LeaseSource: Debug + Send + Sync {
    /// Returns where the leases come from, for messages.
    fn place(&self) -> &str;

    /// Books a stretch of the timeline.
    ///
    /// The future may be dropped at any time; a stretch that was booked for it then passes unused.
    fn lease(&self, request: LeaseRequest) -> BoxFuture<'_, Result<Lease, LeaseError>>;
}
