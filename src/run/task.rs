//! A task: what is judged, by whom, and how; and the same prepared to be checked or asked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::open::RunSpec;
use super::tokens::PromptTokens;
use super::validate::Validation;
use crate::error::{Error, Remedy, Result};
use crate::input::{Connection, ItemSource, JudgeSettings, LoadedRubric, NO_LIMIT_ABOVE};
use crate::judge::{Builtin, ChatModel, Endpoint, Recorded, ReplyForm, Secrets, ServerProfile};
use crate::pace::Pacer;
use crate::prompt::Prompt;
use crate::store::{JudgeRecord, Requests, RunFile, StoredJudge};
use crate::trial::{Comparison, Pilot, Plan, Shard};

/// A judge to be asked: its settings, and what answers for it.
#[derive(Debug, Clone)]
pub struct Judge {
    settings: JudgeSettings,
    model: JudgeModel,
}

/// What answers for a judge.
#[derive(Debug, Clone)]
enum JudgeModel {
    /// What the settings say, with the secrets that its endpoint needs.
    FromSettings(Secrets),
    /// A model that the caller supplies.
    Supplied(Arc<dyn ChatModel>),
}

impl Judge {
    /// Returns a judge with the secrets that its settings refer to. The library reads no environment: the
    /// caller resolves `api_key_env` and headers.
    pub fn new(settings: JudgeSettings, secrets: Secrets) -> Self {
        Self { settings, model: JudgeModel::FromSettings(secrets) }
    }

    /// Returns a judge that a model of the caller answers for. Its connection should be
    /// [`Connection::Supplied`], whose name identifies the model in run files.
    pub fn with_model(settings: JudgeSettings, model: Arc<dyn ChatModel>) -> Self {
        Self { settings, model: JudgeModel::Supplied(model) }
    }

    /// Returns the settings.
    pub fn settings(&self) -> &JudgeSettings {
        &self.settings
    }
}

/// What a session judges, by whom, and how.
#[derive(Debug)]
#[non_exhaustive]
pub struct Task {
    /// The items.
    pub items: ItemSource,
    /// The rubric with its prompt.
    pub rubric: LoadedRubric,
    /// The judges; several make a jury.
    pub judges: Vec<Judge>,
    /// The run file; `None` is `runs/RUBRIC-JUDGE.db`.
    pub run: Option<PathBuf>,
    /// Decides which order is asked first and which items a limit takes; 0 if not set.
    pub seed: u64,
    /// How often each order is asked; `None` is once, or as often as the run was asked before.
    pub repeat: Option<u32>,
    /// The system that all others are compared with; `None` compares every pair.
    pub baseline: Option<String>,
    /// The number of items to plan, drawn at random; `None` plans all.
    pub limit: Option<u64>,
    /// The part of the comparisons that this machine judges; `None` is all.
    pub shard: Option<Shard>,
    /// The run whose replies are copied where the request is the same.
    pub reuse: Option<PathBuf>,
}

impl Task {
    /// Returns a task that judges every pair of systems of all items once in both orders.
    pub fn new(items: ItemSource, rubric: LoadedRubric, judges: Vec<Judge>) -> Self {
        Self {
            items,
            rubric,
            judges,
            run: None,
            seed: 0,
            repeat: None,
            baseline: None,
            limit: None,
            shard: None,
            reuse: None,
        }
    }

