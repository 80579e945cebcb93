//! Following batches: finding out at the provider how far each one is.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::BatchOptions;
use super::calls::may_pass;
use super::judge::{BatchJudge, BatchState};
use super::report::BatchReport;
use crate::error::Result;
use crate::judge::{
    BatchPhase, BatchResults, BatchStatus, CallError, CallErrorKind, FoundBatch, SoughtBatch,
};
use crate::run::progress::Progress;
use crate::run::retry::StopReason;
use crate::store::{Batch, BatchStage, RowSet, Store};

/// What following needs to know besides the batch and its judge.
pub(super) struct Following<'a> {
    pub(super) options: &'a BatchOptions,
    /// When asking began, and that in seconds since 1970.
    pub(super) began: Instant,
    pub(super) began_at: u64,
    pub(super) progress: &'a Progress,
    pub(super) cancel: &'a CancellationToken,
    /// The comparisons of the plan.
    pub(super) rows: &'a Arc<RowSet>,
    /// How often each order is asked.
    pub(super) repeat: u32,
    /// Whether answers that cannot be read, however often that is tried, are given up, so that their requests are asked and
    /// paid for again.
    pub(super) gives_up_missing: bool,
}

impl Following<'_> {
    /// Returns the time in seconds since 1970.
    pub(super) fn now(&self) -> u64 {
        self.began_at + self.began.elapsed().as_secs()
    }

    /// Returns whether a batch whose creation was requested then would be seen at the provider if it had been created.
    fn is_settled(&self, requested: u64) -> bool {
        let settle = self.options.settle;
        // The clock of an earlier process may have been another one.
        let is_old = requested < self.began_at && self.began.elapsed() >= settle;
        is_old || self.now() >= requested + settle.as_secs()
    }
}

/// A batch whose answers are not stored yet, while it is followed.
pub(super) struct OpenBatch<'a> {
    pub(super) store: &'a mut Store,
    pub(super) judge: &'a BatchJudge<'a>,
    pub(super) state: &'a mut BatchState,
    pub(super) batch: Batch,
    pub(super) report: &'a mut BatchReport,
    pub(super) following: &'a Following<'a>,
}

