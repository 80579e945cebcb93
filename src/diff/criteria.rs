//! What changed in the votes on each criterion, where replies vote on criteria.

use serde::Serialize;

use super::agreement::PairedEstimates;
use super::answers::Answers;
use super::matched::{Matched, Pair};
use crate::calibration::{PairedLabels, WeightedScores};
use crate::stats::Estimate;
use crate::summary::ItemScores;
use crate::trial::Order;
use crate::verdict::Ballot;

/// What changed in the votes on one criterion. A number of a run whose rubric lacks the criterion is `None`.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CriterionChange {
    /// The criterion's name.
    pub name: String,
    /// Orders of comparisons with a vote on it in both runs.
    pub votes: u64,
    /// Of those, with another vote.
    pub votes_changed: u64,
    /// How often both orders prefer the same, in each run; where both runs have the criterion, over the comparisons
    /// on which both have the votes of both orders.
    pub consistency: CriterionEstimates,
    /// Comparisons that this leaves out because only one run has both votes, for each judge.
    pub consistency_left_out: u64,
    /// How often a reply's vote on it agrees with people; `None` without labels.
    pub agreement: Option<CriterionEstimates>,
}

/// A number in each run that has the criterion, and the second minus the first where both have it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CriterionEstimates {
    /// In the first run.
    pub before: Option<Estimate>,
    /// In the second run.
    pub after: Option<Estimate>,
    /// The second minus the first.
    pub difference: Option<Estimate>,
}

impl CriterionEstimates {
    fn of(estimates: PairedEstimates, places: [Option<usize>; 2]) -> Self {
        let [is_before, is_after] = places.map(|place| place.is_some());
        Self {
            before: is_before.then_some(estimates.before),
            after: is_after.then_some(estimates.after),
            difference: (is_before && is_after).then_some(estimates.difference),
        }
    }
}

/// Compares the votes on every criterion of either rubric, in the order of the second one.
pub(super) fn criteria(matched: &Matched, labels: Option<&PairedLabels>) -> Vec<CriterionChange> {
    let (before, after) = (&matched.before.criteria, &matched.after.criteria);
    let removed = before.iter().filter(|name| !after.contains(name));
    let names = after.iter().chain(removed);
    names.filter_map(|name| criterion(matched, name, labels)).collect()
}

/// Compares the votes on one criterion; `None` if no reply votes on it, as where replies are read by patterns.
fn criterion(
    matched: &Matched,
    name: &str,
    labels: Option<&PairedLabels>,
) -> Option<CriterionChange> {
    let Matched { before, after, pairs, .. } = matched;
    let place = |run: &Answers| run.criteria.iter().position(|known| known == name);
    let places = [place(before), place(after)];
    let judges = matched.paired_judges();
    let (mut votes, mut votes_changed) = (0, 0);
    let mut consistency = Consistency::default();
    let mut is_used = false;
    for pair in pairs {
        let sides = [(before, pair.before), (after, pair.after)];
        for ((run, at), place) in sides.into_iter().zip(places) {
            is_used |= place.is_some_and(|place| has_vote(run, at, place));
        }
        match places {
            [Some(one), Some(other)] => {
                let (compared, changed) = changed_votes(matched, *pair, &judges, [one, other]);
                votes += compared;
                votes_changed += changed;
                for (judge, other_judge) in &judges {
                    consistency.add_both(
                        pair.item,
                        [
                            orders_agree(before, pair.before, *judge, one),
                            orders_agree(after, pair.after, *other_judge, other),
                        ],
                    );
                }
            }
            _ => {
                for (side, ((run, at), place)) in sides.into_iter().zip(places).enumerate() {
                    for judge in 0..run.judges.len() {
                        let agree = place.and_then(|place| orders_agree(run, at, judge, place));
                        consistency.add_only(side, pair.item, agree);
                    }
                }
            }
        }
    }
    let agreement = |labels: &PairedLabels| {
        let replies = |row: u32, side: usize| {
            let pair = matched.pairs[row as usize];
            let [before, after] = matched.replies(pair, places);
            match (places[side], side) {
                (None, _) => Vec::new(),
                (Some(_), 0) => before,
                (Some(_), _) => after,
            }
        };
        let change = labels.agreement(|row| replies(row, 0), |row| replies(row, 1));
        CriterionEstimates::of(PairedEstimates::of_agreement(&change), places)
    };
    is_used.then(|| CriterionChange {
        name: name.to_owned(),
        votes,
        votes_changed,
        consistency: CriterionEstimates::of(paired(&consistency.scores), places),
        consistency_left_out: consistency.left_out,
        agreement: labels.map(agreement),
    })
}

