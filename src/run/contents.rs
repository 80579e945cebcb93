//! What stands in a run file: the queries behind [`super::read`].

use super::attempt::{Attempt, TrialKey};
use super::attempt_row::{COLUMNS, read_attempt};
use super::identity::item_changed;
use super::manifest::{Manifest, StoredJudge};
use super::row_set::RowSet;
use super::store::{Database, OptionalRow as _, params};
use crate::error::{Error, Result};
use crate::input::{Item, changed_field};
use crate::judge::Usage;
use crate::trial::Order;

/// How many comparisons make up a page…
const PAGE: usize = 512;
/// …unless their items have as many bytes as this.
const PAGE_BYTES: usize = 4 << 20;

/// A comparison of the run with all attempts of all judges.
#[derive(Debug)]
pub(super) struct StoredComparison {
    pub(super) row: i64,
    /// The row of its item.
    pub(super) item: i64,
    pub(super) id: String,
    pub(super) between: [String; 2],
    pub(super) attempts: Vec<Attempt>,
}

/// A comparison of the run with its item, and without attempts.
#[derive(Debug)]
pub(super) struct StoredPair {
    pub(super) row: i64,
    /// The row of its item.
    pub(super) item: i64,
    pub(super) between: [String; 2],
    /// The item as it is stored.
    pub(super) json: String,
}

/// Comparisons that stand together in the run file.
#[derive(Debug, Default)]
pub(super) struct PairPage {
    pub(super) pairs: Vec<StoredPair>,
    /// The last row that was looked at.
    pub(super) last: i64,
}

impl Database {
    /// Returns the manifest.
    pub(super) fn manifest(&self) -> Result<Manifest> {
        let json: String = self
            .prepare("SELECT json FROM manifest")?
            .query_row([], |row| row.get(0))
            .map_err(|error| self.failed(&error))?;
        serde_json::from_str(&json).map_err(|error| self.damaged("manifest", &error))
    }

    /// Returns the judges with their rows and what was learnt, in the order they were given.
    pub(super) fn judges(&self) -> Result<Vec<StoredJudge>> {
        let rows: Vec<(i64, String, String)> = self
            .rows("SELECT row, json, learnt FROM judge ORDER BY row", |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        rows.into_iter()
            .map(|(row, json, learnt)| {
                let record =
                    serde_json::from_str(&json).map_err(|error| self.damaged("judge", &error))?;
                let learnt = serde_json::from_str(&learnt)
                    .map_err(|error| self.damaged("learnt", &error))?;
                Ok(StoredJudge { row, record, learnt })
            })
            .collect()
    }

    /// Returns one item by its id.
    pub(super) fn item(&self, id: &str) -> Result<Option<Item>> {
        let json: Option<String> = self
            .prepare("SELECT json FROM item WHERE id = ?")?
            .query_row([id], |row| row.get(0))
            .optional()
            .map_err(|error| self.failed(&error))?;
        json.map(|json| self.decode_item(&json)).transpose()
    }

    /// Hands the stored text of every wanted item to `each`; that of others is not read from the disk.
    pub(super) fn items(
        &self,
        wanted: impl Fn(&str) -> bool,
        mut each: impl FnMut(String) -> Result<()>,
    ) -> Result<()> {
        let failed = |error| self.failed(&error);
        let mut all = self.prepare("SELECT id, json FROM item")?;
        let mut rows = all.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let id: String = row.get(0).map_err(failed)?;
            if wanted(&id) {
                each(row.get(1).map_err(failed)?)?;
            }
        }
        Ok(())
    }

    /// Returns an item as it is stored, if its text is still what the run was judged on.
    pub(super) fn unchanged(&self, item: &Item) -> Result<Option<Item>> {
        let Some(stored) = self.item(&item.id)? else { return Ok(None) };
        match changed_field(&stored, item) {
            Some(field) => Err(item_changed(self.path(), item, &field)),
            None => Ok(Some(stored)),
        }
    }

