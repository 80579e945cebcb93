//! What items contribute, kept for the bootstrap in bounded memory.
//!
//! Up to a number of items ([`Groups::of`]) each is a cluster of its own. Of more, items are put together into
//! at most as many groups by a hash of their id, and the groups are what is drawn again: since the items of a
//! group are a random part of all, the interval has the same expectation, and some hundred groups fix its
//! width to a few per cent. So memory does not grow with the number of items. Where items lack systems, each
//! set of systems needs groups of its own; if there are many sets, there are fewer groups.

use std::collections::{BTreeMap, HashMap};

use super::family::Sums;
use crate::stats::Clusters;

/// Most clusters of all items that are told apart.
pub(super) const MOST_CLUSTERS: u64 = 2048;
/// Most clusters of a slice.
pub(super) const MOST_OF_SLICE: u64 = 256;
/// Fewest groups, however many sets of systems there are.
const FEWEST: u64 = 64;

/// The sums of a group are added up in steps of this, so that they are exact whatever the order of the items:
/// with rounding, groups that add up to the same would differ, and other ones be drawn.
const STEP: f64 = 1.0 / (1_u64 << 40) as f64;
/// Numbers that are not below this are no multiples of [`STEP`], but then far less depends on it.
const MOST_IN_STEPS: f64 = 4096.0;

/// What the items of one family of metrics contribute, by cluster.
#[derive(Debug)]
pub(super) struct Groups {
    /// By cluster and set of systems: the sums of each system of the set.
    entries: BTreeMap<(u64, u32), Vec<Sums>>,
    sets: Vec<Vec<u32>>,
    known: HashMap<Vec<u32>, u32>,
    /// By set: how many items.
    items: Vec<u64>,
    most: u64,
    /// How many groups there are, once items are put together.
    folded: Option<u64>,
}

impl Groups {
    /// Returns groups without items, of at most `most` clusters, a power of two.
    pub(super) fn of(most: u64) -> Self {
        Self {
            entries: BTreeMap::new(),
            sets: Vec::new(),
            known: HashMap::new(),
            items: Vec::new(),
            most,
            folded: None,
        }
    }

    /// Adds an item: which systems (ascending) contribute what.
    pub(super) fn add(&mut self, hash: u64, systems: &[u32], sums: Vec<Sums>) {
        if systems.is_empty() {
            return;
        }
        let set = self.set(systems);
        self.items[set as usize] += 1;
        self.insert((self.folded.map_or(hash, |groups| hash % groups), set), sums);
        let fold = match self.folded {
            None => (self.entries.len() as u64 > self.most).then_some(self.most),
            Some(groups) => {
                let many = self.entries.len() as u64 > 4 * self.most && groups > FEWEST;
                many.then_some(groups / 2)
            }
        };
        if let Some(groups) = fold {
            self.folded = Some(groups);
            for ((hash, set), sums) in std::mem::take(&mut self.entries) {
                self.insert((hash % groups, set), sums);
            }
        }
    }

    fn insert(&mut self, key: (u64, u32), mut sums: Vec<Sums>) {
        if self.folded.is_some() {
            sums.iter_mut().flatten().for_each(|(_, number)| *number = in_steps(*number));
        }
        match self.entries.entry(key) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(sums);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                for (all, one) in entry.get_mut().iter_mut().zip(&sums) {
                    add_to(all, one);
                }
            }
        }
    }

    fn set(&mut self, systems: &[u32]) -> u32 {
        if let Some(at) = self.known.get(systems) {
            return *at;
        }
        let at = self.sets.len() as u32;
        self.sets.push(systems.to_vec());
        self.items.push(0);
        self.known.insert(systems.to_vec(), at);
        at
    }

    /// Returns whether every item has contributions of as many systems, and of the same.
    pub(super) fn are_all_of(&self, systems: usize) -> bool {
        matches!(self.sets.as_slice(), [only] if only.len() == systems)
    }

    /// Returns how many items have contributions of all these systems.
    pub(super) fn items(&self, systems: &[u32]) -> u64 {
        let with = self.sets.iter().zip(&self.items);
        with.filter(|(set, _)| has(set, systems)).map(|(_, items)| items).sum()
    }

    /// Returns what these systems contribute, by cluster: items that have all of them, `width` sums for each
    /// system one after the other. `place` says where a sum goes, if anywhere.
    pub(super) fn clusters(
        &self,
        systems: &[u32],
        width: usize,
        place: impl Fn(u32) -> Option<u32>,
    ) -> Clusters {
        let mut clusters = Clusters::new(width * systems.len());
        let mut adds = Vec::new();
        self.by_cluster(systems, |of_systems| {
            adds.clear();
            for (start, sums) in (0..).step_by(width.max(1)).zip(of_systems) {
                let placed = sums.iter().filter_map(|(at, number)| Some((place(*at)?, number)));
                adds.extend(placed.map(|(at, number)| (start + at, *number)));
            }
            clusters.push(&mut adds);
        });
        clusters
    }

    /// Returns the same of two systems as two tables, a row of `width` sums for each cluster.
    pub(super) fn rows(
        &self,
        systems: [u32; 2],
        width: usize,
        place: impl Fn(u32) -> Option<u32>,
    ) -> [Vec<f64>; 2] {
        let mut rows = [Vec::new(), Vec::new()];
        self.by_cluster(&systems, |of_systems| {
            for (row, sums) in rows.iter_mut().zip(of_systems) {
                let start = row.len();
                row.resize(start + width, 0.0);
                for (at, number) in sums {
                    if let Some(at) = place(*at) {
                        row[start + at as usize] += number;
                    }
                }
            }
        });
        rows
    }

    /// Hands out the sums of these systems, cluster by cluster.
    fn by_cluster(&self, systems: &[u32], mut each: impl FnMut(&[Sums])) {
        let mut of_systems: Vec<Sums> = vec![Sums::new(); systems.len()];
        let mut current = None;
        for ((cluster, set), sums) in &self.entries {
            let set = &self.sets[*set as usize];
            if !has(set, systems) {
                continue;
            }
            if current.is_some_and(|current| current != *cluster) {
                each(&of_systems);
                of_systems.iter_mut().for_each(Vec::clear);
            }
            current = Some(*cluster);
            for (all, system) in of_systems.iter_mut().zip(systems) {
                if let Some(at) = set.iter().position(|one| one == system) {
                    add_to(all, &sums[at]);
                }
            }
        }
        if current.is_some() {
            each(&of_systems);
        }
    }
}

fn in_steps(number: f64) -> f64 {
    if number.abs() < MOST_IN_STEPS { (number / STEP).round() * STEP } else { number }
}

fn has(set: &[u32], systems: &[u32]) -> bool {
    systems.iter().all(|system| set.contains(system))
}

/// Adds sorted sums to sorted sums.
fn add_to(all: &mut Sums, one: &Sums) {
    if all.is_empty() {
        all.extend_from_slice(one);
        return;
    }
    for (sum, number) in one {
        match all.binary_search_by_key(sum, |(at, _)| *at) {
            Ok(at) => all[at].1 += number,
            Err(at) => all.insert(at, (*sum, *number)),
        }
    }
}
