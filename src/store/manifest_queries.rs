//! Reads what a run is: its manifest and its judges.

use super::database::Database;
use super::manifest::{Manifest, StoredJudge};
use crate::error::Result;

impl Database {
    /// Returns the manifest.
    pub(super) fn manifest(&self) -> Result<Manifest> {
        let json = self.manifest_json()?;
        self.check_has_comparisons(&json)?;
        serde_json::from_str(&json).map_err(|error| self.damaged("manifest", error))
    }

    /// Returns the manifest as it is stored.
    pub(super) fn manifest_json(&self) -> Result<String> {
        let mut statement = self.prepare("SELECT json FROM manifest")?;
        statement.query_row([], |row| row.get(0)).map_err(|error| self.failed(error))
    }

    /// Returns the row of a judge.
    pub(super) fn judge_row(&self, name: &str) -> Result<i64> {
        let mut statement = self.prepare("SELECT row FROM judge WHERE name = ?")?;
        statement.query_row([name], |row| row.get(0)).map_err(|error| self.failed(error))
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
}
