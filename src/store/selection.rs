//! Reading a part of a run: some of its comparisons, chosen by what identifies them or by the tags of their items.

use std::collections::{BTreeMap, HashMap};

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

    /// Calls `read` with this run, restricted to the comparisons in `rows`; afterwards the run reads what it read before.
    ///
    /// # Errors
    ///
    /// Those of `read`.
    pub fn within<T>(&mut self, rows: RowSet, read: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let before = self.selected.clone();
        self.select(rows);
        let result = read(self);
        self.selected = before;
        result
    }

    /// Returns the rows of the items that have the tags of a filter.
    ///
    /// # Errors
    ///
    /// No item has one of the tags, or its value; or the file cannot be read.
    pub fn items_with_tags(&self, filter: &TagFilter) -> Result<RowSet> {
        let (mut check, mut rows) = (TagCheck::default(), RowSet::default());
        self.for_each_tags(|row, tags| {
            check.add(filter, &tags);
            if filter.matches(&tags) {
                rows.insert(row);
            }
        })?;
        check.finish(filter)?;
        Ok(rows)
    }

    /// Returns the selected comparisons by the value that a tag has on their items, in the order of the values.
    /// Comparisons of items without the tag are in none of the sets.
    ///
    /// # Errors
    ///
    /// No item has the tag, or the file cannot be read.
    pub fn rows_by_tag(&self, tag: &str) -> Result<BTreeMap<String, RowSet>> {
        let filter = TagFilter::any_value(tag);
        let (mut check, mut value_of) = (TagCheck::default(), HashMap::new());
        self.for_each_tags(|row, mut tags| {
            check.add(&filter, &tags);
            value_of.extend(tags.remove(tag).map(|value| (row, value)));
        })?;
        check.finish(&filter)?;
        let mut slices = BTreeMap::<String, RowSet>::new();
        self.rows_where(|comparison| {
            if let Some(value) = value_of.get(&comparison.item) {
                match slices.get_mut(value) {
                    Some(rows) => rows.insert(comparison.row),
                    None => slices.entry(value.clone()).or_default().insert(comparison.row),
                }
            }
            false
        })?;
        Ok(slices)
    }

    /// Calls `each` with the row and the tags of every item.
    fn for_each_tags(&self, mut each: impl FnMut(i64, BTreeMap<String, String>)) -> Result<()> {
        let decode = |(row, json): (i64, String)| {
            serde_json::from_str(&json).map(|tagged: TaggedItem| (row, tagged.tags))
        };
        let mut add = |decoded: std::result::Result<_, _>| {
            let (row, tags) = decoded.map_err(|error| self.database().damaged("item", error))?;
            each(row, tags);
            Ok(())
        };
        map_in_parallel(decode, &mut add, |batches| {
            self.database().item_rows(|item| {
                let bytes = item.1.len();
                batches.push(item, bytes)
            })
        })
    }
}
