//! A judge that replays recorded replies, votes and grades.

use std::path::Path;

use super::{CallError, CallErrorKind, ChatModel, Reply, ReplyFuture};
use crate::error::Result;
use crate::input::{Message, Recording, Scale};
use crate::trial::{GradeTrial, ScaleOrder, Trial};

/// Recorded replies, identified by item and presentation order, or by system and direction of the scale; not by the text
/// of the prompt.
#[derive(Debug)]
pub struct Recorded {
    recording: Recording,
}

impl Recorded {
    /// Reads a recording. `scale` is that of the rubric, if it grades.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is malformed, or has a grade that the scale does not have.
    pub fn read(path: &Path, scale: Option<&Scale>) -> Result<Self> {
        Ok(Self { recording: Recording::read(path, scale)? })
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

    fn graded(&self, trial: &GradeTrial<'_>) -> std::result::Result<Reply, CallError> {
        let (id, system) = (&trial.response.item.id, &trial.response.system);
        let is_reversed = trial.order == ScaleOrder::Reversed;
        match self.recording.grade(id, system, is_reversed, trial.repeat) {
            Ok(Some(answer)) => Ok(Reply::from_recorded(answer)),
            Ok(None) => Err(CallError::new(
                CallErrorKind::NotRecorded,
                format!(
                    "no recorded reply about {system} on item {id} with the scale {}, repeat {}",
                    if is_reversed { "reversed" } else { "as written" },
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

    fn grade<'a>(
        &'a self,
        trial: GradeTrial<'a>,
        _messages: &'a [Message],
        _max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        Box::pin(std::future::ready(self.graded(&trial)))
    }

    fn is_deterministic(&self) -> bool {
        true
    }

    fn answers_of_unknown_order(&self) -> usize {
        self.recording.of_unknown_order().map_or(0, |(count, _)| count)
    }
}
