//! What items contribute, kept for the bootstrap in memory that does not grow with their number.
//!
//! Up to a number of items ([`Groups::of`]) each is a cluster of its own. Of more, items are put together into
//! at most as many groups by a hash of their id, and the groups are what is drawn again: since the items of a
//! group are a random part of all, the interval has the same expectation, and some hundred groups fix its
//! width to a few per cent.
//!
//! Where items lack systems, each set of systems needs sums of its own in every group, because a difference is
//! over the items that both systems have; if there are many sets, there are fewer groups. That bounds memory
//! where the sets are few: every system but one, or those before and after a change. It does not where each
//! item draws its systems at random from many: there may then be as many sets as items, and memory grows with
//! the sets.

use std::collections::{BTreeMap, HashMap};

use super::exact::{add_to, rounded};
use super::family::Sums;
use crate::stats::Clusters;

/// Most clusters of all items that are told apart.
pub(super) const MOST_CLUSTERS: u64 = 2048;
/// Most clusters of a slice.
pub(super) const MOST_OF_SLICE: u64 = 256;
/// Fewest groups, however many sets of systems there are.
const FEWEST: u64 = 64;

/// What the items of one family of metrics contribute, by cluster.
#[derive(Debug)]
pub(super) struct Groups {
    /// By cluster and set of systems: the sums of each system of the set, perhaps in [parts](super::exact).
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
        // Until they are few enough, and not once for each item: the number of groups depends on the items alone,
        // not on which of them came last.
        while let Some(groups) = self.fewer() {
            self.folded = Some(groups);
            for ((hash, set), sums) in std::mem::take(&mut self.entries) {
                self.insert((hash % groups, set), sums);
            }
        }
    }

    /// Returns into how many groups items must be put together, if there are too many.
    fn fewer(&self) -> Option<u64> {
        let entries = self.entries.len() as u64;
        match self.folded {
            None => (entries > self.most).then_some(self.most),
            Some(groups) => (entries > 4 * self.most && groups > FEWEST).then_some(groups / 2),
        }
    }

    fn insert(&mut self, key: (u64, u32), sums: Vec<Sums>) {
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

    /// Hands out the sums of these systems, cluster by cluster, each sum once and in order.
    fn by_cluster(&self, systems: &[u32], mut each: impl FnMut(&[Sums])) {
        let mut hand_out = |of_systems: &[Sums]| {
            each(&of_systems.iter().map(rounded).collect::<Vec<_>>());
        };
        let mut of_systems: Vec<Sums> = vec![Sums::new(); systems.len()];
        let mut current = None;
        for ((cluster, set), sums) in &self.entries {
            let set = &self.sets[*set as usize];
            if !has(set, systems) {
                continue;
            }
            if current.is_some_and(|current| current != *cluster) {
                hand_out(&of_systems);
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
            hand_out(&of_systems);
        }
    }
}

fn has(set: &[u32], systems: &[u32]) -> bool {
    systems.iter().all(|system| set.contains(system))
}

#[cfg(test)]
mod tests {
    use super::{FEWEST, Groups};
    use crate::metrics::evaluation::family::Sums;

    const MOST: u64 = 256;

    /// Scores of all sizes and signs.
    fn score(item: u64, system: u32) -> f64 {
        let chance = (item * 389 + u64::from(system) * 727) % 1009;
        let size = [1e-13, 0.1, 5000.7, -3e9, -1e-20][(chance % 5) as usize];
        size * (1.0 + chance as f64 / 7.0)
    }

    /// Items in an order, each with one of seven sets of three systems.
    fn added(items: impl IntoIterator<Item = u64>) -> Groups {
        let mut groups = Groups::of(MOST);
        for item in items {
            let of: Vec<u32> = (0..3).filter(|system| (item % 7 + 1) >> system & 1 == 1).collect();
            let sums = of.iter().map(|system| vec![(0, score(item, *system)), (1, 1.0)]);
            let sums: Vec<Sums> = sums.collect();
            groups.add(item.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23), &of, sums);
        }
        groups
    }

    #[test]
    fn with_many_sets_of_systems_there_are_fewer_groups_and_no_item_is_lost() {
        let groups = added(0..3000);
        let folded = groups.folded.unwrap();
        assert!((FEWEST..MOST).contains(&folded), "{folded}");
        assert!(groups.entries.len() as u64 <= 4 * MOST);
        for (systems, sets) in [(&[0][..], 4), (&[0, 1], 2), (&[0, 1, 2], 1)] {
            let has = |item: &u64| systems.iter().all(|system| (item % 7 + 1) >> system & 1 == 1);
            let items: Vec<u64> = (0..3000).filter(has).collect();
            assert!(items.len().abs_diff(3000 * sets / 7) < 4);
            assert_eq!(groups.items(systems), items.len() as u64);
            let clusters = groups.clusters(systems, 2, Some);
            assert_eq!(clusters.len(), folded);
            for (totals, system) in clusters.totals().chunks(2).zip(systems) {
                let sum: f64 = items.iter().map(|item| score(*item, *system)).sum();
                assert!((totals[0] / sum - 1.0).abs() < 1e-12, "{totals:?}, expected {sum}");
                assert_eq!(totals[1] as usize, items.len());
            }
        }
    }

    #[test]
    fn groups_are_the_same_bit_for_bit_whatever_the_order_of_the_items() {
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
    fn the_number_of_groups_depends_on_the_items_and_not_on_which_came_last() {
        // Each item has a set of its own, so that halving the groups puts no two together.
        let mut groups = Groups::of(MOST);
        for item in 0..=4 * MOST {
            let of: Vec<u32> = (0..12).filter(|bit| (item + 1) >> bit & 1 == 1).collect();
            groups.add(item, &of, vec![vec![(0, 1.0)]; of.len()]);
        }
        assert_eq!(groups.folded, Some(FEWEST));
    }
}
