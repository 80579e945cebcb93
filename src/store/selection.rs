//! Reading a part of a run: some of its comparisons, chosen by what identifies them or by the tags of their items.

use super::comparison_queries::ComparisonKey;
use super::parallel::map_in_parallel;
use super::planned_item::TaggedItem;
use super::row_set::RowSet;
use super::run_file::RunFile;
use crate::error::Result;
use crate::input::{TagCheck, TagFilter};

impl RunFile {
    /// Reads only the comparisons in `rows` from now on, of those that were read before.
    pub fn select(&mut self, rows: RowSet) {
        self.selected = Some(match self.selected.take() {
            Some(before) => before.intersection(&rows),
            None => rows,
        });
    }

    /// Returns whether only a part of the run is read.
    pub fn has_selection(&self) -> bool {
        self.selected.is_some()
    }

    /// Returns the selected comparisons for which `is_wanted`; no reply is read.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn rows_where(&self, mut is_wanted: impl FnMut(&ComparisonKey) -> bool) -> Result<RowSet> {
        let mut rows = RowSet::default();
        self.database().comparison_keys(|key| {
            let is_selected = self.selected.as_ref().is_none_or(|rows| rows.contains(key.row));
            if is_selected && is_wanted(&key) {
                rows.insert(key.row);
            }
            Ok(())
        })?;
        Ok(rows)
    }

    /// Returns the rows of the items that have the tags of a filter.
    ///
    /// # Errors
    ///
    /// No item has one of the tags, or its value; or the file cannot be read.
    pub fn items_with_tags(&self, filter: &TagFilter) -> Result<RowSet> {
        let decode = |(row, json): (i64, String)| {
            serde_json::from_str(&json).map(|tagged: TaggedItem| (row, tagged.tags))
        };
        let (mut check, mut rows) = (TagCheck::default(), RowSet::default());
        let mut add = |decoded: std::result::Result<_, _>| {
            let (row, tags) = decoded.map_err(|error| self.database().damaged("item", error))?;
            check.add(filter, &tags);
            if filter.matches(&tags) {
                rows.insert(row);
            }
            Ok(())
        };
        map_in_parallel(decode, &mut add, |batches| {
            self.database().item_rows(|item| {
                let bytes = item.1.len();
                batches.push(item, bytes)
            })
        })?;
        check.finish(filter)?;
        Ok(rows)
    }
}
