//! What the labels so far say of the judges.

use std::collections::HashMap;

use serde::Serialize;

use super::pilot::{Observed, Pilot};
use super::question::PlannedPair;
use crate::calibration::PeopleScore;
use crate::stats::{Estimate, pearson, weighted_mean};

/// Fewest labelled comparisons from which a correlation or a spread is taken.
const FEWEST: usize = 20;
/// The largest correlation that labels are taken to show: a sample without an error does not prove 1.
pub(super) const MOST_CORRELATION: f64 = 0.95;

/// By how much the win rate of a judge differs from that of people, for one pair of systems.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PairBias {
    /// The other system.
    pub other: String,
    /// The judge's win rate minus people's, over the labelled comparisons; its interval has the error of the question.
    pub bias: Estimate,
}

/// What the labels so far say of a judge.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PeopleFacts {
    /// Comparisons of the pilot with a label and a score.
    pub labelled: u64,
    /// The bias for each pair of systems with a label.
    pub pairs: Vec<PairBias>,
    /// The correlation of the judge's scores with people's, within pairs; `None` below 20 labels or without variation.
    pub correlation: Option<f64>,
    /// The standard deviation of people's scores; `None` below 20 labels of any pair.
    pub deviation: Option<f64>,
}

/// The scores of people by item and other system.
#[derive(Debug, Default)]
pub(super) struct People(HashMap<(String, String), PeopleScore>);

/// A labelled comparison.
#[derive(Debug, Clone, Copy)]
struct Both<'a> {
    id: &'a str,
    judge: f64,
    people: f64,
    weight: f64,
}

impl People {
    pub(super) fn add(&mut self, scores: Vec<PeopleScore>) {
        for score in scores {
            self.0.insert((score.id.clone(), score.other.clone()), score);
        }
    }

    /// Returns how many comparisons have a label.
    pub(super) fn labelled(&self) -> u64 {
        self.0.len() as u64
    }

    /// Returns what the labels say of the scores of a pilot; `None` without a labelled one.
    pub(super) fn facts(
        &self,
        pilot: &Pilot,
        pairs: &[PlannedPair],
        error: f64,
    ) -> Option<PeopleFacts> {
        self.facts_of(&pilot.observed, Observed::score, pairs, error)
    }

    /// The same for scores of these comparisons.
    pub(super) fn facts_of(
        &self,
        observed: &[Observed],
        score: impl Fn(&Observed) -> Option<f64>,
        pairs: &[PlannedPair],
        error: f64,
    ) -> Option<PeopleFacts> {
        let of_pair = |at: usize| -> Vec<Both<'_>> {
            let of_pair = observed.iter().filter(|one| one.other == at);
            let both = of_pair.filter_map(|one| {
                let people = self.0.get(&(one.id.clone(), pairs[at].other.clone()))?;
                let (people, weight) = (people.score, people.weight);
                Some(Both { id: &one.id, judge: score(one)?, people, weight })
            });
            both.collect()
        };
        let all: Vec<Vec<Both<'_>>> = (0..pairs.len()).map(of_pair).collect();
        let labelled: usize = all.iter().map(Vec::len).sum();
        if labelled == 0 {
            return None;
        }
        let biases = all.iter().zip(pairs).filter(|(both, _)| !both.is_empty());
        let deviations: Option<Vec<f64>> = all.iter().map(|both| deviation(both)).collect();
        Some(PeopleFacts {
            labelled: labelled as u64,
            pairs: biases
                .map(|(both, pair)| PairBias { other: pair.other.clone(), bias: bias(both, error) })
                .collect(),
            correlation: correlation(&all),
            deviation: deviations.and_then(|all| all.into_iter().reduce(f64::max)),
        })
    }
}

/// Returns the mean difference of judge and people. With fewer than two comparisons, or where no difference varies, there is
/// no interval.
fn bias(both: &[Both<'_>], error: f64) -> Estimate {
    let differences: Vec<f64> = both.iter().map(|one| one.judge - one.people).collect();
    let weights: Vec<f64> = both.iter().map(|one| one.weight).collect();
    let items: Vec<&str> = both.iter().map(|one| one.id).collect();
    let n = both.len() as u64;
    match weighted_mean(&differences, &weights, &items, 1.0 - error) {
        Ok((mean, interval)) => Estimate::of(Some(mean), interval, n),
        Err(_) => Estimate::undefined(n),
    }
}

/// Returns the standard deviation of what people say, with one win and one loss added.
fn deviation(both: &[Both<'_>]) -> Option<f64> {
    let scores: Vec<f64> = both.iter().map(|one| one.people).collect();
    (scores.len() >= FEWEST).then(|| super::pilot::deviation(&scores))
}

/// Returns the correlation over all pairs of systems, each score taken from its mean within the pair.
fn correlation(all: &[Vec<Both<'_>>]) -> Option<f64> {
    let (mut people, mut judge) = (Vec::new(), Vec::new());
    for both in all {
        let mean = |of: fn(&Both<'_>) -> f64| both.iter().map(of).sum::<f64>() / both.len() as f64;
        let (of_people, of_judge) = (mean(|one| one.people), mean(|one| one.judge));
        people.extend(both.iter().map(|one| one.people - of_people));
        judge.extend(both.iter().map(|one| one.judge - of_judge));
    }
    if people.len() < FEWEST {
        return None;
    }
    let found = pearson(&people, &judge, 0.95).ok()?;
    Some(found.value.min(MOST_CORRELATION))
}
