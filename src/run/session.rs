//! A session: one invocation that judges a task, from its plan to its last reply.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::ask_all::{AllAsked, Asking, ask_all};
use super::batches::BatchOptions;
use super::open_run::{OpenedRun, open_or_resume};
use super::outstanding::{AskSelection, Outstanding, RetryScope, trials_to_ask};
use super::pacers::Pacers;
use super::prefetch::Prefetch;
use super::prepared::PreparedTask;
use super::prepared_judge::PreparedJudge;
use super::progress::Progress;
use super::report::AskReport;
use super::reservation::Budget;
use super::reuse::{Reuse, ReusedReplies};
use super::reused_file::ReusedFile;
use super::session_file::SessionFile;
use super::subject::ReplyReader;
use super::until_decided::DecidingGate;
use super::validate::PlanSummary;
use super::worker::AskedJudge;
use crate::error::{Error, Result};
use crate::input::JudgeSettings;
use crate::judge::ServerProfile;
use crate::store::{
    ComparisonRecord, GradeRun, GradedResponse, OrderRecord, RowSet, RunFile, Store,
};
use crate::vote::Answer;

/// How a session asks.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AskOptions {
    /// Which trials are asked.
    pub scope: RetryScope,
    /// The most that the run may cost in USD, over all its sessions; `None` is no limit.
    pub max_cost: Option<f64>,
    /// The most requests of one [`Session::ask`]; `None` is no limit.
    pub max_requests: Option<u64>,
    /// The seed of the jitter in delays. It should differ between processes, so that they do not retry at
    /// the same moments.
    pub jitter_seed: u64,
    /// How further requests are asked in batches; `None` asks them one by one. Batches of earlier commands are followed in
    /// either case.
    pub batches: Option<BatchOptions>,
    /// The time in seconds since 1970, which is recorded with batches; 0 if it is unknown.
    pub now: u64,
}

/// A task whose plan is in its run file, ready to be asked.
///
/// While the session exists, its run file is locked.
#[derive(Debug)]
pub struct Session {
    pub(super) task: PreparedTask,
    path: PathBuf,
    pub(super) file: SessionFile,
    pub(super) opened: OpenedRun,
    /// For each judge, the trials that copied replies answer; `None` where nothing was to be copied.
    copied_trials: Option<Vec<u64>>,
    /// For each judge, the comparisons that were asked and decided since the last [`Session::ask`] began.
    pub(super) decided: Vec<Mutex<RowSet>>,
}

/// How many comparisons still have trials to ask, counted once for each judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct OpenComparisons {
    /// Those that the same scope asks the next time.
    pub in_scope: u64,
    /// Those that only [`RetryScope::Open`] asks: they have no answer yet.
    pub unanswered: u64,
}

impl OpenComparisons {
    /// Returns the number of all of them.
    pub fn all(self) -> u64 {
        self.in_scope + self.unanswered
    }

    /// Adds others.
    pub fn add(&mut self, other: Self) {
        self.in_scope += other.in_scope;
        self.unanswered += other.unanswered;
    }
}

impl Session {
    /// Creates or resumes the run file of a task, writes the validated plan into it, and copies the replies
    /// that are to be reused. `now` is the time in seconds since 1970.
    ///
    /// # Errors
    ///
    /// Items, prompts or judges are invalid, the run file contains another run, is locked, or cannot be
    /// written; then nothing of the plan has been written. Or the run to copy from cannot be read.
    pub fn plan(mut task: PreparedTask, now: u64) -> Result<Self> {
        let Some(path) = task.run.clone().filter(|_| !task.judges.is_empty()) else {
            return Err(Error::usage("a session needs at least one judge"));
        };
        let mut store = Store::open(&path)?;
        let stored = store.manifest()?;
        let stored_repeat = stored.as_ref().map_or(1, |(manifest, _)| manifest.repeat);
        if let Some((_, judges)) = stored {
            task.keep_earlier_defaults(&judges)?;
        }
        task.check_margins(stored_repeat)?;
        let opened = task.with_validation(|validation| {
            open_or_resume(&mut store, &task.expected_run(), validation, now)
        })?;
        let profiles: Vec<_> = opened.judges.iter().map(|(_, profile)| profile.clone()).collect();
        task.apply_profiles(&profiles)?;
        store.checkpoint();
        let summary = &opened.summary;
        tracing::info!(
            run = %path.display(),
            rubric = task.rubric().rubric.name,
            items = summary.items,
            comparisons = summary.comparisons,
            repeat = opened.repeat,
            "planned"
        );
        let file = SessionFile::Idle(Box::new(store));
        let decided = task.judges.iter().map(|_| Mutex::default()).collect();
        let mut session = Self { task, path, file, opened, copied_trials: None, decided };
        session.copy_replies()?;
        Ok(session)
    }

