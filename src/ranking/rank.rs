//! Ranks the systems of one or more runs.

use std::collections::HashMap;

use super::adjusted::{Adjusted, by_length, by_order, by_probability, with_ties};
use super::components::Component;
use super::differences::differences;
use super::leader::leader;
use super::pairs::pairs;
use super::ranks::{Ranks, ranks};
use super::results::{AdjustedStrengths, RankedSystem, Ranking};
use super::strengths::ComponentStrengths;
use super::triples::intransitive;
use super::votes::JudgedComparisons;
use super::warnings::{Support, warnings};
use crate::error::{Error, Result};
use crate::stats::Estimate;
use crate::store::RunFile;
use crate::summary::ItemScores;
use crate::trial::Direction;

/// How systems are ranked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RankOptions {
    /// The judges whose verdicts count; all of every run if it is empty.
    pub judges: Vec<String>,
    /// The system that others are compared with: the wins of the other system of a pair are counted.
    pub baseline: Option<String>,
    /// How many resamples of the items the ranges of ranks are from.
    pub resamples: usize,
    /// The seed of the resamples.
    pub seed: u64,
}

impl Default for RankOptions {
    fn default() -> Self {
        Self { judges: Vec::new(), baseline: None, resamples: 1000, seed: 0 }
    }
}

/// Ranks the systems of all comparisons of some runs. The order of the runs does not matter.
///
/// # Errors
///
/// A run cannot be read, or is not about the same items as the others; no run has one of the judges; a comparison was
/// judged twice by one judge; there is no such baseline, or no comparison.
pub fn rank(runs: &[RunFile], options: &RankOptions) -> Result<Ranking> {
    let baseline = options.baseline.as_deref();
    let comparisons = JudgedComparisons::read(runs, &options.judges, baseline)?;
    let (counts, all_votes) = (counts(&comparisons), all_votes(&comparisons));
    let voted_items = voted_items(&comparisons);
    let fitted: Vec<(Component<'_>, ComponentStrengths)> = Component::all(&comparisons)
        .into_iter()
        .map(|component| {
            let strengths = ComponentStrengths::new(&component)
                .map_err(|reason| Error::internal(format!("no strengths: {reason}")))?;
            Ok((component, strengths))
        })
        .collect::<Result<_>>()?;
    let (mut systems, mut undefined) = (Vec::new(), 0.0_f64);
    for (number, (component, strengths)) in fitted.iter().enumerate() {
        let Ranks { ranges, undefined: share } =
            ranks(component, strengths, options.resamples, options.seed);
        undefined = undefined.max(share);
        for (at, (system, rank)) in component.systems.iter().zip(ranges).enumerate() {
            let ranked = RankedSystem {
                system: comparisons.systems[*system].clone(),
                strength: strengths.strength(at, counts[*system]),
                rank,
                component: number as u32,
                comparisons: counts[*system],
                all_votes: all_votes[*system],
            };
            systems.push((*system, ranked));
        }
    }
    systems.sort_by(|(_, one), (_, other)| {
        let key = |one: &RankedSystem| (one.component, one.rank.value.unwrap_or(u64::MAX));
        let strength = |one: &RankedSystem| one.strength.value.unwrap_or(0.0);
        key(one)
            .cmp(&key(other))
            .then(strength(other).total_cmp(&strength(one)))
            .then_with(|| one.system.cmp(&other.system))
    });
    let (order, systems): (Vec<usize>, Vec<RankedSystem>) = systems.into_iter().unzip();
    let names = &comparisons.systems;
    let adjusted = |model: &Adjusted| model.strengths(names, &counts, &order);
    let length = by_length(&comparisons);
    let (mut pairs, how_ended) = pairs(&comparisons);
    length.add_win_rates(&comparisons, &mut pairs);
    let connected = fitted.len() == 1;
    let mut ranking = Ranking {
        items: comparisons.items,
        comparisons: how_ended,
        systems,
        pairs,
        differences: differences(
            &comparisons,
            &fitted,
            &counts,
            Direction { baseline, ..Direction::default() },
        ),
        connected,
        components: fitted.iter().map(|(component, _)| component_names(component, names)).collect(),
        finite: fitted.iter().all(|(_, strengths)| strengths.order.groups.len() == 1),
        intransitive: intransitive(&comparisons),
        leader: match fitted.as_slice() {
            [(component, strengths)] => leader(component, strengths, names),
            _ => None,
        },
        order_adjusted: adjusted(&by_order(&comparisons)),
        length_adjusted: adjusted(&length),
        davidson: adjusted(&with_ties(&comparisons)),
        soft: by_probability(&comparisons).map_or_else(no_probabilities, |soft| adjusted(&soft)),
        judges: comparisons.judges.clone(),
        warnings: Vec::new(),
    };
    let fewest = order.iter().zip(&ranking.systems).map(|(at, system)| (voted_items[*at], system));
    let fewest = fewest.min_by_key(|(items, _)| *items);
    let fewest = fewest.map(|(items, system)| (items, system.system.clone()));
    let links = fitted.iter().filter_map(|(component, strengths)| {
        let link = strengths.weakest_link()?;
        let name = |place: &usize| names[component.systems[*place]].clone();
        Some((link.clusters as u64, link.systems.iter().map(name).collect()))
    });
    let link = links.min_by_key(|(items, _): &(u64, Vec<String>)| *items);
    let found = warnings(&ranking, Support { fewest, link, undefined });
    ranking.warnings = comparisons.notes.iter().cloned().chain(found).collect();
    Ok(ranking)
}

fn no_probabilities() -> AdjustedStrengths {
    AdjustedStrengths {
        undefined: Some("the runs have no probabilities".to_owned()),
        ..AdjustedStrengths::default()
    }
}

fn component_names(component: &Component<'_>, names: &[String]) -> Vec<String> {
    component.systems.iter().map(|system| names[*system].clone()).collect()
}

/// Returns how many comparisons with a vote each system was in.
fn counts(comparisons: &JudgedComparisons) -> Vec<u64> {
    let mut counts = vec![0; comparisons.systems.len()];
    for row in comparisons.rows.iter().filter(|row| row.score().is_some()) {
        for system in row.between {
            counts[system as usize] += 1;
        }
    }
    counts
}

/// Returns in how many items with a vote each system was.
fn voted_items(comparisons: &JudgedComparisons) -> Vec<u64> {
    let (mut items, mut last) = (vec![0; comparisons.systems.len()], HashMap::new());
    // Rows are by item.
    for row in comparisons.rows.iter().filter(|row| row.score().is_some()) {
        for system in row.between {
            if last.insert(system, row.item) != Some(row.item) {
                items[system as usize] += 1;
            }
        }
    }
    items
}

/// Returns the mean score of each system over all votes.
fn all_votes(comparisons: &JudgedComparisons) -> Vec<Estimate> {
    let mut scores = vec![ItemScores::default(); comparisons.systems.len()];
    for row in &comparisons.rows {
        if let Some(score) = row.score() {
            let [a, b] = row.between.map(|system| system as usize);
            scores[a].push(score, row.item);
            scores[b].push(1.0 - score, row.item);
        }
    }
    scores.iter().map(ItemScores::estimate).collect()
}
