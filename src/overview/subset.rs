//! The numbers of some of the comparisons, added up as those of all are.

use std::collections::BTreeMap;

use super::judged::Judged;
use crate::calibration::WeightedScores;
use crate::stats::Estimate;
use crate::summary::{ItemScores, OutcomeCounts, PositionCounts, WinRate, WinRateScores};
use crate::verdict::Outcome;

/// The numbers of some of the comparisons.
pub(super) struct Subset<'a> {
    judged: &'a Judged<'a>,
    outcomes: OutcomeCounts,
    kept: ItemScores,
    position: PositionCounts,
    /// By pair of systems.
    win_rates: BTreeMap<u32, WinRateScores>,
    agreement: WeightedScores,
}

impl<'a> Subset<'a> {
    pub(super) fn of(judged: &'a Judged<'a>, rows: impl IntoIterator<Item = u32>) -> Self {
        let mut subset = Self {
            judged,
            outcomes: if judged.is_jury {
                OutcomeCounts::of_jury()
            } else {
                OutcomeCounts::of_judge()
            },
            kept: ItemScores::default(),
            position: PositionCounts::default(),
            win_rates: BTreeMap::new(),
            agreement: WeightedScores::default(),
        };
        rows.into_iter().for_each(|row| subset.add(row));
        subset
    }

    fn add(&mut self, at: u32) {
        let table = self.judged.table;
        let row = &table.rows[at as usize];
        let side = table.pairs[row.pair as usize].counted;
        self.outcomes.add(row.outcome);
        self.kept.push(f64::from(row.outcome == Outcome::Kept), row.item);
        for orders in table.known_orders(at) {
            self.position.add_orders(orders, row.item);
        }
        let win_rate = self.win_rates.entry(row.pair).or_default();
        if let Some(winner) = row.winner {
            win_rate.add_kept(winner, side, row.item);
        }
        if let Some(orders) = self.judged.orders(at) {
            win_rate.add_orders(orders, table.has_readable_reply(at), side, row.item);
        }
        self.judged.add_agreement(at, &mut self.agreement);
    }

    /// Returns how many comparisons there are.
    pub(super) fn comparisons(&self) -> u64 {
        self.kept.n()
    }

    /// Returns how they ended.
    pub(super) fn outcomes(&self) -> OutcomeCounts {
        self.outcomes.clone()
    }

    /// Returns the share with a kept verdict.
    pub(super) fn coverage(&self) -> Estimate {
        self.kept.estimate()
    }

    /// Returns the position consistency.
    pub(super) fn consistency(&self) -> Estimate {
        self.position.consistency()
    }

    /// Returns agreement of every reply with the labels; `None` without labels.
    pub(super) fn agreement(&self) -> Option<Estimate> {
        self.judged.by_people(&self.agreement)
    }

    /// Returns the win rates of each pair of systems, in the order of their names.
    pub(super) fn win_rates(&self) -> Vec<WinRate> {
        let pairs = &self.judged.table.pairs;
        let rate = |(pair, scores): (&u32, &WinRateScores)| {
            let pair = &pairs[*pair as usize];
            scores.win_rate(&pair.between, pair.counted)
        };
        let mut rates: Vec<WinRate> = self.win_rates.iter().map(rate).collect();
        rates.sort_by(|one, other| one.between.cmp(&other.between));
        rates
    }
}
