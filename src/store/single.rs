//! Reading one comparison of a run by its row, where few of many are looked at in an order of their own.

use super::records::{ComparisonRecord, take_verdict_record};
use super::run_file::RunFile;
use crate::error::{Error, Result};
use crate::input::Item;

impl RunFile {
    /// Returns one comparison with the verdicts of all judges, and its item.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has no such item.
    pub(crate) fn comparison_with_item(
        &self,
        row: i64,
        id: &str,
        between: [String; 2],
    ) -> Result<(ComparisonRecord, Item)> {
        let found = self.database().item_digest(id)?.zip(self.item(id)?);
        let ((item_row, _), item) = found.ok_or_else(|| {
            Error::input(format!(
                "{}: item {id} is missing from the run file",
                self.path().display()
            ))
        })?;
        self.check_responses(&item, &between)?;
        let mut judged = Vec::with_capacity(self.asked.len());
        for judge in &self.asked {
            let mut attempts = self.attempts_at(row, judge.row)?;
            let rubric = judge.record.reading_rubric(self.rubric());
            let repeat = self.manifest().repeat;
            judged.push(take_verdict_record(&mut attempts, judge.row, &rubric, repeat));
        }
        let id = id.to_owned();
        let record = ComparisonRecord { row, item: item_row, id, between, judged, beside: None };
        Ok((record.decided(self.decider), item))
    }
}
