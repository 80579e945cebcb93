//! The plan: which comparisons the items make, and which of them this command judges.
//!
//! It is a rule and not a list, so that items can be read, planned and judged as a stream.

use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;

use super::Comparison;
use super::shard::Shard;
use crate::error::{Error, Result, nearest};
use crate::input::Item;

/// The rule by which items become comparisons: every pair of systems of each item, or the baseline against
/// each other system.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The system that all others are compared with.
    pub baseline: Option<String>,
    /// Which items are planned, if not all.
    pub pilot: Option<Pilot>,
    /// Which comparisons are this machine's, if not all.
    pub shard: Option<Shard>,
}

impl Plan {
    /// Returns whether an item is planned.
    pub fn takes(&self, id: &str) -> bool {
        self.pilot.as_ref().is_none_or(|pilot| pilot.has(id))
    }

    /// Returns every comparison of an item, those of other shards too, in byte order of the systems.
    pub fn comparisons(&self, item: &Arc<Item>) -> Vec<Comparison> {
        let systems: Vec<&String> = item.responses.keys().collect();
        let mut comparisons = Vec::new();
        for (at, a) in systems.iter().enumerate() {
            for b in &systems[at + 1..] {
                let baseline = self.baseline.as_ref();
                if baseline.is_none_or(|baseline| *a == baseline || *b == baseline) {
                    let between = [(*a).clone(), (*b).clone()];
                    comparisons.push(Comparison { item: Arc::clone(item), between });
                }
            }
        }
        comparisons
    }

    /// Returns whether a comparison is judged by this machine.
    pub fn is_ours(&self, comparison: &Comparison) -> bool {
        self.shard.is_none_or(|shard| shard.has(comparison))
    }
}

/// A random part of the items, of which a larger one contains a smaller one: those with the smallest hash of
/// seed and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pilot {
    seed: u64,
    /// The largest hash that is still in it; `None` takes all.
    largest: Option<[u8; 32]>,
}

impl Pilot {
    /// Draws `limit` of the items with these ids, or all if there are fewer. Their order does not matter.
    ///
    /// # Errors
    ///
    /// What the ids' source returns.
    pub fn draw(
        ids: impl IntoIterator<Item = Result<String>>,
        limit: usize,
        seed: u64,
    ) -> Result<Self> {
        let mut smallest = BinaryHeap::new();
        let mut all = 0;
        for id in ids {
            all += 1;
            smallest.push(hash(seed, &id?));
            if smallest.len() > limit {
                smallest.pop();
            }
        }
        let largest = if all > limit { smallest.peek().copied() } else { None };
        Ok(Self { seed, largest })
    }

    fn has(&self, id: &str) -> bool {
        self.largest.is_none_or(|largest| hash(self.seed, id) <= largest)
    }
}

fn hash(seed: u64, id: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(id.as_bytes());
    *hasher.finalize().as_bytes()
}

/// Checks that every item has a response of the baseline, as the items come by.
#[derive(Debug, Default)]
pub struct BaselineCheck {
    systems: BTreeSet<String>,
    /// Where the first item without one stands.
    without: Option<String>,
}

impl BaselineCheck {
    /// Looks at one item.
    pub fn see(&mut self, item: &Item, baseline: &str) {
        if self.without.is_none() && !item.responses.contains_key(baseline) {
            self.without = Some(item.place.clone());
        }
        for system in item.responses.keys() {
            if !self.systems.contains(system) {
                self.systems.insert(system.clone());
            }
        }
    }

    /// Says what is wrong, once all items have been seen.
    ///
    /// # Errors
    ///
    /// No item has a response of the baseline, or some item lacks one.
    pub fn finish(self, baseline: &str) -> Result<()> {
        let Some(place) = self.without else { return Ok(()) };
        if self.systems.contains(baseline) {
            return Err(Error::input(format!("{place}: responses.{baseline} is missing"))
                .hint("every item needs a response of the baseline"));
        }
        let systems = || self.systems.iter().map(String::as_str);
        let listed: Vec<&str> = systems().take(20).collect();
        let error = Error::input(format!("--baseline: unknown system `{baseline}`"))
            .detail(format!("the items have responses from: {}", listed.join(", ")));
        Err(match nearest(baseline, systems()) {
            Some(close) => error.hint(format!("did you mean `{close}`?")),
            None => error,
        })
    }
}
