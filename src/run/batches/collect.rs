//! Collecting a batch: its answers become attempts, and are stored together with the fact that they are.

use super::follow::Following;
use super::judge::{BatchJudge, BatchState};
use super::report::BatchReport;
use crate::error::Result;
use crate::judge::{BatchAnswer, BatchResults, BatchStatus, CallError, CallErrorKind, Reply};
use crate::run::health::MAX_UNREADABLE;
use crate::run::outstanding::{RetryScope, trials_to_ask};
use crate::run::retry::StopReason;
use crate::run::trial::may_have_cost;
use crate::store::{Attempt, AttemptResult, Batch, BatchRequest, BatchStage, Store, take_orders};
use crate::trial::Subject;
use crate::verdict::{reconcile, reconcile_grades};
use crate::vote::{GradeReading, Reading};

/// What the answers of a batch come to.
#[derive(Default)]
struct Collected {
    attempts: Vec<Attempt>,
    replies: u64,
    readable: u64,
    not_processed: u64,
    /// Of these, those that may have been paid for.
    missing: u64,
    /// Requests that the server refused, and its words about the first of them.
    refused: u64,
    refusal: Option<String>,
    /// What the server says about the account, the key or the address.
    endpoint: Option<String>,
}

/// Stores the answers of a batch, and that it is collected.
///
/// # Errors
///
/// The run file cannot be read or written; then nothing of the batch is stored.
#[expect(clippy::too_many_arguments, reason = "each is one thing that collecting looks at")]
pub(super) fn collect(
    store: &mut Store,
    judge: &BatchJudge<'_>,
    state: &mut BatchState,
    batch: &mut Batch,
    report: &mut BatchReport,
    mut results: BatchResults,
    status: &BatchStatus,
    following: &Following<'_>,
) -> Result<()> {
    let requests = store.reader()?.batch_requests(batch)?;
    let mut collected = Collected::default();
    // Answers that name none of the requests were paid for too; nobody knows which.
    let is_lossy = results.broken > 0 || (results.answers.len() as u64) < status.answered;
    for request in &requests {
        match results.answers.remove(&request.number) {
            Some(BatchAnswer::Reply(reply)) => collected.add_reply(judge, request, *reply),
            Some(BatchAnswer::Failed(error)) => collected.add_error(judge, request, &error),
            Some(BatchAnswer::NotProcessed(why)) => {
                collected.add_unprocessed(judge, request, why, 0.0);
            }
            None => {
                let cost = if is_lossy { request.max_cost } else { 0.0 };
                collected.missing += u64::from(is_lossy);
                let why = "the provider gave no answer to it";
                collected.add_unprocessed(judge, request, why, cost);
            }
        }
    }
    // Where a whole batch is refused, its requests are not to blame one by one.
    if collected.replies == 0 && collected.refused > 2 {
        for attempt in &mut collected.attempts {
            if attempt.result == AttemptResult::Rejected {
                attempt.result = AttemptResult::EndpointDown;
            }
        }
        if let Some(words) = collected.refusal.take() {
            state.stop(
                StopReason::RequestsRejected,
                format!("every request of a batch was refused: {words}"),
            );
        }
    }
    if let Some(words) = collected.endpoint.take() {
        state.stop(StopReason::EndpointRejected, words);
    }
    batch.stage = BatchStage::Collected;
    store.collect_batch(batch, &collected.attempts)?;
    tracing::info!(
        judge = judge.name(),
        id = batch.id,
        requests = batch.requests,
        replies = collected.replies,
        not_processed = collected.not_processed,
        "batch collected"
    );
    report.answered = batch.requests - collected.not_processed;
    report.replies = collected.replies;
    report.not_processed = collected.not_processed - collected.missing;
    report.missing = collected.missing;
    report.ignored = results.repeated + results.unknown + results.answers.len() as u64;
    state.report.replies += collected.replies;
    state.has_readable |= collected.readable > 0;
    if !state.has_readable && collected.replies >= MAX_UNREADABLE {
        state.stop(StopReason::Unreadable, judge.reader.nothing_readable());
    }
    count_ended(store, judge, state, &collected.attempts, following)
}

impl Collected {
    fn add_reply(&mut self, judge: &BatchJudge<'_>, request: &BatchRequest, mut reply: Reply) {
        reply.schema_requested = request.schema_requested;
        self.replies += 1;
        self.readable += u64::from(judge.reader.read(&reply).is_some());
        let cost = reply.usage.zip(judge.price()).map(|(usage, price)| usage.cost(price));
        let possible = if cost.is_none() { request.max_cost } else { 0.0 };
        self.attempts.push(Attempt {
            cost,
            possible_cost: possible,
            ..attempt(request, AttemptResult::Replied, reply, None)
        });
    }

