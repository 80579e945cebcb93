//! Room for the connections: every request in flight needs an open file, of which the system grants a
//! process only so many. Running out of them half-way would look like an endpoint that is away.

use evenhand::input::{Connection, JudgeSettings};
use evenhand::pace::Pacer;
use evenhand::{Error, Result};

/// What the program itself has open: the run file and its journal, the runtime, the streams, lookups of
/// names.
const OWN: u64 = 64;

/// Raises the limit of open files to what the judges need, as far as the system allows.
///
/// # Errors
///
/// The judges may have more requests in flight than the system grants files.
pub(crate) fn make_room(judges: &[JudgeSettings]) -> Result<()> {
    let called: Vec<&JudgeSettings> = judges
        .iter()
        .filter(|judge| matches!(judge.connection, Connection::Endpoint { .. }))
        .collect();
    // No more than its quotas let go in time.
    let most = |judge: &&JudgeSettings| Pacer::new(judge, 1, None, 0).max_in_flight() as u64;
    let needed = OWN + called.iter().map(most).sum::<u64>();
    // Where the limit cannot be read or raised, what is really missing will be said by what misses it.
    let limit = rlimit::increase_nofile_limit(needed).unwrap_or(u64::MAX);
    let Some(largest) = called.iter().max_by_key(|judge| judge.max_in_flight) else {
        return Ok(());
    };
    if needed <= limit {
        return Ok(());
    }
    let others = called.len() - 1;
    let beside = if others == 0 { String::new() } else { format!(", with {others} more judges") };
    Err(Error::input(format!(
        "judges.{}.max_in_flight: {} requests in flight{beside} need {needed} open files, and the system \
         allows {limit}",
        largest.name, largest.max_in_flight
    ))
    .hint(format!("allow more with `ulimit -n {needed}`, or lower max_in_flight")))
}
