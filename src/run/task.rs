//! A task: what is judged, by whom, and how.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::judge::Judge;
use super::prepared::PreparedTask;
use super::prepared_judge::prepare_judge;
use super::reused_file::ReusedFile;
use crate::error::{Error, Remedy, Result};
use crate::input::{ItemSource, LoadedRubric, TagFilter};
use crate::pace::QuotaServer;
use crate::prompt::Prompt;
use crate::store::UntilDecided;
use crate::trial::{ChosenSubjects, Pilot, Plan, Shard, Unit};
use crate::verdict::CascadeRule;

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
    /// The tags that items must have to be planned.
    pub tags: TagFilter,
    /// The number of items to plan, drawn at random from those with the tags; `None` plans all.
    pub limit: Option<u64>,
    /// The question that ends asking as soon as it is answered; its number of comparisons is counted when they are planned.
    /// `None` asks everything.
    pub until_decided: Option<UntilDecided>,
    /// Which comparisons the second of two judges is asked about, the strong one; the first one, the cheap one, is asked
    /// about all. `None` asks every judge about all.
    pub cascade: Option<CascadeRule>,
    /// The part of the comparisons that this machine judges; `None` is all.
    pub shard: Option<Shard>,
    /// The single comparisons or responses to plan; `None` plans all of the planned items.
    pub chosen: Option<ChosenSubjects>,
    /// The runs whose replies are copied where the request is the same, and the recordings whose answers are copied where
    /// item, order and repeat are the same; an earlier one is preferred.
    pub reuse: Vec<PathBuf>,
    /// The database through which the quotas of the judges are shared with other processes, which have the same settings.
    /// `None`: each shard has an equal part of the quotas.
    pub quota_server: Option<QuotaServer>,
}

impl Task {
    /// Returns a task that asks once in both orders about every pair of systems of all items, or about every response if
    /// the rubric grades.
    pub fn new(items: ItemSource, rubric: LoadedRubric, judges: Vec<Judge>) -> Self {
        let items = match Unit::of(&rubric.rubric) {
            Unit::Comparison => items,
            Unit::Response => items.with_single_responses(),
        };
        Self {
            items,
            rubric,
            judges,
            run: None,
            seed: 0,
            repeat: None,
            baseline: None,
            tags: TagFilter::default(),
            limit: None,
            until_decided: None,
            cascade: None,
            shard: None,
            chosen: None,
            reuse: Vec::new(),
            quota_server: None,
        }
    }

    /// Returns the run file that is used where none is set, `runs/RUBRIC-JUDGE.db` in the working folder; `None` without
    /// a judge.
    pub fn default_run(&self) -> Option<PathBuf> {
        let names: Vec<String> =
            self.judges.iter().map(|judge| judge.settings.name.clone()).collect();
        default_run(&self.rubric, &names, self.cascade, self.shard)
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
        let unit = Unit::of(&self.rubric.rubric);
        unit.check_baseline(self.baseline.as_deref())?;
        self.check_question(unit)?;
        let cascade = self.check_cascade(unit)?;
        let prompt = Arc::new(Prompt::compile(&self.rubric)?);
        let run = self.run.or_else(|| default_run(&self.rubric, &names, self.cascade, self.shard));
        let judges = self.judges.into_iter();
        let divided_by = self.shard.filter(|_| self.quota_server.is_none());
        let judges = judges
            .map(|judge| prepare_judge(judge, &self.rubric, &prompt, self.seed, divided_by))
            .collect::<Result<_>>()?;
        let draw = |limit| draw_pilot(&self.items, &self.tags, limit, self.seed);
        let pilot = self.limit.map(draw).transpose()?;
        let scale = self.rubric.rubric.scale.as_ref();
        let reuse = self.reuse.iter().map(|path| ReusedFile::read(path, run.as_deref(), scale));
        let reuse = reuse.collect::<Result<Vec<_>>>()?;
        if names.len() > 1 && reuse.iter().any(ReusedFile::is_recording) {
            return Err(Error::usage(
                "a recording has the replies of one judge, and there are several",
            )
            .hint(
                "judge with one judge at a time; the run files can then be reused for all of them",
            ));
        }
        Ok(PreparedTask {
            items: self.items,
            rubric: self.rubric,
            prompt,
            plan: Plan {
                unit,
                baseline: self.baseline,
                pilot,
                shard: self.shard,
                only_with: self.until_decided.as_ref().map(|question| question.system.clone()),
                tags: self.tags,
                chosen: self.chosen,
            },
            judges,
            run,
            seed: self.seed,
            repeat: self.repeat,
            until_decided: self.until_decided,
            cascade,
            reuse,
            quota_server: self.quota_server,
        })
    }
}

