//! Progress: counters that the engine raises and that other threads may read at any time.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::subject::TrialEnd;
use crate::store::Attempt;
use crate::trial::{Comparison, SystemResponse};
use crate::verdict::{GradeVerdict, Outcome, Verdict};
use crate::vote::Grade;

/// Running counts of one session, over all its judges.
#[derive(Debug, Default)]
pub struct Progress {
    planned: AtomicU64,
    done: AtomicU64,
    kept: AtomicU64,
    flipped: AtomicU64,
    failed: AtomicU64,
    in_flight: AtomicU64,
    requests: AtomicU64,
    retries: AtomicU64,
    /// In units of 1e-8 USD: an integer can be added up without a lock.
    cost: AtomicU64,
    wait: Mutex<Option<(Instant, String)>>,
    starting: Mutex<Vec<StartingServer>>,
    ended: Option<Sender<EndedSubject>>,
}

/// What a judge was asked about and what has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndedSubject {
    /// A comparison.
    Comparison(EndedComparison),
    /// A response that is graded.
    Response(EndedGrade),
}

/// A response that a judge was asked to grade and whose grading has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndedGrade {
    /// The judge's name.
    pub judge: String,
    /// The id of the item.
    pub id: String,
    /// The system that gave the response.
    pub system: String,
    /// How it ended; never pending.
    pub outcome: Outcome,
    /// The grade; `None` unless it was kept.
    pub grade: Option<Grade>,
}

/// A comparison that a judge was asked for and that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndedComparison {
    /// The judge's name.
    pub judge: String,
    /// The id of the item.
    pub id: String,
    /// The two systems, in byte order of their names.
    pub between: [String; 2],
    /// How it ended; never pending.
    pub outcome: Outcome,
    /// The name of the preferred system, or `tie`; `None` unless the verdict was kept.
    pub winner: Option<String>,
}

/// A judge whose server is being started.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StartingServer {
    /// The judge's name.
    pub judge: String,
    /// The command, without what looks like a secret.
    pub command: String,
    /// When it was started.
    pub began: Instant,
}

/// Shows a judge's server as being started, until dropped.
pub(super) struct Starting<'a> {
    progress: &'a Progress,
    judge: &'a str,
}

/// The counts at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct ProgressSnapshot {
    /// Comparisons that [`Session::ask`](super::Session::ask) is to judge, counted once for each judge.
    pub planned: u64,
    /// Comparisons that have ended.
    pub done: u64,
    /// Of those, kept.
    pub kept: u64,
    /// Of those, flipped; of grades, changed.
    pub flipped: u64,
    /// Of those, failed.
    pub failed: u64,
    /// Requests in flight.
    pub in_flight: u64,
    /// Requests sent.
    pub requests: u64,
    /// Requests that repeated an earlier one.
    pub retries: u64,
    /// What they have cost, in USD.
    pub cost: f64,
}

const UNITS_PER_USD: f64 = 1e8;

impl Progress {
    /// Returns counts of nothing yet, and sends each comparison or graded response to `ended` when it ends. A receiver
    /// that has been dropped is no error.
    pub fn reporting_to(ended: Sender<EndedSubject>) -> Self {
        Self { ended: Some(ended), ..Self::default() }
    }

    /// Adds comparisons to be judged.
    pub(super) fn add_planned(&self, comparisons: u64) {
        self.planned.fetch_add(comparisons, Relaxed);
    }

    /// Removes comparisons that the run file had answered already.
    pub(super) fn remove_answered(&self, comparisons: u64) {
        let subtract = |planned: u64| Some(planned.saturating_sub(comparisons));
        let _always_some = self.planned.fetch_update(Relaxed, Relaxed, subtract).is_err();
    }

    /// Records that no request is sent before a moment, and why.
    pub(super) fn record_wait(&self, until: Option<Instant>, reason: String) {
        let Some(until) = until else { return };
        let mut wait = self.wait.lock().unwrap_or_else(PoisonError::into_inner);
        if wait.as_ref().is_none_or(|(later, _)| *later < until) {
            *wait = Some((until, reason));
        }
    }

    /// Returns until when no request is sent and why, where an endpoint has asked to wait or cannot be
    /// reached.
    pub fn wait(&self) -> Option<(Instant, String)> {
        let wait = self.wait.lock().unwrap_or_else(PoisonError::into_inner);
        wait.clone().filter(|(until, _)| *until > Instant::now())
    }

