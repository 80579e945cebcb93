//! Groups of systems that comparisons connect: each is ranked by itself.

use std::collections::BTreeMap;

use super::votes::{JudgedComparison, JudgedComparisons};
use crate::stats::{Contest, connected_groups};

/// Systems that comparisons connect, with the comparisons among them.
#[derive(Debug)]
pub(super) struct Component<'a> {
    /// The numbers of the systems, ascending. A system's place here is its number within the component.
    pub(super) systems: Vec<usize>,
    /// Its comparisons with any vote, by item.
    pub(super) rows: Vec<&'a JudgedComparison>,
    /// The place of each system; of no meaning for those of other components.
    places: Vec<usize>,
}

/// Contests with the item of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Contests {
    pub(super) list: Vec<Contest>,
    pub(super) items: Vec<u32>,
}

impl Contests {
    pub(super) fn push(&mut self, between: [usize; 2], score: f64, weight: f64, item: u32) {
        let [first, second] = between;
        self.list.push(Contest { first, second, score, weight });
        self.items.push(item);
    }

    /// Returns one contest for each pair of systems, with the sum of the weights and the mean of the scores.
    pub(super) fn by_pair(&self) -> Vec<Contest> {
        let mut pairs: BTreeMap<[usize; 2], [f64; 2]> = BTreeMap::new();
        for Contest { first, second, score, weight } in &self.list {
            let sums = pairs.entry([*first, *second]).or_default();
            sums[0] += weight;
            sums[1] += weight * score;
        }
        let of_pair = |([first, second], [weight, score]): ([usize; 2], [f64; 2])| {
            contest(first, second, weight, score)
        };
        pairs.into_iter().map(of_pair).collect()
    }
}

/// Returns the contest of two systems with so many points of the first one.
pub(super) fn contest(first: usize, second: usize, weight: f64, points: f64) -> Contest {
    // Sums of fractions may be outside by rounding.
    Contest { first, second, score: (points / weight).clamp(0.0, 1.0), weight }
}

impl<'a> Component<'a> {
    /// Returns the components of all comparisons, by their first system.
    pub(super) fn all(comparisons: &'a JudgedComparisons) -> Vec<Self> {
        let systems = comparisons.systems.len();
        let voted = || comparisons.rows.iter().filter(|row| row.score().is_some());
        let pairs = voted().map(|row| (row.between[0] as usize, row.between[1] as usize));
        let groups = connected_groups(systems, &pairs.collect::<Vec<_>>());
        let (mut places, mut component_of) = (vec![0; systems], vec![0; systems]);
        for (component, group) in groups.iter().enumerate() {
            for (place, system) in group.iter().enumerate() {
                (places[*system], component_of[*system]) = (place, component);
            }
        }
        let of_group = |systems| Self { systems, rows: Vec::new(), places: places.clone() };
        let mut components: Vec<Self> = groups.into_iter().map(of_group).collect();
        for row in voted() {
            components[component_of[row.between[0] as usize]].rows.push(row);
        }
        components
    }

    /// Returns the places of the two systems of a comparison.
    pub(super) fn between(&self, row: &JudgedComparison) -> [usize; 2] {
        row.between.map(|system| self.places[system as usize])
    }

    /// Returns its comparisons as contests by the mean of their votes.
    pub(super) fn contests(&self) -> Contests {
        let mut contests = Contests::default();
        for row in &self.rows {
            if let Some(score) = row.score() {
                contests.push(self.between(row), score, 1.0, row.item);
            }
        }
        contests
    }
}
