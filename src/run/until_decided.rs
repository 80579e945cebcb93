//! Which comparisons may still begin where asking ends as soon as a question is decided.
//!
//! Comparisons begin in the random order of their items. What has begun is asked to its end, so that what is in flight when
//! the question is decided is paid for. To keep that small, a judge has few comparisons in flight while few have been looked
//! at: an eighth as many, and at least eight for each pair of systems that is undecided. In a jury no judge is further ahead
//! of the slowest one, and what one judge has begun is asked of all. Nor does a comparison begin twice as far ahead of the first one that has not ended: it would be
//! paid for in vain if those before it decide.
//!
//! A comparison of which something is stored is always asked to its end, and before all others.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::outstanding::{RetryScope, trials_to_ask};
use super::subject::TrialEnd;
use crate::deciding::ComparisonSequence;
use crate::error::Result;
use crate::store::{RowSet, RunFile, UntilDecided};
use crate::verdict::{Ballot, majority};

/// The fewest comparisons in flight that a judge may have, for each undecided pair.
const LEAST_IN_FLIGHT: u64 = 8;
/// One comparison more is in flight for so many items that have been looked at.
const ITEMS_PER_COMPARISON: u64 = 8;

/// Whether a comparison may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may.
    Begin,
    /// Its pair of systems is decided.
    Skip,
    /// Every pair is decided, and so are all comparisons after it.
    End,
}

/// The gate as one judge sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct JudgeGate<'a> {
    pub(super) gate: &'a DecidingGate,
    /// The place of the judge.
    pub(super) judge: usize,
}

impl JudgeGate<'_> {
    /// Returns whether the judge may begin a comparison, which counts as begun then; `None` if it must wait for a
    /// [change](Self::changed). It need not wait if it `is_stuck`: nothing that it has begun can end before more begins.
    pub(super) fn admission(&self, row: i64, is_stuck: bool) -> Option<Admission> {
        self.gate.state().admission(self.judge, row, is_stuck)
    }

    /// Returns a future that ends when a comparison has ended, or a judge is not asked any more, since it was created.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.gate.changed.notified()
    }

    /// Records how the trials of a comparison have ended, for each order.
    ///
    /// # Errors
    ///
    /// As for [`DecidingGate::record`].
    pub(super) fn record(&self, row: i64, ends: &[Vec<TrialEnd>; 2]) -> Result<()> {
        self.gate.record(self.judge, row, ends)
    }
}

/// What decides which comparisons may begin.
#[derive(Debug)]
pub(super) struct DecidingGate {
    /// The rows of all comparisons in the order in which they are asked.
    order: Arc<[i64]>,
    /// The rows of the judges, each at its place.
    judges: Vec<i64>,
    state: Mutex<GateState>,
    /// Signals that a comparison has ended, or that a judge is not asked any more.
    changed: Notify,
}

#[derive(Debug)]
struct GateState {
    sequence: ComparisonSequence,
    /// The comparisons of which something is stored that is still to be asked.
    unfinished: HashSet<i64>,
    /// The comparisons that some judge has begun.
    begun: HashSet<i64>,
    judges: Vec<AskedOfJudge>,
}

/// How far a judge is.
#[derive(Debug, Clone, Default)]
struct AskedOfJudge {
    begun: u64,
    ended: u64,
    has_finished: bool,
}

