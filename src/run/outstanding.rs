//! What is still to be asked: the plan minus what the run file contains, read page by page.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::input::{Item, Rubric};
use crate::store::{Attempt, AttemptResult, RowSet, RunFile, VerdictRecord, verdict_record};
use crate::trial::{Comparison, Order};
use crate::verdict::{Ballot, Outcome};

/// Which trials a command asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RetryScope {
    /// Those that are not answered yet, or that failed for a temporary reason.
    #[default]
    Open,
    /// Only those of comparisons that failed or could not be read.
    Failed,
}

/// One trial to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OpenTrial {
    pub(super) order: Order,
    pub(super) repeat: u32,
    /// Stored attempts.
    pub(super) attempts: u32,
    /// Stored replies that could not be read and count against asking again.
    pub(super) unreadable: u32,
}

/// A comparison with trials to be asked.
#[derive(Debug, Clone)]
pub(super) struct OpenComparison {
    /// The comparison, with the item as the run file contains it.
    pub(super) comparison: Comparison,
    /// Its row in the run file.
    pub(super) row: i64,
    /// The ballots of its trials: for each order, each repeat.
    pub(super) ballots: [Vec<Ballot>; 2],
    /// The trials to ask.
    pub(super) trials: Vec<OpenTrial>,
}

impl OpenComparison {
    /// Returns a comparison that no run file contains yet: every trial is open.
    pub(super) fn new(comparison: Comparison, repeat: u32) -> Self {
        let trials = Order::BOTH
            .into_iter()
            .flat_map(|order| (0..repeat).map(move |repeat| (order, repeat)))
            .map(|(order, repeat)| OpenTrial { order, repeat, attempts: 0, unreadable: 0 });
        let pending = vec![Ballot::Pending; repeat as usize];
        Self { comparison, row: 0, trials: trials.collect(), ballots: [pending.clone(), pending] }
    }
}

/// Consecutive comparisons of the run file.
#[derive(Debug, Default)]
pub(super) struct OpenPage {
    /// Those with trials to ask.
    pub(super) open: Vec<OpenComparison>,
    /// The number of those without.
    pub(super) answered: u64,
}

/// Reads what is to be asked of one judge, in the order of the plan.
#[derive(Debug)]
pub(super) struct Outstanding {
    run: RunFile,
    rows: Arc<RowSet>,
    scope: RetryScope,
    /// The judge's row.
    judge: i64,
    max_parse_retries: u32,
    repeat: u32,
    rubric: Rubric,
    after: i64,
    /// The item of the previous comparison, which is often that of the next one too.
    item: Option<(i64, Arc<Item>)>,
}

impl Outstanding {
    /// Returns what is open of `rows`, the plan's comparisons, for the judge of a row, when each order is
    /// asked `repeat` times and an unreadable reply is asked again at most `max_parse_retries` times.
    ///
    /// # Errors
    ///
    /// The run has no such judge.
    pub(super) fn new(
        run: RunFile,
        rows: Arc<RowSet>,
        scope: RetryScope,
        judge: i64,
        max_parse_retries: u32,
        repeat: u32,
    ) -> Result<Self> {
        let stored = run.judges().iter().find(|stored| stored.row == judge);
        let stored = stored.ok_or_else(|| Error::internal("a judge has no row in the run file"))?;
        let rubric = stored.record.reading_rubric(run.rubric());
        Ok(Self {
            run,
            rows,
            scope,
            judge,
            max_parse_retries,
            repeat,
            rubric,
            after: 0,
            item: None,
        })
    }

    /// Returns the next page; `None` at the end.
    ///
    /// # Errors
    ///
    /// The run file cannot be read.
    pub(super) fn next_page(&mut self) -> Result<Option<OpenPage>> {
        let read = self.run.page_after(self.after, &self.rows, self.judge)?;
        let Some((read, attempts)) = read else { return Ok(None) };
        self.after = read.last;
        let mut page = OpenPage::default();
        let mut attempts = attempts.into_iter().peekable();
        for pair in read.pairs {
            let mut of_pair = Vec::new();
            while let Some(attempt) = attempts.next_if(|next| next.key.comparison <= pair.row) {
                if attempt.key.comparison == pair.row {
                    of_pair.push(attempt);
                }
            }
            let judged = verdict_record(&mut of_pair, self.judge, &self.rubric, self.repeat);
            let trials = open_trials(&judged, self.scope, self.max_parse_retries);
            if trials.is_empty() {
                page.answered += 1;
                continue;
            }
            let item = match &self.item {
                Some((row, item)) if *row == pair.item => Arc::clone(item),
                _ => Arc::new(self.run.decode_item(&pair)?),
            };
            self.item = Some((pair.item, Arc::clone(&item)));
            self.run.check_responses(&item, &pair.between)?;
            let ballots = |at: usize| -> Vec<Ballot> {
                judged.orders[at].trials.iter().map(|trial| trial.ballot).collect()
            };
            page.open.push(OpenComparison {
                row: pair.row,
                ballots: [ballots(0), ballots(1)],
                trials,
                comparison: Comparison { item, between: pair.between },
            });
        }
        Ok(Some(page))
    }
}

/// Returns which trials of a judged comparison are to be asked.
pub(super) fn open_trials(
    judged: &VerdictRecord,
    scope: RetryScope,
    max_parse_retries: u32,
) -> Vec<OpenTrial> {
    let has_failed = matches!(judged.verdict.outcome, Outcome::Failed | Outcome::Unparsed);
    if scope == RetryScope::Failed && !has_failed {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for order in &judged.orders {
        for (repeat, trial) in (0..).zip(&order.trials) {
            let unreadable = trial.replies().count() as u32;
            let is_open = match (scope, trial.ballot) {
                (_, Ballot::Cast(_)) => false,
                (RetryScope::Failed, _) | (RetryScope::Open, Ballot::Pending) => true,
                (RetryScope::Open, Ballot::Unreadable) => unreadable <= max_parse_retries,
                (RetryScope::Open, Ballot::Failed) => has_failed_temporarily(&trial.attempts),
            };
            if is_open {
                trials.push(OpenTrial {
                    order: order.order,
                    repeat,
                    attempts: trial.attempts.last().map_or(0, |attempt| attempt.number),
                    // An unreadable trial that is retried on request gets all its parse attempts again.
                    unreadable: if scope == RetryScope::Failed { 0 } else { unreadable },
                });
            }
        }
    }
    trials
}

fn has_failed_temporarily(attempts: &[Attempt]) -> bool {
    let last = attempts.iter().rev().find(|attempt| {
        matches!(
            attempt.result,
            AttemptResult::Replied | AttemptResult::Rejected | AttemptResult::Exhausted
        )
    });
    last.is_some_and(|attempt| attempt.result == AttemptResult::Exhausted)
}
