//! The results of every pair of systems that was compared.

use std::collections::BTreeMap;

use super::results::{ComparisonCounts, PairResult};
use super::votes::{Ending, JudgedComparison, JudgedComparisons};
use crate::stats::{Estimate, Moments};
use crate::summary::ItemScores;
use crate::trial::Side;
use crate::vote::Preference;

/// What is added up for one pair, from the side of the counted system.
#[derive(Debug, Default)]
struct PairScores {
    wins: u64,
    losses: u64,
    ties: u64,
    one_order: u64,
    inconsistent: u64,
    missing: u64,
    decided: ItemScores,
    all_votes: ItemScores,
    soft: ItemScores,
}

/// Returns the result of every pair that was compared, in byte order of the names, and how all comparisons ended.
pub(super) fn pairs(comparisons: &JudgedComparisons) -> (Vec<PairResult>, ComparisonCounts) {
    let mut scores: BTreeMap<[u32; 2], PairScores> = BTreeMap::new();
    let mut counts = ComparisonCounts::default();
    for row in &comparisons.rows {
        count(&mut counts, row.ending);
        counts.order_unknown += u64::from(row.unknown_orders.contains(&true));
        let side = comparisons.counted[&row.between];
        scores.entry(row.between).or_default().add(row, side);
    }
    let result = |(between, scores): ([u32; 2], PairScores)| {
        let names = between.map(|system| comparisons.systems[system as usize].clone());
        scores.result(names, comparisons.counted[&between])
    };
    (scores.into_iter().map(result).collect(), counts)
}

fn count(counts: &mut ComparisonCounts, ending: Ending) {
    counts.planned += 1;
    match ending {
        Ending::Kept(_) => counts.kept += 1,
        Ending::OneOrder(_) => counts.one_order += 1,
        Ending::Inconsistent => counts.inconsistent += 1,
        Ending::Missing { pending } => {
            counts.missing += 1;
            counts.pending += u64::from(pending);
        }
    }
}

/// Returns what a score of side A is worth to a side.
fn worth(score: f64, side: Side) -> f64 {
    if side == Side::A { score } else { 1.0 - score }
}

impl PairScores {
    fn add(&mut self, row: &JudgedComparison, side: Side) {
        match row.ending {
            Ending::Inconsistent => self.inconsistent += 1,
            Ending::Missing { .. } => self.missing += 1,
            Ending::OneOrder(_) => self.one_order += 1,
            Ending::Kept(_) => {}
        }
        if let Some(preference) = row.decided() {
            self.decided.push(preference.worth(side), row.item);
            match preference {
                Preference::Tie => self.ties += 1,
                Preference::For(winner) if winner == side => self.wins += 1,
                Preference::For(_) => self.losses += 1,
            }
        }
        if let Some(score) = row.score() {
            self.all_votes.push(worth(score, side), row.item);
        }
        if let Some(score) = row.soft {
            self.soft.push(worth(score, side), row.item);
        }
    }

    fn result(self, between: [String; 2], side: Side) -> PairResult {
        let system = match side {
            Side::A => between[0].clone(),
            Side::B => between[1].clone(),
        };
        let n = self.soft.n();
        let soft: Option<Estimate> = (n > 0).then(|| self.soft.estimate());
        PairResult {
            between,
            system,
            wins: self.wins,
            losses: self.losses,
            ties: self.ties,
            one_order: self.one_order,
            inconsistent: self.inconsistent,
            missing: self.missing,
            win_rate: self.decided.estimate(),
            all_votes: self.all_votes.estimate(),
            soft_win_rate: soft,
            soft_standard_error: standard_error(&self.soft.values),
            length_adjusted_win_rate: None,
        }
    }
}

/// Returns the sample standard deviation over √n; `None` with fewer than two values.
fn standard_error(values: &[f64]) -> Option<f64> {
    let moments = Moments::of(values).ok()?;
    let variance = moments.sample_variance()?;
    Some((variance / values.len() as f64).sqrt())
}