    /// Records that a judge's server is being started, until the value is dropped.
    pub(super) fn record_starting<'a>(&'a self, judge: &'a str, command: String) -> Starting<'a> {
        let began = Instant::now();
        self.starting_servers().push(StartingServer { judge: judge.to_owned(), command, began });
        Starting { progress: self, judge }
    }

    /// Returns the judges whose servers are being started.
    pub fn starting(&self) -> Vec<StartingServer> {
        self.starting_servers().clone()
    }

    fn starting_servers(&self) -> MutexGuard<'_, Vec<StartingServer>> {
        self.starting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a request is being sent.
    pub(super) fn record_request(&self, is_retry: bool) {
        self.in_flight.fetch_add(1, Relaxed);
        self.requests.fetch_add(1, Relaxed);
        self.retries.fetch_add(u64::from(is_retry), Relaxed);
    }

    /// Records that requests were submitted in a batch, of which so many repeat earlier ones.
    pub(super) fn record_submitted(&self, requests: u64, retries: u64) {
        self.requests.fetch_add(requests, Relaxed);
        self.retries.fetch_add(retries, Relaxed);
    }

    /// Records that a request has been answered.
    pub(super) fn record_answer(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }

    /// Adds the cost of a reply.
    pub(super) fn add_cost(&self, attempt: &Attempt) {
        let cost = (attempt.cost.unwrap_or(0.0) * UNITS_PER_USD).round() as u64;
        self.cost.fetch_add(cost, Relaxed);
    }

    /// Counts a comparison, unless it is still pending.
    pub(super) fn record_verdict(&self, judge: &str, comparison: &Comparison, verdict: Verdict) {
        let outcome = verdict.outcome;
        if outcome == Outcome::Pending {
            return;
        }
        self.send(|| EndedSubject::Comparison(EndedComparison::of(judge, comparison, verdict)));
        self.count(outcome);
    }

    /// Counts a response that was graded, unless it is still pending.
    pub(super) fn record_grade(
        &self,
        judge: &str,
        response: &SystemResponse,
        verdict: GradeVerdict,
    ) {
        if verdict.outcome == Outcome::Pending {
            return;
        }
        self.send(|| {
            EndedSubject::Response(EndedGrade {
                judge: judge.to_owned(),
                id: response.item.id.clone(),
                system: response.system.clone(),
                outcome: verdict.outcome,
                grade: verdict.grade,
            })
        });
        self.count(verdict.outcome);
    }

    fn send(&self, ended: impl FnOnce() -> EndedSubject) {
        if let Some(receiver) = &self.ended {
            let _has_no_receiver = receiver.send(ended()).is_err();
        }
    }

    fn count(&self, outcome: Outcome) {
        self.done.fetch_add(1, Relaxed);
        match outcome {
            Outcome::Kept => self.kept.fetch_add(1, Relaxed),
            Outcome::Flipped | Outcome::Changed => self.flipped.fetch_add(1, Relaxed),
            Outcome::Failed => self.failed.fetch_add(1, Relaxed),
            _ => 0,
        };
    }

    /// Counts the prompt of an item, unless a response is still pending.
    pub(super) fn record_responses(&self, ends: &[TrialEnd]) {
        if ends.contains(&TrialEnd::Pending) {
            return;
        }
        self.done.fetch_add(1, Relaxed);
        let has_failed = ends.iter().any(|end| *end != TrialEnd::Responded);
        self.failed.fetch_add(u64::from(has_failed), Relaxed);
    }

    /// Returns the counts as they are now.
    pub fn snapshot(&self) -> ProgressSnapshot {
        ProgressSnapshot {
            planned: self.planned.load(Relaxed),
            done: self.done.load(Relaxed),
            kept: self.kept.load(Relaxed),
            flipped: self.flipped.load(Relaxed),
            failed: self.failed.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            requests: self.requests.load(Relaxed),
            retries: self.retries.load(Relaxed),
            cost: self.cost.load(Relaxed) as f64 / UNITS_PER_USD,
        }
    }
}

impl EndedComparison {
    fn of(judge: &str, comparison: &Comparison, verdict: Verdict) -> Self {
        let winner = verdict.winner.map(|winner| winner.name_in(&comparison.between).to_owned());
        Self {
            judge: judge.to_owned(),
            id: comparison.item.id.clone(),
            between: comparison.between.clone(),
            outcome: verdict.outcome,
            winner,
        }
    }
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        self.progress.starting_servers().retain(|one| one.judge != self.judge);
    }
}
