//! The batches of a run: which requests were given to a provider to be answered later.
//!
//! A batch is written before it is submitted, so that a process that is killed at any moment neither submits a request
//! twice nor loses an answer that was paid for. The tables are added to a run file with its first batch.
//!
//! ```text
//! Uploading ─→ Creating ─→ Submitted ─→ Collected
//!     └───────────┴────────────┴──────→ Refused, or NotSubmitted
//! ```

use rusqlite::{Row, params};

use super::attempt::{Attempt, TrialKey};
use super::database::{Database, damaged_value};
use super::file::Store;
use super::row_set::RowSet;
use super::run_file::RunFile;
use crate::error::Result;
use crate::trial::Order;

const TABLES: &str = include_str!("batch.sql");

/// How far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchStage {
    /// Its requests are being uploaded; nothing can have been paid for.
    Uploading,
    /// Its creation is being requested. After a kill only the provider knows whether it was created.
    Creating,
    /// The provider has it.
    Submitted,
    /// It has ended, and its answers are stored.
    Collected,
    /// The provider has refused it as a whole; nothing was paid for.
    Refused,
    /// The provider never received it; nothing was paid for.
    NotSubmitted,
}

impl BatchStage {
    const ALL: [Self; 6] = [
        Self::Uploading,
        Self::Creating,
        Self::Submitted,
        Self::Collected,
        Self::Refused,
        Self::NotSubmitted,
    ];

    /// Returns the word for it in the run file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Creating => "creating",
            Self::Submitted => "submitted",
            Self::Collected => "collected",
            Self::Refused => "refused",
            Self::NotSubmitted => "not-submitted",
        }
    }

    /// Returns whether answers to its requests may still come: none of these may be sent otherwise.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Uploading | Self::Creating | Self::Submitted)
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }
}

/// A batch of requests.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Batch {
    /// Its row in the run file.
    pub row: i64,
    /// The row of the judge that is asked.
    pub judge: i64,
    /// A name that no other batch has, which is given to the provider: by it the batch is found there.
    pub token: String,
    /// How far it is.
    pub stage: BatchStage,
    /// The provider's id of what was uploaded for it, where that is a step of its own.
    pub input: Option<String>,
    /// The provider's id of it, once that is known.
    pub id: Option<String>,
    /// When it was written, in seconds since 1970.
    pub created: u64,
    /// When its creation was last requested, in seconds since 1970.
    pub requested: Option<u64>,
    /// How many requests it has.
    pub requests: u64,
    /// The most that it can cost, in USD.
    pub max_cost: f64,
    /// What the provider said, where it was refused.
    pub message: Option<String>,
}

/// A batch that is not written yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewBatch {
    pub(crate) judge: i64,
    pub(crate) token: String,
    pub(crate) created: u64,
    pub(crate) requests: Vec<BatchRequest>,
}

impl NewBatch {
    /// Returns the most that it can cost, in USD.
    pub(crate) fn max_cost(&self) -> f64 {
        self.requests.iter().map(|request| request.max_cost).sum()
    }
}

/// One request of a batch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BatchRequest {
    /// Its place in the batch, counted from 0.
    pub(crate) number: u64,
    /// The trial that it is an attempt at.
    pub(crate) key: TrialKey,
    /// The number of the attempt.
    pub(crate) attempt: u32,
    /// The digest of the request.
    pub(crate) digest: [u8; 32],
    /// Whether it asks for JSON by a schema.
    pub(crate) schema_requested: bool,
    /// The most that it can cost, in USD.
    pub(crate) max_cost: f64,
}

impl Store {
    /// Writes a batch before it is submitted; returns it.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(crate) fn add_batch(&mut self, new: &NewBatch) -> Result<Batch> {
        self.transaction(|database| {
            database.connection.execute_batch(TABLES).map_err(|error| database.failed(error))?;
            let sql = "INSERT INTO batch (judge, token, stage, created, requests, max_cost) \
                       VALUES (?, ?, ?, ?, ?, ?)";
            let stage = BatchStage::Uploading;
            let (requests, max_cost) = (new.requests.len() as u64, new.max_cost());
            let (count, created) = (requests as i64, new.created as i64);
            database.execute(
                sql,
                params![new.judge, new.token, stage.as_str(), created, count, max_cost],
            )?;
            let row = database.last_row();
            let sql = "INSERT INTO batch_request \
                       (batch, number, comparison, b_first, repeat, attempt, request, by_schema, max_cost) \
                       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
            for request in &new.requests {
                let TrialKey { comparison, order, repeat, .. } = request.key;
                let b_first = order == Order::BFirst;
                let BatchRequest { number, attempt, digest, schema_requested, max_cost, .. } =
                    request;
                database.execute(
                    sql,
                    params![
                        row,
                        *number as i64,
                        comparison,
                        b_first,
                        repeat,
                        attempt,
                        digest,
                        schema_requested,
                        max_cost
                    ],
                )?;
            }
            Ok(Batch {
                row,
                judge: new.judge,
                token: new.token.clone(),
                stage,
                input: None,
                id: None,
                created: new.created,
                requested: None,
                requests,
                max_cost,
                message: None,
            })
        })
    }

    /// Writes how far a batch is, with the provider's ids and words.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(crate) fn update_batch(&mut self, batch: &Batch) -> Result<()> {
        self.transaction(|database| database.update_batch(batch))
    }

    /// Writes the answers of a batch and that it is collected, both or neither.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(crate) fn collect_batch(&mut self, batch: &Batch, attempts: &[Attempt]) -> Result<()> {
        self.transaction(|database| {
            database.add_attempts(attempts)?;
            database.update_batch(batch)
        })
    }
}

