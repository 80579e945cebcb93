//! Submitting a batch: written, uploaded, created.

use super::calls::{may_pass, was_refused};
use super::follow::{Following, refuse};
use super::form::FormedBatch;
use super::judge::{BatchJudge, BatchState};
use crate::error::Result;
use crate::judge::{CallError, CallErrorKind};
use crate::store::{Batch, BatchStage, Store};

/// Submits a batch; returns it as the run file has it.
///
/// # Errors
///
/// The run file cannot be written. A provider that does not take it stops the judge.
pub(super) async fn submit(
    store: &mut Store,
    judge: &BatchJudge<'_>,
    state: &mut BatchState,
    formed: FormedBatch,
    following: &Following<'_>,
) -> Result<Batch> {
    let FormedBatch { new, lines } = formed;
    let mut batch = store.add_batch(&new)?;
    let token = batch.token.clone();
    let cancel = following.cancel;
    match judge.call(cancel, || judge.api.upload(&token, &lines)).await {
        Ok(input) => batch.input = input,
        Err(error) => {
            give_up(store, state, &mut batch, "a batch could not be uploaded", &error)?;
            return Ok(batch);
        }
    }
    let input = batch.input.clone();
    let mut failures = 0;
    loop {
        (batch.stage, batch.requested) = (BatchStage::Creating, Some(following.now()));
        store.update_batch(&batch)?;
        let created = judge.call_once(judge.api.create(&token, input.as_deref(), &lines)).await;
        let error = match created {
            Ok(id) => {
                submitted(store, judge, &mut batch, id)?;
                return Ok(batch);
            }
            Err(error) => error,
        };
        // Where nobody knows whether it was created, the batch stays as it is, and is looked for at the provider.
        if !was_refused(&error) {
            tracing::info!(
                judge = judge.name(),
                error = error.logged(),
                "it is unknown whether a batch was created"
            );
            state.report.last_error = Some(error.message);
            return Ok(batch);
        }
        failures += 1;
        let is_last = failures >= judge.settings.max_attempts || !may_pass(&error);
        if is_last || !judge.wait_after(&error, failures, cancel).await {
            give_up(store, state, &mut batch, "a batch could not be submitted", &error)?;
            return Ok(batch);
        }
    }
}

fn submitted(
    store: &mut Store,
    judge: &BatchJudge<'_>,
    batch: &mut Batch,
    id: String,
) -> Result<()> {
    tracing::info!(judge = judge.name(), id, requests = batch.requests, "batch submitted");
    (batch.stage, batch.id) = (BatchStage::Submitted, Some(id));
    store.update_batch(batch)
}

/// Ends a batch that the provider does not have.
fn give_up(
    store: &mut Store,
    state: &mut BatchState,
    batch: &mut Batch,
    what: &str,
    error: &CallError,
) -> Result<()> {
    let is_too_large = error.status == Some(413);
    if error.kind == CallErrorKind::RequestRejected || is_too_large {
        return refuse(store, state, batch, &error.message, is_too_large);
    }
    batch.stage = BatchStage::NotSubmitted;
    store.update_batch(batch)?;
    state.stop_by(what, error);
    Ok(())
}