    /// Returns what the plan contains.
    pub fn plan_summary(&self) -> &PlanSummary {
        &self.opened.summary
    }

    /// Returns the comparisons of the plan, by their rows in the run file, which may have others too.
    pub fn planned_rows(&self) -> &RowSet {
        &self.opened.rows
    }

    /// Returns the task.
    pub fn task(&self) -> &PreparedTask {
        &self.task
    }

    /// Returns the path of the run file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns for each judge its name and the number of trials that copied replies answer; nothing where no
    /// run is reused.
    pub fn copied_trials(&self) -> impl Iterator<Item = (&str, u64)> {
        let trials = self.copied_trials.iter().flatten().copied();
        self.task.judges().map(|judge| judge.name.as_str()).zip(trials)
    }

    /// Asks everything that is open and stores every answer, until all is asked, the budget is exhausted or
    /// `cancel` is cancelled. After a cancellation no new request is sent, and the requests in flight finish. Judges
    /// whose servers are started have them started if there is something to ask, and stopped at the end.
    ///
    /// The future may be dropped, which aborts the requests in flight and kills the servers. What was received is committed by
    /// [`Session::finish`], by the next `ask`, or when the session is dropped.
    ///
    /// # Errors
    ///
    /// The run file cannot be read or written, a limit of the cost is set for a judge without a price, the database of
    /// shared quotas cannot be used, or the command of a judge's server cannot be started. What was received until then is stored as far as the file can be written. An endpoint that fails is
    /// no error: the report says what happened.
    pub async fn ask(
        &mut self,
        options: &AskOptions,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<AskReport> {
        self.finish()?;
        self.decided.iter_mut().for_each(|decided| *decided = Mutex::default());
        if options.batches.is_some() || !self.any_run()?.open_batches()?.is_empty() {
            return self.ask_with_batches(options, progress, cancel).await;
        }
        self.ask_directly(options, None, progress, cancel).await
    }

    /// Asks what is open one by one. `only` has the comparisons that may be asked, for each judge; all where there is none.
    pub(super) async fn ask_directly(
        &mut self,
        options: &AskOptions,
        only: Option<&[RowSet]>,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<AskReport> {
        let gate = self.deciding_gate()?;
        let budget = self.budget(options)?;
        let prompt_tokens = self.opened.summary.tokens.mean();
        let server = self.task.quota_server.as_ref();
        let pacers =
            Pacers::new(&self.task.judges, prompt_tokens, options.jitter_seed, server).await?;
        for judge in self.task.judges() {
            let model = judge.asked_model();
            tracing::info!(
                judge = judge.name,
                model,
                max_cost = options.max_cost,
                max_requests = options.max_requests,
                "asking"
            );
        }
        let gate = gate.as_ref();
        let mut asked = AllAsked::default();
        for phase in self.phases() {
            let prefetches = self.prefetches(phase.clone(), only, options.scope, gate, progress)?;
            let writer = self.file.start_writer()?;
            let judges = asked_judges(&self.task, &self.opened, &pacers, &self.decided, gate);
            let asking = Asking { writer, budget: &budget, pacers: &pacers, progress, cancel };
            asked.extend(ask_all(&judges[phase], prefetches, asking).await);
            // They borrow the run file, which is finished next.
            drop(judges);
            // What has been answered is committed before anything else can fail.
            self.finish()?;
            if asked.has_error() || asked.was_cut_short() {
                break;
            }
        }
        if gate.is_some_and(DecidingGate::is_decided) {
            progress.remove_answered(self.leave_out_unasked()?);
        }
        asked.report(progress)
    }

    /// Commits what was received and makes the run file a single one without a write-ahead log. It is needed
    /// only after the future of [`Session::ask`] was dropped, and returns the error that a drop could not.
    ///
    /// # Errors
    ///
    /// The run file cannot be written.
    pub fn finish(&mut self) -> Result<()> {
        self.file.finish()
    }

    /// Opens the run file for reading.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn run(&self) -> Result<RunFile> {
        RunFile::open(&self.path)
    }

    /// Opens the run file of a rubric that grades for reading.
    ///
    /// # Errors
    ///
    /// It cannot be read, or the rubric compares.
    pub fn grades(&self) -> Result<GradeRun> {
        GradeRun::open(&self.path)
    }

    /// Opens the run file for reading, whether its rubric compares responses or grades them.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn any_run(&self) -> Result<RunFile> {
        RunFile::open_any(&self.path)
    }

