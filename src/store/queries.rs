//! The queries of a run file.

use std::ops::RangeInclusive;
use std::sync::Arc;

use rusqlite::{OptionalExtension as _, Row, Statement, params};
use serde::Serialize;

use super::attempt::{Attempt, TrialKey};
use super::attempt_row::{has_attempt, read_attempt};
use super::database::Database;
use super::identity::{ChangedText, item_changed};
use super::manifest::{Manifest, StoredJudge};
use super::row_set::RowSet;
use crate::error::Result;
use crate::input::{Item, changed_field};
use crate::judge::Usage;
use crate::trial::Order;

/// The most comparisons of a page.
const PAGE: usize = 512;
/// A page ends early when its items have this many bytes.
const PAGE_BYTES: usize = 4 << 20;

/// A comparison of the run with all attempts of all judges.
#[derive(Debug)]
pub(super) struct StoredComparison {
    pub(super) row: i64,
    /// The row of its item.
    pub(super) item: i64,
    pub(super) id: String,
    pub(super) between: [String; 2],
    /// The item as it is stored, where it was asked for.
    pub(super) json: Option<Arc<str>>,
    pub(super) attempts: Vec<Attempt>,
}

impl StoredComparison {
    /// Returns about how many bytes of text it has.
    pub(super) fn bytes(&self) -> usize {
        let of_reply = |attempt: &Attempt| {
            let reply = &attempt.reply;
            let texts = [&reply.text, &reply.refusal, &reply.reasoning];
            texts.into_iter().flatten().map(String::len).sum::<usize>()
        };
        self.json.as_ref().map_or(0, |json| json.len())
            + self.attempts.iter().map(of_reply).sum::<usize>()
    }
}

/// What identifies a comparison of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ComparisonKey {
    /// Its row in the run file.
    pub row: i64,
    /// The row of its item.
    pub item: i64,
    /// The item's id.
    pub id: String,
    /// The two systems, in byte order.
    pub between: [String; 2],
}

/// A comparison of the run with its item, and without attempts.
#[derive(Debug)]
pub(crate) struct ComparisonRow {
    pub(crate) row: i64,
    /// The row of its item.
    pub(crate) item: i64,
    pub(crate) between: [String; 2],
    /// The item as it is stored.
    pub(crate) json: String,
}

