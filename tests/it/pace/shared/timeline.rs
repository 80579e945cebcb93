//! A timeline in memory, written from the description of `LeaseRequest` and not from the statement of the database.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenhand::pace::{LeaseError, LeaseRequest, LeaseSource};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};

/// What a source stores for a quota.
#[derive(Debug)]
struct Row {
    free_at: Instant,
    largest: u64,
    bookings: u64,
}

/// A timeline that several pacers share.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    row: Arc<Mutex<Option<Row>>>,
    /// How long a booking takes, there and back.
    latency: Duration,
}

impl Timeline {
    pub(super) fn new(latency: Duration) -> Self {
        Self { row: Arc::default(), latency }
    }

    /// Returns how often something was booked.
    pub(super) fn bookings(&self) -> u64 {
        self.row.lock().unwrap().as_ref().map_or(0, |row| row.bookings)
    }

    /// Books at a given time; returns the time until the stretch begins.
    pub(super) fn book(&self, now: Instant, request: LeaseRequest) -> Result<Duration, LeaseError> {
        let mut row = self.row.lock().unwrap();
        let row = row.get_or_insert(Row { free_at: now, largest: 0, bookings: 0 });
        if row.largest != request.known_largest {
            return Err(LeaseError::OtherLargest(row.largest));
        }
        let begin = row.free_at.max(now) + Duration::from_secs_f64(request.gap_seconds);
        row.free_at = begin + Duration::from_secs_f64(request.seconds);
        row.largest = request.largest;
        row.bookings += 1;
        Ok(begin - now)
    }
}

impl LeaseSource for Timeline {
    fn lease(&self, request: LeaseRequest) -> BoxFuture<'_, Result<Duration, LeaseError>> {
        async move {
            sleep(self.latency / 2).await;
            let lease = self.book(Instant::now(), request);
            sleep(self.latency / 2).await;
            lease
        }
        .boxed()
    }
}
