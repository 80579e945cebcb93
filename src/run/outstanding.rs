//! What is still to be asked: the plan minus what the run file contains, read page by page.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::subject::TrialEnd;
use crate::error::{Error, Result};
use crate::input::{Item, Rubric};
use crate::store::{
    Attempt, AttemptResult, ComparisonRow, OrderRecord, RowSet, RunFile, TrialRecord, take_orders,
};
use crate::trial::{Order, Subject};
use crate::verdict::Ballot;
use crate::vote::{Answer, GradeReading, Reading};

/// Which trials a command asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RetryScope {
    /// Those that are not answered yet, whose reply could not be read and may be asked for again, or that failed
    /// for a temporary reason.
    #[default]
    Open,
    /// Only those of comparisons that failed or could not be read.
    Failed,
}

/// One trial to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TrialToAsk {
    pub(super) order: Order,
    pub(super) repeat: u32,
    /// The number of the last stored attempt; 0 if there is none.
    pub(super) last_attempt: u32,
    /// Stored replies that could not be read and count against asking again.
    pub(super) unreadable: u32,
}

/// A subject with trials to be asked.
#[derive(Debug, Clone)]
pub(super) struct SubjectToAsk {
    /// The subject, with the item as the run file contains it.
    pub(super) subject: Subject,
    /// Its row in the run file.
    pub(super) row: i64,
    /// How its trials have ended so far: for each order, each repeat.
    pub(super) ends: [Vec<TrialEnd>; 2],
    /// The trials to ask.
    pub(super) trials: Vec<TrialToAsk>,
}

impl SubjectToAsk {
    /// Returns a subject that no run file contains yet: every trial is open.
    pub(super) fn new(subject: Subject, repeat: u32) -> Self {
        let trials = Order::BOTH
            .into_iter()
            .flat_map(|order| (0..repeat).map(move |repeat| (order, repeat)))
            .map(|(order, repeat)| TrialToAsk { order, repeat, last_attempt: 0, unreadable: 0 });
        let pending = vec![TrialEnd::Pending; repeat as usize];
        Self { subject, row: 0, trials: trials.collect(), ends: [pending.clone(), pending] }
    }
}

/// A comparison of the run file with the attempts of one judge at it.
type StoredComparison = (ComparisonRow, Vec<Attempt>);

/// Consecutive subjects of the run file.
#[derive(Debug, Default)]
pub(super) struct PageToAsk {
    /// Those with trials to ask.
    pub(super) open: Vec<SubjectToAsk>,
    /// The number of those without.
    pub(super) answered: u64,
    /// Whether any reply to any of all can be read.
    pub(super) has_readable: bool,
}

/// Which trials of a run are to be asked of one judge.
#[derive(Debug, Clone)]
pub(super) struct AskSelection {
    /// The comparisons of the plan.
    pub(super) rows: Arc<RowSet>,
    pub(super) scope: RetryScope,
    /// The judge's row.
    pub(super) judge: i64,
    /// How often an unreadable reply is asked again.
    pub(super) max_parse_retries: u32,
    /// How often each order is asked.
    pub(super) repeat: u32,
    /// The rows in the order in which they are asked; `None` is turn by turn, in the order of the plan.
    pub(super) order: Option<Arc<[i64]>>,
}

/// When a comparison is asked; those with the same turn are asked in the order of the plan.
///
/// Comparisons of which a trial was refused when it was last asked come last, so that one that is always refused
/// delays no other. When failed comparisons are asked again, those with the fewest attempts come first: commands that
/// may send a few requests only get to all of them, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    attempts: u32,
    is_refused: bool,
}

impl Turn {
    /// The turn of comparisons that are asked as soon as they are read.
    const FIRST: Self = Self { attempts: 0, is_refused: false };

    fn of<A: Answer>(orders: &[OrderRecord<A>], trials: &[TrialToAsk], scope: RetryScope) -> Self {
        let attempts = match scope {
            RetryScope::Open => 0,
            RetryScope::Failed => trials.iter().map(|trial| trial.last_attempt).max().unwrap_or(0),
        };
        Self { attempts, is_refused: was_refused(orders) }
    }
}

