//! Ranks the systems of one or more runs.

use std::collections::HashMap;

use super::adjusted::{Adjusted, by_length, by_order, by_probability, with_ties};
use super::components::Component;
use super::differences::differences;
use super::grades::read_grades;
use super::leader::leader;
use super::loss::{check_same_items, grades_loss};
use super::pairs::pairs;
use super::ranks::{Ranks, ranks};
use super::reader::check_judges;
use super::results::{AdjustedStrengths, RankedBy, RankedSystem, Ranking};
use super::strengths::ComponentStrengths;
use super::triples::intransitive;
use super::verdicts::read_verdicts;
use super::votes::JudgedComparisons;
use super::warnings::{Support, warnings};
use crate::error::{Error, Result};
use crate::input::DataFile;
use crate::stats::Estimate;
use crate::store::{GradeRun, RunFile};
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

/// Verdicts on comparisons of the same items, and labels of comparisons, by which the loss by grades is measured.
#[derive(Debug, Clone, Copy)]
pub struct LossOptions<'a> {
    /// The runs with the verdicts.
    pub against: &'a [RunFile],
    /// The labels of comparisons.
    pub labels: &'a DataFile,
}

/// Ranks the systems of all comparisons of some runs. The order of the runs does not matter.
///
/// # Errors
///
/// A run cannot be read, or is not about the same items as the others; no run has one of the judges; a comparison was
/// judged twice by one judge; there is no such baseline, or no comparison.
pub fn rank(runs: &[RunFile], options: &RankOptions) -> Result<Ranking> {
    let baseline = options.baseline.as_deref();
    let comparisons = read_verdicts(runs, &options.judges, baseline)?;
    ranking(&comparisons, RankedBy::Verdicts, options)
}

/// Ranks the systems of some runs of grades: of two responses to one prompt, the one with the higher grade wins, and equal
/// grades are a tie. The order of the runs does not matter. With verdicts and labels it also says what is lost by that.
///
/// # Errors
///
/// As for [`rank`], of runs of grades; or no label is about a comparison of both kinds of runs.
pub fn rank_grades(
    runs: &[GradeRun],
    options: &RankOptions,
    loss: Option<LossOptions<'_>>,
) -> Result<Ranking> {
    let (judges, baseline) = (&options.judges, options.baseline.as_deref());
    let files = || runs.iter().map(GradeRun::file);
    let Some(LossOptions { against, labels }) = loss else {
        return ranking(&read_grades(runs, judges, baseline)?, RankedBy::Grades, options);
    };
    check_judges(files().chain(against), judges)?;
    check_same_items(files().chain(against))?;
    let of_kind = |names: Vec<&RunFile>| -> Vec<String> {
        let known = |name: &&String| {
            let mut all = names.iter().flat_map(|run| run.judges());
            all.any(|judge| judge.record.name == **name)
        };
        judges.iter().filter(known).cloned().collect()
    };
    let comparisons = read_grades(runs, &of_kind(files().collect()), baseline)?;
    let verdicts = read_verdicts(against, &of_kind(against.iter().collect()), None)?;
    let mut loss = grades_loss(&comparisons, &verdicts, labels)?;
    loss.against = against.iter().map(|run| run.path().display().to_string()).collect();
    let mut ranking = ranking(&comparisons, RankedBy::Grades, options)?;
    ranking.loss = Some(loss);
    Ok(ranking)
}

fn ranking(
    comparisons: &JudgedComparisons,
    from: RankedBy,
    options: &RankOptions,
) -> Result<Ranking> {
    let baseline = options.baseline.as_deref();
    let (counts, all_votes) = (counts(comparisons), all_votes(comparisons));
    let voted_items = voted_items(comparisons);
    let fitted: Vec<(Component<'_>, ComponentStrengths)> = Component::all(comparisons)
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
    let length = by_length(comparisons);
    let (mut pairs, how_ended) = pairs(comparisons);
    length.add_win_rates(comparisons, &mut pairs);
    let connected = fitted.len() == 1;
    let mut ranking = Ranking {
        from,
        items: comparisons.items.len() as u64,
        comparisons: how_ended,
        systems,
        pairs,
        differences: differences(
            comparisons,
            &fitted,
            &counts,
            Direction { baseline, ..Direction::default() },
        ),
        connected,
        components: fitted.iter().map(|(component, _)| component_names(component, names)).collect(),
        finite: fitted.iter().all(|(_, strengths)| strengths.order.groups.len() == 1),
        intransitive: intransitive(comparisons),
        leader: match fitted.as_slice() {
            [(component, strengths)] => leader(component, strengths, names),
            _ => None,
        },
        order_adjusted: match from {
            RankedBy::Verdicts => adjusted(&by_order(comparisons)),
            RankedBy::Grades => not_fitted("grades have no order of presentation"),
        },
        length_adjusted: adjusted(&length),
        davidson: adjusted(&with_ties(comparisons)),
        soft: by_probability(comparisons)
            .map_or_else(|| not_fitted("the runs have no probabilities"), |soft| adjusted(&soft)),
        judges: comparisons.judges.clone(),
        loss: None,
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

fn not_fitted(reason: &str) -> AdjustedStrengths {
    AdjustedStrengths { undefined: Some(reason.to_owned()), ..AdjustedStrengths::default() }
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
