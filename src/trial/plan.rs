//! The plan: which comparisons or single responses are made of the items, and which of them this command judges.
//!
//! It is a rule instead of a list, so that items can be read, planned and judged as a stream.

use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;

use super::Comparison;
use super::chosen::ChosenSubjects;
use super::shard::Shard;
use super::subject::{Subject, SystemResponse};
use crate::error::{Error, Result, nearest};
use crate::input::{Item, Rubric, TagFilter};

/// What is judged of each item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// Pairs of responses, which are compared.
    #[default]
    Comparison,
    /// Single responses, which are graded.
    Response,
}

impl Unit {
    /// Returns what a rubric asks about.
    pub fn of(rubric: &Rubric) -> Self {
        if rubric.scale.is_some() { Self::Response } else { Self::Comparison }
    }

    /// Checks that a baseline has a meaning.
    ///
    /// # Errors
    ///
    /// There is a baseline, and single responses are graded.
    pub fn check_baseline(self, baseline: Option<&str>) -> Result<()> {
        if self == Self::Response && baseline.is_some() {
            return Err(Error::usage(
                "a baseline is given, and the rubric grades single responses",
            )
            .hint("leave out the baseline: each response is graded by itself"));
        }
        Ok(())
    }
}

/// The rule that makes subjects of items: every pair of systems of each item, the baseline with each other system, or
/// every single response.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What is judged of each item.
    pub unit: Unit,
    /// The system that all others are compared with; `None` compares every pair.
    pub baseline: Option<String>,
    /// The items that are planned; `None` plans all.
    pub pilot: Option<Pilot>,
    /// The part of the comparisons that this command judges; `None` judges all.
    pub shard: Option<Shard>,
    /// The tags that planned items have.
    pub tags: TagFilter,
    /// The system that every planned comparison has; `None` plans those of all systems.
    pub only_with: Option<String>,
    /// The single subjects that are planned; `None` plans all of the planned items.
    pub chosen: Option<ChosenSubjects>,
}

impl Plan {
    /// Returns whether an item is planned. The items of a pilot are drawn from those with the tags.
    pub fn includes_item(&self, item: &Item) -> bool {
        self.tags.matches(&item.tags)
            && self.pilot.as_ref().is_none_or(|pilot| pilot.contains(&item.id))
            && self.chosen.as_ref().is_none_or(|chosen| chosen.contains_item(&item.id))
    }

    /// Returns whether the plan may lack some pairs of an item's systems.
    pub fn is_partial(&self) -> bool {
        self.baseline.is_some()
            || self.shard.is_some()
            || self.only_with.is_some()
            || self.chosen.is_some()
    }

    /// Returns every comparison of an item, including those of other shards, in byte order of the systems.
    pub fn comparisons(&self, item: &Arc<Item>) -> Vec<Comparison> {
        let systems: Vec<&String> = item.responses.keys().collect();
        let mut comparisons = Vec::new();
        for (at, a) in systems.iter().enumerate() {
            for b in &systems[at + 1..] {
                let baseline = self.baseline.as_ref();
                let only_with = self.only_with.as_ref();
                let has = |system: Option<&String>| {
                    system.is_none_or(|system| *a == system || *b == system)
                };
                if has(baseline) && has(only_with) {
                    let between = [(*a).clone(), (*b).clone()];
                    comparisons.push(Comparison { item: Arc::clone(item), between });
                }
            }
        }
        comparisons
    }

    /// Returns every subject of an item, including those of other shards, in byte order of the systems.
    pub fn subjects(&self, item: &Arc<Item>) -> Vec<Subject> {
        match self.unit {
            Unit::Comparison => self.comparisons(item).into_iter().map(Subject::from).collect(),
            Unit::Response => {
                let response = |system: &String| {
                    Subject::Response(SystemResponse {
                        item: Arc::clone(item),
                        system: system.clone(),
                    })
                };
                item.responses.keys().map(response).collect()
            }
        }
    }

    /// Returns whether this command judges a subject of a planned item.
    pub fn includes_subject(&self, subject: &Subject) -> bool {
        self.shard.is_none_or(|shard| shard.contains(subject))
            && self.chosen.as_ref().is_none_or(|chosen| chosen.contains(subject))
    }
}

/// A random sample of the items: those with the smallest hash of seed and id.
///
/// With the same seed, a larger sample contains every smaller one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pilot {
    seed: u64,
    /// The largest hash in the sample; `None` if it holds all items.
    largest: Option<[u8; 32]>,
}

impl Pilot {
    /// Draws `limit` of the items with these ids, or all if there are fewer. The order of the ids does not
    /// matter.
    ///
    /// # Errors
    ///
    /// Returns the first error among the ids.
    pub fn draw(
        ids: impl IntoIterator<Item = Result<String>>,
        limit: usize,
        seed: u64,
    ) -> Result<Self> {
        let mut smallest = BinaryHeap::new();
        let mut all = 0;
        for id in ids {
            all += 1;
            smallest.push(sample_rank(seed, &id?));
            if smallest.len() > limit {
                smallest.pop();
            }
        }
        let largest = if all > limit { smallest.peek().copied() } else { None };
        Ok(Self { seed, largest })
    }

    fn contains(&self, id: &str) -> bool {
        self.largest.is_none_or(|largest| sample_rank(self.seed, id) <= largest)
    }
}

/// Returns the number by which items are put in a random order: a hash of the seed and an item's id.
pub(crate) fn sample_rank(seed: u64, id: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(id.as_bytes());
    *hasher.finalize().as_bytes()
}

/// Checks that every item of a stream has a response of the baseline.
#[derive(Debug, Default)]
pub struct BaselineCheck {
    systems: BTreeSet<String>,
    /// The place of the first item without one.
    without: Option<String>,
}

impl BaselineCheck {
    /// Checks one item.
    pub fn add(&mut self, item: &Item, baseline: &str) {
        if self.without.is_none() && !item.responses.contains_key(baseline) {
            self.without = Some(item.place.clone());
        }
        for system in item.responses.keys() {
            if !self.systems.contains(system) {
                self.systems.insert(system.clone());
            }
        }
    }

    /// Returns the result, once all items have been added.
    ///
    /// # Errors
    ///
    /// No item, or not every item, has a response of the baseline.
    pub fn finish(self, baseline: &str) -> Result<()> {
        let Some(place) = self.without else { return Ok(()) };
        if self.systems.contains(baseline) {
            return Err(Error::input(format!("{place}: responses.{baseline} is missing"))
                .hint("every item needs a response of the baseline"));
        }
        let systems = || self.systems.iter().map(String::as_str);
        let listed: Vec<&str> = systems().take(20).collect();
        let error = Error::input(format!("the baseline is an unknown system `{baseline}`"))
            .detail(format!("the items have responses from: {}", listed.join(", ")));
        Err(match nearest(baseline, systems()) {
            Some(close) => error.hint(format!("did you mean `{close}`?")),
            None => error,
        })
    }
}