    /// Compiles the prompt, sets up the judges and draws the items of a limit. It writes nothing and calls no
    /// endpoint.
    ///
    /// # Errors
    ///
    /// Two judges have the same name, a prompt or a judge's settings are invalid, a quota cannot be divided by
    /// the shards, or the run to copy from cannot be opened.
    pub fn prepare(self) -> Result<PreparedTask> {
        let names: Vec<String> =
            self.judges.iter().map(|judge| judge.settings.name.clone()).collect();
        if let Some((_, name)) =
            (1..).zip(&names).find(|(next, name)| names[*next..].contains(name))
        {
            return Err(Error::usage(format!("judge {name} is given twice"))
                .suggest(Remedy::RepeatInsteadOfDuplicate));
        }
        let prompt = Arc::new(Prompt::compile(&self.rubric)?);
        let run = self.run.or_else(|| default_run(&self.rubric, &names, self.shard));
        let judges = prepare_judges(self.judges, &self.rubric, &prompt, self.seed, self.shard)?;
        let pilot =
            self.limit.map(|limit| draw_pilot(&self.items, limit, self.seed)).transpose()?;
        let reuse = open_reused(self.reuse.as_deref(), run.as_deref())?;
        Ok(PreparedTask {
            items: self.items,
            rubric: self.rubric,
            prompt,
            plan: Plan { baseline: self.baseline, pilot, shard: self.shard },
            judges,
            run,
            seed: self.seed,
            repeat: self.repeat,
            reuse,
        })
    }
}

/// A judge that is ready to be asked.
#[derive(Debug)]
pub(super) struct PreparedJudge {
    /// Its settings, with its part of the quotas where there are shards.
    pub(super) settings: JudgeSettings,
    pub(super) record: JudgeRecord,
    pub(super) requests: Requests,
    pub(super) model: Arc<dyn ChatModel>,
    /// `None` for a model that the caller supplies.
    secrets: Option<Secrets>,
}

impl PreparedJudge {
    /// Returns how often an unreadable reply is asked again: never where the reply would be the same.
    pub(super) fn max_parse_retries(&self) -> u32 {
        if self.model.is_deterministic() { 0 } else { self.settings.max_parse_attempts }
    }

    /// Returns whether two judges are one model at one endpoint, asked with one key: providers have one quota
    /// for each of these.
    pub(super) fn shares_quota(&self, other: &Self) -> bool {
        let endpoint = |judge: &Self| match &judge.settings.connection {
            Connection::Endpoint { model, base_url, .. } => Some((model.clone(), base_url.clone())),
            _ => None,
        };
        let same_secrets = match (&self.secrets, &other.secrets) {
            (Some(one), Some(two)) => one.same_credentials(two),
            _ => false,
        };
        endpoint(self).is_some() && endpoint(self) == endpoint(other) && same_secrets
    }
}

/// Sets up judges: divides their quotas by the shards and connects them.
pub(super) fn prepare_judges(
    judges: Vec<Judge>,
    rubric: &LoadedRubric,
    prompt: &Arc<Prompt>,
    seed: u64,
    shard: Option<Shard>,
) -> Result<Vec<PreparedJudge>> {
    let prepare = |Judge { mut settings, model }: Judge| {
        if let Some(shard) = shard {
            divide_quotas(&mut settings, shard)?;
        }
        let record = JudgeRecord::of(&settings);
        let requests = Requests::new(&record, rubric, prompt);
        let (model, secrets) = match model {
            JudgeModel::Supplied(model) => (model, None),
            JudgeModel::FromSettings(secrets) => {
                let profile = ServerProfile::default();
                (connect(&settings, &secrets, rubric, seed, profile)?, Some(secrets))
            }
        };
        Ok(PreparedJudge { settings, record, requests, model, secrets })
    };
    judges.into_iter().map(prepare).collect()
}

/// A run whose replies are copied.
#[derive(Debug)]
pub(super) struct ReusedRun {
    path: PathBuf,
    judges: Vec<StoredJudge>,
}

impl ReusedRun {
    /// Opens the run for reading.
    pub(super) fn open(&self) -> Result<RunFile> {
        RunFile::open(&self.path)
    }
}

/// A task that is ready to be checked or asked.
#[derive(Debug)]
pub struct PreparedTask {
    pub(super) items: ItemSource,
    pub(super) rubric: LoadedRubric,
    pub(super) prompt: Arc<Prompt>,
    pub(super) plan: Plan,
    pub(super) judges: Vec<PreparedJudge>,
    pub(super) run: Option<PathBuf>,
    pub(super) seed: u64,
    pub(super) repeat: Option<u32>,
    pub(super) reuse: Option<ReusedRun>,
}

impl PreparedTask {
    /// Returns the settings of the judges, with their part of the quotas where there are shards.
    pub fn judges(&self) -> impl Iterator<Item = &JudgeSettings> {
        self.judges.iter().map(|judge| &judge.settings)
    }

