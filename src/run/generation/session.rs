//! One invocation that generates: from the plan to the last response.

use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use super::open_prompts::{OpenPrompts, PromptSelection};
use super::plan::GenerationPlan;
use super::task::PreparedGeneration;
use crate::error::Result;
use crate::input::JudgeSettings;
use crate::judge::ServerProfile;
use crate::run::ask_all::{Asking, ask_all};
use crate::run::outstanding::RetryScope;
use crate::run::pacers::Pacers;
use crate::run::prefetch::Prefetch;
use crate::run::prepared_judge::AskedFor;
use crate::run::progress::Progress;
use crate::run::report::AskReport;
use crate::run::reservation::Budget;
use crate::run::session::{AskOptions, budget};
use crate::run::session_file::SessionFile;
use crate::run::subject::ReplyReader;
use crate::run::tokens::PromptTokens;
use crate::run::worker::AskedJudge;
use crate::store::{
    GenerationFile, GenerationManifest, JudgeRecord, RowSet, Store, StoredJudge, WrittenItems,
    row_of,
};

/// So many items files are known again.
const MOST_OUTPUTS: usize = 200;

/// Prompts that are written to the run file, ready to be sent to the systems.
///
/// While the session exists, its run file is locked.
#[derive(Debug)]
pub struct GenerationSession {
    pub(super) task: PreparedGeneration,
    file: SessionFile,
    /// What was open when the session began, with this scope.
    plan: GenerationPlan,
    scope: RetryScope,
    /// The systems' rows and the profiles of their servers.
    pub(super) systems: Vec<(i64, ServerProfile)>,
    /// The rows of the prompts, in the order of the items file.
    pub(super) prompts: Vec<i64>,
    rows: Arc<RowSet>,
    /// For each system, the prompts that were asked and decided since the last [`GenerationSession::ask`] began.
    decided: Vec<Mutex<RowSet>>,
}

impl GenerationSession {
    /// Creates or resumes the run file and writes the validated plan into it; `scope` is what
    /// [`GenerationSession::ask`] will ask, and `now` the time in seconds since 1970.
    ///
    /// # Errors
    ///
    /// Items, templates or systems are invalid, the run file has comparisons, is locked, or cannot be written; then
    /// nothing of the plan has been written.
    pub fn plan(mut task: PreparedGeneration, scope: RetryScope, now: u64) -> Result<Self> {
        let mut store = Store::open(&task.run)?;
        let stored = store.generation()?;
        let reader = stored.as_ref().map(|_| GenerationFile::open(store.path())).transpose()?;
        let (manifest, known) =
            stored.unwrap_or_else(|| (GenerationManifest::new(now), Vec::new()));
        let profiles = task.systems.iter().map(|system| profile(&known, &system.record));
        let profiles: Vec<ServerProfile> = profiles.collect();
        for (system, profile) in task.systems.iter_mut().zip(&profiles) {
            if *profile != ServerProfile::default() {
                system.rebuild(AskedFor::Responses, profile.clone())?;
            }
        }
        let records: Vec<_> = task.systems.iter().map(|system| system.record.clone()).collect();
        let mut prompts = Vec::new();
        let (rows_of_systems, plan) = store.transaction(|database| {
            let rows = database.set_generation(&manifest, &records)?;
            let plan = task.read_prompts(reader.as_ref(), scope, |ordinal, item| {
                prompts.push(database.put_prompt(ordinal, item)?);
                Ok(())
            })?;
            Ok((rows, plan))
        })?;
        drop(reader);
        store.checkpoint();
        let mut rows = RowSet::default();
        for row in &prompts {
            rows.insert(*row);
        }
        tracing::info!(
            run = %task.run.display(),
            prompts = plan.prompts,
            systems = task.systems.len(),
            samples = task.samples,
            "planned"
        );
        let decided = task.systems.iter().map(|_| Mutex::default()).collect();
        Ok(Self {
            file: SessionFile::Idle(Box::new(store)),
            systems: rows_of_systems.into_iter().zip(profiles).collect(),
            rows: Arc::new(rows),
            task,
            plan,
            scope,
            prompts,
            decided,
        })
    }

    /// Returns what is planned, and what of it was stored when the session began.
    pub fn plan_summary(&self) -> &GenerationPlan {
        &self.plan
    }

    /// Returns what is generated.
    pub fn task(&self) -> &PreparedGeneration {
        &self.task
    }

    /// Returns the settings of each system with what its server was found to accept.
    pub fn server_profiles(&self) -> impl Iterator<Item = (&JudgeSettings, ServerProfile)> {
        self.task.systems.iter().map(|system| (&system.settings, system.model.server_profile()))
    }

