//! Ranges of ranks, by weighting items anew.
//!
//! Every item gets a random weight above 0 (the Bayesian bootstrap). Items drawn with replacement would leave systems of
//! few items out, and keep only those resamples in which their order happens to be known.

use std::collections::HashMap;

use super::components::{Component, contest};
use super::results::RankRange;
use super::strengths::{CONFIDENCE, ComponentStrengths};
use crate::stats::{Clusters, Contest};

/// The share of resamples without a known order above which no range is known.
const MANY_UNDEFINED: f64 = 0.05;

/// The ranks of a component's systems.
#[derive(Debug)]
pub(super) struct Ranks {
    pub(super) ranges: Vec<RankRange>,
    /// The share of resamples in which the order is not known.
    pub(super) undefined: f64,
}

impl Ranks {
    fn without_ranges(values: impl Iterator<Item = Option<u64>>, undefined: f64) -> Self {
        let range = |value| RankRange { value, low: None, high: None };
        Self { ranges: values.map(range).collect(), undefined }
    }
}

/// Ranks the systems of a component, with ranges by `resamples` resamples of its items.
///
/// A system whose strength has no interval has no range either: resamples of votes that do not vary, or of one item, would
/// say that its rank is certain.
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
    let has_range: Vec<bool> =
        (0..systems).map(|system| strengths.strength(system, 0).low.is_some()).collect();
    if values.is_none() || !has_range.contains(&true) {
        return Ranks::without_ranges((0..systems).map(value), 0.0);
    }
    let drawn: Vec<Option<Vec<usize>>> = clusters.reweight(resamples, seed, |sums| {
        let contests: Vec<Contest> = pairs
            .iter()
            .zip(sums.chunks_exact(2))
            .map(|([first, second], sums)| contest(*first, *second, sums[0], sums[1]))
            .collect();
        // Every item counts, if ever so little, so that who beats whom is as before.
        strengths.order.reweighted(&contests).ok()?.ranks()
    });
    let known: Vec<&Vec<usize>> = drawn.iter().flatten().collect();
    let undefined = 1.0 - known.len() as f64 / drawn.len().max(1) as f64;
    if undefined > MANY_UNDEFINED {
        return Ranks::without_ranges((0..systems).map(value), undefined);
    }
    let range = |system: usize| {
        let mut ranks: Vec<usize> = known.iter().map(|ranks| ranks[system]).collect();
        ranks.sort_unstable();
        let last = ranks.len().saturating_sub(1) as f64;
        let outside = (1.0 - CONFIDENCE) / 2.0;
        let at = |place: f64| {
            ranks.get(place as usize).filter(|_| has_range[system]).map(|rank| *rank as u64)
        };
        let value = value(system);
        // The rank itself is possible, even if systems of equal strength are never equal in a resample.
        RankRange {
            value,
            low: at((outside * last).floor()).map(|low| value.map_or(low, |value| low.min(value))),
            high: at(((1.0 - outside) * last).ceil())
                .map(|high| value.map_or(high, |value| high.max(value))),
        }
    };
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
