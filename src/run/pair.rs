//! Judges one pair of responses, without a run file.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::judge::Judge;
use super::outstanding::SubjectToAsk;
use super::prefetch::ReadySubject;
use super::prepared_judge::prepare_judge;
use super::progress::Progress;
use super::report::JudgeReport;
use super::reservation::Budget;
use super::subject::ReplyReader;
use super::worker::{AskContext, AskedJudge, AttemptSink, JudgeWorker};
use crate::error::{Error, Result};
use crate::input::{Item, LoadedRubric};
use crate::judge::{Ports, ServerProfile};
use crate::pace::Pacer;
use crate::prompt::Prompt;
use crate::store::{OrderRecord, take_verdict_record};
use crate::trial::Plan;
use crate::verdict::Outcome;

/// The verdict on one pair of responses.
#[derive(Debug)]
#[non_exhaustive]
pub struct PairVerdict {
    /// How the comparison ended.
    pub outcome: Outcome,
    /// The name of the preferred system, or `tie`; `None` unless the verdict was kept.
    pub winner: Option<String>,
    /// Both orders with every reply, the order first that shows the first system by name first.
    pub orders: Vec<OrderRecord>,
    /// The result of asking, such as why the endpoint rejected requests.
    pub report: JudgeReport,
}

/// Asks a judge in both orders which of an item's two responses is better. Nothing is written to disk.
///
/// The judge's limits, rates and retries apply as in a session. An endpoint that fails is no error: the outcome
/// is `failed` or `pending`, and the report says why.
///
/// # Errors
///
/// The item does not have exactly two responses, the prompt uses something that it does not have, or the judge
/// cannot be set up.
pub async fn judge_pair(judge: Judge, rubric: LoadedRubric, item: Item) -> Result<PairVerdict> {
    if rubric.rubric.scale.is_some() {
        return Err(Error::input(format!(
            "{}: this rubric grades single responses",
            rubric.path.display()
        ))
        .hint("use a rubric that compares"));
    }
    let item = Arc::new(item);
    let mut comparisons = Plan::default().comparisons(&item);
    let (Some(comparison), true) = (comparisons.pop(), comparisons.is_empty()) else {
        return Err(Error::input(format!(
            "item {}: expected responses of two systems, found {}",
            item.id,
            item.responses.len()
        )));
    };
    let prompt = Arc::new(Prompt::compile(&rubric)?);
    let judge = prepare_judge(judge, &rubric, &prompt, 0, None)?;
    judge.model.check_comparison(&comparison)?;
    let between = comparison.between.clone();
    let open = SubjectToAsk::new(comparison.into(), 1);
    let ready = ReadySubject::render(open, &judge.renderer)?;
    let pacer = Pacer::new(&judge.settings, 0, None, 0);
    let decided = Mutex::default();
    let reading_rubric = judge.record.reading_rubric(&rubric.rubric);
    let asked = AskedJudge {
        row: 0,
        settings: &judge.settings,
        model: &*judge.model,
        starter: judge.starter.as_deref(),
        pacer: &pacer,
        max_parse_retries: judge.max_parse_retries(),
        reader: ReplyReader::of(reading_rubric.clone()),
        seed: 0,
        repeat: 1,
        stored_profile: ServerProfile::default(),
        decided: &decided,
        gate: None,
    };
    let (progress, attempts) = (Progress::default(), Mutex::default());
    let budget = Budget::new(None, 0.0, None);
    let context = AskContext {
        sink: AttemptSink::Memory(&attempts),
        budget: &budget,
        progress: &progress,
        ports: Ports::default(),
        cancel: CancellationToken::new(),
    };
    let worker = JudgeWorker::new(&asked, &context);
    worker.health.record_all_begun();
    worker
        .with_servers(async {
            worker.ask_trials(&ready, worker.health.activate()).await;
            Ok(())
        })
        .await?;
    let report = worker.health.into_report();
    let report = JudgeReport { failed_replicas: asked.model.failed_replicas(), ..report };
    let mut attempts = attempts.into_inner().unwrap_or_else(PoisonError::into_inner);
    let record = take_verdict_record(&mut attempts, 0, &reading_rubric, 1);
    let winner = record.verdict.winner.map(|winner| winner.name_in(&between).to_owned());
    Ok(PairVerdict { outcome: record.verdict.outcome, winner, orders: record.orders, report })
}