/// How often both orders prefer the same on a criterion.
///
/// Comparisons without both votes are often the hard ones, so if each run were measured on those that it has, a run
/// would look consistent for what it leaves open.
#[derive(Default)]
struct Consistency {
    scores: [ItemScores; 2],
    left_out: u64,
}

impl Consistency {
    /// Adds whether the orders agree in each run, if both runs have both votes.
    fn add_both(&mut self, item: u32, agree: [Option<bool>; 2]) {
        match agree {
            [Some(before), Some(after)] => {
                self.scores[0].push(f64::from(before), item);
                self.scores[1].push(f64::from(after), item);
            }
            [None, None] => {}
            _ => self.left_out += 1,
        }
    }

    /// Adds whether the orders agree in the only run that has the criterion.
    fn add_only(&mut self, side: usize, item: u32, agree: Option<bool>) {
        if let Some(agree) = agree {
            self.scores[side].push(f64::from(agree), item);
        }
    }
}

/// Returns whether any order of a comparison has a vote on a criterion.
fn has_vote(run: &Answers, at: usize, criterion: usize) -> bool {
    let mut judges = 0..run.judges.len();
    judges.any(|judge| {
        let mut orders = Order::BOTH.into_iter();
        orders.any(|order| is_cast(run.order(at, judge, order, Some(criterion))))
    })
}

fn is_cast(ballot: Ballot) -> bool {
    matches!(ballot, Ballot::Cast(_))
}

/// Returns whether both orders prefer the same on a criterion; `None` unless both have a vote on it.
fn orders_agree(run: &Answers, at: usize, judge: usize, criterion: usize) -> Option<bool> {
    let preference = |order| match run.order(at, judge, order, Some(criterion)) {
        Ballot::Cast(vote) => Some(vote.under(order)),
        _ => None,
    };
    Some(preference(Order::AFirst)? == preference(Order::BFirst)?)
}

/// Counts the orders with a vote on a criterion in both runs, and those with another vote.
fn changed_votes(
    matched: &Matched,
    pair: Pair,
    judges: &[(usize, usize)],
    [one, other]: [usize; 2],
) -> (u64, u64) {
    let Matched { before, after, .. } = matched;
    let (mut compared, mut changed) = (0, 0);
    for (judge, other_judge) in judges {
        for order in Order::BOTH {
            let ballots = [
                before.order(pair.before, *judge, order, Some(one)),
                after.order(pair.after, *other_judge, order, Some(other)),
            ];
            if ballots.into_iter().all(is_cast) {
                compared += 1;
                changed += u64::from(ballots[0] != ballots[1]);
            }
        }
    }
    (compared, changed)
}

/// Returns the means of two lists of scores, and the second minus the first.
pub(crate) fn paired(scores: &[ItemScores; 2]) -> PairedEstimates {
    let [before, after] =
        scores.each_ref().map(|scores| WeightedScores::with_equal_weights(scores.clone()));
    let n = before.n().max(after.n());
    PairedEstimates {
        before: before.share(),
        after: after.share(),
        difference: Estimate { n, ..after.minus(&before) },
    }
}
