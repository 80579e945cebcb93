//! The run file of a session, which a writer of its own has while models are asked.

use crate::error::{Error, Result};
use crate::store::{AttemptWriter, Store};

/// The run file of a session.
#[derive(Debug)]
pub(super) enum SessionFile {
    /// Nothing is asked.
    Idle(Box<Store>),
    /// Models are asked, and their answers are written.
    Asking(AttemptWriter),
    /// Writing has failed.
    Failed,
}

impl SessionFile {
    /// Returns the file while nothing is asked.
    ///
    /// # Errors
    ///
    /// Writing it has failed before.
    pub(super) fn store(&mut self) -> Result<&mut Store> {
        match self {
            Self::Idle(store) => Ok(store),
            Self::Asking(_) | Self::Failed => Err(not_writable()),
        }
    }

    /// Starts the writer and returns it.
    ///
    /// # Errors
    ///
    /// Writing has failed before, or the writer cannot be started.
    pub(super) fn start_writer(&mut self) -> Result<&AttemptWriter> {
        match std::mem::replace(self, Self::Failed) {
            Self::Idle(store) => *self = Self::Asking(AttemptWriter::start(*store)?),
            Self::Asking(_) | Self::Failed => {}
        }
        match self {
            Self::Asking(writer) => Ok(writer),
            Self::Idle(_) | Self::Failed => Err(not_writable()),
        }
    }

    /// Commits what was received, and makes the file a single one without a write-ahead log.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn finish(&mut self) -> Result<()> {
        match std::mem::replace(self, Self::Failed) {
            Self::Asking(writer) => *self = Self::Idle(Box::new(writer.finish()?)),
            idle_or_failed => *self = idle_or_failed,
        }
        Ok(())
    }
}

fn not_writable() -> Error {
    Error::internal("the session's run file is not open for writing")
        .hint("writing it has failed before; plan a new session")
}
