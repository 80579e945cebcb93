//! How long the replies of a model took in one command, as lines and as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::escape::for_terminal;
use super::quantities::{count, counted};
use crate::run::LatencyTail;

/// Returns the lines about a judge or a system: how long its replies took, and where there were any, which requests were
/// given up and which were hedged.
pub fn latency_lines(name: &str, tail: &LatencyTail) -> Vec<String> {
    let name = for_terminal(name, false);
    let mut lines = Vec::new();
    if let Some(took) = tail.quantiles {
        lines.push(format!(
            "{name}: latency median {}, p95 {}, p99 {}, longest {} (n = {})",
            duration(took.median),
            duration(took.p95),
            duration(took.p99),
            duration(took.longest),
            count(tail.n)
        ));
    }
    let given_up = tail.given_up;
    let limits = [
        (given_up.adaptive, "by the adaptive time limit"),
        (given_up.timeout, "after timeout_s"),
        (given_up.total_timeout, "since the trial reached total_timeout_s"),
    ];
    let limits = limits.into_iter().filter(|(requests, _)| *requests > 0);
    let limits: Vec<String> =
        limits.map(|(requests, limit)| format!("{requests} {limit}")).collect();
    if !limits.is_empty() {
        let all = counted(given_up.all(), "request");
        lines.push(format!("{name}: {all} given up: {}", limits.join(", ")));
    }
    if tail.hedged > 0 {
        lines.push(format!(
            "{name}: {} hedged; the second one was answered first {}",
            counted(tail.hedged, "request"),
            counted(tail.hedges_won, "time")
        ));
    }
    lines
}

/// Returns the same as JSON, with latencies in milliseconds.
pub fn latency_json(name: &str, tail: &LatencyTail) -> Value {
    let at = |duration: Option<Duration>| {
        duration.map(|duration| (duration.as_secs_f64() * 1e6).round() / 1000.0)
    };
    let took = tail.quantiles;
    json!({
        "judge": name,
        "n": tail.n,
        "median_ms": at(took.map(|took| took.median)),
        "p95_ms": at(took.map(|took| took.p95)),
        "p99_ms": at(took.map(|took| took.p99)),
        "longest_ms": at(took.map(|took| took.longest)),
        "given_up": {
            "adaptive_timeout": tail.given_up.adaptive,
            "timeout_s": tail.given_up.timeout,
            "total_timeout_s": tail.given_up.total_timeout,
        },
        "hedged": tail.hedged,
        "hedges_won": tail.hedges_won,
    })
}

/// Returns a duration in milliseconds or seconds.
fn duration(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1000.0;
    if milliseconds < 999.5 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.1} s", milliseconds / 1000.0)
    }
}
