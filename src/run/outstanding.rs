//! What is still to be asked: the plan less what the run already holds, read page by page from the run file.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::input::{Item, Rubric};
use crate::store::{Attempt, AttemptResult, RowSet, RunFile, VerdictRecord, verdict_record};
use crate::trial::{Comparison, Order};
use crate::verdict::{Ballot, Outcome};

/// Which trials a command asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Those not answered yet, or failed for a reason that may have passed.
    Open,
    /// Only those that failed or could not be read (`--retry-failed`).
    Failed,
}

/// One trial that is to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenTrial {
    /// Which response is shown first.
    pub order: Order,
    /// Which repeat.
    pub repeat: u32,
    /// Attempts that are stored already.
    pub attempts: u32,
    /// Stored replies that could not be read and count against asking again.
    pub unreadable: u32,
}

/// A comparison with trials that are to be asked.
#[derive(Debug, Clone)]
pub struct Open {
    /// What is compared, as the run holds it.
    pub comparison: Comparison,
    /// Its row in the run file.
    pub row: i64,
    /// How its trials stand: for each order, each repeat.
    pub ballots: [Vec<Ballot>; 2],
    /// The trials to ask.
    pub trials: Vec<OpenTrial>,
}

impl Open {
    /// Returns a comparison that no run holds yet: all of it is open.
    pub fn all(comparison: Comparison, repeat: u32) -> Self {
        let trials = Order::BOTH
            .into_iter()
            .flat_map(|order| (0..repeat).map(move |repeat| (order, repeat)))
            .map(|(order, repeat)| OpenTrial { order, repeat, attempts: 0, unreadable: 0 });
        let pending = vec![Ballot::Pending; repeat as usize];
        Self { comparison, row: 0, trials: trials.collect(), ballots: [pending.clone(), pending] }
    }
}

/// Comparisons that stand together in the run file.
#[derive(Debug, Default)]
pub struct Page {
    /// Those with trials to ask.
    pub open: Vec<Open>,
    /// How many others there are.
    pub settled: u64,
}

/// A judge, as far as it matters for what is still to be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Its row in the run file.
    pub judge: i64,
    /// How often a reply of it that cannot be read is asked again.
    pub asks_again: u32,
}

/// Reads what is to be asked of one judge, in the order of the plan.
#[derive(Debug)]
pub struct Outstanding {
    run: RunFile,
    rows: Arc<RowSet>,
    again: Again,
    asked: Asked,
    repeat: u32,
    rubric: Rubric,
    after: i64,
    /// The item of the comparison before, which may be the next one's too.
    item: Option<(i64, Arc<Item>)>,
}

impl Outstanding {
    /// Returns what is open of `rows`, the plan's comparisons in the run file, where each order is asked
    /// `repeat` times.
    ///
    /// # Errors
    ///
    /// The run has no such judge.
    pub fn new(
        run: RunFile,
        rows: Arc<RowSet>,
        again: Again,
        asked: Asked,
        repeat: u32,
    ) -> Result<Self> {
        let judge = run.judges().iter().find(|judge| judge.row == asked.judge);
        let judge = judge.ok_or_else(|| Error::internal("a judge without a row"))?;
        let rubric = judge.record.reading_rubric(run.rubric());
        Ok(Self { run, rows, again, asked, repeat, rubric, after: 0, item: None })
    }

    /// Returns the next page; `None` at the end.
    ///
    /// # Errors
    ///
    /// The run file cannot be read.
    pub fn next_page(&mut self) -> Result<Option<Page>> {
        let Some((read, mut attempts)) =
            self.run.page_after(self.after, &self.rows, self.asked.judge)?
        else {
            return Ok(None);
        };
        self.after = read.last;
        let mut page = Page::default();
        let mut attempts = attempts.drain(..).peekable();
        for pair in read.pairs {
            let mut mine = Vec::new();
            while let Some(attempt) = attempts.next_if(|next| next.key.comparison <= pair.row) {
                if attempt.key.comparison == pair.row {
                    mine.push(attempt);
                }
            }
            let judged = verdict_record(&mut mine, self.asked.judge, &self.rubric, self.repeat);
            let trials = open_trials(&judged, self.again, self.asked.asks_again);
            if trials.is_empty() {
                page.settled += 1;
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
            page.open.push(Open {
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
pub fn open_trials(judged: &VerdictRecord, again: Again, asks_again: u32) -> Vec<OpenTrial> {
    let wanted_outcome = matches!(judged.verdict.outcome, Outcome::Failed | Outcome::Unparsed);
    if again == Again::Failed && !wanted_outcome {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for judged_order in &judged.orders {
        for (repeat, trial) in (0..).zip(&judged_order.trials) {
            let unreadable = replies(&trial.attempts);
            let wanted = match (again, trial.ballot) {
                (_, Ballot::Cast(_)) => false,
                (Again::Failed, _) | (Again::Open, Ballot::Pending) => true,
                (Again::Open, Ballot::Unreadable) => unreadable <= asks_again,
                (Again::Open, Ballot::Failed) => failed_in_passing(&trial.attempts),
            };
            if wanted {
                trials.push(OpenTrial {
                    order: judged_order.order,
                    repeat,
                    attempts: trial.attempts.last().map_or(0, |attempt| attempt.number),
                    // Asked for by name, an unreadable trial gets all its chances again.
                    unreadable: if again == Again::Failed { 0 } else { unreadable },
                });
            }
        }
    }
    trials
}

fn replies(attempts: &[Attempt]) -> u32 {
    attempts.iter().filter(|attempt| attempt.result == AttemptResult::Replied).count() as u32
}

fn failed_in_passing(attempts: &[Attempt]) -> bool {
    let last = attempts.iter().rev().find(|attempt| {
        matches!(
            attempt.result,
            AttemptResult::Replied | AttemptResult::Rejected | AttemptResult::Exhausted
        )
    });
    last.is_some_and(|attempt| attempt.result == AttemptResult::Exhausted)
}
