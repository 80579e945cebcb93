//! When requests are sent: quotas, pauses, and the number of requests in flight.

mod bursts;
mod concurrency;
mod pacer;
mod pacer_properties;
mod replicas;
mod server_pauses;
mod server_quotas;
mod shared;

use std::collections::VecDeque;
use std::time::Duration;

use evenhand::input::{Connection, JudgeSettings};
use tokio::time::Instant;

/// Returns the largest amount that any window of a minute holds, of departures in the order of their times.
fn fullest_minute(departures: impl IntoIterator<Item = (Instant, u64)>) -> u64 {
    let (mut window, mut inside, mut fullest) = (VecDeque::new(), 0, 0);
    for (at, amount) in departures {
        window.push_back((at, amount));
        inside += amount;
        while let Some((_, left)) =
            window.pop_front_if(|(earlier, _)| *earlier + Duration::from_mins(1) <= at)
        {
            inside -= left;
        }
        fullest = fullest.max(inside);
    }
    fullest
}

/// The settings of a judge with these quotas, `cap` requests in flight, and replies of no tokens.
fn limited(requests: Option<u64>, tokens: Option<u64>, cap: usize) -> JudgeSettings {
    JudgeSettings {
        requests_per_minute: requests,
        tokens_per_minute: tokens,
        max_in_flight: cap,
        max_tokens: Some(0),
        ..JudgeSettings::new("test", Connection::Builtin("first".into()))
    }
}
