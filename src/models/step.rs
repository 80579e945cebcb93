//! What every step of fetching a model shares: how it can end early, and who watches it.

use tokio_util::sync::CancellationToken;

use super::event::PullEvent;
use super::manifest::Model;
use crate::error::Error;

/// The result of a step.
pub(super) type Step<T> = Result<T, Stop>;

/// Why a step ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The caller cancelled it.
    Cancelled,
    /// This machine is at fault; another source would not help.
    Local(Error),
    /// The source did not give the file.
    Source(SourceFailure),
}

/// A source that did not give a file.
#[derive(Debug)]
pub(super) struct SourceFailure {
    pub(super) error: Error,
    /// Whether a part of the file was received now and the rest can be expected of another try.
    pub(super) is_resumable: bool,
}

impl Stop {
    /// Returns the end of a step because a source will not give a file.
    pub(super) fn refused(error: Error) -> Self {
        Self::Source(SourceFailure { error, is_resumable: false })
    }
}

/// Ends the step if it was cancelled, after it has let a signal be noticed.
pub(super) async fn check_cancelled(cancel: &CancellationToken) -> Step<()> {
    tokio::task::yield_now().await;
    if cancel.is_cancelled() { Err(Stop::Cancelled) } else { Ok(()) }
}

/// Counts the bytes of a model that have been fetched, and reports them to an observer.
pub(super) struct Watch<'a> {
    pub(super) cancel: &'a CancellationToken,
    observer: &'a mut dyn FnMut(PullEvent<'_>),
    /// The bytes of the files that are complete.
    complete: u64,
    total: u64,
}

impl<'a> Watch<'a> {
    pub(super) fn new(
        model: &Model,
        observer: &'a mut dyn FnMut(PullEvent<'_>),
        cancel: &'a CancellationToken,
    ) -> Self {
        Self { cancel, observer, complete: 0, total: model.size() }
    }

    /// Reports an event to the observer.
    pub(super) fn report(&mut self, event: PullEvent<'_>) {
        (self.observer)(event);
    }

    /// Counts a file that is complete.
    pub(super) fn add_complete(&mut self, size: u64) {
        self.complete += size;
        let (done, total) = (self.complete, self.total);
        self.report(PullEvent::Progress { done, total });
    }

    /// Reports how much of the current file has been fetched.
    pub(super) fn at(&mut self, length: u64) {
        let (done, total) = (self.complete + length, self.total);
        self.report(PullEvent::Progress { done, total });
    }
}
