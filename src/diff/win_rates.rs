//! How the win rates that the judge gives changed, on the same comparisons.

use serde::Serialize;

use super::agreement::PairedEstimates;
use super::criteria::paired;
use super::matched::Matched;
use crate::store::JudgeChoice;
use crate::summary::{ItemScores, OrderAveraged};
use crate::trial::{Direction, Order, Side};

/// The order-averaged win rate of a system in both runs.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct WinRateChange {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The one whose wins are counted.
    pub system: String,
    /// How often the judge prefers it, over both orders.
    #[serde(flatten)]
    pub rate: PairedEstimates,
}

/// The scores of one pair of systems in both runs.
struct PairScores {
    between: [String; 2],
    side: Side,
    scores: [ItemScores; 2],
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
            found.push(PairScores { between, side, scores: Default::default() });
            found.len() - 1
        });
        let PairScores { side, scores, .. } = &mut found[at];
        let score = |run: usize, at: usize| {
            let ballots = Order::BOTH.map(|order| runs[run].order(at, 0, order, None));
            OrderAveraged::of(ballots, *side).map(|found| found.score)
        };
        if let (Some(before), Some(after)) = (score(0, pair.before), score(1, pair.after)) {
            scores[0].push(before, pair.item);
            scores[1].push(after, pair.item);
        }
    }
    let rate = |PairScores { between, side, scores }: PairScores| WinRateChange {
        system: between[usize::from(side == Side::B)].clone(),
        rate: paired(&scores),
        between,
    };
    found.into_iter().map(rate).collect()
}
