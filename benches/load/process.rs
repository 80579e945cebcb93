//! What a child process used, as Linux counts it.

use std::fs;
use std::io::Read as _;
use std::process::Child;
use std::time::{Duration, Instant};

/// Linux counts processor time in these, whatever the kernel's own clock.
const TICK: Duration = Duration::from_millis(10);

/// What a process used until its end, and what it said.
#[derive(Debug)]
pub(crate) struct Used {
    /// Time from its start.
    pub(crate) wall: Duration,
    /// Time of the processor, of all its threads.
    pub(crate) cpu: Duration,
    /// The peak of its resident memory, in KiB.
    pub(crate) peak: u64,
    /// Its standard output.
    pub(crate) said: String,
}

/// Watches a child that began at `begin` until it ends.
pub(crate) fn watch(begin: Instant, child: Child) -> Used {
    let mut peak = 0;
    // A process that has ended, and has not been waited for, still has its times but no memory.
    while !has_ended(child.id()) {
        peak = peak.max(peak_of(child.id()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    let (wall, cpu) = (begin.elapsed(), cpu_of(child.id()));
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}\n{said}", output.status);
    Used { wall, cpu, peak, said }
}

/// Returns the time of the processor that a process has used so far.
pub(crate) fn cpu_of(id: u32) -> Duration {
    let fields = stat(id);
    let ticks: u32 = fields[11..=12].iter().map(|ticks| ticks.parse::<u32>().unwrap()).sum();
    TICK * ticks
}

fn has_ended(id: u32) -> bool {
    stat(id)[0] == "Z"
}

/// The fields that follow the program's name, which may have spaces.
fn stat(id: u32) -> Vec<String> {
    let mut text = String::new();
    fs::File::open(format!("/proc/{id}/stat")).unwrap().read_to_string(&mut text).unwrap();
    let fields = text.rsplit_once(')').unwrap().1;
    fields.split_whitespace().map(ToOwned::to_owned).collect()
}

fn peak_of(id: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