impl OpenBatch<'_> {
    /// Finds out how far the batch is, and stores its answers if it has ended.
    ///
    /// # Errors
    ///
    /// The run file cannot be read or written. A provider that does not answer is no error, and the batch stays open.
    pub(super) async fn follow(&mut self) -> Result<()> {
        match self.batch.stage {
            // Whoever uploaded it has ended, and nothing was created.
            BatchStage::Uploading => self.set_stage(BatchStage::NotSubmitted)?,
            BatchStage::Creating => self.find().await?,
            _ => {}
        }
        self.report.update(&self.batch);
        let Some(id) = self.batch.id.clone().filter(|_| self.batch.stage == BatchStage::Submitted)
        else {
            return Ok(());
        };
        let (judge, cancel) = (self.judge, self.following.cancel);
        let status = match judge.call(cancel, || judge.api.status(&id)).await {
            Ok(status) => status,
            Err(error) if self.is_given_up(&error) => {
                return self.collect(BatchResults::default(), u64::MAX);
            }
            Err(error) => {
                self.cannot_follow(&format!("batch {id} could not be looked at"), &error);
                return Ok(());
            }
        };
        self.report.message = None;
        self.report.answered = status.answered;
        self.report.was_cancelled = status.was_cancelled;
        match &status.phase {
            BatchPhase::Running => {}
            BatchPhase::Refused { message, is_too_large } => {
                refuse(self.store, self.state, &mut self.batch, message, *is_too_large)?;
            }
            BatchPhase::Ended => self.end(&status).await?,
        }
        self.report.update(&self.batch);
        Ok(())
    }

    fn set_stage(&mut self, stage: BatchStage) -> Result<()> {
        self.batch.stage = stage;
        self.store.update_batch(&self.batch)
    }

    /// Returns whether the provider has nothing of the batch any more, and its answers are to be given up.
    fn is_given_up(&self, error: &CallError) -> bool {
        self.following.gives_up_missing && matches!(error.status, Some(404 | 410))
    }

    /// Records that the provider did not answer. Whoever waits tries again the next time, if that can help.
    fn cannot_follow(&mut self, what: &str, error: &CallError) {
        self.report.message = Some(format!("{what}: {}", error.message));
        self.state.report.last_error = Some(error.message.clone());
        if !(self.following.options.wait && may_pass(error)) {
            self.state.is_followed = false;
            self.state.stop_by(what, error);
        }
    }

    /// Finds out whether the batch was created, since nobody has heard so.
    async fn find(&mut self) -> Result<()> {
        let others = self.store.reader()?.batches()?.into_iter().filter_map(|other| other.id);
        let others: Vec<String> = others.collect();
        let (token, input) = (self.batch.token.clone(), self.batch.input.clone());
        let mut sought = SoughtBatch::new(&token, self.batch.created, self.batch.requests);
        (sought.input, sought.others) = (input.as_deref(), &others);
        let (judge, cancel) = (self.judge, self.following.cancel);
        let requested = self.batch.requested.unwrap_or(self.batch.created);
        match judge.call(cancel, || judge.api.find(sought)).await {
            Ok(FoundBatch::Created(id)) => {
                self.batch.id = Some(id);
                self.set_stage(BatchStage::Submitted)?;
            }
            Ok(FoundBatch::Absent) if self.following.is_settled(requested) => {
                self.set_stage(BatchStage::NotSubmitted)?;
            }
            Ok(FoundBatch::Absent) => {
                let message = "the provider does not have it yet; it is looked for until a minute after its creation was requested";
                self.report.message = Some(message.to_owned());
            }
            Ok(FoundBatch::Unclear) => {
                let message = "the provider has a batch that may be this one; it is known when that has ended";
                self.report.message = Some(message.to_owned());
            }
            Err(error) => {
                self.cannot_follow("the batches of the provider could not be listed", &error);
            }
        }
        Ok(())
    }

    /// Reads and stores the answers of the batch, which has ended.
    async fn end(&mut self, status: &BatchStatus) -> Result<()> {
        let (judge, cancel) = (self.judge, self.following.cancel);
        let (token, requests) = (self.batch.token.clone(), self.batch.requests);
        // What was not processed may be counted as answered, and needs no line.
        let expected = if status.was_cancelled || status.has_expired { 0 } else { status.answered };
        let expected = expected.min(requests);
        let mut failures = 0;
        loop {
            let read = judge.call(cancel, || judge.api.results(&token, requests, status)).await;
            let results = match read {
                Ok(results) => results,
                Err(error) if self.is_given_up(&error) => {
                    return self.collect(BatchResults::default(), u64::MAX);
                }
                Err(error) => {
                    let what = format!("the answers of batch {} could not be read", status.id);
                    self.cannot_follow(&what, &error);
                    return Ok(());
                }
            };
            failures += 1;
            let is_last = failures >= judge.settings.max_attempts;
            let answers = results.answers.len() as u64;
            let is_whole = results.broken == 0 && answers >= expected;
            if is_whole || (is_last && self.following.gives_up_missing) {
                return self.collect(results, status.answered);
            }
            // What was cut off is paid for, so the batch stays open rather than being asked again.
            let message = format!(
                "the answers of batch {} were cut off: {answers} of {} could be read",
                status.id, status.answered
            );
            let error = CallError::new(CallErrorKind::Transient, message.clone());
            if is_last || !judge.wait_after(&error, failures, cancel).await {
                self.state.is_followed = false;
                self.state.stop(StopReason::AnswersCutOff, message);
                return Ok(());
            }
        }
    }
}

/// Records that a batch was refused as a whole.
///
/// # Errors
///
/// The run file cannot be read or written.
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
    let requests = store.reader()?.batch_requests(batch)?;
    let first = requests.first().map(|request| request.key.comparison);
    let is_divisible = requests.iter().any(|request| Some(request.key.comparison) != first);
    if is_too_large && is_divisible {
        let half = batch.requests / 2;
        state.most_requests = Some(state.most_requests.map_or(half, |most| most.min(half)));
    } else {
        state.stop(StopReason::BatchRefused, format!("a batch was refused: {message}"));
    }
    Ok(())
}
