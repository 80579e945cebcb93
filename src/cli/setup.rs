//! What `check` and `judge` have in common: everything a command needs, but for the items themselves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use evenhand::input::{
    Connection, ItemSource, JudgeSettings, LoadedRubric, NO_LIMIT_ABOVE, Settings, load_rubric,
    read_settings,
};
use evenhand::judge::{Builtin, ChatModel, Endpoint, Recorded, ReplyForm, Secrets, ServerProfile};
use evenhand::pace::Pacer;
use evenhand::prompt::Prompt;
use evenhand::run::PromptTokens;
use evenhand::store::{JudgeRecord, RunFile};
use evenhand::trial::{Comparison, Pilot, Plan, Shard};
use evenhand::{Error, Result};

use super::arguments::Task;

/// Everything a command needs, read and found sound; the items are read later, as a stream.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) source: ItemSource,
    pub(crate) plan: Plan,
    pub(crate) rubric: LoadedRubric,
    pub(crate) prompt: Arc<Prompt>,
    pub(crate) judges: Vec<JudgeSettings>,
    /// What answers for each judge, knowing nothing about its server.
    pub(crate) models: Vec<Box<dyn ChatModel>>,
    secrets: Vec<Secrets>,
    pub(crate) run: Option<PathBuf>,
}

impl Setup {
    /// Reads rubric, prompt, settings and keys, and makes the plan.
    pub(crate) fn read(task: &Task, names: &[String]) -> Result<Self> {
        let rubric = load_rubric(&task.rubric, Path::new("."))?;
        let prompt = Arc::new(Prompt::compile(&rubric)?);
        let settings = settings(task.config.as_deref())?;
        let mut judges = judges(&settings, names)?;
        let secrets = judges.iter().map(secrets).collect::<Result<Vec<_>>>()?;
        if let Some(shard) = task.shard {
            judges.iter_mut().try_for_each(|judge| divide_quotas(judge, shard))?;
        }
        let responses: Vec<(String, &Path)> =
            task.responses.iter().map(|(system, file)| (system.clone(), file.as_path())).collect();
        let source = ItemSource::open(&task.items, &responses)?;
        let plan = Plan {
            baseline: task.baseline.clone(),
            pilot: pilot(&source, task)?,
            shard: task.shard,
        };
        let run = task.run.clone().or_else(|| default_run(&rubric, &judges, task.shard));
        let models = Vec::new();
        let mut setup = Self { source, plan, rubric, prompt, judges, models, secrets, run };
        setup.models = (0..setup.judges.len())
            .map(|judge| setup.model(judge, task.seed, ServerProfile::default()))
            .collect::<Result<_>>()?;
        Ok(setup)
    }

    /// Checks that every judge can judge a comparison.
    pub(crate) fn suits(&self, comparison: &Comparison) -> Result<()> {
        self.models.iter().try_for_each(|model| model.check_comparison(comparison))
    }

    /// Lets a judge know what has been learnt about its server, from this run or from the one that is
    /// reused.
    pub(crate) fn inform(
        &mut self,
        judge: usize,
        seed: u64,
        learnt: ServerProfile,
        source: Option<&RunFile>,
    ) -> Result<()> {
        let learnt = self.known(judge, learnt, source);
        if learnt != ServerProfile::default() {
            self.models[judge] = self.model(judge, seed, learnt)?;
        }
        Ok(())
    }

    fn known(
        &self,
        judge: usize,
        learnt: ServerProfile,
        source: Option<&RunFile>,
    ) -> ServerProfile {
        if !learnt.parameters_unknown() {
            return learnt;
        }
        let in_flight = learnt.in_flight;
        let record = JudgeRecord::of(&self.judges[judge]);
        let there = source.into_iter().flat_map(RunFile::judges);
        let same = there.filter(|other| {
            other.record.model == record.model && other.record.base_url == record.base_url
        });
        let there = same.map(|other| other.learnt).last().unwrap_or_default();
        ServerProfile { in_flight: in_flight.or(there.in_flight), ..there }
    }

