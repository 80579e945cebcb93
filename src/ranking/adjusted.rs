//! Strengths by models that allow for the order of presentation, for lengths, for ties, and by probabilities.

use super::components::Contests;
use super::results::{AdjustedStrengths, PairResult, SystemStrength};
use super::strengths::GroupFit;
use super::votes::{JudgedComparison, JudgedComparisons};
use crate::stats::{
    Estimate, Moments, StatError, Strengths, bradley_terry, bradley_terry_with_covariate, davidson,
};
use crate::trial::other_system;

/// The fewest comparisons of responses whose lengths differ by at most half a standard deviation: strengths at equal
/// length would be an extrapolation without any.
const FEWEST_OF_EQUAL_LENGTH: usize = 5;

/// A model that was fitted, or why it was not.
#[derive(Debug)]
pub(super) struct Adjusted(Result<GroupFit, String>);

impl Adjusted {
    fn of(fit: Result<Strengths, StatError>) -> Self {
        Self(fit.map(GroupFit::new).map_err(|reason| reason.to_string()))
    }

    /// Returns the strengths of the systems in an order; `counts` are the comparisons of each.
    pub(super) fn strengths(
        &self,
        names: &[String],
        counts: &[u64],
        order: &[usize],
    ) -> AdjustedStrengths {
        let found = match &self.0 {
            Ok(found) => found,
            Err(reason) => {
                return AdjustedStrengths {
                    undefined: Some(reason.clone()),
                    ..AdjustedStrengths::default()
                };
            }
        };
        let total = counts.iter().sum::<u64>() / 2;
        let coefficient = found.fit.coefficient.zip(found.fit.coefficient_error());
        let strength = |system: &usize| SystemStrength {
            system: names[*system].clone(),
            strength: found.strength(*system, counts[*system]),
        };
        AdjustedStrengths {
            coefficient: coefficient.map(|(value, error)| found.estimate(value, error, total)),
            strengths: order.iter().map(strength).collect(),
            undefined: None,
        }
    }

    /// Adds to each pair the win rate by these strengths.
    pub(super) fn add_win_rates(&self, names: &[String], pairs: &mut [PairResult]) {
        let Ok(found) = &self.0 else { return };
        let number = |name: &str| names.binary_search_by(|known| known.as_str().cmp(name)).ok();
        for pair in pairs {
            let other = other_system(&pair.between, &pair.system);
            let (Some(one), Some(other)) = (number(&pair.system), number(other)) else { continue };
            let (difference, _) = found.difference(one, other, pair.all_votes.n);
            let chance = |odds: Option<f64>| odds.map(|odds| 1.0 / (1.0 + (-odds).exp()));
            pair.length_adjusted_win_rate = Some(Estimate {
                value: chance(difference.value),
                low: chance(difference.low),
                high: chance(difference.high),
                n: difference.n,
            });
        }
    }
}

/// Fits the advantage of the first position beside the strengths, by single votes. Each comparison counts once.
pub(super) fn by_order(comparisons: &JudgedComparisons) -> Adjusted {
    let (mut contests, mut first) = (Contests::default(), Vec::new());
    for_each_vote(comparisons, |row, shown_first, score, weight| {
        contests.push(systems(row), score, weight, row.item);
        first.push(shown_first);
    });
    Adjusted::of(bradley_terry_with_covariate(
        comparisons.systems.len(),
        &contests.list,
        &first,
        &contests.items,
    ))
}

/// Fits Davidson's model, by single votes. Each comparison counts once.
pub(super) fn with_ties(comparisons: &JudgedComparisons) -> Adjusted {
    let mut contests = Contests::default();
    for_each_vote(comparisons, |row, _, score, weight| {
        contests.push(systems(row), score, weight, row.item);
    });
    let fit = davidson(comparisons.systems.len(), &contests.list, &contests.items);
    match fit {
        Err(StatError::NoVariation) => Adjusted(Err("there is no tie, or nothing else".to_owned())),
        fit => Adjusted::of(fit),
    }
}

/// Fits strengths by the probabilities of the comparisons that have one; `None` without any.
pub(super) fn by_probability(comparisons: &JudgedComparisons) -> Option<Adjusted> {
    let mut contests = Contests::default();
    for row in &comparisons.rows {
        if let Some(score) = row.soft {
            contests.push(systems(row), score, 1.0, row.item);
        }
    }
    let fit = || bradley_terry(comparisons.systems.len(), &contests.list, &contests.items);
    (!contests.list.is_empty()).then(|| Adjusted::of(fit()))
}

/// Fits strengths at equal length of the responses: the covariate is the hyperbolic tangent of the difference of
/// lengths in standard deviations, as in the length-controlled win rate of `AlpacaEval`.
pub(super) fn by_length(comparisons: &JudgedComparisons) -> Adjusted {
    let voted: Vec<(&JudgedComparison, f64)> =
        comparisons.rows.iter().filter_map(|row| Some((row, row.score()?))).collect();
    let lengths: Vec<f64> = voted.iter().map(|(row, _)| row.longer).collect();
    let deviation = Moments::of(&lengths).ok().and_then(|moments| moments.sample_variance());
    let deviation = deviation.unwrap_or(0.0).sqrt();
    if deviation <= 0.0 {
        return Adjusted(Err("the lengths of the responses do not differ".to_owned()));
    }
    let near = lengths.iter().filter(|longer| longer.abs() <= deviation / 2.0).count();
    if near < FEWEST_OF_EQUAL_LENGTH {
        return Adjusted(Err(format!(
            "only {near} comparisons are of responses of about equal length (at least \
             {FEWEST_OF_EQUAL_LENGTH} are needed)"
        )));
    }
    let mut contests = Contests::default();
    for (row, score) in &voted {
        contests.push(systems(row), *score, 1.0, row.item);
    }
    let feature: Vec<f64> = lengths.iter().map(|longer| (longer / deviation).tanh()).collect();
    Adjusted::of(bradley_terry_with_covariate(
        comparisons.systems.len(),
        &contests.list,
        &feature,
        &contests.items,
    ))
}

fn systems(row: &JudgedComparison) -> [usize; 2] {
    row.between.map(|system| system as usize)
}

/// Calls `each` with every vote: whether side A was shown first (1 or −1), its score, and a weight by which the votes of
/// a comparison count as one.
fn for_each_vote(
    comparisons: &JudgedComparisons,
    mut each: impl FnMut(&JudgedComparison, f64, f64, f64),
) {
    for row in &comparisons.rows {
        let votes = row.votes.iter().flatten().count();
        for (vote, shown_first) in row.votes.iter().zip([1.0, -1.0]) {
            if let Some(score) = vote {
                each(row, shown_first, *score, 1.0 / votes as f64);
            }
        }
    }
}
