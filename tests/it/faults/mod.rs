//! Everything that can go wrong between the program, the server and the machine.

mod answer;
mod connection;
mod machine;
mod outage;
mod raw;
mod refusal;
mod slow;

use std::time::Duration;

use tokio::time::Instant;

/// Longer than any of these commands takes, on a machine with other work, and far shorter than a minute.
const LIMIT: Duration = Duration::from_secs(20);

/// Fails if `work` hangs.
fn within<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = work();
    assert!(began.elapsed() < limit, "it took {:?}", began.elapsed());
    result
}