impl DecidingGate {
    /// Returns the gate of a plan, with what its run file holds. `max_parse_retries` has a number for each judge, in the
    /// order of the run file's.
    ///
    /// # Errors
    ///
    /// The run file cannot be read, or no comparison of the plan is about the system.
    pub(super) fn new(
        run: &RunFile,
        rows: &RowSet,
        question: &UntilDecided,
        max_parse_retries: &[u32],
    ) -> Result<Self> {
        let (mut keys, mut stored, mut unfinished) = (Vec::new(), Vec::new(), HashSet::new());
        run.for_each(|record| {
            if !rows.contains(record.row) {
                return Ok(());
            }
            for (judge, judged) in record.judged.iter().enumerate() {
                let [a_first, b_first] = judged.orders.as_slice() else { continue };
                let retries = max_parse_retries.get(judge).copied().unwrap_or(0);
                let open = trials_to_ask(&judged.orders, RetryScope::Open, retries);
                let mut trials = judged.orders.iter().flat_map(|order| &order.trials);
                // What failed for a passing reason counts until it is asked again, as it does in what is printed.
                stored.push((record.row, judge, [a_first.ballot, b_first.ballot]));
                if !open.is_empty() && trials.any(|trial| !trial.attempts.is_empty()) {
                    unfinished.insert(record.row);
                }
            }
            keys.push(record.key());
            Ok(())
        })?;
        let judges: Vec<i64> = run.judges().iter().map(|judge| judge.row).collect();
        let mut sequence =
            ComparisonSequence::new(keys, question, judges.len(), run.manifest().seed)?;
        for (row, judge, orders) in stored {
            sequence.record(row, judge, orders);
        }
        sequence.look()?;
        let first = sequence.rows().filter(|row| unfinished.contains(row));
        let others = sequence.rows().filter(|row| !unfinished.contains(row));
        let order = first.chain(others).collect();
        let asked = vec![AskedOfJudge::default(); judges.len()];
        let begun = HashSet::new();
        let state = Mutex::new(GateState { sequence, unfinished, begun, judges: asked });
        Ok(Self { order, judges, state, changed: Notify::new() })
    }

    /// Returns the rows of the comparisons in the order in which they are asked.
    pub(super) fn order(&self) -> Arc<[i64]> {
        Arc::clone(&self.order)
    }

    /// Returns the gate as the judge in a row of the run file sees it; `None` if there is none.
    pub(super) fn of_judge(&self, row: i64) -> Option<JudgeGate<'_>> {
        let judge = self.judges.iter().position(|judge| *judge == row)?;
        Some(JudgeGate { gate: self, judge })
    }

    /// Returns whether every pair of systems is decided.
    pub(super) fn is_decided(&self) -> bool {
        self.state().sequence.is_decided()
    }

    /// Records how the trials of a comparison that a judge was asked about have ended, for each order.
    ///
    /// # Errors
    ///
    /// As for [`ComparisonSequence::look`].
    pub(super) fn record(&self, judge: usize, row: i64, ends: &[Vec<TrialEnd>; 2]) -> Result<()> {
        let orders = ends
            .each_ref()
            .map(|ends| majority(&ends.iter().map(|end| end.ballot()).collect::<Vec<Ballot>>()));
        let mut state = self.state();
        state.sequence.record(row, judge, orders);
        state.sequence.look()
    }

    /// Records that a judge is done with a comparison that had begun, whether or not it was asked.
    pub(super) fn end(&self, judge: usize) {
        self.state().judges[judge].ended += 1;
        self.changed.notify_waiters();
    }

    /// Records that nothing more is asked of a judge, so that the others do not wait for it.
    pub(super) fn finish(&self, judge: usize) {
        self.state().judges[judge].has_finished = true;
        self.changed.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GateState {
    /// Returns whether a judge may begin a comparison, as [`JudgeGate::admission`] does.
    fn admission(&mut self, judge: usize, row: i64, is_stuck: bool) -> Option<Admission> {
        if !self.unfinished.contains(&row) && !self.begun.contains(&row) {
            if self.sequence.is_decided() {
                // Another judge may have begun comparisons after this one.
                let is_behind = self.judges[judge].begun < self.begun.len() as u64;
                return Some(if is_behind { Admission::Skip } else { Admission::End });
            }
            if !self.sequence.is_open(row) {
                return Some(Admission::Skip);
            }
            let asking = self.judges.iter().filter(|judge| !judge.has_finished);
            let slowest = asking.map(|judge| judge.ended).min().unwrap_or(0);
            let most = self.most_in_flight();
            // What was begun and left open, by a judge that is not asked any more or for want of money, never ends.
            let is_any_in_flight = self.judges.iter().any(|judge| judge.begun > judge.ended);
            let is_far = self.sequence.places_ahead(row) >= 2 * most
                && is_any_in_flight
                && !self.judges.iter().any(|judge| judge.has_finished);
            if !is_stuck && (is_far || self.judges[judge].begun >= slowest + most) {
                return None;
            }
        }
        self.begun.insert(row);
        self.judges[judge].begun += 1;
        Some(Admission::Begin)
    }

    fn most_in_flight(&self) -> u64 {
        let pairs = self.sequence.means().undecided() as u64;
        let least = LEAST_IN_FLIGHT * pairs.max(1);
        least.max(self.sequence.items() / ITEMS_PER_COMPARISON)
    }
}
