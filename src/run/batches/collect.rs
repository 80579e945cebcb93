//! Collecting a batch: its answers become attempts, and are stored together with the fact that they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::follow::OpenBatch;
use super::judge::BatchJudge;
use crate::error::{Error, Result};
use crate::input::Rubric;
use crate::judge::{BatchAnswer, BatchResults, CallError, CallErrorKind, Reply};
use crate::run::health::MAX_UNREADABLE;
use crate::run::outstanding::{AskSelection, Outstanding, RetryScope, trials_to_ask};
use crate::run::retry::StopReason;
use crate::run::sending::may_have_cost;
use crate::store::{Attempt, AttemptResult, BatchRequest, BatchStage, take_orders};
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
    /// How many of these may have been paid for.
    missing: u64,
    /// Requests that the server refused, and its words about the first of them.
    refused: u64,
    refusal: Option<String>,
    /// What the server says about the account, the key or the address.
    endpoint: Option<String>,
}

impl OpenBatch<'_> {
    /// Stores the answers of the batch, and that it is collected. `counted` is how many requests the provider says it has
    /// answered.
    ///
    /// # Errors
    ///
    /// The run file cannot be read or written; then nothing of the batch is stored.
    pub(super) fn collect(&mut self, mut results: BatchResults, counted: u64) -> Result<()> {
        let requests = self.store.reader()?.batch_requests(&self.batch)?;
        let judge = self.judge;
        let mut collected = Collected::default();
        // Which of the requests without an answer were paid for is not known.
        let is_lossy = results.broken > 0 || (results.answers.len() as u64) < counted;
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
        self.blame(&mut collected);
        self.batch.stage = BatchStage::Collected;
        self.store.collect_batch(&self.batch, &collected.attempts)?;
        tracing::info!(
            judge = judge.name(),
            id = self.batch.id,
            requests = self.batch.requests,
            replies = collected.replies,
            not_processed = collected.not_processed,
            "batch collected"
        );
        self.report.update(&self.batch);
        self.report.answered = self.batch.requests - collected.not_processed;
        self.report.replies = collected.replies;
        self.report.not_processed = collected.not_processed - collected.missing;
        self.report.missing = collected.missing;
        self.report.ignored = results.repeated + results.unknown;
        self.state.report.replies += collected.replies;
        // The provider takes batches of this size again.
        self.state.most_requests = self.state.most_requests.map(|most| most.saturating_mul(2));
        self.count_ended(&collected.attempts)?;
        self.state.has_readable |= collected.readable > 0;
        if !self.state.has_readable
            && collected.replies >= MAX_UNREADABLE
            && !self.has_readable()?
        {
            self.state.stop(StopReason::Unreadable, judge.reader.nothing_readable());
        }
        Ok(())
    }

    /// Stops the judge where a whole batch was refused: its requests are not to blame one by one.
    fn blame(&mut self, collected: &mut Collected) {
        if collected.replies == 0 && collected.refused > 2 {
            for attempt in &mut collected.attempts {
                if attempt.result == AttemptResult::Rejected {
                    attempt.result = AttemptResult::EndpointDown;
                }
            }
            if let Some(words) = collected.refusal.take() {
                let message = format!("every request of a batch was refused: {words}");
                self.state.stop(StopReason::RequestsRejected, message);
            }
        }
        if let Some(words) = collected.endpoint.take() {
            self.state.stop(StopReason::EndpointRejected, words);
        }
    }

    /// Returns whether the run has a reply of the judge that can be read.
    fn has_readable(&self) -> Result<bool> {
        let selection = AskSelection {
            rows: Arc::clone(self.following.rows),
            scope: RetryScope::Open,
            judge: self.judge.row,
            max_parse_retries: self.judge.max_parse_retries,
            repeat: self.following.repeat,
            order: None,
        };
        let mut stored = Outstanding::new(self.store.reader()?, selection)?;
        while let Some(page) = stored.next_page()? {
            if page.has_readable {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Counts the comparisons of the batch that have ended with it, and those that are not asked again by this command.
    fn count_ended(&mut self, attempts: &[Attempt]) -> Result<()> {
        let progress = self.following.progress;
        for attempt in attempts {
            progress.add_cost(attempt);
        }
        let run = self.store.reader()?;
        let stored = run.asked_judges().iter().find(|stored| stored.row == self.judge.row);
        let stored = stored.ok_or_else(|| Error::internal("a judge has no row in the run file"))?;
        let rubric = stored.record.reading_rubric(run.rubric());
        // For each comparison, whether one of its trials is given up.
        let mut rows: BTreeMap<i64, bool> = BTreeMap::new();
        for attempt in attempts {
            let is_given_up = attempt.result == AttemptResult::Exhausted;
            *rows.entry(attempt.key.comparison).or_default() |= is_given_up;
        }
        for (row, is_given_up) in rows {
            let Some((pair, mut stored)) = run.comparison_at(row, self.judge.row)? else {
                continue;
            };
            let subject = run.subject(run.decode_item(&pair)?.into(), pair.between);
            let has_ended = is_given_up | self.count(&subject, &mut stored, &rubric);
            if has_ended {
                self.state.given_up.insert(row);
            }
        }
        Ok(())
    }

    /// Counts a subject if nothing of it is left to ask; returns whether that is so.
    fn count(&self, subject: &Subject, stored: &mut Vec<Attempt>, rubric: &Rubric) -> bool {
        let (row, retries) = (self.judge.row, self.judge.max_parse_retries);
        let (repeat, progress) = (self.following.repeat, self.following.progress);
        match subject {
            Subject::Comparison(comparison) => {
                let orders = take_orders::<Reading>(stored, row, rubric, repeat);
                let verdict = reconcile(orders[0].ballot, orders[1].ballot);
                let has_ended = trials_to_ask(&orders, RetryScope::Open, retries).is_empty();
                if has_ended {
                    progress.record_verdict(self.judge.name(), comparison, verdict);
                }
                has_ended
            }
            Subject::Response(response) => {
                let orders = take_orders::<GradeReading>(stored, row, rubric, repeat);
                let verdict = reconcile_grades(orders[0].ballot, orders[1].ballot);
                let has_ended = trials_to_ask(&orders, RetryScope::Open, retries).is_empty();
                if has_ended {
                    progress.record_grade(self.judge.name(), response, verdict);
                }
                has_ended
            }
            // Responses are not generated in batches.
            Subject::Prompt(_) => true,
        }
    }
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
