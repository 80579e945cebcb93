//! A session that asks in batches, or that has batches of an earlier command.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::BatchOptions;
use super::follow::{Following, OpenBatch};
use super::form::{Allowance, Forming};
use super::judge::{BatchJudge, BatchState};
use super::report::BatchReport;
use super::submit::submit;
use crate::error::{Error, Result};
use crate::pace::Pacer;
use crate::run::outstanding::RetryScope;
use crate::run::progress::Progress;
use crate::run::report::AskReport;
use crate::run::session::{AskOptions, Session};
use crate::run::subject::ReplyReader;
use crate::store::{Batch, BatchStage, NewBatch, RowSet, RunFile, Store};

/// How much longer each wait is than the one before.
const GROWTH: f64 = 1.5;
/// How many comparisons are asked directly, one after the other, until the server of each judge is known.
const MAX_PROBES: usize = 3;

/// What has happened since asking began.
struct Asked {
    /// When asking began, and that in seconds since 1970.
    began: Instant,
    began_at: u64,
    /// Of each judge.
    states: Vec<BatchState>,
    /// By the rows of the batches.
    reports: BTreeMap<i64, BatchReport>,
    /// Requests that may still be sent; `None` is no limit.
    requests: Option<u64>,
    is_budget_exhausted: bool,
    /// Whether answers that cannot be read are given up: what failed is to be asked again.
    gives_up_missing: bool,
}

