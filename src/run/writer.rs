//! The one writer: a thread that commits what has come in every 50 milliseconds.
//!
//! Commits in groups cost a thousandth of single ones. What a kill can lose is the replies of the last
//! interval and the requests in flight. Every commit reaches the disk.

use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::attempt::Attempt;
use super::store::Store;
use crate::error::{Error, Result};
use crate::judge::ServerProfile;

/// How long a reply may wait for its commit.
const INTERVAL: Duration = Duration::from_millis(50);
/// Replies that may wait; a caller beyond that waits itself.
const WAITING: usize = 4096;

enum Record {
    Attempt(Box<Attempt>),
    Learnt(i64, ServerProfile),
}

/// Takes attempts from many tasks and stores them.
#[derive(Debug)]
pub struct Writer {
    sender: Sender<Record>,
    thread: JoinHandle<Result<Store>>,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Record(…)")
    }
}

impl Writer {
    /// Starts the writer's thread.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn start(store: Store) -> Result<Self> {
        let (sender, receiver) = channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("run-file".to_owned())
            .spawn(move || write_all(store, receiver))
            .map_err(|error| {
                Error::internal(format!("cannot start the writer's thread: {error}"))
            })?;
        Ok(Self { sender, thread })
    }

    /// Stores an attempt; returns `false` if the writer has failed, which [`Writer::finish`] explains.
    pub(super) async fn attempt(&self, attempt: Attempt) -> bool {
        self.sender.send(Record::Attempt(Box::new(attempt))).await.is_ok()
    }

    /// Stores an attempt without waiting, for one that is being dropped. Where the writer has no room left
    /// the record is lost, as it is when the process is killed.
    pub(super) fn attempt_now(&self, attempt: Attempt) {
        let _no_room = self.sender.try_send(Record::Attempt(Box::new(attempt))).is_err();
    }

    /// Stores what was learnt about a judge's server.
    pub(super) async fn learnt(&self, judge: i64, learnt: ServerProfile) -> bool {
        self.sender.send(Record::Learnt(judge, learnt)).await.is_ok()
    }

    /// Commits what is left and returns the store.
    ///
    /// # Errors
    ///
    /// A commit failed: the disk is full, the file was taken away, or the like.
    pub fn finish(self) -> Result<Store> {
        drop(self.sender);
        match self.thread.join() {
            Ok(result) => {
                let again =
                    "once the file can be written again, the same command goes on from here";
                let store = result.map_err(|error| error.hint(again))?;
                store.settle();
                Ok(store)
            }
            Err(_) => Err(Error::internal("the writer's thread has panicked")),
        }
    }
}

fn write_all(mut store: Store, mut receiver: Receiver<Record>) -> Result<Store> {
    let (mut attempts, mut learnt) = (Vec::new(), Vec::new());
    while let Some(first) = receiver.blocking_recv() {
        let mut next = Some(first);
        // Let an interval's worth come in, then commit it at once.
        if receiver.len() < WAITING / 2 {
            std::thread::sleep(INTERVAL);
        }
        while let Some(record) = next {
            match record {
                Record::Attempt(attempt) => attempts.push(*attempt),
                Record::Learnt(judge, what) => learnt.push((judge, what)),
            }
            next = if attempts.len() < WAITING { receiver.try_recv().ok() } else { None };
        }
        store.write(&attempts, &learnt)?;
        attempts.clear();
        learnt.clear();
    }
    Ok(store)
}
