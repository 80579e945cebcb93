//! What the presentation order does to a judge. Every trial counts, labelled or not.

use serde::Serialize;

use super::comparisons::ComparisonTable;
use super::intervals::CONFIDENCE;
use super::reply_choice::{ReplyChoice, category};
use crate::stats::{
    Estimate, ItemFlips, PositionBias, SlotCounts, noise_adjusted, position_bias, repeat_agreement,
};
use crate::summary::{ItemScores, PositionCounts};
use crate::trial::Order;
use crate::verdict::Ballot;
use crate::vote::Vote;

/// What the presentation order does to a judge.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PositionReport {
    /// Kept of kept, flipped and split; of a jury, over the comparisons of all its judges.
    pub consistency: Estimate,
    /// Flips that chose the response shown first twice.
    pub primacy: u64,
    /// Flips that chose the response shown second twice.
    pub recency: u64,
    /// Exact two-sided p-value of the hypothesis that primacy and recency are equally likely. It assumes that
    /// flips are independent, so with several comparisons of an item or several judges it is somewhat too
    /// small.
    pub p_value: f64,
    /// Replies that chose the response shown first.
    pub first_picks: u64,
    /// Replies that chose the response shown second.
    pub second_picks: u64,
    /// Replies that chose neither.
    pub ties: u64,
    /// Replies that could not be read.
    pub unparsed: u64,
    /// Measures that count splits too; `None` without a comparison that is readable in both orders.
    pub shi: Option<ShiMeasures>,
    /// The disagreement between orders that noise does not explain; `None` without repeats.
    pub net_of_noise: Option<NetOfNoise>,
    /// Readable replies of which nobody knows which response was shown first; no other number here counts them.
    pub order_unknown: u64,
}

/// Position measures of Shi et al. (2024), over comparisons that are readable in both orders.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ShiMeasures {
    /// How often each pair of votes occurred.
    pub counts: SlotCounts,
    /// The measures computed from them.
    pub measures: PositionBias,
}

/// Disagreement between orders, compared with disagreement between repeats of one order.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct NetOfNoise {
    /// The share of pairs of replies that disagree across orders.
    pub across_orders: Estimate,
    /// The share of pairs of replies that disagree within one order, which is noise.
    pub within_order: Estimate,
    /// The difference, which is due to the position.
    pub difference: Estimate,
}

/// Computes what the presentation order did.
pub(super) fn position(comparisons: &ComparisonTable) -> PositionReport {
    let mut counts = PositionCounts::default();
    let mut slots = SlotCounts::default();
    for (at, row) in (0..).zip(&comparisons.rows) {
        comparisons
            .votes_with_unknown(at)
            .for_each(|(ballot, is_unknown)| counts.add_reply(ballot, is_unknown));
        for orders in comparisons.known_orders(at) {
            counts.add_orders(orders, row.item);
            if let [Ballot::Cast(one), Ballot::Cast(other)] = orders {
                *slot(&mut slots, one, other) += 1;
            }
        }
    }
    let PositionCounts { primacy, recency, unparsed, .. } = counts;
    PositionReport {
        consistency: counts.consistency(),
        primacy,
        recency,
        p_value: counts.p_value(),
        first_picks: counts.picks(Vote::First),
        second_picks: counts.picks(Vote::Second),
        ties: counts.picks(Vote::Tie),
        unparsed,
        shi: position_bias(&slots).ok().map(|measures| ShiMeasures { counts: slots, measures }),
        net_of_noise: net_of_noise(comparisons),
        order_unknown: counts.order_unknown(),
    }
}

/// Returns the count of a pair of votes.
fn slot(slots: &mut SlotCounts, one: Vote, other: Vote) -> &mut u64 {
    match (one, other) {
        (Vote::First, Vote::First) => &mut slots.both_first,
        (Vote::Second, Vote::Second) => &mut slots.both_second,
        (Vote::First, Vote::Second) => &mut slots.first_then_second,
        (Vote::Second, Vote::First) => &mut slots.second_then_first,
        (Vote::Tie, Vote::Tie) => &mut slots.both_tie,
        (Vote::First, Vote::Tie) | (Vote::Tie, Vote::First) => &mut slots.first_and_tie,
        (Vote::Second, Vote::Tie) | (Vote::Tie, Vote::Second) => &mut slots.second_and_tie,
    }
}

/// Compares how often replies to a comparison disagree across orders with how often they disagree within one.
///
/// Replies are compared by the system they name, so without a position effect both are equally frequent.
/// `None` without a comparison that has two readable repeats in both orders.
fn net_of_noise(comparisons: &ComparisonTable) -> Option<NetOfNoise> {
    let (mut flips, mut items) = (Vec::new(), Vec::new());
    let (mut across, mut within) = (ItemScores::default(), ItemScores::default());
    for (at, row) in comparisons.rows.iter().enumerate() {
        let orders: Vec<[u64; 3]> = comparisons
            .repeats(at as u32)
            .zip(Order::BOTH.into_iter().cycle())
            .map(|(repeats, order)| preference_counts(repeats, order))
            .collect();
        for (judge, both) in orders.chunks(2).enumerate() {
            let [one, other] = both else { continue };
            if !comparisons.is_order_known(at as u32, judge) {
                continue;
            }
            let (Ok(first), Ok(second)) = (repeat_agreement(one), repeat_agreement(other)) else {
                continue;
            };
            let pairs = one.iter().sum::<u64>() * other.iter().sum::<u64>();
            let same: u64 = one.iter().zip(other).map(|(a, b)| a * b).sum();
            let across_orders = 1.0 - same as f64 / pairs as f64;
            let same_order = 1.0 - f64::midpoint(first, second);
            across.push(across_orders, row.item);
            within.push(same_order, row.item);
            flips.push(ItemFlips { across_orders, same_order });
            items.push(row.item);
        }
    }
    let n = flips.len() as u64;
    let (difference, interval) = noise_adjusted(&flips, &items, CONFIDENCE).ok()?;
    Some(NetOfNoise {
        across_orders: across.estimate(),
        within_order: within.estimate(),
        difference: Estimate::new(difference, interval, n),
    })
}

/// Returns how often each preference occurs among the readable repeats of an order.
fn preference_counts(repeats: &[Ballot], order: Order) -> [u64; 3] {
    let mut counts = [0; 3];
    for ballot in repeats {
        if let ReplyChoice::Preferred(preference) = ReplyChoice::of(*ballot, order) {
            counts[category(preference)] += 1;
        }
    }
    counts
}
