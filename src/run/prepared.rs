//! A task that is ready to be checked or asked: its prompt compiled, its judges set up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::judge::{Judge, JudgeModel};
use super::open_run::ExpectedRun;
use super::reuse::ReusedReplies;
use super::subject::SubjectRenderer;
use super::tokens::PromptTokens;
use super::validate::ValidationInput;
use crate::error::{Error, Remedy, Result, Warning, counted};
use crate::input::{
    Connection, EARLIER_MAX_TOKENS, ItemSource, JudgeSettings, LoadedRubric, NO_LIMIT_ABOVE,
    Recording, Rubric,
};
use crate::judge::{
    BuiltEndpoint, Builtin, ChatModel, Recorded, RequestedOutput, Secrets, ServerProfile,
    StartsServers, build_endpoint, program_model,
};
use crate::keyed_hash::KeyedHash;
use crate::metrics::BertScore;
use crate::pace::{Pacer, QuotaServer, QuotaTerms};
use crate::prompt::{Prompt, SystemPrompt};
use crate::store::{
    FileKind, JudgeRecord, RequestRenderer, ResponseRenderer, RunFile, StoredJudge, file_kind,
};
use crate::trial::{Comparison, Plan, Shard};

/// The longest URLs that the name of a shared quota repeats, in bytes.
const MAX_NAMED_URLS: usize = 500;

/// A judge whose model and prompt are set up; a [`Judge`] is only described.
#[derive(Debug)]
pub(super) struct PreparedJudge {
    /// Its settings, with its part of the quotas where there are shards.
    pub(super) settings: JudgeSettings,
    pub(super) record: JudgeRecord,
    pub(super) renderer: SubjectRenderer,
    pub(super) model: Arc<dyn ChatModel>,
    /// What starts the servers of the model; `None` for a model without such.
    pub(super) starter: Option<Arc<dyn StartsServers>>,
    /// `None` for a model that the caller supplies.
    secrets: Option<Secrets>,
    bert_score: Option<Arc<BertScore>>,
}

impl PreparedJudge {
    /// Builds the model again from the settings, unless the caller supplied it; `profile` is what is known about its
    /// server.
    pub(super) fn rebuild(
        &mut self,
        asked_for: AskedFor<'_>,
        profile: ServerProfile,
    ) -> Result<()> {
        if let Some(secrets) = &self.secrets {
            (self.model, self.starter) =
                build_model(&self.settings, secrets, self.bert_score.as_ref(), asked_for, profile)?;
        }
        Ok(())
    }

    /// Returns whether it is behind an endpoint or a program and has no price.
    pub(super) fn has_unknown_price(&self) -> bool {
        is_external(&self.settings) && self.settings.price.is_none()
    }

    /// Returns whether it is behind an endpoint or a program and its replies have no maximum length.
    pub(super) fn has_unlimited_cost(&self) -> bool {
        let is_sent =
            self.settings.max_tokens.is_some() && !self.model.server_profile().rejects_max_tokens;
        is_external(&self.settings) && !is_sent
    }

    /// Returns how often an unreadable reply is asked again: never where the reply would be the same.
    pub(super) fn max_parse_retries(&self) -> u32 {
        if self.model.is_deterministic() { 0 } else { self.settings.max_parse_attempts }
    }

    /// Returns whether two judges are one model at one endpoint, asked with one key: providers have one quota
    /// for each of these.
    pub(super) fn shares_quota(&self, other: &Self) -> bool {
        let same_secrets = match (&self.secrets, &other.secrets) {
            (Some(one), Some(two)) => one.same_credentials(two),
            _ => false,
        };
        match (self.settings.endpoint(), other.settings.endpoint()) {
            (Some(one), Some(two)) => {
                let shared = one.base_urls().iter().any(|url| two.base_urls().contains(url));
                one.model == two.model && shared && same_secrets
            }
            _ => false,
        }
    }

    /// Returns whether it has a quota that processes can share.
    fn has_sharable_quota(&self) -> bool {
        QuotaTerms::of(&self.settings).is_some() && self.quota_name().is_some()
    }

    /// Returns the name under which processes share the quota of this judge: it tells model, endpoint and which key, but
    /// not the key. `None` for a model that no other process can ask.
    pub(super) fn quota_name(&self) -> Option<String> {
        if self.settings.program().is_some() {
            return Some(format!("the program of judge {}", self.settings.name));
        }
        let endpoint =
            self.settings.endpoint().filter(|endpoint| !endpoint.base_urls().is_empty())?;
        let mut urls = endpoint.base_urls().to_vec();
        urls.sort();
        // A name is the key of a table, which may not be long.
        let servers = match urls.join(" ") {
            urls if urls.len() <= MAX_NAMED_URLS => urls,
            _ => {
                let hash = KeyedHash::new("evenhand 2026-11 servers of a shared quota");
                let hash = hash.texts(urls.iter().map(String::as_str)).number();
                format!("{} servers {hash:016x}", urls.len())
            }
        };
        let key = self.secrets.as_ref().and_then(Secrets::fingerprint);
        let key = key.map(|key| format!(", key {key}")).unwrap_or_default();
        Some(format!("{} at {servers}{key}", endpoint.model))
    }
}

