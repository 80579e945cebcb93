//! A timeline in memory, written from the description of `LeaseRequest` and not from the statement of the database.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenhand::pace::{Lease, LeaseError, LeaseRequest, LeaseSource};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};

/// What a source stores for a quota.
#[derive(Debug)]
struct Row {
    free_at: Instant,
    largest: u64,
    largest_at: Instant,
    bookings: u64,
}

/// A timeline that several pacers share.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    row: Arc<Mutex<Option<Row>>>,
    /// How long a booking takes until it is made, and then until it is known.
    latency: [Duration; 2],
}

impl Timeline {
    pub(super) fn new(latency: [Duration; 2]) -> Self {
        Self { row: Arc::default(), latency }
    }

    /// Returns how often something was booked.
    pub(super) fn bookings(&self) -> u64 {
        self.row.lock().unwrap().as_ref().map_or(0, |row| row.bookings)
    }

    /// Books at a given time.
    pub(super) fn book(&self, now: Instant, request: LeaseRequest) -> Result<Lease, LeaseError> {
        let mut row = self.row.lock().unwrap();
        let row = row.get_or_insert(Row { free_at: now, largest: 0, largest_at: now, bookings: 0 });
        if row.largest != request.known_largest {
            return Err(LeaseError::OtherLargest(row.largest));
        }
        let begin = row.free_at.max(now) + Duration::from_secs_f64(request.gap_seconds);
        row.free_at = begin + Duration::from_secs_f64(request.seconds);
        row.largest = request.largest_tokens;
        if request.own_largest == row.largest {
            row.largest_at = now;
        }
        row.bookings += 1;
        Ok(Lease::new(begin - now, now - row.largest_at))
    }
}

impl LeaseSource for Timeline {
    fn place(&self) -> &'static str {
        "the timeline in memory"
    }

    fn lease(&self, request: LeaseRequest) -> BoxFuture<'_, Result<Lease, LeaseError>> {
        async move {
            sleep(self.latency[0]).await;
            let lease = self.book(Instant::now(), request);
            sleep(self.latency[1]).await;
            lease
        }
        .boxed()
    }
}
