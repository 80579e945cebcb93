//! Which items there are and whose responses each has: all that reading labels needs to know.
//!
//! It holds names and no texts, so that a million items fit.

use std::collections::HashMap;
use std::sync::Arc;

use super::items::Item;

/// The ids of items, numbered in the order they came, and the systems of each.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    numbers: HashMap<Arc<str>, u32>,
    ids: Vec<Arc<str>>,
    /// Which of `sets` each item has: few sets are shared by many items.
    set_of: Vec<u32>,
    sets: Vec<Vec<Arc<str>>>,
    known: HashMap<Vec<Arc<str>>, u32>,
}

impl Roster {
    /// Returns the roster of items in memory.
    pub fn of(items: &[Item]) -> Self {
        let mut roster = Self::default();
        for item in items {
            roster.add(&item.id, item.responses.keys().map(String::as_str));
        }
        roster
    }

    /// Adds an item, or systems to an item that is there already; returns its number.
    pub fn add<'a>(&mut self, id: &str, systems: impl IntoIterator<Item = &'a str>) -> u32 {
        let systems: Vec<&str> = systems.into_iter().collect();
        let Some(number) = self.number(id) else {
            let (number, id) = (self.ids.len() as u32, Arc::from(id));
            self.ids.push(Arc::clone(&id));
            self.numbers.insert(id, number);
            let set = self.set(&systems);
            self.set_of.push(set);
            return number;
        };
        let has = self.systems(number);
        if systems.iter().any(|system| !named(has, system)) {
            let has = has.to_vec();
            let both: Vec<&str> = has.iter().map(|one| &**one).chain(systems).collect();
            self.set_of[number as usize] = self.set(&both);
        }
        number
    }

    /// Returns the number of a set of systems, in whatever order they are given.
    fn set(&mut self, systems: &[&str]) -> u32 {
        // Nearly always it is that of the item before.
        let same = |last: &u32| {
            let set = &self.sets[*last as usize];
            set.len() == systems.len()
                && set.iter().zip(systems).all(|(one, other)| **one == **other)
        };
        if let Some(last) = self.set_of.last().copied().filter(same) {
            return last;
        }
        let mut set: Vec<Arc<str>> = systems.iter().map(|system| Arc::from(*system)).collect();
        set.sort();
        set.dedup();
        let next = self.sets.len() as u32;
        let at = *self.known.entry(set.clone()).or_insert(next);
        if at == next {
            self.sets.push(set);
        }
        at
    }

    /// Returns the number of an item.
    pub fn number(&self, id: &str) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// Returns the id of an item by its number.
    ///
    /// # Panics
    ///
    /// There is no such number; so for [`Roster::systems`].
    pub fn id(&self, number: u32) -> &Arc<str> {
        &self.ids[number as usize]
    }

    /// Returns the systems of an item, in byte order.
    pub fn systems(&self, number: u32) -> &[Arc<str>] {
        &self.sets[self.set_of[number as usize] as usize]
    }

    /// Returns the number of items.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// Returns whether a system is among those of a set.
pub(super) fn named(set: &[Arc<str>], system: &str) -> bool {
    set.iter().any(|known| &**known == system)
}