    /// Hands every comparison to `each` with its attempts, in the order of the plan, in constant memory.
    pub(super) fn comparisons(
        &self,
        mut each: impl FnMut(StoredComparison) -> Result<()>,
    ) -> Result<()> {
        let sql = format!(
            "SELECT {COLUMNS}, c.row, i.id, c.a, c.b, i.row FROM comparison c JOIN item i ON i.row = c.item \
             LEFT JOIN attempt t ON t.comparison = c.row \
             ORDER BY c.row, t.judge, t.b_first, t.repeat, t.row"
        );
        let failed = |error| self.failed(&error);
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut current: Option<StoredComparison> = None;
        while let Some(row) = rows.next().map_err(failed)? {
            let comparison = row.get(22).map_err(failed)?;
            if current.as_ref().is_none_or(|current| current.row != comparison) {
                if let Some(done) = current.take() {
                    each(done)?;
                }
                let id = row.get(23).map_err(failed)?;
                let between = [row.get(24).map_err(failed)?, row.get(25).map_err(failed)?];
                let item = row.get(26).map_err(failed)?;
                let attempts = Vec::new();
                current = Some(StoredComparison { row: comparison, item, id, between, attempts });
            }
            if let Some(current) = &mut current
                && row.get::<_, Option<i64>>(0).map_err(failed)?.is_some()
            {
                current.attempts.push(read_attempt(row).map_err(failed)?);
            }
        }
        current.map_or(Ok(()), each)
    }

    /// Returns the wanted ones (or all) among the next comparisons after a row; `None` if there are no more.
    pub(super) fn pairs_after(
        &self,
        after: i64,
        wanted: Option<&RowSet>,
    ) -> Result<Option<PairPage>> {
        let sql = "SELECT c.row, i.row, c.a, c.b, i.json FROM comparison c JOIN item i ON i.row = c.item \
                   WHERE c.row > ? ORDER BY c.row LIMIT ?";
        let failed = |error| self.failed(&error);
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(params![after, PAGE as i64]).map_err(failed)?;
        let (mut page, mut bytes, mut found) = (PairPage::default(), 0, false);
        while bytes < PAGE_BYTES
            && let Some(row) = rows.next().map_err(failed)?
        {
            found = true;
            page.last = row.get(0).map_err(failed)?;
            if wanted.is_none_or(|wanted| wanted.has(page.last)) {
                let json: String = row.get(4).map_err(failed)?;
                bytes += json.len();
                page.pairs.push(StoredPair {
                    row: page.last,
                    item: row.get(1).map_err(failed)?,
                    between: [row.get(2).map_err(failed)?, row.get(3).map_err(failed)?],
                    json,
                });
            }
        }
        Ok(found.then_some(page))
    }

