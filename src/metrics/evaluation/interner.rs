//! Numbers for names.

use std::collections::HashMap;

/// Names and their numbers, in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Interner {
    numbers: HashMap<String, u32>,
    pub(super) names: Vec<String>,
}

impl Interner {
    /// Returns the number of a name, which is added if it is new.
    pub(super) fn intern(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.numbers.contains_key(name)
    }

    /// Returns the numbers in byte order of the names.
    pub(super) fn sorted(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..self.names.len() as u32).collect();
        numbers.sort_by_key(|number| &self.names[*number as usize]);
        numbers
    }
}
