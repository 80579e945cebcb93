//! Finding a batch of which nobody knows whether the provider has created it.
//!
//! An API that keeps a name or the uploaded file with a batch says it at once. At one that keeps neither, a batch with the same
//! number of requests may be the one that is sought, until it has ended and its answers name their requests.

use super::results::first_id;
use super::server::{BatchServer, ListedBatch};
use super::{FoundBatch, SoughtBatch};
use crate::judge::CallError;

/// How much the clocks of provider and user may differ, in seconds.
const CLOCK_DIFFERENCE: u64 = 24 * 3600;
/// More pages of an account's batches are not read.
const MAX_PAGES: usize = 50;

/// Finds out whether a batch was created.
pub(super) async fn find<S: BatchServer>(
    server: &S,
    sought: SoughtBatch<'_>,
) -> Result<FoundBatch, CallError> {
    let oldest = sought.created.saturating_sub(CLOCK_DIFFERENCE);
    let mut is_unclear = false;
    let mut after = None;
    for _ in 0..MAX_PAGES {
        let page = server.list(after.as_deref()).await?;
        let is_last = page.batches.iter().any(|batch| batch.created.is_some_and(|at| at < oldest));
        for batch in page.batches {
            if batch.created.is_some_and(|at| at < oldest) || sought.others.contains(&batch.id) {
                continue;
            }
            match matches(server, &sought, &batch).await? {
                Some(true) => return Ok(FoundBatch::Created(batch.id)),
                Some(false) => {}
                None => is_unclear = true,
            }
        }
        match page.next.filter(|_| !is_last) {
            Some(next) => after = Some(next),
            None if is_unclear => return Ok(FoundBatch::Unclear),
            None => return Ok(FoundBatch::Absent),
        }
    }
    // It may be on a page that was not read.
    Ok(FoundBatch::Unclear)
}

/// Returns whether a batch is the one that is sought; `None` while nobody can know.
async fn matches<S: BatchServer>(
    server: &S,
    sought: &SoughtBatch<'_>,
    batch: &ListedBatch,
) -> Result<Option<bool>, CallError> {
    let identity = batch.identity.as_ref();
    if let Some(identity) = identity.filter(|known| known.token.is_some() || known.input.is_some())
    {
        let is_named = identity.token.as_deref() == Some(sought.token);
        let is_input = sought.input.is_some() && identity.input.as_deref() == sought.input;
        return Ok(Some(is_named || is_input));
    }
    if batch.requests.is_some_and(|requests| requests != sought.requests) {
        return Ok(Some(false));
    }
    if !batch.has_ended {
        return Ok(None);
    }
    let files = match read(server, &batch.id).await {
        // A batch whose answers are deleted is an old one.
        Err(error) if matches!(error.status, Some(404 | 410)) => return Ok(Some(false)),
        files => files?,
    };
    let id = files.iter().find_map(|file| first_id::<S>(file));
    Ok(Some(
        id.is_some_and(|id| {
            id.strip_prefix(sought.token).is_some_and(|rest| rest.starts_with('-'))
        }),
    ))
}

/// Returns the answers of a batch that has ended.
async fn read<S: BatchServer>(server: &S, id: &str) -> Result<Vec<Vec<u8>>, CallError> {
    let status = server.status(id).await?;
    server.download(&status).await
}
