//! How far kept grades are from those of people, counted in steps.
//!
//! Steps are taken as numbers that are equally far apart, which a scale of names need not be. Each labelled response with a
//! kept step counts once, whatever its probability of being drawn; only the mean difference counts them by it. Where
//! several responses of an item count, intervals are those of a bootstrap over items, since the formulas for independent
//! pairs are too narrow then.

use serde::Serialize;

use super::panels::LabelledGrades;
use crate::calibration::{CONFIDENCE, RESAMPLES, SEED, WeightedScores};
use crate::input::Grade;
use crate::stats::{
    Bootstrap, Clusters, Estimate, Interval, IntraclassModel, bootstrap, intraclass, kendall_tau_b,
    limits_of_agreement, spearman,
};

/// The limits between which 95 % of the differences of single responses lie, if they are normal.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct StepLimits {
    /// The lower limit: the mean difference minus 1.96 standard deviations.
    pub low: Estimate,
    /// The upper limit.
    pub high: Estimate,
}

/// How far kept grades are from those of people.
#[derive(Debug)]
pub(super) struct StepNumbers {
    pub(super) intraclass: Estimate,
    pub(super) spearman: Estimate,
    pub(super) kendall: Estimate,
    pub(super) bias: Estimate,
    pub(super) limits: StepLimits,
}

/// The kept step and the mean step of people, of every labelled response that has both.
struct Pairs {
    items: Vec<u32>,
    judge: Vec<f64>,
    people: Vec<f64>,
}

impl Pairs {
    fn n(&self) -> u64 {
        self.items.len() as u64
    }

    fn is_clustered(&self) -> bool {
        self.items.windows(2).any(|pair| pair[0] == pair[1])
    }

    fn differences(&self) -> Vec<f64> {
        self.judge.iter().zip(&self.people).map(|(judge, people)| judge - people).collect()
    }
}

/// Computes the numbers about steps.
pub(super) fn step_numbers(labelled: LabelledGrades<'_>) -> StepNumbers {
    let mut pairs = Pairs { items: Vec::new(), judge: Vec::new(), people: Vec::new() };
    let mut differences = WeightedScores::default();
    for panel in &labelled.labels.panels {
        let row = labelled.row(panel);
        let step = row.grade.and_then(Grade::step).map(f64::from);
        let (Some(judge), Some(people)) = (step, panel.mean_step) else { continue };
        pairs.items.push(row.item);
        pairs.judge.push(judge);
        pairs.people.push(people);
        differences.push(judge - people, row.item, labelled.weight(panel));
    }
    let bias = differences.mean();
    if pairs.is_clustered() { clustered(&pairs, bias) } else { independent(&pairs, bias) }
}

/// Returns the numbers with the intervals of independent pairs.
fn independent(pairs: &Pairs, bias: Estimate) -> StepNumbers {
    let n = pairs.n();
    let scores: Vec<[f64; 2]> =
        pairs.judge.iter().zip(&pairs.people).map(|(judge, people)| [*judge, *people]).collect();
    let of = |found: Option<(f64, Option<Interval>)>| match found {
        Some((value, interval)) => Estimate::of(Some(value), interval, n),
        None => Estimate::undefined(n),
    };
    let agreement = intraclass(&scores, IntraclassModel::Agreement, CONFIDENCE).ok();
    let rank = spearman(&pairs.judge, &pairs.people, CONFIDENCE).ok();
    let tau = kendall_tau_b(&pairs.judge, &pairs.people, CONFIDENCE).ok();
    let limits = limits_of_agreement(&pairs.differences(), CONFIDENCE).ok();
    StepNumbers {
        intraclass: of(agreement.map(|found| (found.single, found.single_interval))),
        spearman: of(rank.map(|found| (found.value, found.interval))),
        kendall: of(tau.map(|found| (found.value, found.interval))),
        bias,
        limits: StepLimits {
            low: of(limits.map(|found| (found.low, found.low_interval))),
            high: of(limits.map(|found| (found.high, found.high_interval))),
        },
    }
}

/// Returns the numbers with intervals of a bootstrap over items.
///
/// All of them are functions of how often each pair of steps is there: the cells of a table of the judge's steps by the
/// different mean steps of people.
fn clustered(pairs: &Pairs, bias: Estimate) -> StepNumbers {
    let distinct = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted.dedup();
        sorted
    };
    let (by_judge, by_people) = (distinct(&pairs.judge), distinct(&pairs.people));
    let place = |values: &[f64], value: f64| values.partition_point(|known| *known < value);
    let cell = |at: usize| {
        let row = place(&by_judge, pairs.judge[at]);
        (row * by_people.len() + place(&by_people, pairs.people[at])) as u32
    };
    let mut clusters = Clusters::new(by_judge.len() * by_people.len());
    let mut start = 0;
    for of_item in pairs.items.chunk_by(|one, other| one == other) {
        let end = start + of_item.len();
        clusters.push(&mut (start..end).map(|at| (cell(at), 1.0)).collect());
        start = end;
    }
    let sampled = bootstrap(&clusters, RESAMPLES, SEED, |sums| {
        let mut drawn = Pairs { items: Vec::new(), judge: Vec::new(), people: Vec::new() };
        for (at, count) in sums.iter().enumerate() {
            let pair = (by_judge[at / by_people.len()], by_people[at % by_people.len()]);
            for _ in 0..count.round().max(0.0) as usize {
                drawn.judge.push(pair.0);
                drawn.people.push(pair.1);
            }
        }
        values(&drawn)
    });
    let n = pairs.n();
    let estimate = |statistic: usize| of_bootstrap(&sampled, statistic, n);
    StepNumbers {
        intraclass: estimate(0),
        spearman: estimate(1),
        kendall: estimate(2),
        bias,
        limits: StepLimits { low: estimate(3), high: estimate(4) },
    }
}

fn values(pairs: &Pairs) -> Vec<Option<f64>> {
    let scores: Vec<[f64; 2]> =
        pairs.judge.iter().zip(&pairs.people).map(|(judge, people)| [*judge, *people]).collect();
    let limits = limits_of_agreement(&pairs.differences(), CONFIDENCE).ok();
    vec![
        intraclass(&scores, IntraclassModel::Agreement, CONFIDENCE).ok().map(|found| found.single),
        spearman(&pairs.judge, &pairs.people, CONFIDENCE).ok().map(|found| found.value),
        kendall_tau_b(&pairs.judge, &pairs.people, CONFIDENCE).ok().map(|found| found.value),
        limits.map(|found| found.low),
        limits.map(|found| found.high),
    ]
}

fn of_bootstrap(sampled: &Bootstrap, statistic: usize, n: u64) -> Estimate {
    let interval = sampled.bca_of_score(statistic, CONFIDENCE).ok();
    Estimate::of(sampled.value(statistic), interval, n)
}
