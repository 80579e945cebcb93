//! Which items there are and which systems responded to each: all that labels are checked against.
//!
//! Only names are kept, no texts, so that a million items fit into memory.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::data_file::DataFile;
use super::items::Item;
use super::jsonl::read_records;
use crate::error::Result;

/// The ids of items, numbered in the order in which they were added, and the systems of each.
#[derive(Debug, Clone, Default)]
pub struct KnownItems {
    numbers: HashMap<Arc<str>, u32>,
    ids: Vec<Arc<str>>,
    /// By item, an index into `sets`: many items share few sets of systems.
    set_of_item: Vec<u32>,
    sets: Vec<Vec<Arc<str>>>,
    set_numbers: HashMap<Vec<Arc<str>>, u32>,
    /// Systems that may have responded to any item; none where those of each item are all known.
    possible: Vec<Arc<str>>,
}

impl KnownItems {
    /// Returns the ids and systems of items in memory.
    pub fn of(items: &[Item]) -> Self {
        let mut known = Self::default();
        for item in items {
            known.add(&item.id, item.responses.keys().map(String::as_str));
        }
        known
    }

    /// Adds an item, or further systems to an item that was added before; returns the item's number.
    pub fn add<'a>(&mut self, id: &str, systems: impl IntoIterator<Item = &'a str>) -> u32 {
        let systems: Vec<&str> = systems.into_iter().collect();
        let Some(number) = self.number(id) else {
            let (number, id) = (self.ids.len() as u32, Arc::from(id));
            self.ids.push(Arc::clone(&id));
            self.numbers.insert(id, number);
            let set = self.set_number(&systems);
            self.set_of_item.push(set);
            return number;
        };
        let present = self.systems(number);
        if systems.iter().any(|system| !contains(present, system)) {
            let present = present.to_vec();
            let union: Vec<&str> = present.iter().map(|system| &**system).chain(systems).collect();
            self.set_of_item[number as usize] = self.set_number(&union);
        }
        number
    }

    /// Returns the number of a set of systems, which may be given in any order.
    fn set_number(&mut self, systems: &[&str]) -> u32 {
        // Nearly always it is the set of the item before.
        let same = |last: &u32| {
            let set = &self.sets[*last as usize];
            set.len() == systems.len()
                && set.iter().zip(systems).all(|(one, other)| **one == **other)
        };
        if let Some(last) = self.set_of_item.last().copied().filter(same) {
            return last;
        }
        let mut set: Vec<Arc<str>> = systems.iter().map(|system| Arc::from(*system)).collect();
        set.sort();
        set.dedup();
        let next = self.sets.len() as u32;
        let number = *self.set_numbers.entry(set.clone()).or_insert(next);
        if number == next {
            self.sets.push(set);
        }
        number
    }

    /// Returns the number of an item, or `None` if its id is unknown.
    pub fn number(&self, id: &str) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// Returns the id of an item by its number.
    ///
    /// # Panics
    ///
    /// There is no item of this number.
    pub fn id(&self, number: u32) -> &Arc<str> {
        &self.ids[number as usize]
    }

    /// Returns all ids, in the order of their numbers.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(|id| &**id)
    }

    /// Returns the systems of an item, in byte order.
    ///
    /// # Panics
    ///
    /// There is no item of this number.
    pub fn systems(&self, number: u32) -> &[Arc<str>] {
        &self.sets[self.set_of_item[number as usize] as usize]
    }

    /// Records systems that may have responded to any of the items: a label of one that has not is no mistake in the label,
    /// since a run may be one shard, or have some responses only.
    pub fn add_possible_systems(&mut self, systems: impl IntoIterator<Item = String>) {
        self.possible.extend(systems.into_iter().map(Arc::from));
    }

    /// Returns a system by its name that has responded to an item, or may have.
    pub(super) fn system(&self, number: u32, name: &str) -> Option<&Arc<str>> {
        let mut systems = self.systems(number).iter().chain(&self.possible);
        systems.find(|system| &***system == name)
    }

    /// Returns the number of items.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// Reads the ids of an items file, with the systems whose responses are in it. Nothing else is validated.
///
/// # Errors
///
/// The file cannot be read, or a line is not a JSON object or has no id.
pub fn item_names(file: &DataFile) -> Result<KnownItems> {
    let mut items = KnownItems::default();
    read_records(file, |mut record| {
        let id = record.take_id()?;
        let responses = match record.take("responses") {
            Some(Value::Object(responses)) => responses,
            _ => serde_json::Map::new(),
        };
        items.add(&id, responses.keys().map(String::as_str));
        Ok(())
    })?;
    Ok(items)
}

/// Returns whether `system` is one of `systems`.
pub(super) fn contains(systems: &[Arc<str>], system: &str) -> bool {
    systems.iter().any(|known| &**known == system)
}
