//! A judge that plays back what somebody recorded.

use std::path::Path;

use super::{Answer, CallError, CallErrorKind, ChatModel, Reply};
use crate::error::Result;
use crate::input::{Message, Recording};
use crate::trial::Trial;

/// Recorded replies, found by item and presentation order, not by the prompt's text.
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
        match self.recording.reply(id, first, second, trial.repeat) {
            Ok(Some(reply)) => Ok(Reply::of_text(reply)),
            Ok(None) => Err(CallError::new(
                CallErrorKind::NotRecorded,
                format!(
                    "the recording has no reply to {id} with {first} first and {second} second (repeat {})",
                    trial.repeat + 1
                ),
            )),
            Err(error) => Err(CallError::new(CallErrorKind::Endpoint, error.to_string())),
        }
    }
}

impl ChatModel for Recorded {
    fn complete<'a>(&'a self, trial: Trial<'a>, _messages: &'a [Message]) -> Answer<'a> {
        Box::pin(std::future::ready(self.answer(&trial)))
    }

    fn always_the_same(&self) -> bool {
        true
    }
}
