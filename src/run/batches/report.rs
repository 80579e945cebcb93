//! What a command reports about a batch.

use serde::Serialize;

use crate::store::{Batch, BatchStage};

/// A batch that was open at some time while a command asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BatchReport {
    /// The judge's name.
    pub judge: String,
    /// The provider's id of the batch; `None` while that is unknown.
    pub id: Option<String>,
    /// How far it is: `uploading`, `creating`, `submitted`, `collected`, `refused` or `not-submitted`.
    #[serde(serialize_with = "word")]
    pub stage: BatchStage,
    /// How many requests it has.
    pub requests: u64,
    /// How many of them are answered, as the provider said last; once it is collected, how many got a reply or an error.
    pub answered: u64,
    /// How many of them got a reply; 0 until it is collected.
    pub replies: u64,
    /// How many of them were not processed, because it expired or was cancelled; 0 until it is collected.
    pub not_processed: u64,
    /// To how many of them the answers were given up although they may have been paid for; 0 until it is collected.
    pub missing: u64,
    /// Further answers to requests that were answered already, and answers to requests that it does not have. They are
    /// ignored.
    pub ignored: u64,
    /// Whether somebody has cancelled it.
    pub was_cancelled: bool,
    /// What the provider said where it was refused, or what is unclear about it.
    pub message: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn word<S: serde::Serializer>(stage: &BatchStage, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(stage.as_str())
}

impl BatchReport {
    /// Returns what is known of a batch before its provider was asked.
    pub(super) fn of(batch: &Batch, judge: &str) -> Self {
        Self {
            judge: judge.to_owned(),
            id: batch.id.clone(),
            stage: batch.stage,
            requests: batch.requests,
            answered: 0,
            replies: 0,
            not_processed: 0,
            missing: 0,
            ignored: 0,
            was_cancelled: false,
            message: batch.message.clone(),
        }
    }

    /// Takes over how far a batch is.
    pub(super) fn update(&mut self, batch: &Batch) {
        self.id.clone_from(&batch.id);
        self.stage = batch.stage;
        if batch.message.is_some() {
            self.message.clone_from(&batch.message);
        }
    }
}