    /// Returns whether two judges are one model at one endpoint, asked with one key: providers count what
    /// they allow for each of these.
    pub(crate) fn share_a_quota(&self, one: usize, other: usize) -> bool {
        let place = |judge: usize| match &self.judges[judge].connection {
            Connection::Endpoint { model, base_url, .. } => Some((model, base_url)),
            Connection::Recorded(_) | Connection::Builtin(_) => None,
        };
        let key = |judge: usize| (&self.secrets[judge].key, &self.secrets[judge].hidden);
        place(one).is_some() && place(one) == place(other) && key(one) == key(other)
    }

    /// Makes what answers for a judge.
    fn model(&self, judge: usize, seed: u64, learnt: ServerProfile) -> Result<Box<dyn ChatModel>> {
        let settings = &self.judges[judge];
        Ok(match &settings.connection {
            Connection::Builtin(name) => {
                Box::new(Builtin::new(name, self.rubric.rubric.ties, seed)?)
            }
            Connection::Recorded(path) => Box::new(Recorded::read(path)?),
            Connection::Endpoint { model, base_url, .. } => {
                let form = ReplyForm::of(&self.rubric.rubric);
                let secrets = self.secrets[judge].clone();
                Box::new(Endpoint::new(settings, model, base_url, secrets, form, learnt)?)
            }
        })
    }

    /// Returns how often an unreadable reply of a judge is asked again: never of one that would say the same.
    pub(crate) fn asks_again(&self, judge: usize) -> u32 {
        let always_the_same = self.models[judge].is_deterministic();
        if always_the_same { 0 } else { self.judges[judge].max_parse_attempts }
    }

    /// Opens the run whose replies are copied, if there is one.
    pub(crate) fn reused(&self, task: &Task) -> Result<Option<RunFile>> {
        let Some(source) = &task.reuse else { return Ok(None) };
        let path = self.run.as_ref().map(|path| path.canonicalize());
        if let (Ok(source), Some(Ok(path))) = (source.canonicalize(), path)
            && source == path
        {
            return Err(Error::usage("--reuse and --run name the same file"));
        }
        RunFile::open(source).map(Some)
    }

    /// Returns the records of the judges, as the run file knows them.
    pub(crate) fn records(&self) -> Vec<JudgeRecord> {
        self.judges.iter().map(JudgeRecord::of).collect()
    }

    /// A request that no minute's tokens suffice for would wait for ever.
    pub(crate) fn check_sizes(&self, tokens: PromptTokens) -> Result<()> {
        let called =
            |judge: &&JudgeSettings| matches!(judge.connection, Connection::Endpoint { .. });
        for judge in self.judges.iter().filter(called) {
            let largest = Pacer::new(judge, tokens.each(), None, 0).estimate_tokens(tokens.largest);
            if judge.tokens_per_minute.is_some_and(|quota| largest > quota) {
                return Err(Error::input(format!(
                    "judges.{}.tokens_per_minute: the largest request has about {largest} tokens, its reply included, more than a minute's quota",
                    judge.name
                ))
                .hint(match self.plan.shard {
                    Some(shard) => format!(
                        "each of {} shards has its part of the quota; use fewer, or shorten the longest items",
                        shard.of()
                    ),
                    None => "raise the quota, or shorten or leave out the longest items".to_owned(),
                }));
            }
        }
        Ok(())
    }
}

fn settings(config: Option<&Path>) -> Result<Settings> {
    if let Some(path) = config {
        read_settings(path)
    } else {
        let path = Path::new("evenhand.toml");
        if path.exists() { read_settings(path) } else { Ok(Settings::default()) }
    }
}

fn judges(settings: &Settings, names: &[String]) -> Result<Vec<JudgeSettings>> {
    let mut judges: Vec<JudgeSettings> = Vec::new();
    for name in names {
        if judges.iter().any(|judge| judge.name == *name) {
            return Err(Error::usage(format!("--judge {name} is given twice"))
                .hint("--repeat K asks one judge several times"));
        }
        judges.push(settings.judge(name)?);
    }
    Ok(judges)
}