    /// Returns for how many judges a comparison of the plan still has trials to ask; none for one that this
    /// session does not plan. A comparison that [`RetryScope::Failed`] has asked again in vain is not open, unless
    /// it failed for a temporary reason.
    pub fn count_judges_to_ask(
        &self,
        run: &RunFile,
        record: &ComparisonRecord,
        scope: RetryScope,
    ) -> OpenComparisons {
        if let [judged] = record.judged.as_slice()
            && let Some(given_by) = judged.given_by
        {
            // Only the judge that decides is still to be asked.
            let orders = [(given_by.place(), judged.orders.as_slice())];
            return self.count_open(record.row, scope, orders.into_iter());
        }
        let orders = |place: usize| record.judged[place].orders.as_slice();
        self.count_open(record.row, scope, self.with_orders(run, orders))
    }

    /// Returns the same for a response that is graded.
    pub fn count_judges_to_grade(
        &self,
        run: &GradeRun,
        record: &GradedResponse,
        scope: RetryScope,
    ) -> OpenComparisons {
        let orders = |place: usize| record.judged[place].orders.as_slice();
        self.count_open(record.row, scope, self.with_orders(run.file(), orders))
    }

    /// Returns the places of the session's judges with the orders of each, which are at its place in the run file.
    fn with_orders<'a, A: Answer + 'a>(
        &self,
        run: &RunFile,
        orders: impl Fn(usize) -> &'a [OrderRecord<A>],
    ) -> impl Iterator<Item = (usize, &'a [OrderRecord<A>])> {
        let judges = self.opened.judges.iter().enumerate();
        judges.filter_map(move |(at, (row, _))| {
            let place = run.judges().iter().position(|stored| stored.row == *row)?;
            Some((at, orders(place)))
        })
    }

