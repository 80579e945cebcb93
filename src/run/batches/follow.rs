//! Following batches: finding out at the provider how far each one is.

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::BatchOptions;
use super::collect::collect;
use super::judge::{BatchJudge, BatchState};
use super::report::BatchReport;
use crate::error::Result;
use crate::judge::{BatchPhase, BatchStatus, CallError, CallErrorKind, FoundBatch, SoughtBatch};
use crate::run::progress::Progress;
use crate::run::retry::StopReason;
use crate::store::{Batch, BatchStage, Store};

/// What following needs to know besides the batch and its judge.
pub(super) struct Following<'a> {
    pub(super) options: &'a BatchOptions,
    /// When asking began, and that in seconds since 1970.
    pub(super) began: Instant,
    pub(super) began_at: u64,
    pub(super) progress: &'a Progress,
    pub(super) cancel: &'a CancellationToken,
    /// How often each order is asked.
    pub(super) repeat: u32,
    /// Whether answers that cannot be read are given up, so that their requests are asked and paid for again.
    pub(super) gives_up_missing: bool,
}

impl Following<'_> {
    /// Returns the time in seconds since 1970.
    pub(super) fn now(&self) -> u64 {
        self.began_at + self.began.elapsed().as_secs()
    }

    /// Returns whether a batch of that age would be seen at the provider if it had been created.
    fn is_settled(&self, created: u64) -> bool {
        let settle = self.options.settle;
        // The clock of an earlier process may have been another one.
        self.began.elapsed() >= settle || self.now() >= created + settle.as_secs()
    }
}

/// Finds out how far an open batch is, and stores its answers if it has ended.
///
/// # Errors
///
/// The run file cannot be read or written. A provider that does not answer stops the judge, and the batch stays open.
pub(super) async fn follow(
    store: &mut Store,
    judge: &BatchJudge<'_>,
    state: &mut BatchState,
    batch: &mut Batch,
    report: &mut BatchReport,
    following: &Following<'_>,
) -> Result<()> {
    match batch.stage {
        // Whoever uploaded it has ended, and nothing was created.
        BatchStage::Uploading => {
            batch.stage = BatchStage::NotSubmitted;
            store.update_batch(batch)?;
        }
        BatchStage::Creating => find(store, judge, state, batch, report, following).await?,
        _ => {}
    }
    report.update(batch);
    let Some(id) = batch.id.clone().filter(|_| batch.stage == BatchStage::Submitted) else {
        return Ok(());
    };
    let status = judge.call(following.cancel, || judge.api.status(&id)).await;
    let status = match status {
        Ok(status) => status,
        Err(error) => {
            state.stop_by(&format!("batch {id} could not be looked at"), &error);
            return Ok(());
        }
    };
    (report.answered, report.was_cancelled) = (status.answered, status.was_cancelled);
    match &status.phase {
        BatchPhase::Running => {}
        BatchPhase::Refused { message, is_too_large } => {
            refuse(store, state, batch, message, *is_too_large)?;
        }
        BatchPhase::Ended => end(store, judge, state, batch, report, &status, following).await?,
    }
    report.update(batch);
    Ok(())
}

/// Records that a batch was refused as a whole.
pub(super) fn refuse(
    store: &mut Store,
    state: &mut BatchState,
    batch: &mut Batch,
    message: &str,
    is_too_large: bool,
) -> Result<()> {
    batch.stage = BatchStage::Refused;
    batch.message = Some(message.to_owned());
    store.update_batch(batch)?;
    let smaller = batch.requests / 2;
    if is_too_large && smaller > 0 {
        state.most_requests = Some(state.most_requests.map_or(smaller, |most| most.min(smaller)));
    } else {
        state.stop(StopReason::EndpointRejected, format!("a batch was refused: {message}"));
    }
    Ok(())
}

/// Finds out whether a batch was created whose process ended before it knew.
async fn find(
    store: &mut Store,
    judge: &BatchJudge<'_>,
    state: &mut BatchState,
    batch: &mut Batch,
    report: &mut BatchReport,
    following: &Following<'_>,
) -> Result<()> {
    let others: Vec<String> =
        store.reader()?.batches()?.into_iter().filter_map(|other| other.id).collect();
    let (token, input) = (batch.token.clone(), batch.input.clone());
    let mut sought = SoughtBatch::new(&token, batch.created, batch.requests);
    (sought.input, sought.others) = (input.as_deref(), &others);
    match judge.call(following.cancel, || judge.api.find(sought)).await {
        Ok(FoundBatch::Created(id)) => {
            (batch.stage, batch.id) = (BatchStage::Submitted, Some(id));
            store.update_batch(batch)?;
        }
        Ok(FoundBatch::Absent) if following.is_settled(batch.created) => {
            batch.stage = BatchStage::NotSubmitted;
            store.update_batch(batch)?;
        }
        Ok(FoundBatch::Absent) => {
            report.message = Some("the provider does not have it yet".to_owned());
        }
        Ok(FoundBatch::Unclear) => {
            let message = "a batch of as many requests is being processed, which may be this one";
            report.message = Some(message.to_owned());
        }
        Err(error) => state.stop_by("the batches of the provider could not be listed", &error),
    }
    Ok(())
}

/// Reads and stores the answers of a batch that has ended.
async fn end(
    store: &mut Store,
    judge: &BatchJudge<'_>,
    state: &mut BatchState,
    batch: &mut Batch,
    report: &mut BatchReport,
    status: &BatchStatus,
    following: &Following<'_>,
) -> Result<()> {
    let mut failures = 0;
    loop {
        let read = judge.call(following.cancel, || judge.api.results(&batch.token, status)).await;
        let results = match read {
            Ok(results) => results,
            Err(error) => {
                let what = format!("the answers of batch {} could not be read", status.id);
                state.stop_by(&what, &error);
                return Ok(());
            }
        };
        let is_whole = results.broken == 0 && results.lines >= status.answered;
        if is_whole || following.gives_up_missing {
            return collect(store, judge, state, batch, report, results, status, following);
        }
        // What was cut off is paid for, so the batch stays open rather than being asked again.
        let message = format!(
            "the answers of batch {} were cut off: {} of {} could be read",
            status.id, results.lines, status.answered
        );
        failures += 1;
        let error = CallError::new(CallErrorKind::Transient, message.clone());
        if failures >= judge.settings.max_attempts
            || !judge.wait_after(&error, failures, following.cancel).await
        {
            state.stop(StopReason::AnswersCutOff, message);
            return Ok(());
        }
    }
}
