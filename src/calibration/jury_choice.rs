//! Which members of a jury are worth asking: the best one alone, and the cheapest jury of some of them that loses little.
//!
//! Both are chosen on the dev part of the labels and measured on the test part, so that their numbers are not flattered by
//! the choice. Juries are voted again from the stored verdicts; nothing is asked.

use std::cmp::Reverse;

use serde::Serialize;

use super::jury_rows::{JuryRow, jury_scores};
use crate::stats::Estimate;

/// How much less often than the best jury the cheapest one may agree with people on the dev part.
pub(super) const LOSS: f64 = 0.02;
/// Comparisons of the dev part below which nothing is chosen.
const FEWEST: u64 = 20;
/// The most judges of which every jury is tried: 255 juries.
const MOST_FOR_ALL: usize = 8;

/// Which juries of some of the judges were tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum JurySearch {
    /// Every one.
    EveryJury,
    /// One of each size: to the best judge, one after another is added that makes the jury agree with people most often
    /// on the dev part.
    OneByOne,
}

impl JurySearch {
    /// Returns how the juries of so many judges are tried.
    pub(super) fn of(judges: usize) -> Self {
        if judges <= MOST_FOR_ALL { Self::EveryJury } else { Self::OneByOne }
    }
}

/// A judge of the jury.
#[derive(Debug, Clone, Copy)]
pub(super) struct PricedJudge<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// What a comparison costs, in USD.
    pub(super) usd: Option<f64>,
}

/// The numbers of the jury of some judges; of one judge alone too.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct JuryNumbers {
    /// Its judges, in the order of the run.
    pub judges: Vec<String>,
    /// How often it agrees with people, from 0 to 1: where it keeps a verdict, whether that is the label; where it keeps
    /// none, the mean agreement of its judges' replies. Clustered by item.
    pub agreement: Estimate,
    /// The share of these comparisons on which it keeps a verdict.
    pub coverage: Estimate,
    /// What a comparison costs, in USD, by the replies of the run; `None` where that is not known of some judge.
    pub usd_per_comparison: Option<f64>,
}

/// What was chosen on the dev part, with the numbers there. These are flattered by the choice.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct JuryOnDev {
    /// Labelled comparisons of the dev part that every judge answered in both orders.
    pub n: u64,
    /// The fewest of these with which anything is chosen.
    pub fewest: u64,
    /// All judges.
    pub jury: JuryNumbers,
    /// The judge that agrees with people most often; `None` with too few comparisons, as for those that follow.
    pub best_member: Option<JuryNumbers>,
    /// The jury that agrees with people most often.
    pub best: Option<JuryNumbers>,
    /// The cheapest jury that agrees with people at most 0.02 less often than the best. Without the cost of every judge,
    /// the one with the fewest judges.
    pub cheapest: Option<JuryNumbers>,
}

/// What was chosen on the dev part, measured on the test part.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct JuryOnTest {
    /// Labelled comparisons of the test part that every judge answered in both orders.
    pub n: u64,
    /// All judges.
    pub jury: JuryNumbers,
    /// The best member by the dev part.
    pub best_member: JuryNumbers,
    /// Agreement of the jury minus that of this member, paired, with items as clusters.
    pub jury_minus_best_member: Estimate,
    /// The cheapest jury by the dev part.
    pub cheapest: JuryNumbers,
    /// Agreement of that one minus that of the jury of all judges; `None` where they are the same.
    pub cheapest_minus_jury: Option<Estimate>,
}

/// The places of judges that were chosen.
#[derive(Debug)]
pub(super) struct Chosen {
    best_member: Vec<usize>,
    cheapest: Vec<usize>,
}