/// Reads what is to be asked of one judge: turn by turn, and in the order of the plan.
#[derive(Debug)]
pub(super) struct Outstanding {
    run: RunFile,
    selection: AskSelection,
    rubric: Rubric,
    /// The row of the last comparison that was read.
    after: i64,
    /// How many rows of the given order were read.
    ordered: usize,
    /// Whether the plan is being read, and not one of the later turns. Where an order is given there are none.
    is_first_pass: bool,
    /// The comparisons of the later turns.
    later: BTreeMap<Turn, RowSet>,
    /// The item of the previous comparison, which is often that of the next one too.
    item: Option<(i64, Arc<Item>)>,
}

impl Outstanding {
    /// Returns a reader of the selected trials.
    ///
    /// # Errors
    ///
    /// The run has no such judge.
    pub(super) fn new(run: RunFile, selection: AskSelection) -> Result<Self> {
        let stored = run.asked_judges().iter().find(|stored| stored.row == selection.judge);
        let stored = stored.ok_or_else(|| Error::internal("a judge has no row in the run file"))?;
        let rubric = stored.record.reading_rubric(run.rubric());
        let is_first_pass = selection.order.is_none();
        let later = BTreeMap::new();
        let (after, ordered) = (0, 0);
        Ok(Self { run, selection, rubric, after, ordered, is_first_pass, later, item: None })
    }

    /// Returns the next comparisons with the attempts of the judge at them; `None` at the end of the turn.
    fn next_stored(&mut self) -> Result<Option<Vec<StoredComparison>>> {
        let AskSelection { rows, judge, order, .. } = &self.selection;
        if let Some(order) = order {
            let Some(row) = order.get(self.ordered) else { return Ok(None) };
            self.ordered += 1;
            return Ok(Some(self.run.comparison_at(*row, *judge)?.into_iter().collect()));
        }
        let Some((stored, attempts)) = self.run.page_after(self.after, rows, *judge)? else {
            return Ok(None);
        };
        self.after = stored.last;
        // Both lists are sorted by comparison, so each attempt is looked at once.
        let mut attempts = attempts.into_iter().peekable();
        let with_attempts = |pair: ComparisonRow| {
            let mut of_pair = Vec::new();
            while let Some(attempt) = attempts.next_if(|next| next.key.comparison <= pair.row) {
                if attempt.key.comparison == pair.row {
                    of_pair.push(attempt);
                }
            }
            (pair, of_pair)
        };
        Ok(Some(stored.pairs.into_iter().map(with_attempts).collect()))
    }

    /// Returns the next page; `None` at the end.
    ///
    /// # Errors
    ///
    /// The run file cannot be read.
    pub(super) fn next_page(&mut self) -> Result<Option<PageToAsk>> {
        let Some(stored) = self.next_stored()? else {
            let Some((_, rows)) = self.later.pop_first() else { return Ok(None) };
            (self.selection.rows, self.after, self.is_first_pass) = (Arc::new(rows), 0, false);
            return self.next_page();
        };
        let AskSelection { scope, judge, max_parse_retries, repeat, .. } = &self.selection;
        let mut page = PageToAsk::default();
        for (pair, mut of_pair) in stored {
            let stored = if self.rubric.scale.is_none() {
                let orders = take_orders::<Reading>(&mut of_pair, *judge, &self.rubric, *repeat);
                StoredTrials::of(&orders, *scope, *max_parse_retries)
            } else {
                let orders =
                    take_orders::<GradeReading>(&mut of_pair, *judge, &self.rubric, *repeat);
                StoredTrials::of(&orders, *scope, *max_parse_retries)
            };
            let StoredTrials { trials, ends, turn, has_readable } = stored;
            page.has_readable |= has_readable;
            if trials.is_empty() {
                page.answered += 1;
                continue;
            }
            if self.is_first_pass && turn > Turn::FIRST {
                self.later.entry(turn).or_default().insert(pair.row);
                continue;
            }
            let item = match &self.item {
                Some((row, item)) if *row == pair.item => Arc::clone(item),
                _ => Arc::new(self.run.decode_item(&pair)?),
            };
            self.item = Some((pair.item, Arc::clone(&item)));
            self.run.check_responses(&item, &pair.between)?;
            let subject = self.run.subject(item, pair.between);
            page.open.push(SubjectToAsk { row: pair.row, ends, trials, subject });
        }
        Ok(Some(page))
    }
}