    /// Returns the path of the run file; `None` if there is neither a path nor a judge.
    pub fn run_path(&self) -> Option<&Path> {
        self.run.as_deref()
    }

    /// Returns the rubric.
    pub fn rubric(&self) -> &LoadedRubric {
        &self.rubric
    }

    /// Returns the compiled prompt.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// Returns the name of the first judge behind an endpoint that has no price; a limit of the cost needs
    /// one.
    pub fn unpriced_judge(&self) -> Option<&str> {
        let unpriced =
            |judge: &&PreparedJudge| is_endpoint(&judge.settings) && judge.settings.price.is_none();
        self.judges.iter().find(unpriced).map(|judge| judge.settings.name.as_str())
    }

    /// Returns what identifies the run of this task.
    pub(super) fn spec(&self) -> RunSpec<'_> {
        RunSpec {
            rubric: &self.rubric,
            judges: self.judges.iter().map(|judge| judge.record.clone()).collect(),
            seed: self.seed,
            repeat: self.repeat,
            baseline: self.plan.baseline.as_deref(),
        }
    }

    /// Calls `validate` with everything that the validation of the items needs.
    pub(super) fn validation<T>(&self, validate: impl FnOnce(&Validation<'_>) -> T) -> T {
        validate(&Validation {
            items: &self.items,
            plan: &self.plan,
            prompt: &self.prompt,
            check_comparison: &|comparison| self.check_comparison(comparison),
            check_size: &|tokens| self.check_size(tokens),
        })
    }

    fn check_comparison(&self, comparison: &Comparison) -> Result<()> {
        self.judges.iter().try_for_each(|judge| judge.model.check_comparison(comparison))
    }

    /// Checks that no request is larger than a minute's quota of tokens: it would wait for ever.
    fn check_size(&self, tokens: PromptTokens) -> Result<()> {
        for judge in self.judges().filter(|judge| is_endpoint(judge)) {
            let pacer = Pacer::new(judge, tokens.mean(), None, 0);
            let largest = pacer.estimate_tokens(tokens.largest);
            if judge.tokens_per_minute.is_none_or(|quota| largest <= quota) {
                continue;
            }
            let error = Error::input(format!(
                "judges.{}.tokens_per_minute: the largest request has about {largest} tokens, its reply included, more than a minute's quota",
                judge.name
            ));
            return Err(match self.plan.shard {
                Some(shard) => error.suggest(Remedy::FewerShards { shards: shard.of() }),
                None => error.hint("raise the quota, or shorten or leave out the longest items"),
            });
        }
        Ok(())
    }

    /// Gives each judge what is known about its server: from the run itself, or else from the run whose
    /// replies are copied.
    pub(super) fn apply_profiles(&mut self, stored: impl Fn(&str) -> ServerProfile) -> Result<()> {
        for judge in &mut self.judges {
            let profile = known_profile(stored(&judge.settings.name), judge, self.reuse.as_ref());
            if let Some(secrets) = &judge.secrets
                && profile != ServerProfile::default()
            {
                let (settings, rubric) = (&judge.settings, &self.rubric);
                judge.model = connect(settings, secrets, rubric, self.seed, profile)?;
            }
        }
        Ok(())
    }
}

fn known_profile(
    stored: ServerProfile,
    judge: &PreparedJudge,
    reuse: Option<&ReusedRun>,
) -> ServerProfile {
    if !stored.parameters_unknown() {
        return stored;
    }
    let of_same_server = reuse.into_iter().flat_map(|reuse| &reuse.judges).filter(|other| {
        other.record.model == judge.record.model && other.record.base_url == judge.record.base_url
    });
    let other = of_same_server.last().map(|other| other.server_profile).unwrap_or_default();
    ServerProfile { in_flight: stored.in_flight.or(other.in_flight), ..other }
}

fn is_endpoint(judge: &JudgeSettings) -> bool {
    matches!(judge.connection, Connection::Endpoint { .. })
}

