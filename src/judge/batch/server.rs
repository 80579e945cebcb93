//! What the APIs of providers differ in, as batches see it.

use std::future::Future;

use serde_json::Value;

use super::{BatchLimits, BatchStatus};
use crate::judge::CallError;

/// A server that takes batches in the form of its API.
pub(in crate::judge) trait BatchServer {
    /// The largest batch that is sent to it: not more than the provider takes, and not more than fits into memory.
    const LIMITS: BatchLimits;

    /// Returns one request of a batch.
    fn line(custom_id: &str, body: Value) -> Value;

    /// Uploads lines, where that is a step of its own; returns the id of the file.
    fn upload(
        &self,
        token: &str,
        lines: &[u8],
    ) -> impl Future<Output = Result<Option<String>, CallError>> + Send;

    /// Creates a batch; returns its id.
    fn create(
        &self,
        token: &str,
        input: Option<&str>,
        lines: &[u8],
    ) -> impl Future<Output = Result<String, CallError>> + Send;

    /// Returns a page of the batches of the account, the newest first; `after` is where the page before ended.
    fn list(
        &self,
        after: Option<&str>,
    ) -> impl Future<Output = Result<ListedPage, CallError>> + Send;

    /// Returns how far a batch is.
    fn status(&self, id: &str) -> impl Future<Output = Result<BatchStatus, CallError>> + Send;

    /// Returns the files of the answers of a batch that has ended, each with lines of JSON.
    fn download(
        &self,
        status: &BatchStatus,
    ) -> impl Future<Output = Result<Vec<Vec<u8>>, CallError>> + Send;

    /// Reads one line of an answer; `None` for one that is none.
    fn read_line(line: &Value) -> Option<Line>;
}

/// One line of the answers of a batch.
#[derive(Debug)]
pub(in crate::judge) struct Line {
    /// Which request it answers.
    pub(in crate::judge) custom_id: String,
    pub(in crate::judge) answer: LineAnswer,
}

/// What a line says.
#[derive(Debug)]
pub(in crate::judge) enum LineAnswer {
    /// An answer as to a single request.
    Http { status: u16, body: Value },
    /// An error without a status of its own.
    Error(Value),
    /// The request was not processed.
    NotProcessed(&'static str),
}

/// A page of the batches of an account.
#[derive(Debug)]
pub(in crate::judge) struct ListedPage {
    pub(in crate::judge) batches: Vec<ListedBatch>,
    /// Where the next page begins; `None` at the end.
    pub(in crate::judge) next: Option<String>,
}

/// A batch of an account.
#[derive(Debug)]
pub(in crate::judge) struct ListedBatch {
    pub(in crate::judge) id: String,
    /// When it was created, in seconds since 1970.
    pub(in crate::judge) created: Option<u64>,
    /// What identifies it, where the API keeps that.
    pub(in crate::judge) identity: Option<ListedIdentity>,
    /// How many requests it has, where that is known.
    pub(in crate::judge) requests: Option<u64>,
    pub(in crate::judge) has_ended: bool,
}

/// What identifies a batch at an API that keeps that.
#[derive(Debug)]
pub(in crate::judge) struct ListedIdentity {
    pub(in crate::judge) token: Option<String>,
    pub(in crate::judge) input: Option<String>,
}
