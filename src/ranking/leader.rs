//! How many verdicts decide who is first.

use std::collections::BTreeMap;

use super::components::{Component, contest};
use super::results::Leader;
use super::strengths::ComponentStrengths;
use crate::stats::{Contest, StrengthOrder};
use crate::trial::Side;
use crate::vote::Preference;

/// How many challengers are tried: those that take the fewest reversals to first order.
const CHALLENGERS: usize = 3;

/// The verdicts between two systems that one of them won.
struct Reversible {
    winner: usize,
    loser: usize,
    count: u64,
}

/// Finds the fewest decided comparisons whose reversal puts another system level with the first one, or ahead; `None`
/// if several systems are first, if the order is not known, or if no number of reversals does.
///
/// For each challenger the verdicts are reversed in the order of how much that changes the difference of strengths, to
/// first order, and strengths are fitted anew to find the least number.
pub(super) fn leader(
    component: &Component<'_>,
    strengths: &ComponentStrengths,
    names: &[String],
) -> Option<Leader> {
    let ranks = strengths.order.ranks()?;
    let mut first = (0..ranks.len()).filter(|system| ranks[*system] == 1);
    let (Some(leader), None) = (first.next(), first.next()) else { return None };
    let wins = wins(component);
    let mut candidates: Vec<Candidate> = (0..ranks.len())
        .filter(|system| *system != leader)
        .filter_map(|challenger| Candidate::new(strengths, &wins, leader, challenger))
        .collect();
    candidates.sort_by(|one, other| one.estimate.total_cmp(&other.estimate));
    candidates.truncate(CHALLENGERS);
    let pairs = strengths.contests.by_pair();
    let (reversals, challenger) = candidates
        .iter()
        .filter_map(|one| Some((one.fewest(&pairs, leader, strengths)?, one.challenger)))
        .min_by_key(|(reversals, _)| *reversals)?;
    let name = |system: usize| names[component.systems[system]].clone();
    Some(Leader {
        system: name(leader),
        challenger: name(challenger),
        reversals,
        of: wins.iter().map(|wins| wins.count).sum(),
    })
}

fn wins(component: &Component<'_>) -> Vec<Reversible> {
    let mut counts: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for row in &component.rows {
        let [a, b] = component.between(row);
        match row.decided() {
            Some(Preference::For(Side::A)) => *counts.entry((a, b)).or_default() += 1,
            Some(Preference::For(Side::B)) => *counts.entry((b, a)).or_default() += 1,
            _ => {}
        }
    }
    let reversible = |((winner, loser), count)| Reversible { winner, loser, count };
    counts.into_iter().map(reversible).collect()
}

/// A system that may become first, with the verdicts to reverse for that.
struct Candidate {
    challenger: usize,
    /// Winner, loser and number of verdicts, those with the greatest effect first.
    steps: Vec<(usize, usize, u64)>,
    /// About how many of them it takes.
    estimate: f64,
}

impl Candidate {
    fn new(
        strengths: &ComponentStrengths,
        wins: &[Reversible],
        leader: usize,
        challenger: usize,
    ) -> Option<Self> {
        let whole = strengths.whole();
        let effect = whole.map(|whole| whole.fit.influence(leader, challenger));
        let gain = |wins: &Reversible| match &effect {
            Some(effect) => effect[wins.winner] - effect[wins.loser],
            // Without finite strengths only the verdicts between the two are reversed.
            None => f64::from(wins.winner == leader && wins.loser == challenger),
        };
        let mut steps: Vec<(f64, &Reversible)> =
            wins.iter().map(|wins| (gain(wins), wins)).filter(|(gain, _)| *gain > 1e-12).collect();
        steps.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let count = |steps: &[(f64, &Reversible)]| {
            steps.iter().map(|(_, wins)| wins.count).sum::<u64>() as f64
        };
        let estimate = match whole {
            Some(whole) => {
                let mut gap = whole.fit.values[leader] - whole.fit.values[challenger];
                let mut needed = 0.0;
                for (gain, wins) in &steps {
                    let most = wins.count as f64;
                    let taken = (gap / gain).min(most);
                    (needed, gap) = (needed + taken, gap - taken * gain);
                    if taken < most {
                        break;
                    }
                }
                needed
            }
            None => count(&steps) / 2.0,
        };
        let steps: Vec<_> =
            steps.into_iter().map(|(_, wins)| (wins.winner, wins.loser, wins.count)).collect();
        (!steps.is_empty()).then_some(Self { challenger, steps, estimate })
    }

    /// Returns the least number of its steps after which the leader is not ahead of the challenger.
    fn fewest(
        &self,
        pairs: &[Contest],
        leader: usize,
        strengths: &ComponentStrengths,
    ) -> Option<u64> {
        let start = strengths.whole().map(|whole| whole.fit.values.as_slice());
        let systems = strengths.order.strengths.len();
        let suffices = |number: u64| {
            let contests = self.reversed(pairs, number);
            let ranks = StrengthOrder::new(systems, &contests, start).ok()?.ranks()?;
            Some(ranks[leader] >= ranks[self.challenger])
        };
        let (mut low, mut high) = (0, self.steps.iter().map(|(.., count)| count).sum());
        if suffices(high) != Some(true) {
            return None;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if suffices(middle) == Some(true) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(high)
    }

    /// Returns the contests after so many reversals.
    fn reversed(&self, pairs: &[Contest], number: u64) -> Vec<Contest> {
        let mut shifts: BTreeMap<[usize; 2], f64> = BTreeMap::new();
        let mut left = number;
        for (winner, loser, count) in &self.steps {
            let taken = (*count).min(left);
            left -= taken;
            let [pair, sign] = [[*winner, *loser], [*loser, *winner]];
            if winner < loser {
                *shifts.entry(pair).or_default() -= taken as f64;
            } else {
                *shifts.entry(sign).or_default() += taken as f64;
            }
        }
        let shifted = |pair: &Contest| {
            let shift = shifts.get(&[pair.first, pair.second]).copied().unwrap_or(0.0);
            contest(pair.first, pair.second, pair.weight, pair.score * pair.weight + shift)
        };
        pairs.iter().map(shifted).collect()
    }
}