impl Session {
    /// Follows the batches of the run file, and then asks what is in none of them: in further batches, or directly.
    pub(in crate::run) async fn ask_with_batches(
        &mut self,
        options: &AskOptions,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<AskReport> {
        if self.task.until_decided.is_some() {
            return Err(Error::usage(
                "asking cannot end as soon as a question is decided while a batch is open: its answers come all at once",
            )
            .hint("collect the batches first, without a question"));
        }
        if let Some(judge) = self.task.judge_without_batches().filter(|_| options.batches.is_some())
        {
            return Err(Error::input(format!("judge {judge} takes no batches"))
                .detail("batches need an endpoint with one base URL, whose provider offers them"));
        }
        // Refuses a limit of the cost that cannot be kept.
        self.budget(options)?;
        let batches = options.batches.clone();
        let poll = batches.clone().unwrap_or_default();
        let names = self.task.judges().map(|judge| judge.name.clone());
        let mut asked = Asked {
            began: Instant::now(),
            began_at: options.now,
            states: names.map(|name| BatchState::new(&name)).collect(),
            reports: BTreeMap::new(),
            requests: options.max_requests,
            is_budget_exhausted: false,
            gives_up_missing: options.scope == RetryScope::Failed,
        };
        let mut delay = poll.first_poll;
        loop {
            self.follow_batches(&mut asked, &poll, progress, cancel).await?;
            // Only whether the last round was limited says that the budget is used up.
            asked.is_budget_exhausted = false;
            if batches.is_some() && !cancel.is_cancelled() {
                for _ in 0..MAX_PROBES {
                    if !self.probe(options, &mut asked, progress, cancel).await? {
                        break;
                    }
                }
                self.submit_batches(options, &mut asked, &poll, progress, cancel).await?;
            }
            let is_any_open = !self.any_run()?.open_batches()?.is_empty();
            if !poll.wait || !is_any_open || cancel.is_cancelled() || asked.cannot_go_on() {
                break;
            }
            progress.record_wait(Some(Instant::now() + delay), asked.in_progress());
            tokio::select! {
                () = sleep(delay) => {}
                () = cancel.cancelled() => break,
            }
            delay = delay.mul_f64(GROWTH).min(BatchOptions::MAX_POLL);
        }
        if batches.is_none() && !cancel.is_cancelled() {
            let rows = self.rows_in_no_batch(&asked)?;
            let direct =
                AskOptions { batches: None, max_requests: asked.requests, ..options.clone() };
            let report = self.ask_directly(&direct, Some(&rows), progress, cancel).await?;
            asked.add(report);
        }
        self.record_given_up(&asked);
        Ok(asked.report(progress))
    }

    /// Finds out how far the open batches are.
    async fn follow_batches(
        &mut self,
        asked: &mut Asked,
        options: &BatchOptions,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<()> {
        let open = self.any_run()?.open_batches()?;
        for batch in open {
            if cancel.is_cancelled() {
                return Ok(());
            }
            let Some(at) = self.opened.judges.iter().position(|(row, _)| *row == batch.judge)
            else {
                asked.add_unfollowed(&self.any_run()?, &batch);
                continue;
            };
            let requests = self.any_run()?.batch_requests(&batch)?;
            let rows = requests.iter().map(|request| request.key.comparison);
            asked.states[at].count_planned(rows, progress);
            let planned = Arc::clone(&self.opened.rows);
            let (store, judges) = self.batch_judges()?;
            let judge = judges.into_iter().nth(at).flatten().ok_or_else(|| no_batches(&batch))?;
            let following = asked.following(options, progress, cancel, (&planned, judge.repeat));
            let report = asked.reports.entry(batch.row);
            let report = report.or_insert_with(|| BatchReport::of(&batch, judge.name()));
            let (judge, state) = (&judge.judge, &mut asked.states[at]);
            let mut open = OpenBatch { store, judge, state, batch, report, following: &following };
            open.follow().await?;
        }
        Ok(())
    }

    /// Asks one comparison directly of each judge whose server is not known yet, so that what the server rejects is found
    /// out before a batch is submitted; returns whether there was such a judge with something to ask.
    async fn probe(
        &mut self,
        options: &AskOptions,
        asked: &mut Asked,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<bool> {
        let mut rows = Vec::new();
        let mut is_any = false;
        for (at, open) in self.rows_in_no_batch(asked)?.into_iter().enumerate() {
            let open = self.rows_for_batches(at, &open, options.scope)?;
            let mut first = RowSet::default();
            if !self.is_known(at, asked) && !asked.states[at].is_stopped() {
                let run = self.any_run()?;
                let (_, judges) = self.batch_judges()?;
                if let Some(judge) = judges.into_iter().nth(at).flatten() {
                    let selected = (open, options.scope, judge.repeat);
                    let state = &asked.states[at];
                    let mut forming =
                        Forming::new(&judge.judge, state, run, selected, (0, options.now))?;
                    if let Some(ready) = forming.next_subject()? {
                        first.insert(ready.open.row);
                        is_any = true;
                    }
                }
            }
            rows.push(first);
        }
        if !is_any {
            return Ok(false);
        }
        let sent = progress.snapshot().requests;
        let direct = AskOptions { batches: None, max_requests: asked.requests, ..options.clone() };
        let report = self.ask_directly(&direct, Some(&rows), progress, cancel).await?;
        asked.spend(progress.snapshot().requests - sent);
        for (at, rows) in rows.iter().enumerate() {
            let state = &mut asked.states[at];
            state.counted.extend(rows.iter());
            // It is asked once by a command, whatever came of it.
            state.given_up.extend(rows.iter());
        }
        asked.add(report);
        Ok(!cancel.is_cancelled())
    }

    /// Returns whether it is known what the server of a judge accepts.
    fn is_known(&self, at: usize, asked: &Asked) -> bool {
        self.task.judges[at].model.server_profile().is_accepted
            || asked.states[at].report.replies > 0
    }

    /// Submits what is in no batch yet, within the budget.
    async fn submit_batches(
        &mut self,
        options: &AskOptions,
        asked: &mut Asked,
        batches: &BatchOptions,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<()> {
        let seed = options.jitter_seed;
        for (at, rows) in self.rows_in_no_batch(asked)?.into_iter().enumerate() {
            if asked.states[at].is_stopped() || !self.is_known(at, asked) {
                continue;
            }
            let rows = self.rows_for_batches(at, &rows, options.scope)?;
            let usd = match options.max_cost {
                Some(limit) => Some(limit - self.spent()?),
                None => None,
            };
            let mut allowance = Allowance { usd, requests: asked.requests, is_exhausted: false };
            let (run, planned) = (self.any_run()?, Arc::clone(&self.opened.rows));
            let (store, judges) = self.batch_judges()?;
            let Some(judge) = judges.into_iter().nth(at).flatten() else { continue };
            // After a batch that was too large, one smaller batch is in progress at a time.
            let is_limited = asked.states[at].most_requests.is_some();
            let of_judge = |batch: &Batch| batch.judge == judge.judge.row;
            if is_limited && run.open_batches()?.iter().any(of_judge) {
                continue;
            }
            let repeat = judge.repeat;
            let following = asked.following(batches, progress, cancel, (&planned, repeat));
            let state = &mut asked.states[at];
            let mut run = run;
            // Formed anew after a batch that was refused as too large.
            'forming: while !state.is_stopped() {
                let selected = (Arc::clone(&rows), options.scope, repeat);
                let names = (seed, following.now());
                let mut forming = Forming::new(&judge.judge, state, run, selected, names)?;
                while !state.is_stopped() && !cancel.is_cancelled() {
                    let before = allowance;
                    let Some(formed) = forming.next_batch(&mut allowance)? else { break 'forming };
                    let numbers = Submitted::of(&formed.new);
                    state.count_planned(numbers.rows.iter().copied(), progress);
                    let batch = submit(store, &judge.judge, state, formed, &following).await?;
                    let report = BatchReport::of(&batch, judge.judge.name());
                    asked.reports.insert(batch.row, report);
                    match batch.stage {
                        BatchStage::Submitted => {
                            progress.record_submitted(numbers.requests, numbers.retries);
                        }
                        BatchStage::Creating => break 'forming,
                        // Nothing of it is paid for.
                        _ => {
                            allowance = before;
                            run = store.reader()?;
                            continue 'forming;
                        }
                    }
                    if state.most_requests.is_some() {
                        break 'forming;
                    }
                }
                break;
            }
            asked.requests = allowance.requests;
            asked.is_budget_exhausted |= allowance.is_exhausted;
        }
        Ok(())
    }

    /// Returns, for each judge, the comparisons of the plan that may be asked now: those that are in no open batch and were
    /// not given up.
    fn rows_in_no_batch(&self, asked: &Asked) -> Result<Vec<RowSet>> {
        let run = self.any_run()?;
        let judges = self.opened.judges.iter().zip(&asked.states);
        let rows = judges.map(|((judge, _), state)| {
            let mut left_out = run.rows_in_open_batches(*judge)?;
            state.given_up.iter().for_each(|row| left_out.insert(*row));
            Ok(self.opened.rows.difference(&left_out))
        });
        rows.collect()
    }

    /// Returns those of these comparisons that the judge at a place is to be asked about.
    fn rows_for_batches(&self, at: usize, rows: &RowSet, scope: RetryScope) -> Result<Arc<RowSet>> {
        Ok(Arc::new(self.rows_to_ask(at, scope)?.intersection(rows)))
    }

    /// Records the comparisons that are not asked again by this command.
    fn record_given_up(&self, asked: &Asked) {
        for (decided, state) in self.decided.iter().zip(&asked.states) {
            let mut decided = decided.lock().unwrap_or_else(PoisonError::into_inner);
            state.given_up.iter().for_each(|row| decided.insert(*row));
        }
    }

    /// Returns the run file, and what asks each judge in batches; `None` for one that takes none.
    fn batch_judges(&mut self) -> Result<(&mut Store, Vec<Option<JudgeInBatches<'_>>>)> {
        let Self { task, file, opened, .. } = self;
        let rubric = &task.rubric.rubric;
        let judges = task.judges.iter().zip(&opened.judges).map(|(judge, (row, _))| {
            let batch_judge = BatchJudge {
                row: *row,
                settings: &judge.settings,
                api: judge.model.batches()?,
                renderer: &judge.renderer,
                reader: ReplyReader::of(judge.record.reading_rubric(rubric)),
                max_parse_retries: judge.max_parse_retries(),
                pacer: Pacer::new(&judge.settings, 0, None, 0),
            };
            Some(JudgeInBatches { judge: batch_judge, repeat: opened.repeat })
        });
        let judges = judges.collect();
        Ok((file.store()?, judges))
    }
}

/// What asks a judge in batches.
struct JudgeInBatches<'a> {
    judge: BatchJudge<'a>,
    /// How often each order is asked.
    repeat: u32,
}

impl JudgeInBatches<'_> {
    fn name(&self) -> &str {
        self.judge.name()
    }
}

/// What is counted of a batch that is submitted.
struct Submitted {
    rows: Vec<i64>,
    requests: u64,
    retries: u64,
}

impl Submitted {
    fn of(new: &NewBatch) -> Self {
        let rows = new.requests.iter().map(|request| request.key.comparison).collect();
        let retries = new.requests.iter().filter(|request| request.attempt > 1).count() as u64;
        Self { rows, requests: new.requests.len() as u64, retries }
    }
}

impl BatchState {
    /// Counts comparisons as planned that are not counted yet.
    fn count_planned(&mut self, rows: impl Iterator<Item = i64>, progress: &Progress) {
        let new = rows.filter(|row| self.counted.insert(*row)).count();
        progress.add_planned(new as u64);
    }
}

impl Asked {
    /// Returns whether waiting is in vain: no open batch can be looked at.
    fn cannot_go_on(&self) -> bool {
        let open = self.reports.values().filter(|report| report.stage.is_open());
        let mut judges = open.map(|report| report.judge.as_str());
        let is_followed = |name: &str| {
            self.states.iter().any(|state| state.report.judge == name && state.is_followed)
        };
        !judges.any(is_followed)
    }

    /// Adds a batch of a judge that is not asked.
    fn add_unfollowed(&mut self, run: &RunFile, batch: &Batch) {
        let mut judges = run.asked_judges().iter();
        let judge = judges.find(|stored| stored.row == batch.judge);
        let name = judge.map_or("unknown", |stored| stored.record.name.as_str());
        let report = BatchReport {
            message: Some("it is not looked at, since its judge is not asked now".to_owned()),
            ..BatchReport::of(batch, name)
        };
        self.reports.insert(batch.row, report);
    }

    /// Returns how far the open batches are, in words.
    fn in_progress(&self) -> String {
        let open: Vec<&BatchReport> =
            self.reports.values().filter(|report| report.stage.is_open()).collect();
        let requests: u64 = open.iter().map(|report| report.requests).sum();
        let answered: u64 = open.iter().map(|report| report.answered).sum();
        let batches = if open.len() == 1 { "batch" } else { "batches" };
        format!("{} {batches} in progress, {answered} of {requests} requests answered", open.len())
    }

    fn following<'a>(
        &self,
        options: &'a BatchOptions,
        progress: &'a Progress,
        cancel: &'a CancellationToken,
        (rows, repeat): (&'a Arc<RowSet>, u32),
    ) -> Following<'a> {
        let Self { began, began_at, gives_up_missing, .. } = *self;
        Following { options, began, began_at, progress, cancel, rows, repeat, gives_up_missing }
    }

    fn spend(&mut self, requests: u64) {
        self.requests = self.requests.map(|left| left.saturating_sub(requests));
    }

    /// Adds what was asked directly.
    fn add(&mut self, report: AskReport) {
        self.is_budget_exhausted |= report.budget_exhausted;
        for (state, report) in self.states.iter_mut().zip(report.judges) {
            state.report.absorb(report);
        }
    }

    fn report(self, progress: &Progress) -> AskReport {
        AskReport {
            judges: self.states.into_iter().map(|state| state.report).collect(),
            counts: progress.snapshot(),
            budget_exhausted: self.is_budget_exhausted,
            batches: self.reports.into_values().collect(),
        }
    }
}

fn no_batches(batch: &Batch) -> Error {
    let id = batch.id.as_deref().unwrap_or("whose id is unknown");
    Error::input(format!(
        "batch {id} cannot be looked at: its judge has no endpoint with one base URL any more"
    ))
    .hint("restore the judge's settings until the batch has ended")
}
