//! Reads the attempts of a run: replies, costs, errors, and the models that servers named.

use std::ops::RangeInclusive;

use rusqlite::{OptionalExtension as _, params};
use serde::Serialize;

use super::attempt::{Attempt, TrialKey};
use super::attempt_row::read_attempt;
use super::database::Database;
use super::manifest::StoredJudge;
use crate::error::Result;
use crate::input::Price;
use crate::judge::Usage;
use crate::trial::Order;

/// A model as a server named it in its replies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ServedModel {
    /// The name; `None` where the server gave none.
    pub model: Option<String>,
    /// The fingerprint of the server's configuration; `None` where the server gave none.
    pub fingerprint: Option<String>,
    /// The replies with both.
    pub replies: u64,
}

impl Database {
    /// Returns the attempts of one judge at the comparisons of some rows, trial by trial in the order they
    /// were made.
    pub(super) fn attempts(&self, rows: RangeInclusive<i64>, judge: i64) -> Result<Vec<Attempt>> {
        let sql = format!(
            "SELECT {} FROM attempt WHERE comparison BETWEEN ? AND ? AND judge = ? \
             ORDER BY comparison, b_first, repeat, row",
            self.columns()?
        );
        let failed = |error| self.failed(error);
        let mut statement = self.prepare(&sql)?;
        let rows = statement
            .query_map(params![rows.start(), rows.end(), judge], read_attempt)
            .map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Returns the attempts of one judge at one repeat of a comparison in the first order, in the order they were made.
    pub(super) fn attempts_of_repeat(
        &self,
        comparison: i64,
        judge: i64,
        repeat: u32,
    ) -> Result<Vec<Attempt>> {
        let sql = format!(
            "SELECT {} FROM attempt WHERE comparison = ? AND judge = ? AND b_first = 0 AND repeat = ? ORDER BY row",
            self.columns()?
        );
        let failed = |error| self.failed(error);
        let mut statement = self.prepare(&sql)?;
        let rows = statement
            .query_map(params![comparison, judge, repeat], read_attempt)
            .map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Calls `each` for every stored reply with its request, its trial, whether it was requested by a JSON
    /// schema, and the item's id.
    pub(super) fn replies(
        &self,
        mut each: impl FnMut(&[u8; 32], TrialKey, bool, &str),
    ) -> Result<()> {
        let sql = "SELECT request, comparison, judge, b_first, repeat, by_schema, i.id \
                   FROM attempt JOIN comparison c ON c.row = comparison JOIN item i ON i.row = c.item \
                   WHERE ending = 'reply'";
        let failed = |error| self.failed(error);
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let read = || -> rusqlite::Result<_> {
                let b_first: bool = row.get("b_first")?;
                let key = TrialKey {
                    comparison: row.get("comparison")?,
                    judge: row.get("judge")?,
                    order: if b_first { Order::BFirst } else { Order::AFirst },
                    repeat: row.get("repeat")?,
                };
                let request: [u8; 32] = row.get("request")?;
                Ok((request, key, row.get("by_schema")?, row.get::<_, String>("id")?))
            };
            let (request, key, by_schema, id) = read().map_err(failed)?;
            each(&request, key, by_schema, &id);
        }
        Ok(())
    }

    /// Returns the models that a judge's server named, the most frequent first.
    pub(super) fn served_models(&self, judge: &str) -> Result<Vec<ServedModel>> {
        let sql = "SELECT attempt.model, fingerprint, count(*) FROM attempt JOIN judge ON judge.row = attempt.judge \
                   WHERE judge.name = ? AND ending = 'reply' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2";
        let failed = |error| self.failed(error);
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map([judge], |row| {
            let replies: i64 = row.get(2)?;
            Ok(ServedModel {
                model: row.get(0)?,
                fingerprint: row.get(1)?,
                replies: replies as u64,
            })
        });
        rows.map_err(failed)?.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Returns what each judge may have cost so far: its row, USD, and the tokens of replies without a
    /// cost.
    pub(super) fn costs(&self) -> Result<Vec<(i64, f64, Usage)>> {
        let columns = self.columns()?;
        let sql = format!(
            "SELECT judge, total(cost) + total(unsettled) AS usd, \
             total(CASE WHEN cost IS NULL AND unsettled = 0 THEN prompt_tokens END) AS prompt, \
             total(CASE WHEN cost IS NULL AND unsettled = 0 THEN completion_tokens END) AS completion, \
             total(CASE WHEN cost IS NULL AND unsettled = 0 THEN cache_write_tokens END) AS written \
             FROM (SELECT {columns} FROM attempt) WHERE NOT reused GROUP BY judge"
        );
        self.rows(&sql, |row| {
            let tokens = |column| row.get::<_, f64>(column).map(|count| count as u64);
            // What came from a cache is counted at the full price.
            let unpriced = Usage {
                prompt: tokens("prompt")?,
                completion: tokens("completion")?,
                cache_written: tokens("written")?,
                ..Usage::default()
            };
            Ok((row.get("judge")?, row.get("usd")?, unpriced))
        })
    }

    /// Returns what all requests may have cost so far, in USD. A reply that was stored before its judge had a price
    /// counts with `price`.
    pub(super) fn cost(
        &self,
        judges: &[StoredJudge],
        price: impl Fn(&str) -> Option<Price>,
    ) -> Result<f64> {
        let cost = |(row, usd, unpriced): (i64, f64, Usage)| {
            let judge = judges.iter().find(|judge| judge.row == row);
            let price = judge.and_then(|judge| price(&judge.record.name));
            usd + price.map_or(0.0, |price| unpriced.cost(price))
        };
        Ok(self.costs()?.into_iter().map(cost).sum())
    }

    /// Returns whether there is a reply of any kind.
    pub(super) fn has_reply(&self) -> Result<bool> {
        self.has_attempt_where("ending = 'reply'")
    }

    /// Returns whether there is a reply of any kind, or a request that may have been charged: a success that
    /// could not be used, or one without an answer.
    pub(super) fn has_replies_or_cost(&self) -> Result<bool> {
        self.has_attempt_where("ending = 'reply' OR status BETWEEN 200 AND 299 OR unsettled > 0")
    }

    fn has_attempt_where(&self, condition: &str) -> Result<bool> {
        let sql = format!("SELECT 1 FROM attempt WHERE {condition} LIMIT 1");
        Ok(!self.rows(&sql, |row| row.get::<_, i64>(0))?.is_empty())
    }

    /// Returns the first error of a judge that ended a trial.
    pub(super) fn first_error(&self, judge: &str) -> Result<Option<String>> {
        let sql = "SELECT error FROM attempt t JOIN judge ON judge.row = t.judge \
                   WHERE name = ? AND ending IN ('refused', 'exhausted') ORDER BY t.row LIMIT 1";
        let found = self.prepare(sql)?.query_row([judge], |row| row.get(0));
        found.optional().map_err(|error| self.failed(error))
    }
}
