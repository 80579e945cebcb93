//! The statistics of items in groups for the bootstrap, in memory that does not grow with the number of items.
//!
//! Up to a maximum ([`Groups::new`]) each item is a cluster of the bootstrap. With more items, they are
//! merged into at most as many groups by a hash of their ids, and groups are resampled instead of items.
//! Because the items of a group are a random sample of all, the expected interval is the same, and with some
//! hundred groups its width varies by a few percent.
//!
//! If items lack responses of some systems, a group has separate sums for each set of systems, because a
//! difference is over the items with responses of both systems. With many such sets, the number of groups is
//! halved until the memory is bounded; a million items of which each lacks a few systems would otherwise need
//! sums for each combination of group and set. If every item has its own set of many systems, memory still
//! grows with the sets.

use std::collections::{BTreeMap, HashMap};

use super::exact::{add_exactly, round};
use super::family::Sums;
use crate::stats::Clusters;

// Both maxima and the minimum are powers of two, and groups are only ever halved: so the group of a group is that
// of its items, whenever they were merged.
/// The most groups of all items.
pub(super) const MAX_GROUPS: u64 = 2048;
/// The most groups of a slice.
pub(super) const MAX_GROUPS_OF_SLICE: u64 = 256;
/// The fewest groups, however many sets of systems there are.
const MIN_GROUPS: u64 = 64;

/// The sums of one family of metrics, by group of items.
#[derive(Debug)]
pub(super) struct Groups {
    /// By group and set of systems: the sums of each system of the set, in the parts of [`add_exactly`]. While
    /// every item is a group of its own, groups are numbered by the hash of the item.
    entries: BTreeMap<(u64, u32), Vec<Sums>>,
    /// The sets of systems, by number.
    sets: Vec<Vec<u32>>,
    set_numbers: HashMap<Vec<u32>, u32>,
    /// By set: the number of items.
    items: Vec<u64>,
    /// The most groups, a power of two.
    max: u64,
    /// The number of groups after items were merged.
    group_count: Option<u64>,
}

impl Groups {
    /// Returns groups without items; `max` is the most groups, a power of two.
    pub(super) fn new(max: u64) -> Self {
        Self {
            entries: BTreeMap::new(),
            sets: Vec::new(),
            set_numbers: HashMap::new(),
            items: Vec::new(),
            max,
            group_count: None,
        }
    }

    /// Adds an item: the hash of its id, its systems in ascending order, and the sums of each.
    pub(super) fn add(&mut self, hash: u64, systems: &[u32], sums: Vec<Sums>) {
        // An item without a response of any system belongs to no score.
        if systems.is_empty() {
            return;
        }
        let set = self.set_number(systems);
        self.items[set as usize] += 1;
        self.insert((self.group_count.map_or(hash, |groups| hash % groups), set), sums);
        // Repeated until no more merging is needed, so that the number of groups depends only on the items and
        // not on their order.
        while let Some(groups) = self.group_count_if_too_many() {
            self.group_count = Some(groups);
            // The key of an entry is a hash or already a group; see the constants.
            for ((key, set), sums) in std::mem::take(&mut self.entries) {
                self.insert((key % groups, set), sums);
            }
        }
    }

    /// Returns the number of groups into which the entries must be merged, or `None` if there are few enough.
    fn group_count_if_too_many(&self) -> Option<u64> {
        let entries = self.entries.len() as u64;
        match self.group_count {
            None => (entries > self.max).then_some(self.max),
            // Four sets of systems on average: below that, memory is bounded well enough.
            Some(groups) => (entries > 4 * self.max && groups > MIN_GROUPS).then_some(groups / 2),
        }
    }

    fn insert(&mut self, key: (u64, u32), sums: Vec<Sums>) {
        match self.entries.entry(key) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(sums);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                for (all, one) in entry.get_mut().iter_mut().zip(&sums) {
                    add_exactly(all, one);
                }
            }
        }
    }

    /// Returns the number of a set of systems, which is added if it is new.
    fn set_number(&mut self, systems: &[u32]) -> u32 {
        if let Some(number) = self.set_numbers.get(systems) {
            return *number;
        }
        let number = self.sets.len() as u32;
        self.sets.push(systems.to_vec());
        self.items.push(0);
        self.set_numbers.insert(systems.to_vec(), number);
        number
    }

    /// Returns whether all items have sums of the same systems, `systems` in number.
    pub(super) fn all_have(&self, systems: usize) -> bool {
        matches!(self.sets.as_slice(), [only] if only.len() == systems)
    }

    /// Returns the number of items with sums of all these systems.
    pub(super) fn items(&self, systems: &[u32]) -> u64 {
        let with = self.sets.iter().zip(&self.items);
        with.filter(|(set, _)| has(set, systems)).map(|(_, items)| items).sum()
    }

    /// Returns the sums of items that have all of these systems, by group; a row has `width` sums for each system.
    ///
    /// `index` returns the position of a sum in its row, or `None` to leave it out.
    pub(super) fn clusters(
        &self,
        systems: &[u32],
        width: usize,
        index: impl Fn(u32) -> Option<u32>,
    ) -> Clusters {
        let mut clusters = Clusters::new(width * systems.len());
        let mut adds = Vec::new();
        self.for_each_group(systems, |of_systems| {
            adds.clear();
            for (start, sums) in (0..).step_by(width.max(1)).zip(of_systems) {
                let indexed = sums.iter().filter_map(|(at, number)| Some((index(*at)?, number)));
                adds.extend(indexed.map(|(at, number)| (start + at, *number)));
            }
            clusters.push(&mut adds);
        });
        clusters
    }

    /// Returns the same for two systems as two tables, with a row of `width` sums for each group.
    pub(super) fn rows(
        &self,
        systems: [u32; 2],
        width: usize,
        index: impl Fn(u32) -> Option<u32>,
    ) -> [Vec<f64>; 2] {
        let mut rows = [Vec::new(), Vec::new()];
        self.for_each_group(&systems, |of_systems| {
            for (row, sums) in rows.iter_mut().zip(of_systems) {
                let start = row.len();
                row.resize(start + width, 0.0);
                for (at, number) in sums {
                    if let Some(at) = index(*at) {
                        row[start + at as usize] += number;
                    }
                }
            }
        });
        rows
    }

    /// Calls `each` with the rounded sums of these systems, group by group.
    fn for_each_group(&self, systems: &[u32], mut each: impl FnMut(&[Sums])) {
        let mut call = |of_systems: &[Sums]| {
            each(&of_systems.iter().map(round).collect::<Vec<_>>());
        };
        let mut of_systems: Vec<Sums> = vec![Sums::new(); systems.len()];
        let mut current = None;
        for ((group, set), sums) in &self.entries {
            let set = &self.sets[*set as usize];
            if !has(set, systems) {
                continue;
            }
            if current.is_some_and(|current| current != *group) {
                call(&of_systems);
                of_systems.iter_mut().for_each(Vec::clear);
            }
            current = Some(*group);
            for (all, system) in of_systems.iter_mut().zip(systems) {
                if let Some(at) = set.iter().position(|one| one == system) {
                    add_exactly(all, &sums[at]);
                }
            }
        }
        if current.is_some() {
            call(&of_systems);
        }
    }
}

