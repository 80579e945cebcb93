//! Shards: the comparisons of a plan, divided among machines that need not communicate.

use super::Subject;
use crate::keyed_hash::KeyedHash;

/// One of several parts, of about equal size, of all comparisons.
///
/// A keyed hash assigns each comparison, so its shard depends on neither file order, filtering nor resuming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: u32,
    of: u32,
}

impl Shard {
    /// Returns shard `number` of `of`, counted from 1; `None` if there is no such shard.
    pub fn new(number: u32, of: u32) -> Option<Self> {
        (1..=of).contains(&number).then_some(Self { number, of })
    }

    /// Returns the number of the shard, from 1.
    pub fn number(self) -> u32 {
        self.number
    }

    /// Returns the number of shards.
    pub fn of(self) -> u32 {
        self.of
    }

    /// Returns whether a subject belongs to the shard.
    pub fn contains(self, subject: &Subject) -> bool {
        let [a, b] = subject.systems();
        let hash = KeyedHash::new("evenhand: which shard judges a comparison").texts([
            &subject.item().id,
            a,
            b,
        ]);
        hash.number() % u64::from(self.of) == u64::from(self.number - 1)
    }
}