impl RunFile {
    /// Returns the batches whose answers are not stored yet, in the order in which they were written.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn open_batches(&self) -> Result<Vec<Batch>> {
        let all = self.database.batches()?;
        Ok(all.into_iter().filter(|batch| batch.stage.is_open()).collect())
    }

    /// Returns all batches, in the order in which they were written.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn batches(&self) -> Result<Vec<Batch>> {
        self.database.batches()
    }

    /// Returns the comparisons of which a judge is asked something in an open batch.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(crate) fn rows_in_open_batches(&self, judge: i64) -> Result<RowSet> {
        let mut rows = RowSet::default();
        for batch in self.open_batches()?.iter().filter(|batch| batch.judge == judge) {
            for request in self.batch_requests(batch)? {
                rows.insert(request.key.comparison);
            }
        }
        Ok(rows)
    }

    /// Returns the requests of a batch, in their order.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(crate) fn batch_requests(&self, batch: &Batch) -> Result<Vec<BatchRequest>> {
        let sql = format!(
            "SELECT number, comparison, b_first, repeat, attempt, request, by_schema, max_cost \
             FROM batch_request WHERE batch = {} ORDER BY number",
            batch.row
        );
        self.database.rows(&sql, |row| {
            let b_first: bool = row.get(2)?;
            Ok(BatchRequest {
                number: count(row.get(0)?),
                key: TrialKey {
                    comparison: row.get(1)?,
                    judge: batch.judge,
                    order: if b_first { Order::BFirst } else { Order::AFirst },
                    repeat: row.get(3)?,
                },
                attempt: row.get(4)?,
                digest: row.get(5)?,
                schema_requested: row.get(6)?,
                max_cost: row.get(7)?,
            })
        })
    }
}

impl Database {
    /// Returns all batches; none for a file that never had one.
    pub(super) fn batches(&self) -> Result<Vec<Batch>> {
        if !self.has_batch_tables()? {
            return Ok(Vec::new());
        }
        let sql = "SELECT row, judge, token, stage, input, id, created, requested, requests, max_cost, \
                   message \
                   FROM batch ORDER BY row";
        self.rows(sql, read_batch)
    }

    /// Deletes all batches.
    pub(super) fn delete_batches(&self) -> Result<()> {
        if self.has_batch_tables()? {
            self.execute("DELETE FROM batch_request", &[])?;
            self.execute("DELETE FROM batch", &[])?;
        }
        Ok(())
    }

    fn has_batch_tables(&self) -> Result<bool> {
        Ok(self.count("SELECT count(*) FROM sqlite_schema WHERE name = 'batch_request'")? > 0)
    }

    fn update_batch(&self, batch: &Batch) -> Result<()> {
        let sql = "UPDATE batch SET stage = ?, input = ?, id = ?, requested = ?, message = ? WHERE row = ?";
        let Batch { stage, input, id, message, row, .. } = batch;
        let requested = batch.requested.map(|at| at as i64);
        self.execute(sql, params![stage.as_str(), input, id, requested, message, row]).map(|_| ())
    }
}

fn read_batch(row: &Row<'_>) -> rusqlite::Result<Batch> {
    let stage = BatchStage::from_word(row.get_ref("stage")?.as_str()?);
    Ok(Batch {
        row: row.get("row")?,
        judge: row.get("judge")?,
        token: row.get("token")?,
        stage: stage.ok_or_else(damaged_value)?,
        input: row.get("input")?,
        id: row.get("id")?,
        created: count(row.get("created")?),
        requested: row.get::<_, Option<i64>>("requested")?.map(count),
        requests: count(row.get("requests")?),
        max_cost: row.get("max_cost")?,
        message: row.get("message")?,
    })
}

/// Returns a stored count, none for one that no version of this program has written.
fn count(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}
