//! Reads the items of a run.

use rusqlite::OptionalExtension as _;

use super::database::Database;
use super::identity::{ChangedText, item_changed};
use crate::error::Result;
use crate::input::{Item, changed_field};

impl Database {
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

    /// Returns id, digest and text of the item of a row.
    pub(super) fn item_row(&self, row: i64) -> Result<(String, Vec<u8>, String)> {
        let mut statement = self.prepare("SELECT id, digest, json FROM item WHERE row = ?")?;
        let found = statement
            .query_row([row], |row| Ok((row.get("id")?, row.get("digest")?, row.get("json")?)));
        found.map_err(|error| self.failed(error))
    }

    /// Reads the item of a comparison.
    pub(super) fn item_of(&self, comparison: i64) -> Result<Item> {
        let sql = "SELECT json FROM item WHERE row = (SELECT item FROM comparison WHERE row = ?)";
        let json: String = self
            .prepare(sql)?
            .query_row([comparison], |row| row.get(0))
            .map_err(|error| self.failed(error))?;
        self.decode_item(&json)
    }

    /// Returns the row and the digest of an item.
    pub(super) fn item_digest(&self, id: &str) -> Result<Option<(i64, Vec<u8>)>> {
        let mut statement = self.prepare("SELECT row, digest FROM item WHERE id = ?")?;
        let found = statement.query_row([id], |row| Ok((row.get("row")?, row.get("digest")?)));
        found.optional().map_err(|error| self.failed(error))
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

    /// Reads an item as it is stored.
    pub(super) fn decode_item(&self, json: &str) -> Result<Item> {
        serde_json::from_str(json).map_err(|error| self.damaged("item", error))
    }
}
