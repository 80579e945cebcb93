//! Passes over the comparisons and the items of a run file: read in order, decoded on all processors, in constant memory.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::ballots::{BallotRecord, ballots};
use super::comparison_queries::StoredComparison;
use super::parallel::map_in_parallel;
use super::planned_item::TaggedItem;
use super::records::{ComparisonRecord, comparison_record};
use super::run_file::RunFile;
use crate::error::Result;
use crate::input::{Item, Rubric};

impl RunFile {
    /// Reads the replies to every selected comparison on all processors and calls `each` with each comparison, in
    /// the order of the plan, in constant memory.
    ///
    /// # Errors
    ///
    /// The file cannot be read, and whatever `each` returns.
    pub fn for_each(&self, mut each: impl FnMut(ComparisonRecord) -> Result<()>) -> Result<()> {
        let (rubrics, judges, repeat) = (self.rubrics(), &self.asked, self.manifest.repeat);
        let decider = self.decider;
        let read = |stored| comparison_record(stored, judges, &rubrics, repeat).decided(decider);
        self.map_comparisons(false, read, &mut each)
    }

    /// Calls `each` with every selected comparison and the tags of its item, like [`RunFile::for_each`].
    ///
    /// # Errors
    ///
    /// The file cannot be read, an item in it is damaged, and whatever `each` returns.
    pub fn for_each_with_tags(
        &self,
        mut each: impl FnMut(ComparisonRecord, BTreeMap<String, String>) -> Result<()>,
    ) -> Result<()> {
        self.for_each_decoded(|record, item: TaggedItem| each(record, item.tags))
    }

    /// Calls `each` with every selected comparison and its item, like [`RunFile::for_each`].
    ///
    /// # Errors
    ///
    /// The file cannot be read, an item in it is damaged, and whatever `each` returns.
    pub fn for_each_with_item(
        &self,
        mut each: impl FnMut(ComparisonRecord, Item) -> Result<()>,
    ) -> Result<()> {
        self.for_each_decoded(|record, item: Item| {
            self.check_responses(&item, &record.between)?;
            each(record, item)
        })
    }

    /// Calls `each` with every selected comparison and what is decoded of its item.
    fn for_each_decoded<I: DeserializeOwned + Send>(
        &self,
        mut each: impl FnMut(ComparisonRecord, I) -> Result<()>,
    ) -> Result<()> {
        let (rubrics, judges, repeat) = (self.rubrics(), &self.asked, self.manifest.repeat);
        let decider = self.decider;
        let read = |stored: StoredComparison| {
            let item = serde_json::from_str(stored.json.as_deref().unwrap_or_default());
            (comparison_record(stored, judges, &rubrics, repeat).decided(decider), item)
        };
        let mut each_decoded = |(record, item): (_, serde_json::Result<I>)| {
            each(record, item.map_err(|error| self.database.damaged("item", error))?)
        };
        self.map_comparisons(true, read, &mut each_decoded)
    }

    /// Calls `each` with the ballots of every selected comparison, like [`RunFile::for_each`].
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn for_each_ballots(&self, mut each: impl FnMut(BallotRecord)) -> Result<()> {
        let (rubrics, judges, repeat) = (self.rubrics(), &self.asked, self.manifest.repeat);
        let decider = self.decider;
        let read = |stored| ballots(stored, judges, &rubrics, repeat).decided(decider);
        self.map_comparisons(false, read, &mut |record| {
            each(record);
            Ok(())
        })
    }

    pub(super) fn map_comparisons<T: Send>(
        &self,
        with_items: bool,
        read: impl Fn(StoredComparison) -> T + Sync,
        each: &mut impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        map_in_parallel(read, each, |batches| {
            self.database.comparisons(self.selected.as_ref(), with_items, |stored| {
                let bytes = stored.bytes();
                batches.push(stored, bytes)
            })
        })
    }

    /// Decodes every item whose id is wanted, maps it on all processors, and calls `each` with the result, in
    /// the order of the run, in constant memory.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or an item in it is damaged.
    pub fn map_items<T: Send>(
        &self,
        wanted: impl Fn(&str) -> bool,
        map: impl Fn(Item) -> T + Sync,
        mut each: impl FnMut(T),
    ) -> Result<()> {
        let decode = |json: String| serde_json::from_str(&json).map(&map);
        let mut each_decoded = |decoded: std::result::Result<T, _>| {
            each(decoded.map_err(|error| self.database.damaged("item", error))?);
            Ok(())
        };
        map_in_parallel(decode, &mut each_decoded, |batches| {
            self.database.items(wanted, |json| {
                let bytes = json.len();
                batches.push(json, bytes)
            })
        })
    }

    pub(super) fn rubrics(&self) -> Vec<Rubric> {
        self.asked.iter().map(|judge| judge.record.reading_rubric(&self.rubric.rubric)).collect()
    }
}