/// Consecutive comparisons of the run file.
#[derive(Debug, Default)]
pub(crate) struct ComparisonPage {
    pub(crate) pairs: Vec<ComparisonRow>,
    /// The row of the last comparison that was read, wanted or not.
    pub(crate) last: i64,
}

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

    /// Returns the manifest.
    pub(super) fn manifest(&self) -> Result<Manifest> {
        let json: String = self
            .prepare("SELECT json FROM manifest")?
            .query_row([], |row| row.get(0))
            .map_err(|error| self.failed(error))?;
        serde_json::from_str(&json).map_err(|error| self.damaged("manifest", error))
    }

    /// Returns the judges with their rows and the profiles of their servers, in the order they were
    /// given.
    pub(super) fn judges(&self) -> Result<Vec<StoredJudge>> {
        let rows: Vec<(i64, String, String)> = self
            .rows("SELECT row, json, learnt FROM judge ORDER BY row", |row| {
                Ok((row.get("row")?, row.get("json")?, row.get("learnt")?))
            })?;
        rows.into_iter()
            .map(|(row, json, learnt)| {
                let record =
                    serde_json::from_str(&json).map_err(|error| self.damaged("judge", error))?;
                let server_profile =
                    serde_json::from_str(&learnt).map_err(|error| self.damaged("learnt", error))?;
                Ok(StoredJudge { row, record, server_profile })
            })
            .collect()
    }

    /// Returns the systems of all comparisons, in byte order.
    pub(super) fn systems(&self) -> Result<Vec<String>> {
        self.rows("SELECT a FROM comparison UNION SELECT b FROM comparison ORDER BY 1", |row| {
            row.get(0)
        })
    }

    /// Returns one item by its id.
    pub(super) fn item(&self, id: &str) -> Result<Option<Item>> {
        let json: Option<String> = self
            .prepare("SELECT json FROM item WHERE id = ?")?
            .query_row([id], |row| row.get(0))
            .optional()
            .map_err(|error| self.failed(error))?;
        json.map(|json| self.decode_item(&json)).transpose()
    }

    /// Calls `each` with the stored JSON of every wanted item; that of others is not read from the disk.
    pub(super) fn items(
        &self,
        wanted: impl Fn(&str) -> bool,
        mut each: impl FnMut(String) -> Result<()>,
    ) -> Result<()> {
        let failed = |error| self.failed(error);
        let mut all = self.prepare("SELECT id, json FROM item")?;
        let mut rows = all.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let id: String = row.get("id").map_err(failed)?;
            if wanted(&id) {
                each(row.get("json").map_err(failed)?)?;
            }
        }
        Ok(())
    }

    /// Checks that an item's text is the one that the run was judged on; returns the stored item, if any.
    pub(super) fn check_unchanged(&self, item: &Item) -> Result<Option<Item>> {
        let Some(stored) = self.item(&item.id)? else { return Ok(None) };
        let changed = changed_field(&stored, item)
            .and_then(|(field, before, now)| ChangedText::of(field, before, now));
        match changed {
            Some(changed) => Err(item_changed(self.path(), item, &changed)),
            None => Ok(Some(stored)),
        }
    }

    /// Calls `each` with every comparison in `wanted` (all if `None`) and its attempts, in the order of the plan, in
    /// constant memory; also with its item, if `with_items`. Texts of other comparisons are not read from the disk.
    pub(super) fn comparisons(
        &self,
        wanted: Option<&RowSet>,
        with_items: bool,
        mut each: impl FnMut(StoredComparison) -> Result<()>,
    ) -> Result<()> {
        let sql = format!(
            "SELECT {}, c.row AS comparison_row, i.row AS item_row, i.id AS item_id, c.a, c.b, \
             i.json AS item_json \
             FROM comparison c JOIN item i ON i.row = c.item \
             LEFT JOIN attempt t ON t.comparison = c.row \
             ORDER BY c.row, t.judge, t.b_first, t.repeat, t.row",
            self.columns()?
        );
        let failed = |error| self.failed(error);
        let mut statement = self.prepare(&sql)?;
        let [row_at, item_at, id_at, a_at, b_at, json_at] =
            places(&statement, ["comparison_row", "item_row", "item_id", "a", "b", "item_json"])
                .map_err(failed)?;
        // Consecutive comparisons are often of one item.
        let mut item: Option<(i64, Arc<str>)> = None;
        let mut new_comparison = |row: &Row<'_>| {
            let item_row = row.get(item_at)?;
            let json = match &item {
                _ if !with_items => None,
                Some((known, json)) if *known == item_row => Some(Arc::clone(json)),
                _ => {
                    let json: Arc<str> = row.get::<_, String>(json_at)?.into();
                    item = Some((item_row, Arc::clone(&json)));
                    Some(json)
                }
            };
            Ok(StoredComparison {
                row: row.get(row_at)?,
                item: item_row,
                id: row.get(id_at)?,
                between: [row.get(a_at)?, row.get(b_at)?],
                json,
                attempts: Vec::new(),
            })
        };
        let mut rows = statement.query([]).map_err(failed)?;
        let mut current: Option<StoredComparison> = None;
        while let Some(row) = rows.next().map_err(failed)? {
            let comparison: i64 = row.get(row_at).map_err(failed)?;
            if wanted.is_some_and(|wanted| !wanted.contains(comparison)) {
                continue;
            }
            if current.as_ref().is_none_or(|current| current.row != comparison) {
                let next = new_comparison(row).map_err(failed)?;
                if let Some(complete) = current.replace(next) {
                    each(complete)?;
                }
            }
            if let Some(current) = &mut current
                && has_attempt(row).map_err(failed)?
            {
                current.attempts.push(read_attempt(row).map_err(failed)?);
            }
        }
        current.map_or(Ok(()), each)
    }

    /// Returns those of the next comparisons after a row that are in `wanted`; `None` if there are no more
    /// comparisons.
    pub(super) fn comparisons_after(
        &self,
        after: i64,
        wanted: Option<&RowSet>,
    ) -> Result<Option<ComparisonPage>> {
        let sql = "SELECT c.row AS comparison_row, i.row AS item_row, c.a, c.b, i.json \
                   FROM comparison c JOIN item i ON i.row = c.item \
                   WHERE c.row > ? ORDER BY c.row LIMIT ?";
        let failed = |error| self.failed(error);
        let mut statement = self.prepare(sql)?;
        let [row_at, item_at, a_at, b_at, json_at] =
            places(&statement, ["comparison_row", "item_row", "a", "b", "json"]).map_err(failed)?;
        let mut rows = statement.query(params![after, PAGE as i64]).map_err(failed)?;
        let (mut page, mut bytes, mut found) = (ComparisonPage::default(), 0, false);
        while bytes < PAGE_BYTES
            && let Some(row) = rows.next().map_err(failed)?
        {
            found = true;
            page.last = row.get(row_at).map_err(failed)?;
            if wanted.is_none_or(|wanted| wanted.contains(page.last)) {
                let json: String = row.get(json_at).map_err(failed)?;
                bytes += json.len();
                page.pairs.push(ComparisonRow {
                    row: page.last,
                    item: row.get(item_at).map_err(failed)?,
                    between: [row.get(a_at).map_err(failed)?, row.get(b_at).map_err(failed)?],
                    json,
                });
            }
        }
        Ok(found.then_some(page))
    }

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

    /// Calls `each` with every comparison, in the order of the plan, without any text.
    pub(super) fn comparison_keys(
        &self,
        mut each: impl FnMut(ComparisonKey) -> Result<()>,
    ) -> Result<()> {
        let sql = "SELECT c.row, c.item, i.id, c.a, c.b FROM comparison c JOIN item i ON i.row = c.item \
                   ORDER BY c.row";
        let failed = |error| self.failed(error);
        let mut statement = self.prepare(sql)?;
        let read = |row: &Row<'_>| {
            Ok(ComparisonKey {
                row: row.get(0)?,
                item: row.get(1)?,
                id: row.get(2)?,
                between: [row.get(3)?, row.get(4)?],
            })
        };
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each(read(row).map_err(failed)?)?;
        }
        Ok(())
    }

    /// Calls `each` with the row and the stored JSON of every item.
    pub(super) fn item_rows(
        &self,
        mut each: impl FnMut((i64, String)) -> Result<()>,
    ) -> Result<()> {
        let failed = |error| self.failed(error);
        let mut all = self.prepare("SELECT row, json FROM item")?;
        let mut rows = all.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each((row.get(0).map_err(failed)?, row.get(1).map_err(failed)?))?;
        }
        Ok(())
    }

    /// Adds the rows of those comparisons of an item that it has both responses for, under its id.
    pub(crate) fn add_rows_of(&self, item: &Item, rows: &mut RowSet) -> Result<()> {
        let sql =
            "SELECT c.row, c.a, c.b FROM comparison c JOIN item i ON i.row = c.item WHERE i.id = ?";
        let failed = |error| self.failed(error);
        let mut statement = self.prepare(sql)?;
        let mut found = statement.query([&item.id]).map_err(failed)?;
        while let Some(row) = found.next().map_err(failed)? {
            let between: [String; 2] = [row.get(1).map_err(failed)?, row.get(2).map_err(failed)?];
            if between.iter().all(|system| item.responses.contains_key(system)) {
                rows.insert(row.get(0).map_err(failed)?);
            }
        }
        Ok(())
    }

    /// Returns the row of a comparison of an item.
    pub(super) fn comparison(&self, item: i64, between: &[String; 2]) -> Result<Option<i64>> {
        let mut statement =
            self.prepare("SELECT row FROM comparison WHERE item = ? AND a = ? AND b = ?")?;
        let found = statement.query_row(params![item, between[0], between[1]], |row| row.get(0));
        found.optional().map_err(|error| self.failed(error))
    }

    /// Returns id, digest and text of the item of a row.
    pub(super) fn item_row(&self, row: i64) -> Result<(String, Vec<u8>, String)> {
        let mut statement = self.prepare("SELECT id, digest, json FROM item WHERE row = ?")?;
        let found = statement
            .query_row([row], |row| Ok((row.get("id")?, row.get("digest")?, row.get("json")?)));
        found.map_err(|error| self.failed(error))
    }

    /// Returns how many comparisons there are.
    pub(crate) fn comparison_count(&self) -> Result<u64> {
        self.count("SELECT count(*) FROM comparison")
    }

    /// Returns the row and the digest of an item.
    pub(super) fn item_digest(&self, id: &str) -> Result<Option<(i64, Vec<u8>)>> {
        let mut statement = self.prepare("SELECT row, digest FROM item WHERE id = ?")?;
        let found = statement.query_row([id], |row| Ok((row.get("row")?, row.get("digest")?)));
        found.optional().map_err(|error| self.failed(error))
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

    /// Returns whether there is a reply of any kind, or a request that may have been charged: a success that
    /// could not be used, or one without an answer.
    pub(super) fn has_replies_or_cost(&self) -> Result<bool> {
        let sql = "SELECT 1 FROM attempt WHERE ending = 'reply' OR status BETWEEN 200 AND 299 \
                   OR unsettled > 0 LIMIT 1";
        Ok(!self.rows(sql, |row| row.get::<_, i64>(0))?.is_empty())
    }

    /// Returns the first error of a judge that ended a trial.
    pub(super) fn first_error(&self, judge: &str) -> Result<Option<String>> {
        let sql = "SELECT error FROM attempt t JOIN judge ON judge.row = t.judge \
                   WHERE name = ? AND ending IN ('refused', 'exhausted') ORDER BY t.row LIMIT 1";
        let found = self.prepare(sql)?.query_row([judge], |row| row.get(0));
        found.optional().map_err(|error| self.failed(error))
    }

    /// Reads an item as it is stored.
    pub(super) fn decode_item(&self, json: &str) -> Result<Item> {
        serde_json::from_str(json).map_err(|error| self.damaged("item", error))
    }
}

/// Returns the places of the named columns in the rows of a statement, looked up once for all rows.
fn places<const N: usize>(
    statement: &Statement<'_>,
    names: [&str; N],
) -> rusqlite::Result<[usize; N]> {
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(names) {
        *place = statement.column_index(name)?;
    }
    Ok(places)
}