/// Sets up a judge: divides its quotas by the shards and builds its model.
pub(super) fn prepare_judge(
    Judge { mut settings, model, bert_score }: Judge,
    rubric: &LoadedRubric,
    prompt: &Arc<Prompt>,
    seed: u64,
    shard: Option<Shard>,
) -> Result<PreparedJudge> {
    if let Some(shard) = shard {
        divide_quotas(&mut settings, shard)?;
    }
    let asked_for = AskedFor::Votes { rubric: &rubric.rubric, seed };
    let record = JudgeRecord::of(&settings);
    let renderer = RequestRenderer::new(&record, rubric, prompt);
    let renderer = SubjectRenderer::Comparisons(renderer);
    let ((model, starter), secrets) = match model {
        JudgeModel::Supplied(model) => ((model, None), None),
        JudgeModel::FromSettings(secrets) => {
            let profile = ServerProfile::default();
            let model = build_model(&settings, &secrets, bert_score.as_ref(), asked_for, profile)?;
            (model, Some(secrets))
        }
    };
    Ok(PreparedJudge { settings, record, renderer, model, starter, secrets, bert_score })
}

/// Sets up a system: compiles its prompt and builds its model.
pub(super) fn prepare_system(
    Judge { settings, model, bert_score }: Judge,
    prompt: &Arc<SystemPrompt>,
) -> Result<PreparedJudge> {
    let record = JudgeRecord::of(&settings);
    let renderer = SubjectRenderer::Prompts(ResponseRenderer::new(&record, prompt));
    let ((model, starter), secrets) = match model {
        JudgeModel::Supplied(model) => ((model, None), None),
        JudgeModel::FromSettings(secrets) => {
            let profile = ServerProfile::default();
            let model = build_model(&settings, &secrets, None, AskedFor::Responses, profile)?;
            (model, Some(secrets))
        }
    };
    Ok(PreparedJudge { settings, record, renderer, model, starter, secrets, bert_score })
}

/// A run or a recording whose replies are copied.
#[derive(Debug)]
pub(super) struct ReusedFile {
    path: PathBuf,
    /// The judges of a run; a recording has none.
    judges: Vec<StoredJudge>,
    recording: Option<Arc<Recording>>,
}

impl ReusedFile {
    /// Checks that a run can be read and is not the one that replies are copied into, and reads its judges; or reads a
    /// recording, which is every file that is no database.
    pub(super) fn read(path: &Path, into: Option<&Path>) -> Result<Self> {
        if path.is_file() && matches!(file_kind(path), Ok(FileKind::Other)) {
            let recording = Recording::read(path)?;
            if let Some((count, first)) = recording.of_unknown_order() {
                return Err(Error::input(format!(
                    "{}: {count} of {} lines do not know which response was shown first (first: {first}), so which order \
                     to ask is not known either",
                    path.display(),
                    recording.len()
                ))
                .hint("remove the lines with \"order\":\"unknown\" to have both orders of them asked"));
            }
            let recording = Some(Arc::new(recording));
            return Ok(Self { path: path.to_owned(), judges: Vec::new(), recording });
        }
        if let (Ok(path), Some(Ok(into))) = (path.canonicalize(), into.map(Path::canonicalize))
            && path == into
        {
            return Err(Error::usage("a run cannot reuse its own replies")
                .detail(format!("both are {}", into.display())));
        }
        let judges = RunFile::open(path)?.judges().to_vec();
        Ok(Self { path: path.to_owned(), judges, recording: None })
    }

    /// Returns the path of the run; `None` for a recording.
    pub(super) fn run_path(&self) -> Option<&Path> {
        self.recording.is_none().then_some(&self.path)
    }

    /// Returns whether it is a recording.
    pub(super) fn is_recording(&self) -> bool {
        self.recording.is_some()
    }

