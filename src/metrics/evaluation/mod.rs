//! Systems by reference metrics: scores with intervals, paired differences, slices.
//!
//! Items pass as a stream, are scored in parallel, and add up to groups of sums of bounded size; what is
//! reported is computed from these groups at the end. Nothing here knows of people's labels.
//!
//! ```text
//! items ─score (each by itself, in parallel)→ Scored ─┐
//!       ─CommandMetric (rows to a program)→ scores ───┴→ Tally → Groups ─bootstrap, sign flips→ Evaluation
//! ```

mod estimates;
mod exact;
mod family;
mod flaws;
mod groups;
mod references;
mod report;
mod sampled;
mod scoring;
mod slices;
mod summary;
mod tally;
mod warnings;

use std::collections::HashSet;

use rayon::prelude::*;

pub use report::{
    ClassReport, ClassRow, Evaluation, Failed, FieldReport, MetricReport, MetricSlice,
    PairDifference, ResponseScores, Scores, SystemScore,
};
pub use summary::FEWEST_TO_TEST;

use super::command::{Answer, CommandMetric, Row};
use super::exact_match::SquadVersion;
use super::json::Schema;
use super::metric::Metric;
use super::rouge::Rouge;
use super::{Bleu, Ratio};
use crate::error::{Error, Result, Warning};
use crate::input::{Item, ItemSource};

use family::{Family, families, of_ratio};
use references::survey;
use scoring::{Scored, score};
use tally::{Failure, Tally};

/// What is measured, and how.
#[derive(Debug, Default)]
pub struct Settings {
    /// The metrics, each once; where there is none, the usual ones for what the references are, and for a schema.
    pub metrics: Vec<Metric>,
    /// How ROUGE makes words of texts.
    pub rouge: Rouge,
    /// How BLEU does, and what it does about what never matches.
    pub bleu: Bleu,
    /// Which of `SQuAD`'s scripts exact match and token F1 follow.
    pub squad: SquadVersion,
    /// What [`Metric::JsonSchema`] asks for.
    pub schema: Option<Schema>,
    /// Which responses' own scores are kept, which takes memory for each.
    pub keep: Keep,
    /// Up to how many metrics and systems slices by tag are added up, too; of more there are none.
    pub sliced: Sliced,
}

/// Which responses' own scores are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Keep {
    /// None.
    #[default]
    Nothing,
    /// Those to the items with these ids.
    Items(HashSet<String>),
    /// All.
    All,
}

impl Keep {
    fn keeps(&self, id: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Items(ids) => ids.contains(id),
            Self::All => true,
        }
    }
}

/// How much is sliced by tag at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sliced {
    /// Most metrics.
    pub metrics: usize,
    /// Most systems.
    pub systems: usize,
}

impl Sliced {
    /// However many there are.
    pub const ALL: Self = Self { metrics: usize::MAX, systems: usize::MAX };
}

/// Everything that is needed to report on items that have passed by.
#[derive(Debug)]
pub struct Gathered {
    settings: Settings,
    families: Vec<Family>,
    tally: Tally,
    oddities: Vec<Warning>,
    commands: Vec<CommandMetric>,
}

/// Scores every response of the items.
///
/// `commands` are the programs behind [`Metric::Command`], by name. Where there are any, the items are read
/// once before they are scored, so that no program works in vain; unless they come from a pipe.
///
/// # Errors
///
/// The items cannot be read, a metric that needs references finds none, a command is not among `commands`,
/// or it fails on everything or answers nonsense.
pub async fn gather(
    source: &ItemSource,
    mut settings: Settings,
    mut commands: Vec<CommandMetric>,
) -> Result<Gathered> {
    check_settings(&settings, &commands)?;
    if !commands.is_empty() && source.is_repeatable() {
        survey(source, &settings.metrics).await?;
    }
    let mut reader = source.read()?;
    let mut next = reader.next_batch()?;
    if settings.metrics.is_empty() {
        settings.metrics = usual(next.as_deref().unwrap_or_default(), settings.schema.is_some());
    }
    let mut work = Work::new(settings);
    while let Some(items) = next {
        work.add(items, &mut commands).await?;
        next = reader.next_batch()?;
    }
    let oddities = reader.finish()?;
    let Work { settings, families, tally } = work;
    tally.references.check(&settings.metrics, source.path())?;
    check_programs(&settings.metrics, &tally)?;
    Ok(Gathered { settings, families, tally, oddities, commands })
}

impl Gathered {
    /// Computes scores, intervals and p-values, on all processors; no item is read any more.
    pub fn evaluation(self) -> Evaluation {
        summary::summary(self)
    }
}

