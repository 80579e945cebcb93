//! Subjects that are chosen one by one.

use std::collections::{HashMap, HashSet};

use super::Subject;

/// A set of comparisons, or of single responses.
#[derive(Debug, Clone, Default)]
pub struct ChosenSubjects {
    /// By the id of the item, the systems of each subject as [`Subject::systems`] returns them.
    systems: HashMap<String, HashSet<[String; 2]>>,
}

impl ChosenSubjects {
    /// Adds a subject.
    pub fn add(&mut self, subject: &Subject) {
        let systems = subject.systems().map(ToOwned::to_owned);
        self.systems.entry(subject.item().id.clone()).or_default().insert(systems);
    }

    /// Returns whether any subject of an item is in the set.
    pub fn contains_item(&self, id: &str) -> bool {
        self.systems.contains_key(id)
    }

    /// Returns whether a subject is in the set.
    pub fn contains(&self, subject: &Subject) -> bool {
        let of_item = self.systems.get(&subject.item().id);
        of_item.is_some_and(|of_item| of_item.contains(&subject.systems().map(ToOwned::to_owned)))
    }

    /// Returns the number of subjects.
    pub fn len(&self) -> usize {
        self.systems.values().map(HashSet::len).sum()
    }

    /// Returns whether nothing is chosen.
    pub fn is_empty(&self) -> bool {
        self.systems.is_empty()
    }
}
