//! The thread that stores attempts: it commits whatever has arrived every 50 milliseconds.
//!
//! A commit of many attempts costs as much as a commit of one. A kill can lose the replies of the last interval
//! and the requests in flight. Every commit reaches the disk.

use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::attempt::Attempt;
use super::file::Store;
use crate::error::{Error, Remedy, Result};
use crate::judge::ServerProfile;

/// The longest time between a reply and its commit.
const INTERVAL: Duration = Duration::from_millis(50);
/// Attempts that may wait for a commit; beyond that, callers wait.
const CAPACITY: usize = 4096;

enum WriteRequest {
    Attempt(Box<Attempt>),
    Profile(i64, ServerProfile),
}

/// Stores attempts from many tasks. Dropping it commits what is queued; only [`AttemptWriter::finish`] returns
/// an error of that commit.
#[derive(Debug)]
pub struct AttemptWriter {
    // Dropped before the thread, which ends when it is.
    sender: Sender<WriteRequest>,
    thread: WriterThread,
}

/// The thread that writes; dropping it waits for its end, so that nothing received is lost with the process.
#[derive(Debug)]
struct WriterThread(Option<JoinHandle<Result<Store>>>);

impl WriterThread {
    /// Waits for the end; returns what the thread returned, `None` if it panicked.
    fn join(&mut self) -> Option<Result<Store>> {
        self.0.take()?.join().ok()
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        let _error_is_lost = self.join();
    }
}

impl std::fmt::Debug for WriteRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WriteRequest(…)")
    }
}

impl AttemptWriter {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The system refuses another thread.
    pub fn start(store: Store) -> Result<Self> {
        let (sender, receiver) = channel(CAPACITY);
        let thread = std::thread::Builder::new()
            .name("attempt-writer".to_owned())
            .spawn(move || write_all(store, receiver))
            .map_err(|error| {
                Error::internal(format!(
                    "cannot start the thread that writes the run file: {error}"
                ))
            })?;
        Ok(Self { sender, thread: WriterThread(Some(thread)) })
    }

    /// Queues an attempt for the next commit; returns `false` if a commit has failed, for which
    /// [`AttemptWriter::finish`] returns the error.
    pub(crate) async fn store(&self, attempt: Attempt) -> bool {
        self.sender.send(WriteRequest::Attempt(Box::new(attempt))).await.is_ok()
    }

    /// Queues an attempt without waiting, for one whose future is being dropped. Where the queue is full the
    /// attempt is lost, as when the process is killed.
    pub(crate) fn store_now(&self, attempt: Attempt) {
        let _queue_is_full =
            self.sender.try_send(WriteRequest::Attempt(Box::new(attempt))).is_err();
    }

    /// Queues the profile of a judge's server; returns `false` as [`Self::store`] does.
    pub(crate) async fn store_profile(&self, judge: i64, profile: ServerProfile) -> bool {
        self.sender.send(WriteRequest::Profile(judge, profile)).await.is_ok()
    }

    /// Commits what is queued and returns the store, whose file is a single one without a write-ahead log again.
    ///
    /// # Errors
    ///
    /// A commit failed: the disk is full, the file was taken away, or the like.
    pub fn finish(self) -> Result<Store> {
        let Self { sender, mut thread } = self;
        drop(sender);
        match thread.join() {
            Some(result) => {
                let store = result.map_err(|error| error.suggest(Remedy::ResumeOnceWritable))?;
                store.finalize();
                Ok(store)
            }
            None => Err(Error::internal("the thread that writes the run file has panicked")),
        }
    }
}

fn write_all(mut store: Store, mut receiver: Receiver<WriteRequest>) -> Result<Store> {
    let (mut attempts, mut profiles) = (Vec::new(), Vec::new());
    while let Some(first) = receiver.blocking_recv() {
        let mut next = Some(first);
        // Collect what arrives within an interval, then commit all of it.
        if receiver.len() < CAPACITY / 2 {
            std::thread::sleep(INTERVAL);
        }
        while let Some(record) = next {
            match record {
                WriteRequest::Attempt(attempt) => attempts.push(*attempt),
                WriteRequest::Profile(judge, profile) => profiles.push((judge, profile)),
            }
            next = if attempts.len() < CAPACITY { receiver.try_recv().ok() } else { None };
        }
        store.write(&attempts, &profiles)?;
        tracing::debug!(attempts = attempts.len(), profiles = profiles.len(), "committed");
        attempts.clear();
        profiles.clear();
    }
    Ok(store)
}
