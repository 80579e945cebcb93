//! What the presentation order does to a judge; every trial counts, labelled or not.

use serde::Serialize;

use super::agreement::CONFIDENCE;
use super::digest::{Digest, Heard, category};
use super::scores::Scores;
use crate::stats::{
    Estimate, ItemFlips, PositionBias, SlotCounts, binomial_test_half, noise_adjusted,
    position_bias, repeat_agreement,
};
use crate::trial::Order;
use crate::verdict::{Ballot, Outcome, reconcile};
use crate::vote::Vote;

/// How far the order decides.
#[derive(Debug, Clone, Serialize)]
pub struct PositionReport {
    /// Kept of kept, flipped and split; of a jury, over the comparisons of all its judges.
    pub consistency: Estimate,
    /// Flips that chose the response shown first twice.
    pub primacy: u64,
    /// Flips that chose the response shown second twice.
    pub recency: u64,
    /// Exact two-sided p-value of primacy against recency: are both equally likely? It takes flips for
    /// independent, so with several comparisons of an item or several judges it is somewhat too small.
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
    pub shi: Option<Shi>,
    /// The flips that noise does not explain; `None` without repeats.
    pub net_of_noise: Option<NetOfNoise>,
}

/// Position measures of Shi et al. (2024), over comparisons that are readable in both orders.
#[derive(Debug, Clone, Serialize)]
pub struct Shi {
    /// How often each pair of votes came.
    pub counts: SlotCounts,
    /// What follows from them.
    pub measures: PositionBias,
}

/// Changes of mind between orders, compared with those between repeats of one order.
#[derive(Debug, Clone, Serialize)]
pub struct NetOfNoise {
    /// The share of pairs of replies that disagree across orders.
    pub across_orders: Estimate,
    /// The share of pairs of replies that disagree within one order: plain noise.
    pub within_order: Estimate,
    /// The difference: what the position adds.
    pub difference: Estimate,
}

/// Computes what the order did.
pub(super) fn position(digest: &Digest) -> PositionReport {
    let mut consistent = Scores::default();
    let (mut primacy, mut recency) = (0, 0);
    let mut picks = [0_u64; 3];
    let mut unparsed = 0;
    let mut slots = SlotCounts::default();
    for (at, row) in digest.rows.iter().enumerate() {
        let at = at as u32;
        for (_, ballot) in digest.votes(at) {
            match ballot {
                Ballot::Cast(vote) => picks[vote as usize] += 1,
                Ballot::Unreadable => unparsed += 1,
                Ballot::Failed | Ballot::Pending => {}
            }
        }
        for both in digest.orders(at) {
            let [Ballot::Cast(one), Ballot::Cast(other)] = both else { continue };
            let kept = reconcile(both[0], both[1]).outcome == Outcome::Kept;
            consistent.push(f64::from(u8::from(kept)), row.item);
            match (one, other) {
                (Vote::First, Vote::First) => primacy += 1,
                (Vote::Second, Vote::Second) => recency += 1,
                _ => {}
            }
            *slot(&mut slots, one, other) += 1;
        }
    }
    PositionReport {
        consistency: consistent.estimate(),
        primacy,
        recency,
        p_value: binomial_test_half(primacy, primacy + recency).unwrap_or(1.0),
        first_picks: picks[Vote::First as usize],
        second_picks: picks[Vote::Second as usize],
        ties: picks[Vote::Tie as usize],
        unparsed,
        shi: position_bias(&slots).ok().map(|measures| Shi { counts: slots, measures }),
        net_of_noise: net_of_noise(digest),
    }
}

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

/// Compares how often replies to one comparison disagree across orders with how often they do within one.
///
/// A reply is compared by the system it names, so without any position effect the two are equal.
fn net_of_noise(digest: &Digest) -> Option<NetOfNoise> {
    let (mut flips, mut items) = (Vec::new(), Vec::new());
    let (mut across, mut within) = (Scores::default(), Scores::default());
    for (at, row) in digest.rows.iter().enumerate() {
        let orders: Vec<[u64; 3]> = digest
            .repeats(at as u32)
            .zip(Order::BOTH.into_iter().cycle())
            .map(|(repeats, order)| counts(repeats, order))
            .collect();
        for both in orders.chunks(2) {
            let [one, other] = both else { continue };
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

/// Returns how often each preference came among the readable repeats of an order.
fn counts(repeats: &[Ballot], order: Order) -> [u64; 3] {
    let mut counts = [0; 3];
    for ballot in repeats {
        if let Heard::Preference(preference) = Heard::of(*ballot, order) {
            counts[category(preference)] += 1;
        }
    }
    counts
}
