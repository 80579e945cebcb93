//! Checks a task without asking or writing anything: validates it and counts what would be asked.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::open_run::{StoredRun, compare_run};
use super::outstanding::{AskSelection, Outstanding, RetryScope, SubjectToAsk};
use super::prepared::PreparedTask;
use super::prepared_judge::PreparedJudge;
use super::reuse::{Reuse, ReusedReplies};
use super::reused_file::ReusedFile;
use super::tokens::{PromptTokens, max_usage};
use super::validate::{PlanSummary, validate};
use crate::error::{ErrorKind, Result};
use crate::input::{Item, JudgeSettings};
use crate::judge::{ServerProfile, Usage};
use crate::store::{PlannedItem, RowSet, RunFile};

/// What a task would ask.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckReport {
    /// How often each order is asked.
    pub repeat: u32,
    /// What the plan contains.
    pub plan: PlanSummary,
    /// Each judge, in the order they were given.
    pub judges: Vec<JudgeForecast>,
}

/// What one judge would be asked, and what that would cost.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct JudgeForecast {
    /// The judge's name.
    pub judge: String,
    /// The fields of a request apart from its messages, as far as is known now; `None` for a judge without an
    /// endpoint.
    pub request: Option<Map<String, Value>>,
    /// Trials of the plan.
    pub trials: u64,
    /// Of those, answered in the run file.
    pub answered: u64,
    /// Of the others, answered by replies that would be copied.
    pub copied: u64,
    /// Requests, when every reply can be read.
    pub requests: u64,
    /// The likely tokens of the prompts of these requests.
    pub prompt_tokens: u64,
    /// The most tokens of all replies, when each is of full length, unreadable and asked again; `None` where the
    /// server chooses the length.
    pub max_completion_tokens: Option<u64>,
    /// What that costs; `None` without a price.
    pub cost: Option<CostForecast>,
}

/// What requests would cost, in USD.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CostForecast {
    /// The likely cost of the prompts, each sent once.
    pub prompts: f64,
    /// The most that everything can cost, when each reply is of full length, unreadable and asked again; `None`
    /// where the server chooses the length.
    pub max: Option<f64>,
}

impl CostForecast {
    /// Returns what so many requests to a model would cost, with their share of the tokens of all prompts; `None` without a
    /// price.
    pub(super) fn of(model: &PreparedJudge, tokens: PromptTokens, requests: u64) -> Option<Self> {
        let price = model.settings.price?;
        let usage = Usage { prompt: tokens.share(tokens.total, requests), ..Usage::default() };
        let prompt = tokens.share(tokens.upper_bound, requests) * model.most_replies();
        let max = model
            .max_completion_tokens(requests)
            .map(|completion| max_usage(&model.settings, prompt, completion).cost(price));
        Some(Self { prompts: usage.cost(price), max })
    }
}

/// The open trials of one judge.
#[derive(Default, Clone, Copy)]
struct OpenTrials {
    trials: u64,
    /// Of those, answered by a reply that would be copied.
    copied: u64,
}

impl PreparedTask {
    /// Validates every item and counts what would be asked. It writes nothing and calls no endpoint.
    /// `each_item` is called for every item of the plan.
    ///
    /// # Errors
    ///
    /// As for [`Session::plan`](super::Session::plan), except that nothing has to be writable.
    pub fn check(&mut self, mut each_item: impl FnMut(&Item)) -> Result<CheckReport> {
        let run = self.resumable_run()?;
        let profile = |judge: &JudgeSettings| {
            let mut stored = run.iter().flat_map(RunFile::asked_judges);
            let stored = stored.find(|stored| stored.record.name == judge.name);
            stored.map(|stored| stored.server_profile.clone()).unwrap_or_default()
        };
        let profiles: Vec<ServerProfile> = self.judges().map(profile).collect();
        self.apply_profiles(&profiles)?;
        let sources =
            self.reuse.iter().map(ReusedFile::open).collect::<Result<Vec<ReusedReplies>>>()?;
        let reuse = if sources.is_empty() { None } else { Some(Reuse::read(&sources)?) };
        let mut count = |run| self.count_open(run, reuse.as_ref(), &mut each_item);
        match (count(run.as_ref()), &run) {
            // Where the text of an item has changed, a run without any reply would be replaced.
            (Err(error), Some(run))
                if error.kind() == ErrorKind::Identity && !run.has_replies_or_cost()? =>
            {
                count(None)
            }
            (report, _) => report,
        }
    }

    /// Returns the run that a session would resume, if there is one.
    fn resumable_run(&mut self) -> Result<Option<RunFile>> {
        let path = self.run.clone().filter(|path| path.exists() && !self.judges.is_empty());
        let Some(path) = path else { return Ok(None) };
        let Some(run) = RunFile::open_any_if_started(&path)? else { return Ok(None) };
        self.keep_earlier_defaults(run.asked_judges())?;
        self.check_margins(run.manifest().repeat)?;
        let stored = compare_run(&run, &path, &self.expected_run())?;
        Ok((stored == StoredRun::Same).then_some(run))
    }