fn check_settings(settings: &Settings, commands: &[CommandMetric]) -> Result<()> {
    if settings.metrics.contains(&Metric::JsonSchema) && settings.schema.is_none() {
        return Err(Error::usage("--metric json-schema needs a schema")
            .hint("name its file with --json-schema"));
    }
    for metric in &settings.metrics {
        if let Metric::Command { name, .. } = metric
            && commands.iter().all(|command| command.name() != name)
        {
            let names: Vec<String> =
                commands.iter().map(|command| format!("command:{}", command.name())).collect();
            let error = Error::usage(format!("--metric command:{name}: there is no such command"));
            return Err(match names.as_slice() {
                [] => error.hint(format!("give it with --command {name}='python check.py'")),
                names => error.hint(format!("there is {}", names.join(", "))),
            });
        }
    }
    Ok(())
}

/// Where nothing but programs was asked for, one of them must have given a score.
fn check_programs(metrics: &[Metric], tally: &Tally) -> Result<()> {
    let responses: u64 = tally.responses.iter().sum();
    let gave_none = |at| tally.failed.get(&at).is_some_and(|failed| *failed == responses);
    if !(0..metrics.len()).all(gave_none) {
        return Ok(());
    }
    let names: Vec<String> = metrics.iter().map(Metric::name).collect();
    let error = Error::input(format!("no response has a score of {}", names.join(", ")));
    let first = tally.failures.first().map(|first| {
        format!("the first, that of `{}` to `{}`: {}", first.system, first.item, first.why)
    });
    Err(error
        .detail(first.unwrap_or_default())
        .hint("`null` and {\"error\":…} say that there is no score"))
}

/// What is measured where nobody says: what suits the references of the first items, and the schema.
fn usual(items: &[Item], schema: bool) -> Vec<Metric> {
    let mut references = items.iter().filter_map(|item| item.reference.as_ref());
    let objects = references.clone().next().is_some()
        && references.all(|reference| reference.texts().next().is_none());
    let mut metrics = match (objects, schema) {
        (true, _) => Metric::USUAL_OF_OBJECTS.to_vec(),
        (false, true) => vec![Metric::JsonValid],
        (false, false) => Metric::USUAL.to_vec(),
    };
    metrics.extend(schema.then_some(Metric::JsonSchema));
    metrics
}

struct Work {
    settings: Settings,
    families: Vec<Family>,
    tally: Tally,
}

impl Work {
    fn new(settings: Settings) -> Self {
        let families = families(&settings.metrics, settings.bleu);
        let mut tally = Tally::new(families.len(), settings.keep != Keep::Nothing);
        if settings.metrics.len() > settings.sliced.metrics {
            tally.slices = None;
        }
        Self { settings, families, tally }
    }

    async fn add(&mut self, items: Vec<Item>, commands: &mut [CommandMetric]) -> Result<()> {
        let (settings, families) = (&self.settings, &self.families);
        let mut scored: Vec<Scored> =
            items.into_par_iter().map(|item| score(settings, families, item)).collect();
        for (at, metric) in settings.metrics.iter().enumerate() {
            if let Metric::Command { name, .. } = metric {
                let mut known = commands.iter_mut();
                let Some(command) = known.find(|command| command.name() == name) else { continue };
                let family = families.iter().position(|family| family.metrics.contains(&at));
                let failures = ask(command, &mut scored, at, family.unwrap_or_default()).await?;
                for failure in failures {
                    let keep = self.settings.keep.keeps(&failure.item);
                    self.tally.failed(failure, keep);
                }
            }
        }
        for scored in scored {
            let keep = self.settings.keep.keeps(&scored.item.id);
            self.tally.add(&self.families, scored, keep);
        }
        if self.tally.systems.names.len() > self.settings.sliced.systems {
            self.tally.slices = None;
        }
        Ok(())
    }
}

/// Asks a program for the scores of all responses.
async fn ask(
    command: &mut CommandMetric,
    scored: &mut [Scored],
    metric: usize,
    family: usize,
) -> Result<Vec<Failure>> {
    let rows: Vec<Row<'_>> = scored
        .iter()
        .flat_map(|scored| {
            scored
                .responses
                .iter()
                .map(|response| Row { item: &scored.item, system: &response.system })
        })
        .collect();
    let answers = command.answers(&rows).await?;
    let mut answers = answers.into_iter();
    let mut failures = Vec::new();
    for scored in scored {
        for response in &mut scored.responses {
            match answers.next() {
                Some(Answer::Score(score)) => {
                    response.sums[family] = Some(of_ratio(Ratio::of_score(score)));
                    response.values[metric] = Some(score);
                }
                Some(Answer::Failed(why)) => failures.push(Failure {
                    item: scored.item.id.clone(),
                    system: response.system.clone(),
                    metric,
                    why,
                }),
                None => return Err(Error::internal("a program's answers do not add up")),
            }
        }
    }
    Ok(failures)
}