    /// Asks for every response that is open and stores every answer, until all is asked, the budget is exhausted or
    /// `cancel` is cancelled; as [`Session::ask`](crate::run::Session::ask) does.
    ///
    /// # Errors
    ///
    /// The run file cannot be read or written, a limit of the cost is set for a system without a price, or the command
    /// of a system's server cannot be started. A system that fails is no error: the report says what happened.
    pub async fn ask(
        &mut self,
        options: &AskOptions,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<AskReport> {
        self.finish()?;
        self.decided.iter_mut().for_each(|decided| *decided = Mutex::default());
        let affordable = self.affordable(options);
        let is_cut = affordable.len() < self.rows.len();
        let pages = self.pages(options.scope, &affordable)?;
        let budget = self.budget(options)?;
        let mut tokens = PromptTokens::default();
        for system in &self.plan.systems {
            tokens.merge(system.tokens);
        }
        let models = &self.task.systems;
        let pacers = Pacers::new(models, tokens.mean(), options.jitter_seed, None).await?;
        progress.add_planned(affordable.len() * models.len() as u64);
        let writer = self.file.start_writer()?;
        let stored = self.systems.iter().zip(&self.decided);
        let asked = models.iter().zip(stored).enumerate();
        let asked = asked.map(|(at, (system, ((row, profile), decided)))| AskedJudge {
            row: *row,
            settings: &system.settings,
            model: &*system.model,
            starter: system.starter.as_deref(),
            pacer: pacers.of(at),
            max_parse_retries: system.max_parse_retries(),
            reader: ReplyReader::Responses,
            seed: 0,
            repeat: self.task.samples,
            stored_profile: profile.clone(),
            decided,
            gate: None,
        });
        let asked: Vec<AskedJudge<'_>> = asked.collect();
        let asking = Asking { writer, budget: &budget, pacers: &pacers, progress, cancel };
        let all = ask_all(&asked, pages, asking).await;
        // They borrow the run file, which is finished next.
        drop(asked);
        // What has been answered is committed before anything else can fail.
        self.finish()?;
        let report = all.report(progress)?;
        Ok(AskReport { budget_exhausted: report.budget_exhausted || is_cut, ..report })
    }

    /// Commits what was received; needed only after the future of [`GenerationSession::ask`] was dropped.
    ///
    /// # Errors
    ///
    /// The run file cannot be written.
    pub fn finish(&mut self) -> Result<()> {
        self.file.finish()
    }

    /// Records what is about to be written to an items file, so that a later command knows the file again.
    ///
    /// # Errors
    ///
    /// The run file cannot be written.
    pub fn record_output(&mut self, written: WrittenItems) -> Result<()> {
        let mut manifest = self.stored()?.manifest().clone();
        if manifest.outputs.last() == Some(&written) {
            return Ok(());
        }
        manifest.outputs.retain(|known| known.digest != written.digest);
        manifest.outputs.push(written);
        let surplus = manifest.outputs.len().saturating_sub(MOST_OUTPUTS);
        manifest.outputs.drain(..surplus);
        let store = self.file.store()?;
        store.transaction(|database| database.set_generation_manifest(&manifest))
    }

    /// Returns what all requests may have cost so far, in USD, over all sessions of the run file.
    ///
    /// # Errors
    ///
    /// The run file cannot be read.
    pub fn spent(&self) -> Result<f64> {
        let price = |name: &str| {
            let system = self.task.systems().find(|system| system.name == name);
            system.and_then(|system| system.price)
        };
        self.stored()?.cost(price)
    }

    /// Opens the run file for reading.
    pub(super) fn stored(&self) -> Result<GenerationFile> {
        GenerationFile::open(&self.task.run)
    }

    /// Returns the prompts that a limit of the requests allows: all systems are asked about a prompt, or none, so that
    /// what was paid for can be compared.
    fn affordable(&self, options: &AskOptions) -> Arc<RowSet> {
        let Some(most) = options.max_requests.filter(|_| options.scope == self.scope) else {
            return Arc::clone(&self.rows);
        };
        let mut rows = RowSet::default();
        let mut left = most;
        for (row, open) in self.prompts.iter().zip(&self.plan.open_at) {
            let Some(rest) = left.checked_sub(u64::from(*open)) else { break };
            left = rest;
            rows.insert(*row);
        }
        Arc::new(rows)
    }

    fn pages(&self, scope: RetryScope, rows: &Arc<RowSet>) -> Result<Vec<Prefetch>> {
        let systems = self.task.systems.iter().zip(&self.systems);
        let pages = systems.map(|(system, (row, _))| {
            let selection = PromptSelection {
                rows: Arc::clone(rows),
                scope,
                system: *row,
                max_retries: system.max_parse_retries(),
                samples: self.task.samples,
                renderer: system.renderer.clone(),
            };
            let mut open = OpenPrompts::new(self.stored()?, selection);
            Prefetch::start(move || open.next_page(), system.renderer.clone())
        });
        pages.collect()
    }

    fn budget(&self, options: &AskOptions) -> Result<Budget> {
        budget(&self.task.systems, options, || self.spent())
    }
}

/// Returns what is known about the server of a system, if that is one that the run file knows.
fn profile(known: &[StoredJudge], system: &JudgeRecord) -> ServerProfile {
    row_of(known, system).map(|stored| stored.server_profile.clone()).unwrap_or_default()
}