/// Returns what answers for a judge.
fn connect(
    settings: &JudgeSettings,
    secrets: &Secrets,
    rubric: &LoadedRubric,
    seed: u64,
    profile: ServerProfile,
) -> Result<Arc<dyn ChatModel>> {
    Ok(match &settings.connection {
        Connection::Builtin(name) => Arc::new(Builtin::new(name, rubric.rubric.ties, seed)?),
        Connection::Recorded(path) => Arc::new(Recorded::read(path)?),
        Connection::Endpoint { model, base_url, .. } => {
            let form = ReplyForm::of(&rubric.rubric);
            Arc::new(Endpoint::new(settings, model, base_url, secrets.clone(), form, profile)?)
        }
        Connection::Supplied(name) => {
            return Err(Error::usage(format!(
                "judge {}: the model `{name}` was not supplied",
                settings.name
            ))
            .hint("create the judge with its model"));
        }
    })
}

/// Draws the items of a limit. It reads all items, since an item is drawn by its rank.
fn draw_pilot(items: &ItemSource, limit: u64, seed: u64) -> Result<Pilot> {
    let path = items.path();
    if path.exists() && !path.is_file() {
        return Err(Error::input(format!("{}: this is not a regular file", path.display()))
            .detail("a limit reads the items twice")
            .suggest(Remedy::ItemsFromRegularFile));
    }
    let mut reader = items.read()?;
    let mut batch = Vec::new().into_iter();
    let ids = std::iter::from_fn(|| {
        loop {
            if let Some(id) = batch.next() {
                return Some(Ok(id));
            }
            match reader.next_batch() {
                Ok(Some(items)) => {
                    let ids: Vec<String> = items.into_iter().map(|item| item.id).collect();
                    batch = ids.into_iter();
                }
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    });
    Pilot::draw(ids, usize::try_from(limit).unwrap_or(usize::MAX), seed)
}

/// Checks that the run whose replies are copied can be read, and reads its judges.
fn open_reused(reuse: Option<&Path>, run: Option<&Path>) -> Result<Option<ReusedRun>> {
    let Some(reuse) = reuse else { return Ok(None) };
    if let (Ok(reuse), Some(Ok(run))) = (reuse.canonicalize(), run.map(Path::canonicalize))
        && reuse == run
    {
        return Err(Error::usage("a run cannot reuse its own replies")
            .detail(format!("both are {}", run.display())));
    }
    let judges = RunFile::open(reuse)?.judges().to_vec();
    Ok(Some(ReusedRun { path: reuse.to_owned(), judges }))
}

/// Divides the quotas of a judge by the number of shards.
fn divide_quotas(judge: &mut JudgeSettings, shard: Shard) -> Result<()> {
    let shards = u64::from(shard.of());
    let name = judge.name.clone();
    for (key, quota) in [
        ("requests_per_minute", &mut judge.requests_per_minute),
        ("tokens_per_minute", &mut judge.tokens_per_minute),
    ] {
        let Some(quota) = quota.as_mut().filter(|quota| **quota <= NO_LIMIT_ABOVE) else {
            continue;
        };
        if *quota < shards {
            return Err(Error::input(format!(
                "judges.{name}.{key}: {quota} a minute cannot be divided by {shards} shards"
            ))
            .hint("use fewer shards"));
        }
        *quota /= shards;
    }
    Ok(())
}

/// Returns `runs/RUBRIC-JUDGE.db`, with whatever a file name cannot contain replaced; `None` without a judge.
/// Each shard has a file of its own, so that shards can run at the same time.
fn default_run(rubric: &LoadedRubric, judges: &[String], shard: Option<Shard>) -> Option<PathBuf> {
    if judges.is_empty() {
        return None;
    }
    let part = shard.map(|shard| format!(".{}-of-{}", shard.number(), shard.of()));
    let name = format!("{}-{}{}", rubric.rubric.name, judges.join("+"), part.unwrap_or_default());
    let name: String = name
        .chars()
        .map(|char| if char.is_alphanumeric() || "-_.+".contains(char) { char } else { '-' })
        .collect();
    Some(Path::new("runs").join(format!("{name}.db")))
}