/// Chooses on the rows of the dev part; nothing where there are too few.
pub(super) fn choose(judges: &[PricedJudge<'_>], dev: &[&JuryRow]) -> (JuryOnDev, Option<Chosen>) {
    let all: Vec<usize> = (0..judges.len()).collect();
    let n = dev.len() as u64;
    let mut found = JuryOnDev {
        n,
        fewest: FEWEST,
        jury: numbers(judges, &all, dev),
        best_member: None,
        best: None,
        cheapest: None,
    };
    if n < FEWEST {
        return (found, None);
    }
    let try_jury = |members: Vec<usize>| Tried::of(judges, members, dev);
    let alone: Vec<Tried> = all.iter().map(|judge| try_jury(vec![*judge])).collect();
    let tried = match JurySearch::of(judges.len()) {
        JurySearch::EveryJury => every_jury(judges.len()).map(try_jury).collect(),
        JurySearch::OneByOne => one_by_one(judges, dev),
    };
    let best_member = alone.iter().min_by_key(|one| (Reverse(one.score), one.price()));
    let best = tried.iter().min_by_key(|one| (Reverse(one.score), one.price()));
    let (Some(best_member), Some(best)) = (best_member, best) else { return (found, None) };
    let within = best.score - rank(LOSS);
    let enough = tried.iter().filter(|one| one.score >= within);
    let cheapest = enough.min_by_key(|one| (one.price(), Reverse(one.score))).unwrap_or(best);
    let of = |tried: &Tried| Some(numbers(judges, &tried.members, dev));
    found.best_member = of(best_member);
    found.best = of(best);
    found.cheapest = of(cheapest);
    let chosen =
        Chosen { best_member: best_member.members.clone(), cheapest: cheapest.members.clone() };
    (found, Some(chosen))
}

/// Measures what was chosen on the rows of the test part; `None` without any.
pub(super) fn measure(
    judges: &[PricedJudge<'_>],
    chosen: &Chosen,
    test: &[&JuryRow],
) -> Option<JuryOnTest> {
    if test.is_empty() {
        return None;
    }
    let all: Vec<usize> = (0..judges.len()).collect();
    let of = |members: &[usize]| numbers(judges, members, test);
    let difference = |one: &[usize], other: &[usize]| {
        let [one, other] = [one, other].map(|members| {
            let [agreement, _] = jury_scores(test.iter().copied(), members);
            agreement
        });
        one.minus(&other)
    };
    let is_other = chosen.cheapest != all;
    Some(JuryOnTest {
        n: test.len() as u64,
        jury: of(&all),
        best_member: of(&chosen.best_member),
        jury_minus_best_member: difference(&all, &chosen.best_member),
        cheapest: of(&chosen.cheapest),
        cheapest_minus_jury: is_other.then(|| difference(&chosen.cheapest, &all)),
    })
}

fn numbers(judges: &[PricedJudge<'_>], members: &[usize], rows: &[&JuryRow]) -> JuryNumbers {
    let [agreement, coverage] = jury_scores(rows.iter().copied(), members);
    JuryNumbers {
        judges: members.iter().map(|at| judges[*at].name.to_owned()).collect(),
        agreement: agreement.share(),
        coverage: coverage.share(),
        usd_per_comparison: members.iter().map(|at| judges[*at].usd).sum(),
    }
}

/// A jury of some judges with what decides whether it is chosen.
#[derive(Debug)]
struct Tried {
    members: Vec<usize>,
    /// Its agreement, see [`rank`].
    score: i64,
    /// What it costs, in 10⁻¹² USD; 0 where the cost of some judge of the run is not known.
    cost: i64,
}

impl Tried {
    fn of(judges: &[PricedJudge<'_>], members: Vec<usize>, rows: &[&JuryRow]) -> Self {
        let [agreement, _] = jury_scores(rows.iter().copied(), &members);
        let is_priced = judges.iter().all(|judge| judge.usd.is_some());
        let usd: f64 = members.iter().filter_map(|at| judges[*at].usd).sum();
        let cost = if is_priced { (usd * 1e12).round() as i64 } else { 0 };
        Self { score: rank(agreement.mean().value.unwrap_or(0.0)), cost, members }
    }

    /// Returns what a cheaper jury has less of: its cost, then the number of its judges.
    fn price(&self) -> (i64, usize) {
        (self.cost, self.members.len())
    }
}

/// Returns a share as a whole number, so that those that differ by rounding are equal.
fn rank(share: f64) -> i64 {
    (share * 1e9).round() as i64
}

/// Returns every jury of at least one of so many judges: the smaller the earlier, then in the order of its judges.
fn every_jury(judges: usize) -> impl Iterator<Item = Vec<usize>> {
    let members = move |set: u32| (0..judges).filter(|at| set >> at & 1 == 1).collect();
    let mut juries: Vec<Vec<usize>> = (1..1_u32 << judges).map(members).collect();
    juries.sort_by_key(|members| (members.len(), members.clone()));
    juries.into_iter()
}

/// Returns a jury of each size: to the one before, the judge is added with whom it agrees with people most often.
fn one_by_one(judges: &[PricedJudge<'_>], rows: &[&JuryRow]) -> Vec<Tried> {
    let mut found: Vec<Tried> = Vec::new();
    for _ in judges {
        let members = found.last().map_or(Vec::new(), |jury| jury.members.clone());
        let left = (0..judges.len()).filter(|judge| !members.contains(judge));
        let grown = left.map(|judge| {
            let mut grown = [&members[..], &[judge]].concat();
            grown.sort_unstable();
            Tried::of(judges, grown, rows)
        });
        found.extend(grown.min_by_key(|one| (Reverse(one.score), one.price())));
    }
    found
}
