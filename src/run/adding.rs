//! What is put into a run file: what it is, its plan, and the attempts.

use super::attempt::Attempt;
use super::attempt_row::insert;
use super::manifest::{JudgeRecord, Manifest, StoredJudge};
use super::row_set::RowSet;
use super::store::{Database, Store, params};
use super::survey::Draft;
use crate::error::{Error, Result};
use crate::input::Item;
use crate::judge::ServerProfile;
use crate::trial::Order;

impl Store {
    /// Returns what the run file says it is; `None` if it is new.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is damaged.
    pub fn manifest(&self) -> Result<Option<(Manifest, Vec<StoredJudge>)>> {
        let database = self.database();
        if database.rows("SELECT one FROM manifest", |row| row.get::<_, i64>(0))?.is_empty() {
            return Ok(None);
        }
        Ok(Some((database.manifest()?, database.judges()?)))
    }

    /// Writes attempts and what was learnt, all or none of them.
    ///
    /// # Errors
    ///
    /// The disk is full, the file was taken away, or the like.
    pub fn write(&mut self, attempts: &[Attempt], learnt: &[(i64, ServerProfile)]) -> Result<()> {
        self.all_or_nothing(|database| {
            database.add_attempts(attempts)?;
            for (judge, learnt) in learnt {
                database.set_learnt(*judge, *learnt)?;
            }
            Ok(())
        })
    }
}

/// A row that is there already, or one that was added.
pub(super) struct Placed {
    pub(super) row: i64,
    pub(super) new: bool,
}

impl Database {
    /// Forgets everything.
    pub(super) fn clear(&self) -> Result<()> {
        for table in ["attempt", "comparison", "item", "judge", "manifest"] {
            self.execute(&format!("DELETE FROM {table}"), &[])?;
        }
        Ok(())
    }

    /// Writes the manifest and the judges and returns the judges' rows, in the order given.
    pub(super) fn set_manifest(
        &self,
        manifest: &Manifest,
        judges: &[JudgeRecord],
    ) -> Result<Vec<i64>> {
        self.execute("INSERT OR REPLACE INTO manifest VALUES (1, ?)", params![encode(manifest)?])?;
        let nothing = encode(&ServerProfile::default())?;
        let mut rows = Vec::new();
        for judge in judges {
            let sql = "INSERT INTO judge (name, json, learnt) VALUES (?, ?, ?) \
                       ON CONFLICT (name) DO NOTHING";
            self.execute(sql, params![judge.name, encode(judge)?, nothing])?;
            let row = self
                .prepare("SELECT row FROM judge WHERE name = ?")?
                .query_row([&judge.name], |row| row.get(0));
            rows.push(row.map_err(|error| self.failed(&error))?);
        }
        Ok(rows)
    }

    /// Adds an item and its comparisons, where they are not there yet, and enters the comparisons' rows
    /// into `rows`. Returns whether anything of it is new.
    ///
    /// A row has the number that the item or the comparison has in the plan, so that run files of one plan
    /// put each in the same place, whichever part of it they hold. Where that number is taken, because the
    /// plan has changed since, the next free one is given.
    pub(super) fn add_draft(&self, draft: &Draft, rows: &mut RowSet) -> Result<bool> {
        let Draft { item, ordinal, json, digest, .. } = draft;
        let Placed { row: item, new: new_item } = self.add_item(*ordinal, item, json, digest)?;
        let mut any = new_item;
        for (ordinal, comparison) in &draft.comparisons {
            let between = &comparison.between;
            let there = if new_item { None } else { self.comparison(item, between)? };
            any |= there.is_none();
            let row = match there {
                Some(row) => row,
                None => self.add_comparison(*ordinal, item, between)?,
            };
            rows.insert(row);
        }
        Ok(any)
    }

    /// Adds an item, or to the one that is there the responses that are new.
    pub(super) fn add_item(
        &self,
        ordinal: i64,
        item: &Item,
        json: &str,
        digest: &[u8],
    ) -> Result<Placed> {
        match self.item_digest(&item.id)? {
            Some((row, stored)) if stored == digest => Ok(Placed { row, new: false }),
            Some((row, stored_digest)) => {
                let stored = self.unchanged(item)?;
                let mut merged = stored.unwrap_or_else(|| item.clone());
                merged.responses.extend(item.responses.clone());
                merged.tags.clone_from(&item.tags);
                let json = encode(&merged)?;
                // Of what is stored, not of what was given: responses that have left the file stay.
                let digest = *blake3::hash(json.as_bytes()).as_bytes();
                if digest != *stored_digest {
                    let sql = "UPDATE item SET digest = ?, json = ? WHERE row = ?";
                    self.execute(sql, params![digest, json, row])?;
                }
                Ok(Placed { row, new: false })
            }
            None => {
                let sql = "INSERT INTO item (row, id, digest, json) VALUES (?, ?, ?, ?) \
                           ON CONFLICT (row) DO NOTHING";
                if self.execute(sql, params![ordinal, item.id, digest, json])? == 0 {
                    self.execute(sql, params![None::<i64>, item.id, digest, json])?;
                }
                Ok(Placed { row: self.last_row(), new: true })
            }
        }
    }

    /// Keeps what was learnt about a judge's server.
    pub(super) fn set_learnt(&self, judge: i64, learnt: ServerProfile) -> Result<()> {
        let sql = "UPDATE judge SET learnt = ? WHERE row = ?";
        self.execute(sql, params![encode(&learnt)?, judge]).map(|_| ())
    }

    /// Adds a comparison with the number that it has in the plan, if that is free; returns its row.
    pub(super) fn add_comparison(
        &self,
        ordinal: i64,
        item: i64,
        between: &[String; 2],
    ) -> Result<i64> {
        let sql = "INSERT INTO comparison (row, item, a, b) VALUES (?, ?, ?, ?) \
                   ON CONFLICT (row) DO NOTHING";
        let [a, b] = between;
        if self.execute(sql, params![ordinal, item, a, b])? == 0 {
            self.execute(sql, params![None::<i64>, item, a, b])?;
        }
        Ok(self.last_row())
    }

    /// Puts replies that were paid for in the place of their copies.
    pub(super) fn replace_copies(&self, paid: &[Attempt]) -> Result<()> {
        let sql = "UPDATE attempt SET reused = 0, cost = ?, unsettled = ?, number = ? \
                   WHERE comparison = ? AND judge = ? AND b_first = ? AND repeat = ? AND reused \
                   AND request = ? AND reply IS ? AND latency_ms = ?";
        for attempt in paid {
            let key = &attempt.key;
            let b_first = key.order == Order::BFirst;
            let Attempt { cost, unsettled, number, request, latency_ms, .. } = attempt;
            self.execute(
                sql,
                params![
                    cost,
                    unsettled,
                    number,
                    key.comparison,
                    key.judge,
                    b_first,
                    key.repeat,
                    request,
                    attempt.reply.text,
                    latency_ms
                ],
            )?;
        }
        Ok(())
    }

    /// Adds attempts.
    pub(super) fn add_attempts(&self, attempts: &[Attempt]) -> Result<()> {
        attempts
            .iter()
            .try_for_each(|attempt| insert(self, attempt).map_err(|error| self.failed(&error)))
    }
}

fn encode<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal(format!("cannot write JSON: {error}")))
}