    /// Opens what is copied for reading.
    pub(super) fn open(&self) -> Result<ReusedReplies> {
        Ok(match &self.recording {
            Some(recording) => ReusedReplies::Recording(Arc::clone(recording)),
            None => ReusedReplies::Run(Box::new(RunFile::open(&self.path)?)),
        })
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
    pub(super) reuse: Vec<ReusedFile>,
    pub(super) quota_server: Option<QuotaServer>,
}

impl PreparedTask {
    /// Returns the settings of the judges, with their part of the quotas where there are shards.
    pub fn judges(&self) -> impl Iterator<Item = &JudgeSettings> {
        self.judges.iter().map(|judge| &judge.settings)
    }

    /// Returns a warning for each judge some of whose answers are of an unknown order.
    pub fn order_warnings(&self) -> Vec<Warning> {
        let unknown = |judge: &PreparedJudge| {
            let count = judge.model.answers_of_unknown_order();
            let answers = counted(count as u64, "answer", "answers");
            (count > 0).then(|| {
                Warning::new(
                    "order-unknown",
                    format!(
                        "{}: of {answers} in the recording nobody knows which response was shown first: they are in \
                         no number about positions, here and in every report of this run",
                        judge.settings.name
                    ),
                )
            })
        };
        self.judges.iter().filter_map(unknown).collect()
    }

    /// Returns the path of the run file; `None` if there is neither a path nor a judge.
    pub fn run_path(&self) -> Option<&Path> {
        self.run.as_deref()
    }

    /// Returns the database through which quotas are shared.
    pub fn quota_server(&self) -> Option<&QuotaServer> {
        self.quota_server.as_ref()
    }

    /// Returns the names of the judges whose quotas are shared through that database.
    pub fn judges_that_share(&self) -> impl Iterator<Item = &str> {
        let shares =
            |judge: &&PreparedJudge| self.quota_server.is_some() && judge.has_sharable_quota();
        self.judges.iter().filter(shares).map(|judge| judge.settings.name.as_str())
    }

    /// Returns the rubric.
    pub fn rubric(&self) -> &LoadedRubric {
        &self.rubric
    }

    /// Returns the compiled prompt.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// Returns the name of the first judge behind an endpoint or a program that has no price; a limit of the cost needs
    /// one.
    pub fn unpriced_judge(&self) -> Option<&str> {
        self.judges
            .iter()
            .find(|judge| judge.has_unknown_price())
            .map(|judge| judge.settings.name.as_str())
    }

    /// Returns the name of the first judge behind an endpoint or a program whose replies have no maximum length; a limit of
    /// the cost needs one.
    pub fn unlimited_judge(&self) -> Option<&str> {
        self.judges
            .iter()
            .find(|judge| judge.has_unlimited_cost())
            .map(|judge| judge.settings.name.as_str())
    }

    /// Lets judges whose settings do not set `max_tokens` keep the default with which a stored run was begun.
    pub(super) fn keep_earlier_defaults(&mut self, stored: &[StoredJudge]) -> Result<()> {
        for judge in &mut self.judges {
            let stored = stored.iter().find(|stored| stored.record.name == judge.settings.name);
            let stored = stored.and_then(|stored| stored.record.max_tokens);
            let is_earlier = stored.is_some_and(|tokens| EARLIER_MAX_TOKENS.contains(&tokens));
            if !judge.settings.max_tokens_is_default || !is_earlier {
                continue;
            }
            judge.settings.max_tokens = stored;
            judge.record = JudgeRecord::of(&judge.settings);
            let renderer = RequestRenderer::new(&judge.record, &self.rubric, &self.prompt);
            judge.renderer = SubjectRenderer::Comparisons(renderer);
            let profile = judge.model.server_profile();
            let asked_for = AskedFor::Votes { rubric: &self.rubric.rubric, seed: self.seed };
            judge.rebuild(asked_for, profile)?;
        }
        Ok(())
    }

    /// Returns what identifies the run of this task.
    pub(super) fn expected_run(&self) -> ExpectedRun<'_> {
        ExpectedRun {
            rubric: &self.rubric,
            judges: self.judges.iter().map(|judge| judge.record.clone()).collect(),
            seed: self.seed,
            repeat: self.repeat,
            baseline: self.plan.baseline.as_deref(),
            listed: self.items.listed_systems().map(ToOwned::to_owned).collect(),
        }
    }