impl Task {
    /// Checks that the question that ends asking has a meaning for what is asked.
    fn check_question(&self, unit: Unit) -> Result<()> {
        let Some(question) = &self.until_decided else { return Ok(()) };
        let refused = |why: &str, what: &str| {
            Err(Error::usage(format!(
                "asking cannot end when the win rate of {} is decided: {why}",
                question.system
            ))
            .hint(what.to_owned()))
        };
        if unit == Unit::Response {
            return refused(
                "the rubric grades single responses, of which none wins",
                "grade all of them, or compare them by another rubric",
            );
        }
        if self.shard.is_some() {
            return refused(
                "a shard is a part of the comparisons, and the others are not seen here",
                "judge without shards",
            );
        }
        if self.baseline.as_ref().is_some_and(|baseline| *baseline != question.system) {
            return refused(
                "the baseline is another system, and it is compared with each other one",
                "leave out the baseline",
            );
        }
        let in_range = |number: f64| number > 0.0 && number < 1.0;
        if !in_range(question.error) {
            return refused(
                &format!(
                    "the probability of an error is {}, and must lie between 0 and 1",
                    question.error
                ),
                "0.05 is usual",
            );
        }
        if !in_range(question.than) {
            return refused(
                &format!(
                    "it is compared with {}, and must be with a number between 0 and 1",
                    question.than
                ),
                "a win rate is never below 0 or above 1",
            );
        }
        let most = question.than.min(1.0 - question.than);
        if let Some(margin) = question.margin.filter(|margin| !(*margin > 0.0 && *margin < most)) {
            return refused(
                &format!("the margin is {margin}, and must be above 0 and below {most}"),
                &format!("{} ± the margin must lie between 0 and 1", question.than),
            );
        }
        Ok(())
    }
}

/// Draws the items of a limit. It reads all items, since an item is drawn by its rank.
pub(super) fn draw_pilot(
    items: &ItemSource,
    tags: &TagFilter,
    limit: u64,
    seed: u64,
) -> Result<Pilot> {
    let mut reader = items.read()?;
    let mut batch = Vec::new().into_iter();
    let ids = std::iter::from_fn(|| {
        loop {
            if let Some(id) = batch.next() {
                return Some(Ok(id));
            }
            match reader.next_batch() {
                Ok(Some(items)) => {
                    let tagged = items.into_iter().filter(|item| tags.matches(&item.tags));
                    let ids: Vec<String> = tagged.map(|item| item.id).collect();
                    batch = ids.into_iter();
                }
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    });
    Pilot::draw(ids, usize::try_from(limit).unwrap_or(usize::MAX), seed)
}

/// Returns `runs/RUBRIC-JUDGE.db`, with whatever a file name cannot contain replaced; `None` without a judge.
/// Each shard has a file of its own, so that shards can run at the same time.
fn default_run(
    rubric: &LoadedRubric,
    judges: &[String],
    cascade: Option<CascadeRule>,
    shard: Option<Shard>,
) -> Option<PathBuf> {
    if judges.is_empty() {
        return None;
    }
    let part = shard.map(|shard| format!(".{}-of-{}", shard.number(), shard.of()));
    let name = format!(
        "{}-{}{}",
        rubric.rubric.name,
        judges.join(if cascade.is_some() { "-then-" } else { "+" }),
        part.unwrap_or_default()
    );
    let name: String = name
        .chars()
        .map(|char| if char.is_alphanumeric() || "-_.+".contains(char) { char } else { '-' })
        .collect();
    Some(Path::new("runs").join(format!("{name}.db")))
}
