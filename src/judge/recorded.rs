//! A judge that plays back what somebody recorded.

use std::collections::HashMap;
use std::path::Path;

use super::{Answer, CallError, CallErrorKind, ChatModel, Reply};
use crate::error::Result;
use crate::input::{Message, read_recording};
use crate::trial::Trial;

/// Recorded replies, found by item and presentation order, not by the prompt's text.
#[derive(Debug)]
pub struct Recorded {
    replies: HashMap<[String; 3], Vec<String>>,
}

impl Recorded {
    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is malformed.
    pub fn read(path: &Path) -> Result<Self> {
        Ok(Self { replies: read_recording(path)? })
    }

    fn find(&self, trial: &Trial<'_>) -> Option<&String> {
        let key = [&trial.comparison.item.id, trial.first_system(), trial.second_system()];
        self.replies.get(&key.map(ToOwned::to_owned))?.get(trial.repeat as usize)
    }
}

impl ChatModel for Recorded {
    fn complete<'a>(&'a self, trial: Trial<'a>, _messages: &'a [Message]) -> Answer<'a> {
        let answer = self.find(&trial).map(Reply::of_text).ok_or_else(|| {
            let message = format!(
                "the recording has no reply to {} with {} first and {} second (repeat {})",
                trial.comparison.item.id,
                trial.first_system(),
                trial.second_system(),
                trial.repeat + 1
            );
            CallError::new(CallErrorKind::NotRecorded, message)
        });
        Box::pin(std::future::ready(answer))
    }

    fn always_the_same(&self) -> bool {
        true
    }
}
