//! Batches: many requests that a provider is given at once and answers within a day, for less money.
//!
//! [`BatchApi`] is how the engine gives a provider a batch, finds out how far it is, and reads its answers. Each call is
//! one request to the provider, or the pages of one list; nothing here waits, retries or stores.
//!
//! ```text
//! messages ─line→ JSONL ─upload→ input ─create→ id ─status→ BatchStatus ─results→ BatchResults
//! ```
//!
//! Answers are not trusted: what they say is matched with the requests by number, and secrets are redacted as in single
//! answers.

mod api;
mod find;
mod results;
mod server;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use super::{CallError, Reply};
use crate::input::Message;

pub(super) use server::{BatchServer, Line, LineAnswer, ListedBatch, ListedIdentity, ListedPage};

/// The future of a call to a provider about a batch.
pub type BatchFuture<'a, T> =
    Pin<Box<dyn Future<Output = std::result::Result<T, CallError>> + Send + 'a>>;

/// A provider that takes batches.
pub trait BatchApi: Send + Sync + std::fmt::Debug {
    /// Returns the largest batch that is to be sent.
    fn limits(&self) -> BatchLimits;

    /// Returns one request of a batch as a line of JSON without its end, and whether it asks for JSON by a schema. `number`
    /// is its place in the batch, and `token` the name of the batch.
    ///
    /// # Errors
    ///
    /// The request cannot be written as JSON.
    fn line(
        &self,
        token: &str,
        number: u64,
        messages: &[Message],
    ) -> std::result::Result<BatchLine, CallError>;

    /// Uploads the lines of a batch, where that is a step of its own; returns the provider's id of them. Nothing is paid
    /// for yet.
    fn upload<'a>(&'a self, token: &'a str, lines: &'a [u8]) -> BatchFuture<'a, Option<String>>;

    /// Creates a batch of what was uploaded, or of the lines themselves; returns the provider's id of it.
    fn create<'a>(
        &'a self,
        token: &'a str,
        input: Option<&'a str>,
        lines: &'a [u8],
    ) -> BatchFuture<'a, String>;

    /// Finds out whether a batch was created of which the answer to [`BatchApi::create`] is unknown.
    fn find<'a>(&'a self, sought: SoughtBatch<'a>) -> BatchFuture<'a, FoundBatch>;

    /// Returns how far a batch is.
    fn status<'a>(&'a self, id: &'a str) -> BatchFuture<'a, BatchStatus>;

    /// Returns the answers of a batch of so many requests that has ended.
    fn results<'a>(
        &'a self,
        token: &'a str,
        requests: u64,
        status: &'a BatchStatus,
    ) -> BatchFuture<'a, BatchResults>;
}

/// The largest batch that is sent to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchLimits {
    /// The most requests.
    pub requests: u64,
    /// The most bytes of all lines together.
    pub bytes: u64,
}

/// One request of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchLine {
    /// The JSON, without the end of the line.
    pub json: Vec<u8>,
    /// Whether it asks for JSON by a schema.
    pub schema_requested: bool,
}

/// A batch that may have been created.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SoughtBatch<'a> {
    /// Its name.
    pub token: &'a str,
    /// The provider's id of what was uploaded for it.
    pub input: Option<&'a str>,
    /// When it was written, in seconds since 1970.
    pub created: u64,
    /// How many requests it has.
    pub requests: u64,
    /// The provider's ids of batches that are known to be others.
    pub others: &'a [String],
}

impl<'a> SoughtBatch<'a> {
    /// Returns what is known of a batch.
    pub fn new(token: &'a str, created: u64, requests: u64) -> Self {
        Self { token, input: None, created, requests, others: &[] }
    }
}

/// Whether a batch was created.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FoundBatch {
    /// It was, with this id.
    Created(String),
    /// It was not.
    Absent,
    /// A batch that is still being processed may be this one; it is known when that has ended.
    Unclear,
}

/// How far a batch is, as its provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchStatus {
    /// The provider's id of it.
    pub id: String,
    /// Whether it has ended.
    pub phase: BatchPhase,
    /// How many of its requests are answered, each with a reply or an error.
    pub answered: u64,
    /// Whether somebody has cancelled it.
    pub was_cancelled: bool,
    /// Whether some of its requests were not processed in time.
    pub has_expired: bool,
    /// The provider's ids of the files with its answers, where they are in files.
    pub files: Vec<String>,
}

/// Whether a batch has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchPhase {
    /// It is being processed.
    Running,
    /// It has ended, and some or all of its requests are answered.
    Ended,
    /// It was refused as a whole, and nothing of it is paid for.
    Refused {
        /// Why, in the words of the provider, without secrets.
        message: String,
        /// Whether it, or it and other batches that are being processed, were too large.
        is_too_large: bool,
    },
}

/// The answers of a batch.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct BatchResults {
    /// The first answer to each request, by its number.
    pub answers: BTreeMap<u64, BatchAnswer>,
    /// Lines that were read, whatever they said.
    pub lines: u64,
    /// Lines that were cut off or are no JSON.
    pub broken: u64,
    /// Further answers to requests that are answered already.
    pub repeated: u64,
    /// Answers to requests that the batch does not have.
    pub unknown: u64,
}

/// The answer to one request of a batch.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum BatchAnswer {
    /// A reply.
    Reply(Box<Reply>),
    /// An error.
    Failed(Box<CallError>),
    /// The request was not processed, because the batch expired or was cancelled; nothing was paid for it. The text says
    /// which.
    NotProcessed(&'static str),
}
