//! The limit of open files: every request in flight needs one. Without enough of them, requests would fail
//! half-way as if the endpoint could not be reached.

use evenhand::input::JudgeSettings;
use evenhand::pace::Pacer;
use evenhand::report::counted;
use evenhand::{Error, Result};

/// Files that the program itself opens: the run file and its journal, the runtime, the streams, name lookups.
const OWN: u64 = 64;

/// Files that a process of a program needs.
const PIPES: u64 = 4;

/// Raises the process's limit of open files to what the judges need, as far as the system allows.
///
/// # Errors
///
/// The judges need more open files than the system allows.
pub(crate) fn raise_limit<'a>(judges: impl Iterator<Item = &'a JudgeSettings>) -> Result<()> {
    let (endpoints, others): (Vec<&JudgeSettings>, Vec<&JudgeSettings>) =
        judges.partition(|judge| judge.endpoint().is_some());
    let programs = others.iter().filter_map(|judge| judge.program());
    let pipes: u64 = programs.map(|program| program.processes as u64 * PIPES).sum();
    // No more than its quotas allow to be useful.
    let most = |judge: &&JudgeSettings| Pacer::new(judge, 1, None, 0).max_in_flight() as u64;
    let needed = OWN + pipes + endpoints.iter().map(most).sum::<u64>();
    // Where the limit cannot be read or raised, opening a file will report what is missing.
    let limit = rlimit::increase_nofile_limit(needed).unwrap_or(u64::MAX);
    let Some(largest) = endpoints.iter().max_by_key(|judge| judge.max_in_flight) else {
        return Ok(());
    };
    if needed <= limit {
        return Ok(());
    }
    let others = endpoints.len() - 1;
    let beside = match others {
        0 => String::new(),
        others => format!(" and those of {}", counted(others as u64, "other model")),
    };
    Err(Error::input(format!(
        "{}.max_in_flight: {} requests in flight{beside} need {needed} open files, and the system \
         allows {limit}",
        largest.place, largest.max_in_flight
    ))
    .hint(format!("allow more with `ulimit -n {needed}`, or lower max_in_flight")))
}
