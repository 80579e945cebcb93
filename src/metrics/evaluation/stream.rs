//! Streams items, scores them, and adds up their statistics.

use rayon::prelude::*;

use super::family::{Family, families, ratio_sums};
use super::references::check_references;
use super::results::MissingScore;
use super::scoring::{ScoredItem, score};
use super::settings::{EvaluationSettings, KeepScores};
use super::totals::Totals;
use crate::error::{Error, Result, Warning};
use crate::input::{Item, ItemSource};
use crate::metrics::Ratio;
use crate::metrics::bertscore::{BertScore, BertScorePart, BertScorePass};
use crate::metrics::command::{Answer, CommandMetric, SystemResponse};
use crate::metrics::metric::Metric;

/// The summed statistics of all items, from which an [`Evaluation`](super::Evaluation) is computed.
#[derive(Debug)]
pub struct ScoreTotals {
    pub(super) settings: EvaluationSettings,
    pub(super) families: Vec<Family>,
    pub(super) totals: Totals,
    pub(super) input_warnings: Vec<Warning>,
    pub(super) commands: Vec<CommandMetric>,
}

/// Scores every response of the items.
///
/// `commands` are the programs of [`Metric::Command`], by name. If there are any, all items are read and checked before
/// the first program is started, which may run for hours.
///
/// # Errors
///
/// The items cannot be read, no item has the reference that a metric needs, a program is not among `commands`, or
/// a program fails on all responses or writes invalid output.
pub async fn score_items(
    source: &ItemSource,
    mut settings: EvaluationSettings,
    mut commands: Vec<CommandMetric>,
) -> Result<ScoreTotals> {
    settings.check(&commands)?;
    let needs_encoder = settings.metrics.iter().any(Metric::needs_encoder);
    // Both programs and encoders may take long, so that their items are checked before.
    if !commands.is_empty() || needs_encoder {
        check_references(source, &settings.metrics).await?;
    }
    let mut reader = source.read()?;
    let mut next = reader.next_batch()?;
    if settings.metrics.is_empty() {
        settings.metrics = settings.default_metrics(next.as_deref().unwrap_or_default());
    }
    let mut accumulator = Accumulator::new(settings);
    if needs_encoder && let Some(bert_score) = &accumulator.settings.bert_score {
        accumulator.encoded = Some(BertScorePass::count(bert_score, source).await?);
    }
    while let Some(items) = next {
        accumulator.add(items, &mut commands).await?;
        next = reader.next_batch()?;
    }
    let mut input_warnings = reader.finish()?;
    let Accumulator { settings, families, totals, encoded } = accumulator;
    input_warnings.extend(encoded.iter().flat_map(BertScorePass::warnings));
    totals.references.check(&settings.metrics, source.path())?;
    check_any_score(&settings.metrics, &totals)?;
    Ok(ScoreTotals { settings, families, totals, input_warnings, commands })
}

/// Fails if all metrics are programs and none of them has given a score.
fn check_any_score(metrics: &[Metric], totals: &Totals) -> Result<()> {
    let responses: u64 = totals.responses.iter().sum();
    let has_none =
        |metric| totals.missing_counts.get(&metric).is_some_and(|count| *count == responses);
    if !(0..metrics.len()).all(has_none) {
        return Ok(());
    }
    let names: Vec<String> = metrics.iter().map(Metric::name).collect();
    let error = Error::input(format!("no response has a score of {}", names.join(", ")));
    let first = totals.missing.first().map(|first| {
        format!("the first (item `{}`, system `{}`): {}", first.id, first.system, first.reason)
    });
    Err(error.detail(first.unwrap_or_default()).hint(
        "the program answered `null` or {\"error\": …} or failed for every response; let it answer with numbers",
    ))
}

/// Adds up the statistics of batches of items.
struct Accumulator {
    settings: EvaluationSettings,
    families: Vec<Family>,
    totals: Totals,
    /// What scores by an encoder need of other items.
    encoded: Option<BertScorePass>,
}

