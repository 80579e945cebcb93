//! How the win rates that the judge gives changed, on the same comparisons.

use serde::Serialize;

use super::agreement::PairedEstimates;
use super::criteria::paired;
use super::matched::Matched;
use crate::stats::Estimate;
use crate::store::JudgeChoice;
use crate::summary::ItemScores;
use crate::trial::{Direction, Order, Side};
use crate::verdict::OrderAveraged;

/// The order-averaged win rate of a system in both runs.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct WinRateChange {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The one whose wins are counted.
    pub system: String,
    /// How often the judge of the first run prefers it, over both orders; undefined if that has no readable vote.
    pub before: Estimate,
    /// The same in the second run.
    pub after: Estimate,
    /// The second minus the first, with an interval that is paired and clustered by item.
    pub difference: Estimate,
}

/// The scores of one pair of systems in both runs.
struct PairScores {
    between: [String; 2],
    side: Side,
    scores: [ItemScores; 2],
    /// Whether each run has a reply with a readable vote: without any, it says nothing of either system.
    readable: [bool; 2],
}

/// Compares the win rates of every pair of systems, over the comparisons that both runs have answered in both orders.
/// A jury has none.
pub(super) fn win_rates(matched: &Matched, direction: Direction<'_>) -> Vec<WinRateChange> {
    let runs = [&matched.before, &matched.after];
    if runs.iter().any(|run| run.choice == JudgeChoice::Jury) {
        return Vec::new();
    }
    let mut found: Vec<PairScores> = Vec::new();
    for pair in &matched.pairs {
        let between = &matched.before.rows[pair.before].between;
        let known = found
            .iter()
            .position(|one| one.between.iter().zip(between).all(|(known, name)| *known == **name));
        let at = known.unwrap_or_else(|| {
            let between = between.each_ref().map(ToString::to_string);
            let side = direction.counted(&between);
            found.push(PairScores {
                between,
                side,
                scores: Default::default(),
                readable: [false; 2],
            });
            found.len() - 1
        });
        let PairScores { side, scores, readable, .. } = &mut found[at];
        let score = |run: usize, at: usize| {
            let ballots = Order::BOTH.map(|order| runs[run].order(at, 0, order, None));
            OrderAveraged::of(ballots, *side).map(|found| found.score)
        };
        if let (Some(before), Some(after)) = (score(0, pair.before), score(1, pair.after)) {
            scores[0].push(before, pair.item);
            scores[1].push(after, pair.item);
            readable[0] |= runs[0].has_readable_reply(pair.before);
            readable[1] |= runs[1].has_readable_reply(pair.after);
        }
    }
    found.into_iter().map(PairScores::into_change).collect()
}

impl PairScores {
    fn into_change(self) -> WinRateChange {
        let Self { between, side, scores, readable } = self;
        let PairedEstimates { before, after, difference } = paired(&scores);
        let where_readable = |estimate: Estimate, readable: bool| {
            if readable { estimate } else { Estimate::undefined(estimate.n) }
        };
        WinRateChange {
            system: between[usize::from(side == Side::B)].clone(),
            before: where_readable(before, readable[0]),
            after: where_readable(after, readable[1]),
            difference: where_readable(difference, readable == [true; 2]),
            between,
        }
    }
}