    /// Calls `run` with everything that the validation of the items needs.
    pub(super) fn with_validation<T>(&self, run: impl FnOnce(&ValidationInput<'_>) -> T) -> T {
        run(&ValidationInput {
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

    fn check_size(&self, tokens: PromptTokens) -> Result<()> {
        check_size(self.judges(), tokens, self.plan.shard.filter(|_| self.quota_server.is_none()))
    }

    /// Gives each judge what is known about its server: from the run itself, whose profiles are `stored` in the
    /// order of the judges, or else from the runs whose replies are copied.
    pub(super) fn apply_profiles(&mut self, stored: &[ServerProfile]) -> Result<()> {
        for (judge, stored) in self.judges.iter_mut().zip(stored) {
            let profile = known_profile(stored.clone(), judge, &self.reuse);
            if profile != ServerProfile::default() {
                let asked_for = AskedFor::Votes { rubric: &self.rubric.rubric, seed: self.seed };
                judge.rebuild(asked_for, profile)?;
            }
        }
        Ok(())
    }
}

/// Checks that no request is larger than a minute's quota of tokens: it would wait for ever. `divided_by` is the shard
/// that the quotas were divided for.
pub(super) fn check_size<'a>(
    models: impl Iterator<Item = &'a JudgeSettings>,
    tokens: PromptTokens,
    divided_by: Option<Shard>,
) -> Result<()> {
    for model in models.filter(|model| is_external(model)) {
        // Only its estimate of tokens is used.
        let pacer = Pacer::new(model, tokens.mean(), None, 0);
        let largest = pacer.estimate_tokens(tokens.largest);
        if model.tokens_per_minute.is_none_or(|quota| largest <= quota) {
            continue;
        }
        let error = Error::input(format!(
            "{}.tokens_per_minute: the largest request needs about {largest} tokens with its reply, more than the quota of a minute",
            model.place
        ));
        return Err(match divided_by {
            Some(shard) => error.suggest(Remedy::FewerShards { shards: shard.of() }),
            None => error.hint("raise the quota, or shorten or remove the longest items"),
        });
    }
    Ok(())
}

fn known_profile(
    stored: ServerProfile,
    judge: &PreparedJudge,
    reuse: &[ReusedFile],
) -> ServerProfile {
    if !stored.parameters_unknown() {
        return stored;
    }
    let mut of_same_server = reuse.iter().flat_map(|reuse| &reuse.judges).filter(|other| {
        let (one, two) = (&judge.record, &other.record);
        one.model == two.model && one.api == two.api && one.shares_servers(two)
    });
    let other =
        of_same_server.next_back().map(|other| other.server_profile.clone()).unwrap_or_default();
    ServerProfile { in_flight: stored.in_flight.or(other.in_flight), ..other }
}

/// Returns whether a judge is a model at an endpoint or a program of the user.
fn is_external(judge: &JudgeSettings) -> bool {
    judge.asked_model().is_some()
}

/// What a model is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum AskedFor<'a> {
    /// Votes, as a rubric says; the seed is that of the orders.
    Votes { rubric: &'a Rubric, seed: u64 },
    /// Responses.
    Responses,
}

impl AskedFor<'_> {
    fn output(self) -> RequestedOutput {
        match self {
            Self::Votes { rubric, .. } => RequestedOutput::of(rubric),
            Self::Responses => RequestedOutput::Text,
        }
    }

    fn is_responses(self) -> bool {
        matches!(self, Self::Responses)
    }
}

fn only_judges(settings: &JudgeSettings) -> Error {
    Error::internal(format!("{}: this only judges responses", settings.place))
}

/// The model behind a judge, and what starts its servers.
type Model = (Arc<dyn ChatModel>, Option<Arc<dyn StartsServers>>);

/// Returns the model behind a judge.
fn build_model(
    settings: &JudgeSettings,
    secrets: &Secrets,
    bert_score: Option<&Arc<BertScore>>,
    asked_for: AskedFor<'_>,
    profile: ServerProfile,
) -> Result<Model> {
    Ok(match &settings.connection {
        Connection::Builtin(name) => {
            let AskedFor::Votes { rubric, seed } = asked_for else {
                return Err(only_judges(settings));
            };
            let ties = rubric.ties;
            let builtin = match bert_score.filter(|_| name == Builtin::BERT_SCORE) {
                Some(bert_score) => Builtin::of_bert_score(Arc::clone(bert_score), ties),
                None => Builtin::new(name, ties, seed)?,
            };
            (Arc::new(builtin), None)
        }
        Connection::Recorded(_) if asked_for.is_responses() => return Err(only_judges(settings)),
        Connection::Recorded(path) => (Arc::new(Recorded::read(path)?), None),
        Connection::Endpoint(endpoint) => {
            let output = asked_for.output();
            let BuiltEndpoint { model, starter } =
                build_endpoint(settings, endpoint, secrets.clone(), output, profile)?;
            (model, starter)
        }
        Connection::Program(program) => {
            let output = asked_for.output();
            (program_model(settings, program, output), None)
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
                "judges.{name}.{key}: {quota} a minute cannot be divided among {shards} shards"
            ))
            .hint("use fewer shards"));
        }
        *quota /= shards;
    }
    Ok(())
}