/// Which items `--limit` draws. It takes a pass over the file, since an item is drawn by its rank.
fn pilot(source: &ItemSource, task: &Task) -> Result<Option<Pilot>> {
    let Some(limit) = task.limit else { return Ok(None) };
    let path = source.path();
    if path.exists() && !path.is_file() {
        return Err(Error::input(format!("{}: this is no ordinary file", path.display()))
            .detail("--limit reads the items twice")
            .hint("write them to a file first"));
    }
    let mut reader = source.read()?;
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
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Pilot::draw(ids, limit, task.seed).map(Some)
}

/// Every machine gets its part of what an endpoint allows a minute.
fn divide_quotas(judge: &mut JudgeSettings, shard: Shard) -> Result<()> {
    let of = u64::from(shard.of());
    let name = judge.name.clone();
    for (key, quota) in [
        ("requests_per_minute", &mut judge.requests_per_minute),
        ("tokens_per_minute", &mut judge.tokens_per_minute),
    ] {
        let Some(quota) = quota.as_mut().filter(|quota| **quota <= NO_LIMIT_ABOVE) else {
            continue;
        };
        if *quota < of {
            return Err(Error::input(format!(
                "judges.{name}.{key}: {quota} a minute cannot be divided by {of} shards"
            ))
            .hint("use fewer shards"));
        }
        *quota /= of;
    }
    Ok(())
}

/// `runs/RUBRIC-JUDGE.db`, with whatever a file name cannot hold replaced. Each shard has one of its own, so
/// that they may run beside each other.
fn default_run(
    rubric: &LoadedRubric,
    judges: &[JudgeSettings],
    shard: Option<Shard>,
) -> Option<PathBuf> {
    let names: Vec<&str> = judges.iter().map(|judge| judge.name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    let part = shard.map(|shard| format!(".{}-of-{}", shard.number(), shard.of()));
    let name = format!("{}-{}{}", rubric.rubric.name, names.join("+"), part.unwrap_or_default());
    let name: String = name
        .chars()
        .map(|char| if char.is_alphanumeric() || "-_.+".contains(char) { char } else { '-' })
        .collect();
    Some(Path::new("runs").join(format!("{name}.db")))
}

/// Takes the key and the header values of a judge from the environment.
fn secrets(judge: &JudgeSettings) -> Result<Secrets> {
    let Connection::Endpoint { api_key_env, headers, .. } = &judge.connection else {
        return Ok(Secrets::default());
    };
    let place = format!("judges.{}", judge.name);
    let mut secrets = Secrets::default();
    if let Some(variable) = api_key_env {
        secrets.key = Some(from_environment(&format!("{place}.api_key_env"), variable)?);
    }
    for (name, value) in headers {
        let value = match value.strip_prefix('$') {
            Some(variable) => {
                let value = from_environment(&format!("{place}.headers.{name}"), variable)?;
                secrets.hidden.push(value.clone());
                value
            }
            None => value.clone(),
        };
        secrets.headers.push((name.clone(), value));
    }
    Ok(secrets)
}

#[expect(clippy::disallowed_methods, reason = "the binary is what reads the environment")]
fn from_environment(place: &str, variable: &str) -> Result<String> {
    let wrong =
        |why: &str| Error::input(format!("{place}: the environment variable {variable} {why}"));
    let value = std::env::var_os(variable).ok_or_else(|| {
        wrong("is not set")
            .hint(format!("export {variable}=…, or leave out api_key_env for a local server"))
    })?;
    let Some(value) = value.to_str() else { return Err(wrong("is not valid text")) };
    if value.is_empty() {
        return Err(wrong("is empty"));
    }
    if value.trim() != value {
        return Err(wrong("begins or ends with white space, perhaps a line break")
            .hint(format!("set it without, for example {variable}=\"$(tr -d '\\n' < FILE)\"")));
    }
    if value.chars().any(|char| char.is_control() || !char.is_ascii()) {
        return Err(wrong("has a character that no key has"));
    }
    Ok(value.to_owned())
}