/// What the stored attempts at a subject say about asking it.
struct StoredTrials {
    trials: Vec<TrialToAsk>,
    ends: [Vec<TrialEnd>; 2],
    turn: Turn,
    /// Whether any trial has an answer.
    has_readable: bool,
}

impl StoredTrials {
    fn of<A: Answer>(orders: &[OrderRecord<A>; 2], scope: RetryScope, retries: u32) -> Self
    where
        TrialEnd: From<A::Choice>,
    {
        let trials = trials_to_ask(orders, scope, retries);
        let end = |trial: &TrialRecord<A>| match trial.ballot {
            Ballot::Cast(choice) => choice.into(),
            Ballot::Unreadable => TrialEnd::Unreadable,
            Ballot::Failed => TrialEnd::Failed,
            Ballot::Pending => TrialEnd::Pending,
        };
        let turn = Turn::of(orders, &trials, scope);
        let mut all = orders.iter().flat_map(|order| &order.trials);
        let has_readable = all.any(|trial| matches!(trial.ballot, Ballot::Cast(_)));
        let ends = orders.each_ref().map(|order| order.trials.iter().map(end).collect());
        Self { trials, ends, turn, has_readable }
    }
}

/// Returns the trials of a subject that are to be asked.
pub(super) fn trials_to_ask<A: Answer>(
    orders: &[OrderRecord<A>],
    scope: RetryScope,
    max_parse_retries: u32,
) -> Vec<TrialToAsk> {
    let any = |wanted| orders.iter().any(|order| order.ballot == wanted);
    let has_failed = !any(Ballot::Pending) && (any(Ballot::Failed) || any(Ballot::Unreadable));
    if scope == RetryScope::Failed && !has_failed {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for order in orders {
        for (repeat, trial) in (0..).zip(&order.trials) {
            let counted = trial.replies().filter(|reply| !reply.hit_cost_limit());
            let unreadable = counted.count() as u32;
            let is_open = match (scope, trial.ballot) {
                (_, Ballot::Cast(_)) => false,
                (RetryScope::Failed, _) | (RetryScope::Open, Ballot::Pending) => true,
                (RetryScope::Open, Ballot::Unreadable) => {
                    unreadable <= max_parse_retries && !hit_token_limit(&trial.attempts)
                }
                (RetryScope::Open, Ballot::Failed) => has_failed_temporarily(&trial.attempts),
            };
            if is_open {
                trials.push(TrialToAsk {
                    order: order.order,
                    repeat,
                    last_attempt: trial.attempts.last().map_or(0, |attempt| attempt.number),
                    // An unreadable trial that is retried on request gets all its parse attempts again.
                    unreadable: if scope == RetryScope::Failed { 0 } else { unreadable },
                });
            }
        }
    }
    trials
}

/// Returns whether a trial of a subject was refused when it was last asked.
fn was_refused<A: Answer>(orders: &[OrderRecord<A>]) -> bool {
    let mut trials = orders.iter().flat_map(|order| &order.trials);
    trials.any(|trial| {
        let last = trial.attempts.last().filter(|last| last.result != AttemptResult::Replied);
        last.is_some_and(|last| {
            let is_refusal = matches!(last.reply.status, Some(400..=499 | 503 | 529));
            is_refusal || (last.result == AttemptResult::EndpointDown && last.error.is_some())
        })
    })
}

/// Returns whether the last reply of a trial ended at the limit of its length: the same request would end there
/// again.
fn hit_token_limit(attempts: &[Attempt]) -> bool {
    attempts.last().is_some_and(|last| last.reply.hit_token_limit())
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
