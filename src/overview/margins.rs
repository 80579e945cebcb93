//! How many verdicts would have to change to change the winner.

use serde::Serialize;

use super::judged::Judged;
use crate::calibration::WinBounds;
use crate::stats::{VerdictCounts, tipping_share};
use crate::trial::Side;
use crate::verdict::OrderAveraged;

/// How many verdicts of a pair of systems would have to change to change the winner.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Margin {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The system whose wins are counted.
    pub system: String,
    /// By order-averaged scores; `None` where no reply could be read, and for a jury.
    pub order_averaged: Option<Reversals>,
    /// By kept verdicts; `None` where there are none.
    pub kept: Option<Reversals>,
    /// What the comparisons without a kept verdict could change; `None` if there are none.
    pub dropped: Option<DroppedMargin>,
    /// All comparisons of the pair.
    pub comparisons: u64,
    /// Bounds of the judge's win rate over whichever way the comparisons without a kept verdict would have gone.
    pub bounds: Option<WinBounds>,
}

/// The least number of comparisons that, reversed, change the winner or leave none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reversals {
    /// Comparisons to reverse; 0 if neither system is ahead.
    pub reversals: u64,
    /// Of so many comparisons.
    pub of: u64,
}

/// What the comparisons without a kept verdict could change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DroppedMargin {
    /// Comparisons without a kept verdict.
    pub comparisons: u64,
    /// The share of them that the counted system must win for a win rate of ½ over all comparisons; `None` if no
    /// share gives ½, so that they cannot change the winner.
    pub tipping_share: Option<f64>,
}

/// Computes the margin of each pair of systems, in the order of their names.
pub(super) fn margins(judged: &Judged<'_>) -> Vec<Margin> {
    let table = judged.table;
    let mut tallies = vec![Tally::default(); table.pairs.len()];
    for row in judged.rows() {
        let pair = table.rows[row as usize].pair as usize;
        tallies[pair].add(judged, row, table.pairs[pair].counted);
    }
    let margin = |pair: u32| {
        let system = &table.pairs[pair as usize];
        let tally = &tallies[pair as usize];
        Margin {
            between: system.between.clone(),
            system: system.system().to_owned(),
            order_averaged: tally.order_averaged(),
            kept: tally.kept(),
            dropped: tally.dropped(),
            comparisons: tally.verdicts.total(),
            bounds: WinBounds::of(&tally.verdicts),
        }
    };
    judged.pairs().into_iter().map(margin).collect()
}

/// What the comparisons of a pair of systems are worth to the counted one.
#[derive(Debug, Clone, Default)]
struct Tally {
    /// Comparisons by their order-averaged score, in quarters.
    scores: [u64; 5],
    /// Whether any reply behind them could be read.
    readable: bool,
    verdicts: VerdictCounts,
}

impl Tally {
    fn add(&mut self, judged: &Judged<'_>, row: u32, side: Side) {
        match judged.table.rows[row as usize].winner.map(|winner| winner.worth(side)) {
            None => self.verdicts.dropped += 1,
            Some(score) if score > 0.5 => self.verdicts.wins += 1,
            Some(score) if score < 0.5 => self.verdicts.losses += 1,
            Some(_) => self.verdicts.ties += 1,
        }
        if let Some(score) = judged
            .orders(row)
            .and_then(|orders| OrderAveraged::of(orders, side))
            .map(|found| found.score)
        {
            self.scores[(score * 4.0) as usize] += 1;
            self.readable |= judged.table.has_readable_reply(row);
        }
    }

    fn order_averaged(&self) -> Option<Reversals> {
        let of = self.scores.iter().sum();
        self.readable.then(|| Reversals { reversals: reversals(&self.scores), of })
    }

    fn kept(&self) -> Option<Reversals> {
        let VerdictCounts { wins, losses, ties, .. } = self.verdicts;
        let of = wins + losses + ties;
        (of > 0).then(|| Reversals { reversals: reversals(&[losses, 0, ties, 0, wins]), of })
    }

    fn dropped(&self) -> Option<DroppedMargin> {
        let comparisons = self.verdicts.dropped;
        let tipping_share = || tipping_share(&self.verdicts).ok().flatten();
        (comparisons > 0).then(|| DroppedMargin { comparisons, tipping_share: tipping_share() })
    }
}

/// Returns the least number of comparisons that must be reversed so that the system that is ahead no longer is;
/// `scores` counts them by score, in quarters. Those that count most for it are reversed first.
fn reversals(scores: &[u64; 5]) -> u64 {
    let [lost, mostly_lost, _, mostly_won, won] = *scores;
    // In quarters of a comparison more than half of them; a win that is reversed takes 4 away, a score of ¾ takes 2.
    let ahead = |won: u64, mostly: u64| 2 * won + mostly;
    let (for_it, against) = (ahead(won, mostly_won), ahead(lost, mostly_lost));
    let (lead, clear) =
        if for_it > against { (for_it - against, won) } else { (against - for_it, lost) };
    let by_clear = lead.div_ceil(4).min(clear);
    by_clear + lead.saturating_sub(4 * by_clear).div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::reversals;

    #[test]
    fn the_clearest_comparisons_are_reversed_first() {
        assert_eq!(reversals(&[0, 0, 0, 0, 1]), 1);
        assert_eq!(reversals(&[0, 0, 0, 0, 4]), 2);
        assert_eq!(reversals(&[1, 0, 0, 0, 4]), 2);
        // Ahead by 13; each win that is reversed takes 4 away.
        assert_eq!(reversals(&[0, 0, 0, 3, 5]), 4);
        // Ahead by 7; the only win takes 4 away, a score of ¾ takes 2.
        assert_eq!(reversals(&[0, 0, 0, 5, 1]), 3);
        assert_eq!(reversals(&[5, 0, 9, 0, 3]), 1);
    }

    #[test]
    fn without_a_leader_nothing_is_reversed() {
        assert_eq!(reversals(&[0, 0, 7, 0, 0]), 0);
        assert_eq!(reversals(&[3, 2, 1, 2, 3]), 0);
    }
}