impl Accumulator {
    fn new(settings: EvaluationSettings) -> Self {
        let families = families(&settings.metrics, settings.bleu);
        let mut totals = Totals::new(families.len(), settings.keep_scores != KeepScores::None);
        if settings.metrics.len() > settings.slice_limits.metrics {
            totals.slices = None;
        }
        Self { settings, families, totals, encoded: None }
    }

    async fn add(&mut self, items: Vec<Item>, commands: &mut [CommandMetric]) -> Result<()> {
        let (settings, families) = (&self.settings, &self.families);
        let mut scored: Vec<ScoredItem> =
            items.into_par_iter().map(|item| score(settings, families, item)).collect();
        if let (Some(pass), Some(bert_score)) = (&mut self.encoded, &settings.bert_score) {
            add_bert_scores(pass, bert_score, settings, families, &mut scored).await?;
        }
        for (at, metric) in settings.metrics.iter().enumerate() {
            if let Metric::Command { name, .. } = metric {
                let mut known = commands.iter_mut();
                let Some(command) = known.find(|command| command.name() == name) else { continue };
                let family = families.iter().position(|family| family.metrics.contains(&at));
                let family =
                    family.ok_or_else(|| Error::internal(format!("`{name}` has no family")))?;
                let missing = run_command(command, &mut scored, at, family).await?;
                for missing in missing {
                    let keep = self.settings.keep_scores.includes(&missing.id);
                    self.totals.add_missing(missing, keep);
                }
            }
        }
        for scored in scored {
            let keep = self.settings.keep_scores.includes(&scored.item.id);
            self.totals.add(&self.families, scored, keep);
        }
        if self.totals.systems.names.len() > self.settings.slice_limits.systems {
            self.totals.slices = None;
        }
        Ok(())
    }
}

/// Scores all responses of the items by an encoder.
async fn add_bert_scores(
    pass: &mut BertScorePass,
    bert_score: &BertScore,
    settings: &EvaluationSettings,
    families: &[Family],
    scored: &mut [ScoredItem],
) -> Result<()> {
    let items: Vec<&Item> = scored.iter().map(|scored| &scored.item).collect();
    let by_item = pass.score(bert_score, &items).await?;
    let parts = settings.metrics.iter().enumerate().filter_map(|(at, metric)| match metric {
        Metric::BertScore(part) => {
            Some((at, *part, families.iter().position(|family| family.metrics.contains(&at))?))
        }
        _ => None,
    });
    for (at, part, family) in parts {
        for (item, of_item) in scored.iter_mut().zip(&by_item) {
            for (response, found) in item.responses.iter_mut().zip(of_item) {
                let score = found.and_then(|found| match part {
                    BertScorePart::Precision => found.precision,
                    BertScorePart::Recall => found.recall,
                    BertScorePart::F1 => found.f1,
                });
                response.sums[family] = score.map(|score| ratio_sums(Ratio::of_score(score)));
                response.values[at] = score;
            }
        }
    }
    Ok(())
}

/// Runs a program on all responses of the items and sets their scores; returns the scores that are missing.
async fn run_command(
    command: &mut CommandMetric,
    scored: &mut [ScoredItem],
    metric: usize,
    family: usize,
) -> Result<Vec<MissingScore>> {
    let responses: Vec<SystemResponse<'_>> = scored
        .iter()
        .flat_map(|scored| {
            scored
                .responses
                .iter()
                .map(|response| SystemResponse { item: &scored.item, system: &response.system })
        })
        .collect();
    let answers = command.answers(&responses).await?;
    let mut answers = answers.into_iter();
    let mut missing = Vec::new();
    for scored in scored {
        for response in &mut scored.responses {
            match answers.next() {
                Some(Answer::Score(score)) => {
                    response.sums[family] = Some(ratio_sums(Ratio::of_score(score)));
                    response.values[metric] = Some(score);
                }
                Some(Answer::Failed(reason)) => missing.push(MissingScore {
                    id: scored.item.id.clone(),
                    system: response.system.clone(),
                    metric: metric as u32,
                    reason,
                }),
                None => return Err(Error::internal("a program has fewer answers than responses")),
            }
        }
    }
    Ok(missing)
}
