//! The numbers of every attempt in the order in which they were stored, without any text.

use rusqlite::Row;

use super::attempt::{AttemptResult, TrialKey};
use super::database::{Database, damaged_value};
use super::run_file::RunFile;
use crate::error::Result;
use crate::trial::Order;

/// The numbers of one stored attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AttemptNumbers {
    /// The trial.
    pub key: TrialKey,
    /// The number of the attempt within the trial, counted from 1.
    pub number: u32,
    /// What it ended with.
    pub result: AttemptResult,
    /// The HTTP status; `None` where no response arrived.
    pub status: Option<u16>,
    /// What it cost in USD, where price and tokens are known.
    pub cost: Option<f64>,
    /// How long the call took, in milliseconds; `None` for an answer of a batch.
    pub latency_ms: Option<f64>,
    /// Whether it was copied from another run.
    pub reused: bool,
}

impl RunFile {
    /// Calls `each` with the numbers of every attempt at a selected comparison, in the order in which they were
    /// stored.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn for_each_attempt(&self, mut each: impl FnMut(AttemptNumbers)) -> Result<()> {
        self.database().attempt_numbers(|attempt| {
            let comparison = attempt.key.comparison;
            if self.selected.as_ref().is_none_or(|rows| rows.contains(comparison)) {
                each(attempt);
            }
        })
    }
}

impl Database {
    fn attempt_numbers(&self, mut each: impl FnMut(AttemptNumbers)) -> Result<()> {
        let columns = self.columns()?;
        let sql = format!(
            "SELECT comparison, judge, b_first, repeat, number, ending, status, cost, \
             CASE WHEN batched THEN NULL ELSE latency_ms END, reused \
             FROM (SELECT {columns}, row FROM attempt) ORDER BY row"
        );
        let failed = |error| self.failed(error);
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each(read(row).map_err(failed)?);
        }
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<AttemptNumbers> {
    let b_first: bool = row.get(2)?;
    Ok(AttemptNumbers {
        key: TrialKey {
            comparison: row.get(0)?,
            judge: row.get(1)?,
            order: if b_first { Order::BFirst } else { Order::AFirst },
            repeat: row.get(3)?,
        },
        number: row.get(4)?,
        result: AttemptResult::from_word(row.get_ref(5)?.as_str()?).ok_or_else(damaged_value)?,
        status: row.get(6)?,
        cost: row.get(7)?,
        latency_ms: row.get(8)?,
        reused: row.get(9)?,
    })
}
