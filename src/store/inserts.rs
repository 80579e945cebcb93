//! The inserts and updates of a run file: manifest, plan, attempts.

use rusqlite::params;

use super::attempt::Attempt;
use super::attempt_row::insert_attempt;
use super::database::Database;
use super::manifest::{FORMAT, FORMAT_WITHOUT_CASCADE, JudgeRecord, Manifest};
use super::planned_item::{PlannedItem, encode};
use super::row_set::RowSet;
use crate::error::Result;
use crate::input::Item;
use crate::judge::ServerProfile;
use crate::trial::Order;

/// The row of an item, and whether it was inserted just now.
pub(super) struct ItemRow {
    pub(super) row: i64,
    pub(super) is_new: bool,
}

impl Database {
    /// Deletes everything.
    pub(crate) fn clear(&self) -> Result<()> {
        self.delete_batches()?;
        for table in ["attempt", "comparison", "item", "judge", "manifest"] {
            self.execute(&format!("DELETE FROM {table}"), &[])?;
        }
        Ok(())
    }

    /// Writes the manifest and the judges and returns the judges' rows, in the order given. Of a judge that is
    /// stored already, only the servers that it has not had before are added.
    pub(crate) fn set_manifest(
        &self,
        manifest: &Manifest,
        judges: &[JudgeRecord],
    ) -> Result<Vec<i64>> {
        self.replace_manifest(manifest)?;
        let nothing = encode(&ServerProfile::default())?;
        let mut rows = Vec::new();
        let stored = self.judges()?;
        for judge in judges {
            let stored = stored.iter().find(|stored| stored.record.name == judge.name);
            let record = stored.map_or_else(|| judge.clone(), |stored| stored.record.joined(judge));
            let sql = "INSERT INTO judge (name, json, learnt) VALUES (?, ?, ?) \
                       ON CONFLICT (name) DO UPDATE SET json = excluded.json";
            self.execute(sql, params![judge.name, encode(&record)?, nothing])?;
            rows.push(self.judge_row(&judge.name)?);
        }
        Ok(rows)
    }

    /// Deletes those of some comparisons to which no judge was asked anything, and the items that are left without a
    /// comparison; returns the rows that are left of them.
    pub(crate) fn delete_unasked(&self, rows: &RowSet) -> Result<RowSet> {
        let mut left = RowSet::default();
        let sql = "SELECT row, EXISTS (SELECT 1 FROM attempt WHERE attempt.comparison = comparison.row) FROM comparison";
        let found: Vec<(i64, bool)> = self.rows(sql, |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (row, is_asked) in found.into_iter().filter(|(row, _)| rows.contains(*row)) {
            if is_asked {
                left.insert(row);
            } else {
                self.execute("DELETE FROM comparison WHERE row = ?", params![row])?;
            }
        }
        let sql = "DELETE FROM item WHERE row NOT IN (SELECT item FROM comparison)";
        self.execute(sql, &[])?;
        Ok(left)
    }

    /// Replaces the manifest.
    pub(crate) fn replace_manifest(&self, manifest: &Manifest) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO manifest VALUES (1, ?)";
        self.execute(sql, params![encode(manifest)?])?;
        let format = if manifest.cascade.is_some() { FORMAT } else { FORMAT_WITHOUT_CASCADE };
        self.set_format(format)
    }

    /// Inserts an item and its subjects where they are missing, and adds the subjects' rows to `rows`.
    /// Returns whether anything was inserted.
    ///
    /// A row has the number that the item or the subject has in the plan, so that run files of one plan
    /// give each the same row, whichever part of the plan they contain. Where that number is taken, because
    /// the plan has changed since, the next free one is used.
    pub(crate) fn add_planned_item(
        &self,
        planned: &PlannedItem,
        rows: &mut RowSet,
    ) -> Result<bool> {
        let PlannedItem { item, ordinal, json, digest, .. } = planned;
        let ItemRow { row: item_row, is_new } = self.add_item(*ordinal, item, json, digest)?;
        let mut any_new = is_new;
        for (ordinal, subject) in &planned.subjects {
            let between = &subject.systems().map(ToOwned::to_owned);
            let stored = if is_new { None } else { self.comparison(item_row, between)? };
            any_new |= stored.is_none();
            let row = match stored {
                Some(row) => row,
                None => self.add_comparison(*ordinal, item_row, between)?,
            };
            rows.insert(row);
        }
        Ok(any_new)
    }

    /// Inserts an item; to one that is stored already, adds the responses that it lacks.
    ///
    /// # Errors
    ///
    /// The stored item has another text.
    pub(super) fn add_item(
        &self,
        ordinal: i64,
        item: &Item,
        json: &str,
        digest: &[u8],
    ) -> Result<ItemRow> {
        match self.item_digest(&item.id)? {
            Some((row, stored)) if stored == digest => Ok(ItemRow { row, is_new: false }),
            Some((row, stored_digest)) => {
                let stored = self.check_unchanged(item)?;
                let mut merged = stored.unwrap_or_else(|| item.clone());
                merged.responses.extend(item.responses.clone());
                merged.tags.clone_from(&item.tags);
                merged.generated.extend(item.generated.clone());
                let json = encode(&merged)?;
                // Recomputed from the merged item, which keeps responses that the items file no longer has.
                let digest = *blake3::hash(json.as_bytes()).as_bytes();
                if digest != *stored_digest {
                    let sql = "UPDATE item SET digest = ?, json = ? WHERE row = ?";
                    self.execute(sql, params![digest, json, row])?;
                }
                Ok(ItemRow { row, is_new: false })
            }
            None => {
                let sql = "INSERT INTO item (row, id, digest, json) VALUES (?, ?, ?, ?) \
                           ON CONFLICT (row) DO NOTHING";
                if self.execute(sql, params![ordinal, item.id, digest, json])? == 0 {
                    self.execute(sql, params![None::<i64>, item.id, digest, json])?;
                }
                Ok(ItemRow { row: self.last_row(), is_new: true })
            }
        }
    }

    /// Stores the profile of a judge's server.
    pub(super) fn set_server_profile(&self, judge: i64, profile: &ServerProfile) -> Result<()> {
        let sql = "UPDATE judge SET learnt = ? WHERE row = ?";
        self.execute(sql, params![encode(profile)?, judge]).map(|_| ())
    }

    /// Inserts a comparison with the number that it has in the plan, if that is free; returns its row.
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

    /// Replaces copied replies by the paid ones they are copies of.
    pub(super) fn replace_copies(&self, paid: &[Attempt]) -> Result<()> {
        let sql = "UPDATE attempt SET reused = 0, cost = ?, unsettled = ?, number = ? \
                   WHERE comparison = ? AND judge = ? AND b_first = ? AND repeat = ? AND reused \
                   AND request = ? AND reply IS ? AND latency_ms = ?";
        for attempt in paid {
            let key = &attempt.key;
            let b_first = key.order == Order::BFirst;
            let Attempt { cost, possible_cost, number, request, latency_ms, .. } = attempt;
            self.execute(
                sql,
                params![
                    cost,
                    possible_cost,
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

    /// Inserts attempts.
    pub(super) fn add_attempts(&self, attempts: &[Attempt]) -> Result<()> {
        attempts.iter().try_for_each(|attempt| {
            insert_attempt(self, attempt).map_err(|error| self.failed(error))
        })
    }
}
