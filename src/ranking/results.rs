//! What a ranking consists of; serialises as the documented JSON object.

use serde::Serialize;

use super::loss::GradesLoss;
use crate::error::Warning;
use crate::stats::Estimate;

/// Several systems in order.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Ranking {
    /// The judges whose verdicts count.
    pub judges: Vec<RankedJudge>,
    /// How many items the comparisons are about.
    pub items: u64,
    /// The comparisons, each once for every judge.
    pub comparisons: ComparisonCounts,
    /// The systems, the strongest first; those of the first component before those of the next.
    pub systems: Vec<RankedSystem>,
    /// Every pair of systems that was compared, in byte order of the names.
    pub pairs: Vec<PairResult>,
    /// The differences of strengths of all pairs of systems, in byte order of the names.
    pub differences: Vec<PairDifference>,
    /// Whether the comparisons connect all systems. If not, ranks are within components.
    pub connected: bool,
    /// The groups of systems that comparisons connect, each in byte order.
    pub components: Vec<Vec<String>>,
    /// Whether every strength is finite: no group of systems wins, or loses, everything against the others.
    pub finite: bool,
    /// Triples of systems that beat each other in a circle.
    pub intransitive: Intransitive,
    /// How many verdicts decide who is first; `None` if several systems are, or if the order is not known.
    pub leader: Option<Leader>,
    /// Strengths in which the order of presentation has a term of its own, whose coefficient is the advantage of the
    /// first position in log-odds.
    pub order_adjusted: AdjustedStrengths,
    /// Strengths at equal length of the responses. Lengths may be part of quality, so this stands beside the strengths
    /// and does not replace them.
    pub length_adjusted: AdjustedStrengths,
    /// Strengths by Davidson's model, in which a tie is a result of its own; the coefficient is `ln ν`.
    pub davidson: AdjustedStrengths,
    /// Strengths by probabilities in place of votes.
    pub soft: AdjustedStrengths,
    /// What the comparisons are made of.
    pub from: RankedBy,
    /// What is lost by comparing grades; `None` for verdicts, and without labels of comparisons.
    pub loss: Option<GradesLoss>,
    /// What may be wrong with these numbers.
    pub warnings: Vec<Warning>,
}

/// What comparisons are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RankedBy {
    /// Verdicts on comparisons.
    Verdicts,
    /// The grades of two responses to one prompt.
    Grades,
}

/// A judge whose verdicts count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct RankedJudge {
    /// Its name.
    pub judge: String,
    /// The model.
    pub model: String,
    /// The rubric's name.
    pub rubric: String,
    /// The rubric's version.
    pub version: String,
    /// The run files that have its replies.
    pub runs: Vec<String>,
}

/// How the comparisons ended, each counted once for every judge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ComparisonCounts {
    /// All of them.
    pub planned: u64,
    /// With a kept verdict: both orders agree.
    pub kept: u64,
    /// Asked in one order only, with a vote.
    pub one_order: u64,
    /// With votes of both orders that are not the same.
    pub inconsistent: u64,
    /// The others: an order failed, cannot be read, or neither was asked.
    pub missing: u64,
    /// Of those, with an order that is still to be asked.
    pub pending: u64,
    /// Of all, with a vote of which nobody knows which response was shown first.
    pub order_unknown: u64,
}

/// A system with its strength.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RankedSystem {
    /// Its name.
    pub system: String,
    /// Its strength: log-odds, whose sum over the systems that can be compared is 0. Undefined where it is infinite.
    pub strength: Estimate,
    /// Its rank within its component.
    pub rank: RankRange,
    /// The number of its component, from 0.
    pub component: u32,
    /// The comparisons that it was in, each counted once for every judge.
    pub comparisons: u64,
    /// Its mean score over all votes of these.
    pub all_votes: Estimate,
}

/// A rank, with the range that 95 % of resamples of the items lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RankRange {
    /// The rank, 1 for the strongest; systems of equal strength share one. `None` if the order is not known.
    pub value: Option<u64>,
    /// The best rank of the range.
    pub low: Option<u64>,
    /// The worst rank of the range.
    pub high: Option<u64>,
}

/// Two systems that were compared.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PairResult {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The system whose wins are counted.
    pub system: String,
    /// Decided comparisons that it won.
    pub wins: u64,
    /// Decided comparisons that it lost.
    pub losses: u64,
    /// Decided comparisons that ended in a tie.
    pub ties: u64,
    /// Of wins, losses and ties: votes of comparisons that were asked in one order only. The others are kept verdicts.
    pub one_order: u64,
    /// Comparisons whose orders are not the same: flipped or split.
    pub inconsistent: u64,
    /// Comparisons without a result: an order failed, cannot be read, or neither was asked.
    pub missing: u64,
    /// Over decided comparisons; a tie is one half.
    pub win_rate: Estimate,
    /// Over all comparisons with a readable vote, each with the mean of its orders.
    pub all_votes: Estimate,
    /// The same with probabilities in place of votes; `None` where no comparison has any.
    pub soft_win_rate: Option<Estimate>,
    /// The sample standard deviation of the probabilities over √n; `None` with fewer than two.
    pub soft_standard_error: Option<f64>,
    /// The win rate that responses of equal length would have, by [`Ranking::length_adjusted`]; `None` where that is
    /// undefined.
    pub length_adjusted_win_rate: Option<Estimate>,
}

/// The difference of the strengths of two systems.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PairDifference {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The system whose strength the other one's is subtracted from.
    pub system: String,
    /// The difference in log-odds; undefined where it is infinite or not known.
    pub difference: Estimate,
    /// Two-sided p-value of no difference.
    pub p_value: Option<f64>,
    /// The same adjusted by Holm's rule for the number of pairs.
    pub p_adjusted: Option<f64>,
}

/// How many triples of systems have no order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Intransitive {
    /// Triples of systems that were all compared with each other.
    pub triples: u64,
    /// Of those, in which each beats the next one and the last beats the first, over all votes.
    pub cycles: u64,
    /// The first of these.
    pub examples: Vec<[String; 3]>,
}

/// How many verdicts decide who is first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Leader {
    /// The system that is first.
    pub system: String,
    /// The system that would be level with it, or ahead.
    pub challenger: String,
    /// How many decided comparisons would have to end with the opposite winner for that. It is the fewest among those
    /// that change the difference most, and so an upper bound.
    pub reversals: u64,
    /// Decided comparisons with a winner.
    pub of: u64,
}

/// Strengths by another model than the plain one.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct AdjustedStrengths {
    /// The coefficient of the model; `None` if it has none, or is not fitted.
    pub coefficient: Option<Estimate>,
    /// The strengths, in the order of [`Ranking::systems`]; empty if the model is not fitted.
    pub strengths: Vec<SystemStrength>,
    /// Why the model is not fitted.
    pub undefined: Option<String>,
}

/// The strength of a system.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SystemStrength {
    /// The system's name.
    pub system: String,
    /// Its strength, see [`RankedSystem::strength`].
    pub strength: Estimate,
}