    fn count_open<'a, A: Answer + 'a>(
        &self,
        row: i64,
        scope: RetryScope,
        judged: impl Iterator<Item = (usize, &'a [OrderRecord<A>])>,
    ) -> OpenComparisons {
        let mut open = OpenComparisons::default();
        if !self.opened.rows.contains(row) {
            return open;
        }
        for (at, orders) in judged {
            let (judge, decided) = (&self.task.judges[at], &self.decided[at]);
            let asks = |scope| !trials_to_ask(orders, scope, judge.max_parse_retries()).is_empty();
            let is_open = asks(RetryScope::Open);
            let was_decided =
                || decided.lock().unwrap_or_else(PoisonError::into_inner).contains(row);
            let is_in_scope = asks(scope) && (is_open || !was_decided());
            open.in_scope += u64::from(is_in_scope);
            open.unanswered += u64::from(is_open && !is_in_scope);
        }
        open
    }

    /// Returns the settings of each judge with what its server was found to accept.
    pub fn server_profiles(&self) -> impl Iterator<Item = (&JudgeSettings, ServerProfile)> {
        self.task.judges.iter().map(|judge| (&judge.settings, judge.model.server_profile()))
    }

    fn copy_replies(&mut self) -> Result<()> {
        if self.task.reuse.is_empty() {
            return Ok(());
        }
        let sources =
            self.task.reuse.iter().map(ReusedFile::open).collect::<Result<Vec<ReusedReplies>>>()?;
        let store = self.file.store()?;
        let reuse = Reuse::read(&sources)?;
        let mut copied_trials = Vec::new();
        for (judge, (row, _)) in self.task.judges.iter().zip(&self.opened.judges) {
            let schema_requested = judge.model.requests_json_schema();
            // A stored reply, readable or not, is never replaced by a copy.
            // Answers that are paid for already are not copied too.
            let in_batches = store.reader()?.rows_in_open_batches(*row)?;
            let selection = AskSelection {
                rows: Arc::new(self.opened.rows.difference(&in_batches)),
                scope: RetryScope::Open,
                judge: *row,
                max_parse_retries: 0,
                repeat: self.opened.repeat,
                order: None,
            };
            let mut outstanding = Outstanding::new(store.reader()?, selection)?;
            let mut answered = 0;
            while let Some(page) = outstanding.next_page()? {
                let mut copies = Vec::new();
                for open in &page.open {
                    let (attempts, trials) =
                        reuse.copies(*row, &judge.renderer, schema_requested, open)?;
                    copies.extend(attempts);
                    answered += trials;
                }
                store.write(&copies, &[])?;
            }
            copied_trials.push(answered);
        }
        self.copied_trials = Some(copied_trials);
        Ok(())
    }

    /// Returns what is read to ask some of the judges, and adds it to what is planned. `only` has the comparisons that may be
    /// asked, for each judge.
    fn prefetches(
        &self,
        judges: Range<usize>,
        only: Option<&[RowSet]>,
        scope: RetryScope,
        gate: Option<&DecidingGate>,
        progress: &Progress,
    ) -> Result<Vec<Prefetch>> {
        let prefetch = |at: usize| {
            let (judge, (row, _)) = (&self.task.judges[at], &self.opened.judges[at]);
            let mut rows = self.rows_to_ask(at, scope)?;
            if let Some(only) = only {
                rows = Arc::new(rows.intersection(&only[at]));
            }
            progress.add_planned(rows.len());
            let selection = AskSelection {
                rows,
                scope,
                judge: *row,
                max_parse_retries: judge.max_parse_retries(),
                repeat: self.opened.repeat,
                order: gate.map(DecidingGate::order),
            };
            let mut outstanding = Outstanding::new(self.any_run()?, selection)?;
            Prefetch::start(move || outstanding.next_page(), judge.renderer.clone())
        };
        judges.map(prefetch).collect()
    }

    /// Returns what may be spent, minus what the run has cost already.
    pub(super) fn budget(&self, options: &AskOptions) -> Result<Budget> {
        budget(&self.task.judges, options, || self.spent())
    }

    /// Returns what the run may have cost so far, in USD, and what its open batches may cost.
    pub(super) fn spent(&self) -> Result<f64> {
        let price = |name: &str| {
            self.task.judges().find(|judge| judge.name == name).and_then(|judge| judge.price)
        };
        let run = self.any_run()?;
        let in_batches: f64 = run.open_batches()?.iter().map(|batch| batch.max_cost).sum();
        Ok(run.cost(price)? + in_batches)
    }
}

/// Returns what may be spent on asking some models, minus what the run has cost already.
///
/// # Errors
///
/// A model has no price, or no limit of its replies' length, and the cost is to be limited; or those of `spent`.
pub(super) fn budget(
    models: &[PreparedJudge],
    options: &AskOptions,
    spent: impl FnOnce() -> Result<f64>,
) -> Result<Budget> {
    if options.max_cost.is_none() {
        return Ok(Budget::new(None, 0.0, options.max_requests));
    }
    for model in models {
        model.model.keep_token_limit();
    }
    if let Some(model) = models.iter().find(|model| model.has_unlimited_cost()) {
        return Err(Error::input(format!(
            "{}: the cost cannot be limited, since no limit of the reply's length is sent",
            model.settings.place
        )));
    }
    if let Some(model) = models.iter().find(|model| model.has_unknown_price()) {
        return Err(Error::input(format!(
            "{}.price is missing; it is needed to limit the cost",
            model.settings.place
        )));
    }
    Ok(Budget::new(options.max_cost, spent()?, options.max_requests))
}

fn asked_judges<'a>(
    task: &'a PreparedTask,
    opened: &OpenedRun,
    pacers: &'a Pacers,
    decided: &'a [Mutex<RowSet>],
    gate: Option<&'a DecidingGate>,
) -> Vec<AskedJudge<'a>> {
    let judges = task.judges.iter().zip(&opened.judges).zip(decided).enumerate();
    let asked = judges.map(|(at, ((judge, (row, profile)), decided))| AskedJudge {
        row: *row,
        settings: &judge.settings,
        model: &*judge.model,
        starter: judge.starter.as_deref(),
        pacer: pacers.of(at),
        max_parse_retries: judge.max_parse_retries(),
        reader: ReplyReader::of(judge.record.reading_rubric(&task.rubric.rubric)),
        seed: task.seed,
        repeat: opened.repeat,
        stored_profile: profile.clone(),
        decided,
        gate: gate.and_then(|gate| gate.of_judge(*row)),
    });
    asked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_future_of_ask_can_be_spawned() {
        fn assert_send<F: Future + Send>(_: impl Fn(&'static mut Session) -> F) {}
        assert_send(|session| async move {
            let (options, progress) = (AskOptions::default(), Progress::default());
            session.ask(&options, &progress, &CancellationToken::new()).await
        });
    }
}
