//! What is generated: which prompts, by which systems, how often.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::input::{Item, ItemSource, JudgeSettings, LoadedTemplate, SystemSettings, TagFilter};
use crate::judge::{ChatModel, Secrets};
use crate::prompt::SystemPrompt;
use crate::run::judge::Judge;
use crate::run::prepared_judge::{PreparedJudge, prepare_system};
use crate::run::task::draw_pilot;
use crate::store::{FileKind, GenerationFile, WrittenItems, file_kind};
use crate::trial::Plan;

/// A system that is asked to respond: its settings, and the model behind it.
#[derive(Debug, Clone)]
pub struct System {
    pub(super) judge: Judge,
    pub(super) template: Option<LoadedTemplate>,
}

impl System {
    /// Returns a system with the secrets that its settings refer to. The library reads no environment: the caller
    /// resolves `api_key_env` and headers.
    pub fn new(settings: SystemSettings, secrets: Secrets) -> Self {
        let SystemSettings { model, template, .. } = settings;
        Self { judge: Judge::new(model, secrets), template }
    }

    /// Returns a system with a model of the caller, whose [`ChatModel::respond`] is asked.
    pub fn with_model(settings: SystemSettings, model: Arc<dyn ChatModel>) -> Self {
        let SystemSettings { model: settings, template, .. } = settings;
        Self { judge: Judge::with_model(settings, model), template }
    }

    /// Returns the settings of its model.
    pub fn settings(&self) -> &JudgeSettings {
        self.judge.settings()
    }
}

/// What is generated.
#[derive(Debug)]
#[non_exhaustive]
pub struct Generation {
    /// The prompts: items, whose responses of other systems are kept.
    pub prompts: ItemSource,
    /// The systems.
    pub systems: Vec<System>,
    /// The run file; every attempt is stored there.
    pub run: PathBuf,
    /// How many responses each system gives to each prompt; 1 if not set.
    pub samples: u32,
    /// Whether items with a single response are written, which can be graded and not compared; `false` if not set.
    pub keep_single: bool,
    /// The tags that items must have.
    pub tags: TagFilter,
    /// The number of prompts, drawn at random from those with the tags; `None` takes all.
    pub limit: Option<u64>,
    /// Decides which prompts a limit takes; 0 if not set.
    pub seed: u64,
}

impl Generation {
    /// Returns what asks each system once for a response to each prompt.
    pub fn new(prompts: ItemSource, systems: Vec<System>, run: PathBuf) -> Self {
        let tags = TagFilter::default();
        let prompts = prompts.with_prompts_only();
        Self { prompts, systems, run, samples: 1, keep_single: false, tags, limit: None, seed: 0 }
    }

    /// Compiles the templates, sets up the models and draws the prompts of a limit. It writes nothing and calls no
    /// endpoint.
    ///
    /// # Errors
    ///
    /// There is no system, two have the same name, or a template or the settings of a system are invalid.
    pub fn prepare(self) -> Result<PreparedGeneration> {
        let names: Vec<&str> =
            self.systems.iter().map(|system| system.settings().name.as_str()).collect();
        if names.is_empty() {
            return Err(Error::usage("no system is given"));
        }
        if let Some((_, name)) =
            (1..).zip(&names).find(|(next, name)| names[*next..].contains(name))
        {
            return Err(Error::usage(format!("system {name} is given twice"))
                .hint("give each system a name of its own"));
        }
        let systems = self.systems.into_iter().map(|System { judge, template }| {
            let prompt = Arc::new(SystemPrompt::compile(template.as_ref())?);
            prepare_system(judge, &prompt)
        });
        let systems = systems.collect::<Result<_>>()?;
        let draw = |limit| draw_pilot(&self.prompts, &self.tags, limit, self.seed);
        let pilot = self.limit.map(draw).transpose()?;
        Ok(PreparedGeneration {
            prompts: self.prompts,
            systems,
            run: self.run,
            samples: self.samples.max(1),
            keep_single: self.keep_single,
            plan: Plan { pilot, tags: self.tags, ..Plan::default() },
        })
    }
}

/// What is generated, ready to be checked or asked.
#[derive(Debug)]
pub struct PreparedGeneration {
    pub(super) prompts: ItemSource,
    pub(super) systems: Vec<PreparedJudge>,
    pub(super) run: PathBuf,
    pub(super) samples: u32,
    pub(super) keep_single: bool,
    /// Which items are planned; it makes no comparisons.
    pub(super) plan: Plan,
}

impl PreparedGeneration {
    /// Returns the settings of the systems.
    pub fn systems(&self) -> impl Iterator<Item = &JudgeSettings> {
        self.systems.iter().map(|system| &system.settings)
    }

    /// Returns the path of the run file.
    pub fn run_path(&self) -> &Path {
        &self.run
    }

    /// Returns the first system without a price, which a limit of the cost needs.
    pub fn unpriced_system(&self) -> Option<&JudgeSettings> {
        let unpriced = self.systems.iter().find(|system| system.has_unknown_price());
        unpriced.map(|system| &system.settings)
    }

    /// Returns the first system whose replies have no maximum length, which a limit of the cost needs.
    pub fn unlimited_system(&self) -> Option<&JudgeSettings> {
        let unlimited = self.systems.iter().find(|system| system.has_unlimited_cost());
        unlimited.map(|system| &system.settings)
    }

    /// Opens the run file, if there is one that has something in it.
    ///
    /// # Errors
    ///
    /// It cannot be read, or has comparisons.
    pub(super) fn stored(&self) -> Result<Option<GenerationFile>> {
        if !self.run.exists() || matches!(file_kind(&self.run), Ok(FileKind::Unmarked)) {
            return Ok(None);
        }
        GenerationFile::open_if_started(&self.run)
    }

    /// Returns what the run file says of an items file that it has written; `None` if it has not written this text.
    ///
    /// # Errors
    ///
    /// The run file or the items file cannot be read.
    pub fn written(&self, path: &Path) -> Result<Option<WrittenItems>> {
        let Some(stored) = self.stored()? else { return Ok(None) };
        let mut digest = blake3::Hasher::new();
        let file = File::open(path).map_err(|error| Error::unreadable(path, error))?;
        digest.update_reader(file).map_err(|error| Error::unreadable(path, error))?;
        let digest = digest.finalize().to_hex().to_string();
        let mut outputs = stored.manifest().outputs.iter();
        Ok(outputs.find(|written| written.digest == digest).cloned())
    }

    /// Checks that an item lacks the responses of all systems.
    pub(super) fn check_item(&self, item: &Item) -> Result<()> {
        let has = |system: &&JudgeSettings| item.responses.contains_key(&system.name);
        let Some(system) = self.systems().find(has) else { return Ok(()) };
        let name = &system.name;
        Err(Error::input(format!(
            "{}: responses.{name}: the item has a response of this system already",
            item.place
        ))
        .at(&item.place)
        .in_field(format!("responses.{name}"))
        .hint("give the system that is asked another name, or remove the response from the item"))
    }
}
