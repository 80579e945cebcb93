//! Ranges of ranks, by resampling items.

use std::collections::HashMap;

use super::components::{Component, contest};
use super::results::RankRange;
use super::strengths::{CONFIDENCE, ComponentStrengths};
use crate::stats::{Clusters, Contest, StrengthOrder};

/// The ranks of a component's systems.
#[derive(Debug)]
pub(super) struct Ranks {
    pub(super) ranges: Vec<RankRange>,
    /// The share of resamples in which the order is not known.
    pub(super) undefined: f64,
}

/// Ranks the systems of a component, with ranges by `resamples` resamples of its items.
pub(super) fn ranks(
    component: &Component<'_>,
    strengths: &ComponentStrengths,
    resamples: usize,
    seed: u64,
) -> Ranks {
    let systems = component.systems.len();
    let values = strengths.order.ranks();
    let value = |system: usize| values.as_ref().map(|ranks| ranks[system] as u64);
    let (pairs, clusters) = clusters(component, strengths);
    if systems < 2 || clusters.len() < 2 {
        let range = |system| RankRange { value: value(system), low: None, high: None };
        return Ranks { ranges: (0..systems).map(range).collect(), undefined: 0.0 };
    }
    let similar = strengths.whole().map(|whole| &whole.fit);
    let drawn: Vec<Option<Vec<usize>>> = clusters.resample(resamples, seed, |sums| {
        let contests: Vec<Contest> = pairs
            .iter()
            .zip(sums.chunks_exact(2))
            .filter(|(_, sums)| sums[0] > 0.0)
            .map(|([first, second], sums)| contest(*first, *second, sums[0], sums[1]))
            .collect();
        StrengthOrder::new(systems, &contests, similar).ok()?.ranks()
    });
    let known: Vec<&Vec<usize>> = drawn.iter().flatten().collect();
    let range = |system: usize| {
        let mut ranks: Vec<usize> = known.iter().map(|ranks| ranks[system]).collect();
        ranks.sort_unstable();
        let last = ranks.len().saturating_sub(1) as f64;
        let outside = (1.0 - CONFIDENCE) / 2.0;
        let at = |place: f64| ranks.get(place as usize).map(|rank| *rank as u64);
        RankRange {
            value: value(system),
            low: at((outside * last).floor()),
            high: at(((1.0 - outside) * last).ceil()),
        }
    };
    let undefined = 1.0 - known.len() as f64 / drawn.len().max(1) as f64;
    Ranks { ranges: (0..systems).map(range).collect(), undefined }
}

/// Returns the pairs of systems, and what each item adds to their weights and points.
fn clusters(
    component: &Component<'_>,
    strengths: &ComponentStrengths,
) -> (Vec<[usize; 2]>, Clusters) {
    let contests = &strengths.contests;
    let mut numbers: HashMap<[usize; 2], u32> = HashMap::new();
    let mut pairs: Vec<[usize; 2]> = Vec::new();
    for row in &component.rows {
        let between = component.between(row);
        numbers.entry(between).or_insert_with(|| {
            pairs.push(between);
            pairs.len() as u32 - 1
        });
    }
    let mut clusters = Clusters::new(2 * pairs.len());
    let (mut adds, mut last) = (Vec::new(), None);
    for (Contest { first, second, score, weight }, item) in
        contests.list.iter().zip(&contests.items)
    {
        if last.is_some_and(|last| last != *item) {
            clusters.push(&mut adds);
            adds.clear();
        }
        last = Some(*item);
        let pair = numbers[&[*first, *second]];
        adds.extend([(2 * pair, *weight), (2 * pair + 1, weight * score)]);
    }
    if last.is_some() {
        clusters.push(&mut adds);
    }
    (pairs, clusters)
}
