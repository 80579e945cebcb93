//! What `check` and `judge` have in common: reading and validating everything before anything is asked.

use std::path::{Path, PathBuf};

use evenhand::input::{
    Connection, Items, JudgeSettings, LoadedRubric, Settings, load_rubric, read_items,
    read_settings,
};
use evenhand::judge::{Builtin, ChatModel, Endpoint, Learnt, Recorded, ReplyForm, Secrets};
use evenhand::prompt::Prompt;
use evenhand::run::{JudgeRecord, RunFile, engine};
use evenhand::trial::{Order, Plan, plan};
use evenhand::{Error, Result};

use super::arguments::Task;

/// Everything a command needs, read and found sound.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) warnings: Vec<String>,
    pub(crate) plan: Plan,
    pub(crate) rubric: LoadedRubric,
    pub(crate) prompt: Prompt,
    pub(crate) judges: Vec<JudgeSettings>,
    /// What answers for each judge, knowing nothing about its server.
    pub(crate) models: Vec<Box<dyn ChatModel>>,
    secrets: Vec<Secrets>,
    pub(crate) tokens: PromptTokens,
    pub(crate) run: Option<PathBuf>,
}

/// What the prompts of one judge amount to, each order once.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PromptTokens {
    /// How many prompts there are.
    pub(crate) prompts: u64,
    /// A guess of all their tokens.
    pub(crate) total: u64,
    /// A guess of the tokens of the largest.
    pub(crate) largest: u64,
    /// More tokens than they can have.
    pub(crate) most: u64,
}

impl PromptTokens {
    /// Returns a guess of the tokens of one prompt.
    pub(crate) fn each(&self) -> u64 {
        self.total.checked_div(self.prompts).unwrap_or(0)
    }
}

impl Setup {
    /// Reads items, rubric, prompt, settings and keys, makes the plan and renders every prompt once.
    pub(crate) fn read(task: &Task, names: &[String]) -> Result<Self> {
        let rubric = load_rubric(&task.rubric, Path::new("."))?;
        let prompt = Prompt::compile(&rubric)?;
        let settings = settings(task.config.as_deref())?;
        let judges = judges(&settings, names)?;
        let secrets = judges.iter().map(secrets).collect::<Result<Vec<_>>>()?;
        let responses: Vec<(String, &Path)> =
            task.responses.iter().map(|(system, file)| (system.clone(), file.as_path())).collect();
        let Items { items, warnings } = read_items(&task.items, &responses)?;
        let limit = task.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let plan = plan(items, task.baseline.as_deref(), limit, task.seed)?;
        let tokens = render_all(&prompt, &plan)?;
        let run = task.run.clone().or_else(|| default_run(&rubric, &judges));
        let mut setup = Self {
            warnings,
            plan,
            rubric,
            prompt,
            judges,
            models: Vec::new(),
            secrets,
            tokens,
            run,
        };
        setup.check_sizes()?;
        setup.models = (0..setup.judges.len())
            .map(|judge| setup.model(judge, task.seed, Learnt::default()))
            .collect::<Result<_>>()?;
        Ok(setup)
    }

    /// Lets a judge know what has been learnt about its server, from this run or from the one that is
    /// reused.
    pub(crate) fn inform(
        &mut self,
        judge: usize,
        seed: u64,
        learnt: Learnt,
        source: Option<&RunFile>,
    ) -> Result<()> {
        let learnt = self.known(judge, learnt, source);
        if learnt != Learnt::default() {
            self.models[judge] = self.model(judge, seed, learnt)?;
        }
        Ok(())
    }

    fn known(&self, judge: usize, learnt: Learnt, source: Option<&RunFile>) -> Learnt {
        if !learnt.knows_no_form() {
            return learnt;
        }
        let in_flight = learnt.in_flight;
        let record = JudgeRecord::of(&self.judges[judge]);
        let there = source.into_iter().flat_map(RunFile::judges);
        let same = there.filter(|other| {
            other.record.model == record.model && other.record.base_url == record.base_url
        });
        let there = same.map(|other| other.learnt).last().unwrap_or_default();
        Learnt { in_flight: in_flight.or(there.in_flight), ..there }
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
    fn model(&self, judge: usize, seed: u64, learnt: Learnt) -> Result<Box<dyn ChatModel>> {
        let settings = &self.judges[judge];
        Ok(match &settings.connection {
            Connection::Builtin(name) => {
                Box::new(Builtin::new(name, self.rubric.rubric.ties, seed, &self.plan.comparisons)?)
            }
            Connection::Recorded(path) => Box::new(Recorded::read(path)?),
            Connection::Endpoint { model, base_url, .. } => {
                let form = ReplyForm::of(&self.rubric.rubric);
                let secrets = self.secrets[judge].clone();
                Box::new(Endpoint::new(settings, model, base_url, secrets, form, learnt)?)
            }
        })
    }

    /// Returns the records of the judges, as the run file knows them.
    pub(crate) fn records(&self) -> Vec<JudgeRecord> {
        self.judges.iter().map(JudgeRecord::of).collect()
    }

    /// A request that no minute's tokens suffice for would wait for ever.
    fn check_sizes(&self) -> Result<()> {
        for judge in &self.judges {
            if judge.tokens_per_minute.is_some_and(|quota| self.tokens.largest > quota) {
                return Err(Error::input(format!(
                    "judges.{}.tokens_per_minute: the largest prompt has about {} tokens, more than a minute's quota",
                    judge.name, self.tokens.largest
                ))
                .hint("raise the quota, or shorten or leave out the longest items"));
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

/// `runs/RUBRIC-JUDGE.db`, with whatever a file name cannot hold replaced.
fn default_run(rubric: &LoadedRubric, judges: &[JudgeSettings]) -> Option<PathBuf> {
    let names: Vec<&str> = judges.iter().map(|judge| judge.name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    let name = format!("{}-{}", rubric.rubric.name, names.join("+"));
    let name: String = name
        .chars()
        .map(|char| if char.is_alphanumeric() || "-_.+".contains(char) { char } else { '-' })
        .collect();
    Some(Path::new("runs").join(format!("{name}.db")))
}

/// Renders every prompt that the plan needs, so that whatever a template lacks is found now.
fn render_all(prompt: &Prompt, plan: &Plan) -> Result<PromptTokens> {
    let mut tokens = PromptTokens::default();
    for comparison in &plan.comparisons {
        for order in Order::BOTH {
            let messages = prompt.render(comparison, order)?;
            let likely = engine::likely_prompt_tokens(&messages);
            tokens.prompts += 1;
            tokens.most += engine::most_prompt_tokens(&messages);
            tokens.total += likely;
            tokens.largest = tokens.largest.max(likely);
        }
    }
    Ok(tokens)
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