    /// Returns the attempts of one judge at the comparisons of some rows, trial by trial in their order.
    pub(super) fn attempts(
        &self,
        rows: std::ops::RangeInclusive<i64>,
        judge: i64,
    ) -> Result<Vec<Attempt>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM attempt WHERE comparison BETWEEN ? AND ? AND judge = ? \
             ORDER BY comparison, b_first, repeat, row"
        );
        let failed = |error| self.failed(&error);
        let mut statement = self.prepare(&sql)?;
        let rows = statement
            .query_map(params![rows.start(), rows.end(), judge], read_attempt)
            .map_err(failed)?;
        rows.collect::<std::result::Result<_, _>>().map_err(failed)
    }

    /// Hands the request and the trial of every stored reply to `each`, whether it was asked by a schema, and
    /// the item's id.
    pub(super) fn answered(
        &self,
        mut each: impl FnMut(&[u8; 32], TrialKey, bool, &str),
    ) -> Result<()> {
        let sql = "SELECT request, comparison, judge, b_first, repeat, by_schema, i.id \
                   FROM attempt JOIN comparison c ON c.row = comparison JOIN item i ON i.row = c.item \
                   WHERE ending = 'reply'";
        let failed = |error| self.failed(&error);
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let b_first: bool = row.get(3).map_err(failed)?;
            let key = TrialKey {
                comparison: row.get(1).map_err(failed)?,
                judge: row.get(2).map_err(failed)?,
                order: if b_first { Order::BFirst } else { Order::AFirst },
                repeat: row.get(4).map_err(failed)?,
            };
            let request: [u8; 32] = row.get(0).map_err(failed)?;
            let by_schema: bool = row.get(5).map_err(failed)?;
            let id: String = row.get(6).map_err(failed)?;
            each(&request, key, by_schema, &id);
        }
        Ok(())
    }

    /// Returns the row of a comparison of an item.
    pub(super) fn comparison(&self, item: i64, between: &[String; 2]) -> Result<Option<i64>> {
        let mut statement =
            self.prepare("SELECT row FROM comparison WHERE item = ? AND a = ? AND b = ?")?;
        let found = statement.query_row(params![item, between[0], between[1]], |row| row.get(0));
        found.optional().map_err(|error| self.failed(&error))
    }

    /// Returns id, digest and text of the item of a row.
    pub(super) fn item_row(&self, row: i64) -> Result<(String, Vec<u8>, String)> {
        let mut statement = self.prepare("SELECT id, digest, json FROM item WHERE row = ?")?;
        let found = statement.query_row([row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        found.map_err(|error| self.failed(&error))
    }

    /// Returns how many comparisons there are.
    pub(super) fn comparison_count(&self) -> Result<u64> {
        let counts = self.rows("SELECT count(*) FROM comparison", |row| row.get::<_, i64>(0))?;
        Ok(counts.first().map_or(0, |count| *count as u64))
    }

    /// Returns the row and the digest of an item.
    pub(super) fn item_digest(&self, id: &str) -> Result<Option<(i64, Vec<u8>)>> {
        let mut statement = self.prepare("SELECT row, digest FROM item WHERE id = ?")?;
        let found = statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)));
        found.optional().map_err(|error| self.failed(&error))
    }

    /// Returns what each judge may have cost so far: USD, and tokens of replies without a cost.
    pub(super) fn costs(&self) -> Result<Vec<(i64, f64, Usage)>> {
        let sql = "SELECT judge, total(cost) + total(unsettled), \
                   total(CASE WHEN cost IS NULL AND unsettled = 0 THEN prompt_tokens END), \
                   total(CASE WHEN cost IS NULL AND unsettled = 0 THEN completion_tokens END) \
                   FROM attempt WHERE NOT reused GROUP BY judge";
        self.rows(sql, |row| {
            let tokens = |at| row.get::<_, f64>(at).map(|count| count as u64);
            let unpriced = Usage { prompt: tokens(2)?, completion: tokens(3)? };
            Ok((row.get(0)?, row.get(1)?, unpriced))
        })
    }

    /// Returns whether anything may have been paid for: a reply, or a success that could not be used.
    pub(super) fn has_cost(&self) -> Result<bool> {
        let sql = "SELECT 1 FROM attempt WHERE ending = 'reply' OR status BETWEEN 200 AND 299 \
                   OR unsettled > 0 LIMIT 1";
        Ok(!self.rows(sql, |row| row.get::<_, i64>(0))?.is_empty())
    }

    /// Returns the first error of a judge that ended a trial.
    pub(super) fn first_error(&self, judge: &str) -> Result<Option<String>> {
        let sql = "SELECT error FROM attempt t JOIN judge ON judge.row = t.judge \
                   WHERE name = ? AND ending IN ('refused', 'exhausted') ORDER BY t.row LIMIT 1";
        let found = self.prepare(sql)?.query_row([judge], |row| row.get(0));
        found.optional().map_err(|error| self.failed(&error))
    }

    /// Reads an item as it is stored.
    pub(super) fn decode_item(&self, json: &str) -> Result<Item> {
        serde_json::from_str(json).map_err(|error| self.damaged("item", &error))
    }

    /// The error for an item that lacks what its comparisons need.
    pub(super) fn damaged_item(&self, id: &str) -> Error {
        Error::input(format!("{}: item {id} is damaged", self.path().display()))
    }

    pub(super) fn damaged(&self, what: &str, error: &serde_json::Error) -> Error {
        Error::input(format!(
            "{}: the run file is damaged ({what}: {error})",
            self.path().display()
        ))
    }
}
