//! Reads the comparisons of a run: with all attempts, with their items, or only what identifies them.

use std::sync::Arc;

use rusqlite::{OptionalExtension as _, Row, Statement, params};

use super::attempt::Attempt;
use super::attempt_row::{has_attempt, read_attempt};
use super::database::Database;
use super::row_set::RowSet;
use crate::error::Result;
use crate::input::Item;

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

impl Database {
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

    /// Returns one comparison by its row; `None` if there is none.
    pub(super) fn comparison_at(&self, row: i64) -> Result<Option<ComparisonRow>> {
        let sql = "SELECT i.row, c.a, c.b, i.json FROM comparison c JOIN item i ON i.row = c.item WHERE c.row = ?";
        let failed = |error| self.failed(error);
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([row]).map_err(failed)?;
        let Some(found) = rows.next().map_err(failed)? else { return Ok(None) };
        let read = || {
            Ok(ComparisonRow {
                row,
                item: found.get(0)?,
                between: [found.get(1)?, found.get(2)?],
                json: found.get(3)?,
            })
        };
        read().map(Some).map_err(failed)
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

    /// Adds the rows of those comparisons of an item that it has both responses for, under its id.
    pub(crate) fn add_rows_of(&self, item: &Item, rows: &mut RowSet) -> Result<()> {
        let sql =
            "SELECT c.row, c.a, c.b FROM comparison c JOIN item i ON i.row = c.item WHERE i.id = ?";
        let failed = |error| self.failed(error);
        let mut statement = self.prepare(sql)?;
        let mut found = statement.query([&item.id]).map_err(failed)?;
        while let Some(row) = found.next().map_err(failed)? {
            let between: [String; 2] = [row.get(1).map_err(failed)?, row.get(2).map_err(failed)?];
            if has_responses(item, &between) {
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

    /// Returns how many comparisons there are.
    pub(crate) fn comparison_count(&self) -> Result<u64> {
        self.count("SELECT count(*) FROM comparison")
    }

    /// Returns the systems of all comparisons, in byte order.
    pub(super) fn systems(&self) -> Result<Vec<String>> {
        let sql =
            "SELECT a FROM comparison UNION SELECT b FROM comparison WHERE b <> '' ORDER BY 1";
        self.rows(sql, |row| row.get(0))
    }
}

/// Returns whether an item has the responses of a comparison, or of a subject with fewer systems.
pub(super) fn has_responses(item: &Item, between: &[String; 2]) -> bool {
    between.iter().all(|system| system.is_empty() || item.responses.contains_key(system))
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
