//! The events of `judge`, `grade` and `generate` with `--format jsonl`: one line of JSON on stdout for each thing that happens, as
//! it happens.
//!
//! ```text
//! plan, then comparison or grade, and progress in any order, then result
//! ```
//!
//! Comparisons that a run had before are in the counts of the result and have no event; responses have none either. A
//! reader that is slow holds nothing up: lines wait in memory.

use std::io::{BufWriter, Write as _};
use std::sync::atomic::{AtomicBool, Ordering::Acquire};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use evenhand::Result;
use evenhand::input::Scale;
use evenhand::run::{
    EndedComparison, EndedGrade, EndedSubject, Progress, ProgressSnapshot, Session,
};
use evenhand::trial::Unit;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{json_text, print_json, printed};

/// The shortest time between two events about progress.
const INTERVAL: Duration = Duration::from_millis(500);
/// The longest time, which is how soon it is noticed that the reader has gone.
const LONGEST_INTERVAL: Duration = Duration::from_secs(5);
/// How long the writer waits for a comparison before it looks whether asking has ended.
const POLL: Duration = Duration::from_millis(50);

/// Prints the event about the plan of a session.
///
/// # Errors
///
/// Stdout cannot be written, other than because its reader has closed it.
pub(super) fn print_plan_event(session: &Session) -> Result<()> {
    let plan = session.plan_summary();
    let judges: Vec<&str> = session.task().judges().map(|judge| judge.name.as_str()).collect();
    let event = json!({
        "event": "plan",
        "run": session.path().display().to_string(),
        "rubric": session.task().rubric().rubric.name,
        "judges": judges,
        "items": plan.items,
        (match session.task().unit() {
            Unit::Comparison => "comparisons",
            Unit::Response => "responses",
        }): plan.comparisons,
    });
    print_json(&event).map(drop)
}

/// Writes the comparisons, or the graded responses, that end, and the counts when they have changed, until asking `has_ended`. Returns `false` if the
/// reader has closed stdout.
///
/// # Errors
///
/// Stdout cannot be written, other than because its reader has closed it.
pub(super) fn write_events(
    ended: &Receiver<EndedSubject>,
    progress: &Progress,
    has_ended: &AtomicBool,
    scale: Option<&Scale>,
) -> Result<bool> {
    let began = Instant::now();
    let mut output = BufWriter::new(std::io::stdout().lock());
    let mut last: Option<(Instant, ProgressSnapshot)> = None;
    loop {
        // Read before the last comparisons are received, so that none is missed.
        let is_last = has_ended.load(Acquire);
        let first = ended.recv_timeout(POLL).ok();
        let mut lines = String::new();
        for ended in first.into_iter().chain(ended.try_iter()) {
            let event = match ended {
                EndedSubject::Comparison(comparison) => comparison_event(&comparison),
                EndedSubject::Response(graded) => grade_event(&graded, scale),
                _ => continue,
            };
            lines.push_str(&json_text(&event));
        }
        let now = progress.snapshot();
        let is_due = last.as_ref().is_none_or(|(at, shown)| {
            let interval = if *shown == now { LONGEST_INTERVAL } else { INTERVAL };
            at.elapsed() >= interval || (is_last && *shown != now)
        });
        if is_due {
            lines.push_str(&json_text(&progress_event(&now, progress, began.elapsed())));
            last = Some((Instant::now(), now));
        }
        if !lines.is_empty() {
            let written = output.write_all(lines.as_bytes()).and_then(|()| output.flush());
            if !printed(written)? {
                return Ok(false);
            }
        }
        if is_last {
            return Ok(true);
        }
    }
}

fn comparison_event(comparison: &EndedComparison) -> Value {
    json!({
        "event": "comparison",
        "judge": comparison.judge,
        "id": comparison.id,
        "between": comparison.between,
        "outcome": comparison.outcome.as_str(),
        "winner": comparison.winner,
    })
}

fn grade_event(graded: &EndedGrade, scale: Option<&Scale>) -> Value {
    let grade = graded.grade.zip(scale).map(|(grade, scale)| scale.name_of(grade));
    json!({
        "event": "grade",
        "judge": graded.judge,
        "id": graded.id,
        "system": graded.system,
        "outcome": graded.outcome.as_str(),
        "grade": grade,
    })
}

fn progress_event(now: &ProgressSnapshot, progress: &Progress, elapsed: Duration) -> Value {
    let waiting = progress.wait().map(|(until, reason)| {
        let remaining = until.saturating_duration_since(Instant::now());
        json!({ "seconds": remaining.as_secs_f64(), "reason": reason })
    });
    let starting: Vec<String> = progress.starting().into_iter().map(|one| one.judge).collect();
    json!({
        "event": "progress",
        "planned": now.planned,
        "done": now.done,
        "kept": now.kept,
        "flipped": now.flipped,
        "failed": now.failed,
        "in_flight": now.in_flight,
        "requests": now.requests,
        "retries": now.retries,
        "cost_usd": now.cost,
        "seconds": elapsed.as_secs_f64(),
        "starting": starting,
        "waiting": waiting,
    })
}
