//! What a session does besides asking where asking ends as soon as a question is decided.

use std::sync::Arc;

use super::prepared_judge::PreparedJudge;
use super::session::Session;
use super::until_decided::DecidingGate;
use crate::error::Result;
use crate::store::{Manifest, StoredJudge};

impl Session {
    /// Returns what ends asking as soon as the question of the task is decided, if it has one.
    pub(super) fn deciding_gate(&self) -> Result<Option<DecidingGate>> {
        if self.task.until_decided.is_none() {
            return Ok(None);
        }
        let run = self.run()?;
        let Some(question) = &run.manifest().until_decided else { return Ok(None) };
        let retries = |stored: &StoredJudge| {
            let judge =
                self.task.judges.iter().find(|judge| judge.record.name == stored.record.name);
            judge.map_or(0, PreparedJudge::max_parse_retries)
        };
        let retries: Vec<u32> = run.judges().iter().map(retries).collect();
        DecidingGate::new(&run, &self.opened.rows, question, &retries).map(Some)
    }

    /// Takes the comparisons out of the run file to which no judge was asked anything, since the question is decided without
    /// them; returns how many these are.
    pub(super) fn leave_out_unasked(&mut self) -> Result<u64> {
        let rows = Arc::clone(&self.opened.rows);
        let store = self.file.store()?;
        let manifest = store.manifest()?.map(|(manifest, _)| manifest);
        let left = store.transaction(|database| {
            let left = database.delete_unasked(&rows)?;
            if let Some(manifest) = manifest {
                database.replace_manifest(&Manifest { planned: left.len(), ..manifest })?;
            }
            Ok(left)
        })?;
        store.checkpoint();
        let unasked = rows.len() - left.len();
        self.opened.rows = Arc::new(left);
        Ok(unasked)
    }
}
