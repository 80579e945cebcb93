//! Shards: the comparisons of a plan divided among machines that know nothing of each other.

use super::Comparison;
use crate::keyed_hash::KeyedHash;

/// One of several equal parts of all comparisons, by a keyed hash of each: it depends on neither file order,
/// filtering nor resume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: u32,
    of: u32,
}

impl Shard {
    /// Returns part `number` of `of`, counted from 1; `None` if there is no such part.
    pub fn new(number: u32, of: u32) -> Option<Self> {
        (1..=of).contains(&number).then_some(Self { number, of })
    }

    /// Returns which part it is, counted from 1.
    pub fn number(self) -> u32 {
        self.number
    }

    /// Returns how many parts there are.
    pub fn of(self) -> u32 {
        self.of
    }

    /// Returns whether a comparison belongs to it.
    pub fn has(self, comparison: &Comparison) -> bool {
        let [a, b] = &comparison.between;
        let hash = KeyedHash::new("evenhand: which shard judges a comparison")
            .texts([&comparison.item.id, a, b].map(String::as_str));
        hash.number() % u64::from(self.of) == u64::from(self.number - 1)
    }
}
