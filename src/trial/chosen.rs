//! Comparisons that are chosen one by one.

use std::collections::{HashMap, HashSet};

use super::Subject;

/// A set of comparisons, by the item's id and the two systems.
#[derive(Debug, Clone, Default)]
pub struct ChosenComparisons {
    /// The pairs of systems of each item, in byte order of the names.
    pairs: HashMap<String, HashSet<[String; 2]>>,
}

impl ChosenComparisons {
    /// Adds a comparison.
    pub fn add(&mut self, id: &str, between: [String; 2]) {
        self.pairs.entry(id.to_owned()).or_default().insert(between);
    }

    /// Returns whether any comparison of an item is in the set.
    pub fn contains_item(&self, id: &str) -> bool {
        self.pairs.contains_key(id)
    }

    /// Returns whether a subject is a comparison in the set.
    pub fn contains(&self, subject: &Subject) -> bool {
        let Subject::Comparison(comparison) = subject else { return false };
        let pairs = self.pairs.get(&comparison.item.id);
        pairs.is_some_and(|pairs| pairs.contains(&comparison.between))
    }

    /// Returns the number of items that have comparisons in the set.
    pub fn items(&self) -> u64 {
        self.pairs.len() as u64
    }

    /// Returns the number of comparisons.
    pub fn comparisons(&self) -> u64 {
        self.pairs.values().map(|pairs| pairs.len() as u64).sum()
    }
}
