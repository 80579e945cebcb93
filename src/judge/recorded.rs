//! A judge that replays recorded replies and votes.

use std::path::Path;

use super::{CallError, CallErrorKind, ChatModel, Reply, ReplyFuture};
use crate::error::Result;
use crate::input::{Message, Recording};
use crate::trial::Trial;

/// Recorded replies, identified by item and presentation order, not by the text of the prompt.
#[derive(Debug)]
pub struct Recorded {
    recording: Recording,
}

impl Recorded {
    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is malformed.
    pub fn read(path: &Path) -> Result<Self> {
        Ok(Self { recording: Recording::read(path)? })
    }

    fn answer(&self, trial: &Trial<'_>) -> std::result::Result<Reply, CallError> {
        let id = &trial.comparison.item.id;
        let (first, second) = (trial.first_system(), trial.second_system());
        match self.recording.answer(id, first, second, trial.repeat) {
            Ok(Some(answer)) => Ok(Reply::from_recorded(answer)),
            Ok(None) => Err(CallError::new(
                CallErrorKind::NotRecorded,
                format!(
                    "no recorded reply to item {id} with {first} first and {second} second, repeat {}",
                    trial.repeat + 1
                ),
            )),
            Err(error) => Err(CallError::new(CallErrorKind::EndpointRejected, error.to_string())),
        }
    }
}

impl ChatModel for Recorded {
    fn complete<'a>(
        &'a self,
        trial: Trial<'a>,
        _messages: &'a [Message],
        _max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        Box::pin(std::future::ready(self.answer(&trial)))
    }

    fn is_deterministic(&self) -> bool {
        true
    }

    fn answers_of_unknown_order(&self) -> usize {
        self.recording.of_unknown_order().map_or(0, |(count, _)| count)
    }
}
