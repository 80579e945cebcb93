//! Pacing by the real clock: `cargo bench --bench pacing [-- QUOTA WAITERS SECONDS]`.
//!
//! Ten thousand waiters share 60,000 requests a minute for 70 seconds, all of them in one task of a runtime
//! with two workers, as in the program. Prints the share of the quota that was used after the first five
//! seconds, the fullest windows of a minute and of a second, and the CPU time in percent of one core. Needs
//! Linux, for the CPU time.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench reads the clock, prints what it measured, and ends where it cannot go on"
)]

use std::cell::RefCell;
use std::time::{Duration, Instant};

use evenhand::input::{Connection, JudgeSettings};
use evenhand::pace::Pacer;
use futures_util::stream::{FuturesUnordered, StreamExt as _};

const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);
/// The time that does not count for the share of the quota.
const WARM_UP: Duration = Duration::from_secs(5);

/// Returns the CPU time of all threads of this process, in seconds.
fn cpu_seconds() -> f64 {
    let line = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = line.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    // A tick is a hundredth of a second on every common Linux.
    ticks / 100.0
}

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let number = |at: usize, default: u64| numbers.get(at).copied().unwrap_or(default);
    let (quota, waiters, seconds) = (number(0, 60_000), number(1, 10_000), number(2, 70));
    let settings = JudgeSettings {
        requests_per_minute: Some(quota),
        max_in_flight: 60_000,
        ..JudgeSettings::new("bench", Connection::Builtin("first".into()))
    };
    let pacer = Pacer::new(&settings, 0, Some(60_000), 1);
    pacer.mark_reachable();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let length = Duration::from_secs(seconds);
    let departures = RefCell::new(Vec::with_capacity((quota * (seconds + 10) / 60) as usize));
    let (start, before) = (Instant::now(), cpu_seconds());
    runtime.unwrap().block_on(async {
        let mut waiting: FuturesUnordered<_> = (0..waiters)
            .map(async |_| {
                while start.elapsed() < length {
                    let permit = pacer.enqueue(0).await.acquire().await.unwrap();
                    departures.borrow_mut().push(start.elapsed());
                    drop(permit);
                }
            })
            .collect();
        let all = async { while waiting.next().await.is_some() {} };
        // Requests that still wait when the time is over are dropped.
        let _over = tokio::time::timeout(length, all).await;
    });
    let cpu = 100.0 * (cpu_seconds() - before) / start.elapsed().as_secs_f64();
    let departures = departures.into_inner();
    let counted = departures.iter().filter(|at| **at >= WARM_UP).count();
    let allowed = quota as f64 * length.saturating_sub(WARM_UP).as_secs_f64() / 60.0;
    println!("quota            {quota} a minute, {waiters} waiters, {seconds} s");
    println!("used             {:.2} % of the quota", 100.0 * counted as f64 / allowed);
    println!("fullest minute   {} requests", fullest(&departures, MINUTE));
    println!("fullest second   {} requests", fullest(&departures, SECOND));
    println!("CPU              {cpu:.1} % of one core");
}

/// Returns the largest number of departures in any window of that length.
fn fullest(departures: &[Duration], length: Duration) -> usize {
    let mut begin = 0;
    let windows = departures.iter().enumerate().map(|(end, at)| {
        while departures[begin] + length <= *at {
            begin += 1;
        }
        end + 1 - begin
    });
    windows.max().unwrap_or(0)
}