    fn add_error(&mut self, judge: &BatchJudge<'_>, request: &BatchRequest, error: &CallError) {
        let result = match error.kind {
            CallErrorKind::RequestRejected
            | CallErrorKind::UnsupportedParameter
            | CallErrorKind::UnknownRefusal => {
                self.refused += 1;
                self.refusal.get_or_insert_with(|| error.message.clone());
                AttemptResult::Rejected
            }
            CallErrorKind::EndpointRejected => {
                self.endpoint.get_or_insert_with(|| error.message.clone());
                AttemptResult::EndpointDown
            }
            _ => again_or_exhausted(judge, request),
        };
        let reply = Reply { status: error.status, text: error.body.clone(), ..Reply::default() };
        let possible_cost = if may_have_cost(error) { request.max_cost } else { 0.0 };
        let attempt = attempt(request, result, reply, Some(error.message.clone()));
        self.attempts.push(Attempt { possible_cost, ..attempt });
    }

    fn add_unprocessed(
        &mut self,
        judge: &BatchJudge<'_>,
        request: &BatchRequest,
        why: &str,
        possible_cost: f64,
    ) {
        self.not_processed += 1;
        let result = again_or_exhausted(judge, request);
        let attempt = attempt(request, result, Reply::default(), Some(why.to_owned()));
        self.attempts.push(Attempt { possible_cost, ..attempt });
    }
}

/// Returns the result of an attempt that failed for a reason that may pass.
fn again_or_exhausted(judge: &BatchJudge<'_>, request: &BatchRequest) -> AttemptResult {
    if request.attempt >= judge.settings.max_attempts {
        AttemptResult::Exhausted
    } else {
        AttemptResult::Retried
    }
}

fn attempt(
    request: &BatchRequest,
    result: AttemptResult,
    reply: Reply,
    error: Option<String>,
) -> Attempt {
    Attempt {
        key: request.key,
        number: request.attempt,
        result,
        request: request.digest,
        reply,
        error,
        cost: None,
        possible_cost: 0.0,
        latency_ms: 0.0,
        batched: true,
        reused: false,
    }
}

/// Counts the comparisons of a batch that have ended with it, and those that are not asked again by this command.
fn count_ended(
    store: &Store,
    judge: &BatchJudge<'_>,
    state: &mut BatchState,
    attempts: &[Attempt],
    following: &Following<'_>,
) -> Result<()> {
    for attempt in attempts {
        following.progress.add_cost(attempt);
    }
    let run = store.reader()?;
    let rubric = run.judges().iter().find(|stored| stored.row == judge.row);
    let Some(rubric) = rubric.map(|stored| stored.record.reading_rubric(run.rubric())) else {
        return Ok(());
    };
    let mut rows: Vec<i64> = attempts.iter().map(|attempt| attempt.key.comparison).collect();
    rows.sort_unstable();
    rows.dedup();
    for row in rows {
        let Some((pair, mut stored)) = run.comparison_at(row, judge.row)? else { continue };
        let exhausted = stored
            .iter()
            .any(|attempt| attempt.batched && attempt.result == AttemptResult::Exhausted);
        let retries = judge.max_parse_retries;
        let subject = run.subject(run.decode_item(&pair)?.into(), pair.between);
        let repeat = following.repeat;
        let is_open = if rubric.scale.is_none() {
            let orders = take_orders::<Reading>(&mut stored, judge.row, &rubric, repeat);
            let is_open = !trials_to_ask(&orders, RetryScope::Open, retries).is_empty();
            if let (Subject::Comparison(comparison), true) = (&subject, !is_open || exhausted) {
                let verdict = reconcile(orders[0].ballot, orders[1].ballot);
                following.progress.record_verdict(judge.name(), comparison, verdict);
            }
            is_open
        } else {
            let orders = take_orders::<GradeReading>(&mut stored, judge.row, &rubric, repeat);
            let is_open = !trials_to_ask(&orders, RetryScope::Open, retries).is_empty();
            if let (Subject::Response(response), true) = (&subject, !is_open || exhausted) {
                let verdict = reconcile_grades(orders[0].ballot, orders[1].ballot);
                following.progress.record_grade(judge.name(), response, verdict);
            }
            is_open
        };
        if !is_open || exhausted {
            state.left.insert(row);
        }
    }
    Ok(())
}
