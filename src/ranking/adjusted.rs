//! Strengths by models that allow for the order of presentation, for lengths, for ties, and by probabilities.

use std::collections::BTreeMap;

use super::components::Contests;
use super::results::{AdjustedStrengths, PairResult, SystemStrength};
use super::strengths::GroupFit;
use super::votes::{JudgedComparison, JudgedComparisons};
use crate::stats::{
    Estimate, StatError, Strengths, bradley_terry, bradley_terry_with_covariate, davidson,
};
use crate::trial::other_system;

/// The fewest comparisons of responses whose lengths differ by at most half of the usual difference: strengths at equal
/// length, or the win rate of a pair, would be an extrapolation without any.
const FEWEST_OF_EQUAL_LENGTH: usize = 5;
/// Why there is no term of the order where each vote is for the same position.
pub(super) const POSITION_DECIDES: &str = "the position decides every vote";
/// Why there is no term of the order where only some votes are so.
pub(super) const POSITION_UNBOUNDED: &str = "beside the strengths the position decides votes without an exception, so that its advantage is infinite";

/// Why there is no term of the order where no vote has a known one.
const NO_KNOWN_ORDER: &str = "nobody knows of any vote which response was shown first";

/// A model that was fitted, or why it was not.
#[derive(Debug)]
pub(super) struct Adjusted(Result<GroupFit, String>);

impl Adjusted {
    /// `infinite` is the reason to give if the coefficient has no finite value.
    fn of(fit: Result<Strengths, StatError>, infinite: &str) -> Self {
        Self(fit.map(GroupFit::new).map_err(|reason| match reason {
            StatError::InfiniteCoefficient => infinite.to_owned(),
            reason => reason.to_string(),
        }))
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
        let strength = |system: &usize| SystemStrength {
            system: names[*system].clone(),
            strength: found.strength(*system, counts[*system]),
        };
        AdjustedStrengths {
            coefficient: found.coefficient(total),
            strengths: order.iter().map(strength).collect(),
            undefined: None,
        }
    }

    /// Adds to each pair that has enough responses of about equal length the win rate by these strengths.
    pub(super) fn add_win_rates(&self, comparisons: &JudgedComparisons, pairs: &mut [PairResult]) {
        let (Ok(found), Some(lengths)) = (&self.0, Lengths::of(comparisons)) else { return };
        let (names, near) = (&comparisons.systems, lengths.near_by_pair());
        let number = |name: &str| names.binary_search_by(|known| known.as_str().cmp(name)).ok();
        for pair in pairs {
            let other = other_system(&pair.between, &pair.system);
            let (Some(one), Some(other)) = (number(&pair.system), number(other)) else { continue };
            let between = [one.min(other) as u32, one.max(other) as u32];
            if near.get(&between).is_none_or(|near| *near < FEWEST_OF_EQUAL_LENGTH) {
                continue;
            }
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

/// Fits the advantage of the first position beside the strengths, by single votes whose order is known. Each comparison
/// counts once.
pub(super) fn by_order(comparisons: &JudgedComparisons) -> Adjusted {
    let (mut contests, mut first) = (Contests::default(), Vec::new());
    let (mut for_first, mut for_second) = (0_u64, 0_u64);
    for_each_vote(comparisons, |row, shown_first, score, weight| {
        if row.unknown_orders[usize::from(shown_first < 0.0)] {
            return;
        }
        contests.push(systems(row), score, weight, row.item);
        first.push(shown_first);
        let gain = (score - 0.5) * shown_first;
        for_first += u64::from(gain > 0.0);
        for_second += u64::from(gain < 0.0);
    });
    if contests.list.is_empty() && comparisons.rows.iter().any(|row| row.score().is_some()) {
        return Adjusted(Err(NO_KNOWN_ORDER.to_owned()));
    }
    let one_sided = for_first == 0 || for_second == 0;
    Adjusted::of(
        bradley_terry_with_covariate(
            comparisons.systems.len(),
            &contests.list,
            &first,
            &contests.items,
        ),
        if one_sided { POSITION_DECIDES } else { POSITION_UNBOUNDED },
    )
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
        fit => Adjusted::of(fit, "ties, or their absence, have no exception"),
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
    (!contests.list.is_empty()).then(|| Adjusted::of(fit(), ""))
}

/// The comparisons with a vote, by the difference of the lengths of their responses.
struct Lengths<'a> {
    voted: Vec<(&'a JudgedComparison, f64)>,
    /// The root of the mean square of the differences. It is about 0, not about their mean, so that it does not depend on
    /// which system of a pair is named first.
    usual: f64,
}

impl<'a> Lengths<'a> {
    /// Returns `None` if no lengths differ.
    fn of(comparisons: &'a JudgedComparisons) -> Option<Self> {
        let voted: Vec<(&JudgedComparison, f64)> =
            comparisons.rows.iter().filter_map(|row| Some((row, row.score()?))).collect();
        let squares: f64 = voted.iter().map(|(row, _)| row.longer * row.longer).sum();
        let usual = (squares / voted.len().max(1) as f64).sqrt();
        (usual > 0.0).then_some(Self { voted, usual })
    }

    /// Returns for each pair of systems how many comparisons are of responses of about equal length.
    fn near_by_pair(&self) -> BTreeMap<[u32; 2], usize> {
        let mut counts = BTreeMap::new();
        for (row, _) in &self.voted {
            if row.longer.abs() <= self.usual / 2.0 {
                *counts.entry(row.between).or_default() += 1;
            }
        }
        counts
    }
}

/// Fits strengths at equal length of the responses: the covariate is the hyperbolic tangent of the difference of lengths
/// over its root mean square. The length-controlled win rate of `AlpacaEval` divides by the standard deviation instead.
pub(super) fn by_length(comparisons: &JudgedComparisons) -> Adjusted {
    let Some(lengths) = Lengths::of(comparisons) else {
        return Adjusted(Err("the lengths of the responses do not differ".to_owned()));
    };
    let near: usize = lengths.near_by_pair().values().sum();
    if near < FEWEST_OF_EQUAL_LENGTH {
        return Adjusted(Err(format!(
            "only {near} comparisons are of responses of about equal length (at least \
             {FEWEST_OF_EQUAL_LENGTH} are needed)"
        )));
    }
    let (mut contests, mut feature) = (Contests::default(), Vec::new());
    for (row, score) in &lengths.voted {
        contests.push(systems(row), *score, 1.0, row.item);
        feature.push((row.longer / lengths.usual).tanh());
    }
    Adjusted::of(
        bradley_terry_with_covariate(
            comparisons.systems.len(),
            &contests.list,
            &feature,
            &contests.items,
        ),
        "beside the strengths the length decides results without an exception, so that its effect is infinite",
    )
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