    fn count_open(
        &self,
        run: Option<&RunFile>,
        reuse: Option<&Reuse<'_>>,
        each_item: &mut impl FnMut(&Item),
    ) -> Result<CheckReport> {
        let repeat = self.repeat.unwrap_or(1);
        let repeat = run.map_or(repeat, |run| run.manifest().repeat.max(repeat));
        let mut counter = OpenCounter {
            task: self,
            repeat,
            run,
            reuse,
            rows: RowSet::default(),
            open: vec![OpenTrials::default(); self.judges.len()],
        };
        let mut in_files = RowSet::default();
        let mut plan = self.with_validation(|validation| {
            let store_item = |planned: &PlannedItem| {
                each_item(&planned.item);
                counter.add(planned)?;
                Ok(true)
            };
            let leave_out = |item: &Item| match run {
                Some(run) => run.add_rows_of(item, &mut in_files),
                None => Ok(()),
            };
            validate(validation, store_item, leave_out)
        })?;
        if let Some(run) = run {
            plan.count_others(&counter.rows, in_files, run.comparison_count()?);
        }
        let open = counter.finish()?;
        let judges = self.judges.iter().zip(open);
        let judges = judges.map(|(judge, open)| forecast(judge, repeat, &plan, open)).collect();
        Ok(CheckReport { repeat, plan, judges })
    }
}

/// Counts open trials: all of comparisons that the run does not contain, and what is open of the others.
struct OpenCounter<'a> {
    task: &'a PreparedTask,
    repeat: u32,
    run: Option<&'a RunFile>,
    reuse: Option<&'a Reuse<'a>>,
    /// The comparisons that the run contains.
    rows: RowSet,
    open: Vec<OpenTrials>,
}

impl OpenCounter<'_> {
    fn add(&mut self, planned: &PlannedItem) -> Result<()> {
        let rows = match self.run {
            Some(run) => run.rows_of(planned)?,
            None => vec![None; planned.subjects.len()],
        };
        for ((_, subject), row) in planned.subjects.iter().zip(rows) {
            if let Some(row) = row {
                self.rows.insert(row);
                continue;
            }
            let open = SubjectToAsk::new(subject.clone(), self.repeat);
            for judge in 0..self.open.len() {
                self.count(judge, &open)?;
            }
        }
        Ok(())
    }

    fn count(&mut self, judge: usize, open: &SubjectToAsk) -> Result<()> {
        self.open[judge].trials += open.trials.len() as u64;
        if let Some(reuse) = self.reuse {
            let prepared = &self.task.judges[judge];
            let schema_requested = prepared.model.requests_json_schema();
            let (_, copied) = reuse.copies(0, &prepared.renderer, schema_requested, open)?;
            self.open[judge].copied += copied;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<OpenTrials>> {
        let Some(run) = self.run else { return Ok(self.open) };
        let rows = Arc::new(std::mem::take(&mut self.rows));
        for (at, judge) in self.task.judges.iter().enumerate() {
            let mut stored = run.asked_judges().iter();
            let stored = stored.find(|stored| stored.record.name == judge.settings.name);
            let Some(stored) = stored else { continue };
            let selection = AskSelection {
                rows: Arc::clone(&rows),
                scope: RetryScope::Open,
                judge: stored.row,
                max_parse_retries: judge.max_parse_retries(),
                repeat: self.repeat,
                order: None,
            };
            let mut outstanding = Outstanding::new(RunFile::open_any(run.path())?, selection)?;
            while let Some(page) = outstanding.next_page()? {
                for open in &page.open {
                    self.count(at, open)?;
                }
            }
        }
        Ok(self.open)
    }
}

fn forecast(
    judge: &PreparedJudge,
    repeat: u32,
    plan: &PlanSummary,
    open: OpenTrials,
) -> JudgeForecast {
    let settings = &judge.settings;
    let trials = plan.comparisons * 2 * u64::from(repeat);
    // A judge that is built in or reads recorded replies answers here: no tokens, no cost.
    let is_local = settings.is_local();
    let requests = open.trials - open.copied;
    let prompt_tokens = if is_local { 0 } else { plan.tokens.share(plan.tokens.total, requests) };
    let max_completion_tokens =
        if is_local { Some(0) } else { judge.max_completion_tokens(requests) };
    let free = is_local.then_some(CostForecast { prompts: 0.0, max: Some(0.0) });
    let cost = free.or_else(|| CostForecast::of(judge, plan.tokens, requests));
    JudgeForecast {
        judge: settings.name.clone(),
        request: judge.model.request_fields(),
        trials,
        answered: trials - open.trials,
        copied: open.copied,
        requests,
        prompt_tokens,
        max_completion_tokens,
        cost,
    }
}