fn has(set: &[u32], systems: &[u32]) -> bool {
    systems.iter().all(|system| set.contains(system))
}

#[cfg(test)]
mod tests {
    use super::{Groups, MIN_GROUPS};
    use crate::metrics::evaluation::family::Sums;

    const MAX: u64 = 256;

    /// Returns scores of all magnitudes and signs.
    fn score(item: u64, system: u32) -> f64 {
        let chance = (item * 389 + u64::from(system) * 727) % 1009;
        let size = [1e-13, 0.1, 5000.7, -3e9, -1e-20][(chance % 5) as usize];
        size * (1.0 + chance as f64 / 7.0)
    }

    /// Returns groups of these items, each with one of seven sets of three systems.
    fn added(items: impl IntoIterator<Item = u64>) -> Groups {
        let mut groups = Groups::new(MAX);
        for item in items {
            let of: Vec<u32> = (0..3).filter(|system| (item % 7 + 1) >> system & 1 == 1).collect();
            let sums = of.iter().map(|system| vec![(0, score(item, *system)), (1, 1.0)]);
            let sums: Vec<Sums> = sums.collect();
            groups.add(item.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23), &of, sums);
        }
        groups
    }

    #[test]
    fn many_sets_of_systems_reduce_the_number_of_groups_and_lose_no_item() {
        let groups = added(0..3000);
        let merged = groups.group_count.unwrap();
        assert!((MIN_GROUPS..MAX).contains(&merged), "{merged}");
        assert!(groups.entries.len() as u64 <= 4 * MAX);
        for (systems, sets) in [(&[0][..], 4), (&[0, 1], 2), (&[0, 1, 2], 1)] {
            let has = |item: &u64| systems.iter().all(|system| (item % 7 + 1) >> system & 1 == 1);
            let items: Vec<u64> = (0..3000).filter(has).collect();
            assert!(items.len().abs_diff(3000 * sets / 7) < 4);
            assert_eq!(groups.items(systems), items.len() as u64);
            let clusters = groups.clusters(systems, 2, Some);
            assert_eq!(clusters.len(), merged);
            for (totals, system) in clusters.totals().chunks(2).zip(systems) {
                let sum: f64 = items.iter().map(|item| score(*item, *system)).sum();
                assert!((totals[0] / sum - 1.0).abs() < 1e-12, "{totals:?}, expected {sum}");
                assert_eq!(totals[1] as usize, items.len());
            }
        }
    }

    #[test]
    fn groups_do_not_depend_on_the_order_of_the_items_in_any_bit() {
        let bits = |groups: &Groups, systems: [u32; 2]| {
            let rows = groups.rows(systems, 2, Some);
            rows.map(|row| row.into_iter().map(f64::to_bits).collect::<Vec<_>>())
        };
        for many in [200, 1000, 3000] {
            let groups = added(0..many);
            let other = added((0..many).map(|at| (at * 1777 + 5) % many));
            let reversed = added((0..many).rev());
            for systems in [[0, 1], [0, 2], [1, 2]] {
                let expected = bits(&groups, systems);
                assert_eq!(bits(&other, systems), expected, "{many}");
                assert_eq!(bits(&reversed, systems), expected, "{many}");
            }
        }
    }

    #[test]
    fn the_number_of_groups_does_not_depend_on_the_order_of_the_items() {
        // Each item has a set of its own, so that halving the number of groups merges no entries.
        let mut groups = Groups::new(MAX);
        for item in 0..=4 * MAX {
            let of: Vec<u32> = (0..12).filter(|bit| (item + 1) >> bit & 1 == 1).collect();
            groups.add(item, &of, vec![vec![(0, 1.0)]; of.len()]);
        }
        assert_eq!(groups.group_count, Some(MIN_GROUPS));
    }
}
