//! Scores with intervals and paired differences with p-values, computed from sums.
//!
//! Intervals are `BCa` bootstrap intervals over whole items. P-values are those of a permutation test that
//! exchanges the responses of two systems to an item; it makes no assumption about the distribution of
//! scores. Differences of two systems are over the items to which both responded.

use std::collections::{BTreeSet, HashMap};

use super::family::{Family, Kind, SUMS_PER_CLASS, SUMS_PER_FIELD};
use super::groups::Groups;
use super::results::{PairDifference, SystemScore};
use super::significance::permutations;
use super::system_bootstrap::{CONFIDENCE, EstimateWithIssue, SystemBootstrap};
use crate::metrics::metric::{Metric, Scale};
use crate::stats::{Estimate, Interval, bootstrap, newcombe_paired, sign_flip, wilson};

/// The number of resamples behind every interval.
const RESAMPLES: usize = 2000;
/// The seed of bootstrap and permutations: the same items give the same results.
const SEED: u64 = 0;

/// Computes the estimates of one family of metrics.
#[derive(Debug, Clone, Copy)]
pub(super) struct Estimator<'a> {
    pub(super) family: &'a Family,
    pub(super) metrics: &'a [Metric],
    /// Numbers and names, in byte order of the names.
    pub(super) systems: &'a [(u32, &'a str)],
    /// By number of a class of the references: its position among them.
    pub(super) class_positions: &'a HashMap<u32, u32>,
    /// The number of fields.
    pub(super) fields: usize,
    /// Metrics with a score outside [0, 1] for some response.
    pub(super) outside_unit: &'a BTreeSet<usize>,
    /// The number of p-values of a metric that are adjusted together.
    pub(super) tests: usize,
}

/// The estimates of one metric on some items.
#[derive(Debug, Clone, Default)]
pub(super) struct MetricEstimates {
    pub(super) systems: Vec<SystemScore>,
    pub(super) pairs: Vec<PairDifference>,
}

impl Estimator<'_> {
    /// Returns the number of sums of a system.
    fn width(&self) -> usize {
        self.family.width().unwrap_or(match self.family.kind {
            Kind::Classes => SUMS_PER_CLASS as usize * self.class_positions.len(),
            _ => SUMS_PER_FIELD as usize * self.fields,
        })
    }

    /// Returns the position of a sum in a row; only classes of the references have one.
    fn row_index(&self, sum: u32) -> Option<u32> {
        if self.family.kind != Kind::Classes {
            return Some(sum);
        }
        let class = self.class_positions.get(&(sum / SUMS_PER_CLASS))?;
        Some(class * SUMS_PER_CLASS + sum % SUMS_PER_CLASS)
    }

    fn scores_of_sums(&self, sums: &[f64]) -> Vec<Option<f64>> {
        self.family.scores(self.metrics, sums)
    }

    /// Returns the number of scores of a system: one for each metric, or for each field.
    fn score_count(&self) -> usize {
        match self.family.kind {
            Kind::Fields => self.fields,
            _ => self.family.metrics.len(),
        }
    }

    /// Resamples the items that have all of these systems.
    fn resample(&self, groups: &Groups, systems: &[u32]) -> SystemBootstrap {
        let width = self.width();
        let clusters = groups.clusters(systems, width, |sum| self.row_index(sum));
        let of_system = |at: usize| at * width..(at + 1) * width;
        let bootstrap = bootstrap(&clusters, RESAMPLES, SEED, |sums| {
            (0..systems.len()).flat_map(|at| self.scores_of_sums(&sums[of_system(at)])).collect()
        });
        let totals = clusters.totals();
        SystemBootstrap {
            bootstrap,
            statistics: self.score_count(),
            items: groups.items(systems),
            totals: (0..systems.len()).map(|at| totals[of_system(at)].to_vec()).collect(),
        }
    }

    /// Returns the scores of the systems without differences, by metric of the family or by field.
    pub(super) fn scores(&self, groups: &Groups) -> Vec<Vec<SystemScore>> {
        self.scores_of(groups, None)
    }

    fn scores_of(&self, groups: &Groups, joint: Option<&SystemBootstrap>) -> Vec<Vec<SystemScore>> {
        let mut by_metric: Vec<Vec<SystemScore>> = vec![Vec::new(); self.score_count()];
        for (at, (number, name)) in self.systems.iter().enumerate() {
            let single;
            let (resampled, at) = if let Some(joint) = joint {
                (joint, at)
            } else {
                single = self.resample(groups, &[*number]);
                (&single, 0)
            };
            for (metric, systems) in by_metric.iter_mut().enumerate() {
                let (score, issue) = self.score(resampled, metric, at);
                systems.push(SystemScore { system: (*name).to_owned(), score, issue });
            }
        }
        by_metric
    }

    /// Returns the scores and differences of the systems, by metric of the family.
    pub(super) fn estimates(&self, groups: &Groups) -> Vec<MetricEstimates> {
        let joint = self.resample_jointly(groups);
        let systems = self.scores_of(groups, joint.as_ref()).into_iter();
        let mut found: Vec<MetricEstimates> =
            systems.map(|systems| MetricEstimates { systems, pairs: Vec::new() }).collect();
        for (first, a) in self.systems.iter().enumerate() {
            for (second, b) in self.systems.iter().enumerate().skip(first + 1) {
                let p_values = self.p_values(groups, [a.0, b.0]);
                let pair;
                let (resampled, positions) = if let Some(joint) = &joint {
                    (joint, [first, second])
                } else {
                    pair = self.resample(groups, &[a.0, b.0]);
                    (&pair, [0, 1])
                };
                for (metric, found) in found.iter_mut().enumerate() {
                    let (difference, issue) = self.difference(resampled, metric, positions);
                    found.pairs.push(PairDifference {
                        between: [a.1.to_owned(), b.1.to_owned()],
                        difference,
                        issue,
                        p_value: p_values.as_ref().and_then(|values| values[metric]),
                        p_adjusted: None,
                    });
                }
            }
        }
        found
    }

    /// Resamples all systems together, which costs less; `None` unless every item has all of them.
    fn resample_jointly(&self, groups: &Groups) -> Option<SystemBootstrap> {
        let systems: Vec<u32> = self.systems.iter().map(|(number, _)| *number).collect();
        groups.all_have(systems.len()).then(|| self.resample(groups, &systems))
    }

    /// Returns the p-values of two systems, by metric of the family.
    fn p_values(&self, groups: &Groups, systems: [u32; 2]) -> Option<Vec<Option<f64>>> {
        let width = self.width();
        let [first, second] = groups.rows(systems, width, |sum| self.row_index(sum));
        let scores = |sums: &[f64]| self.scores_of_sums(sums);
        sign_flip(&first, &second, width, permutations(self.tests), SEED, scores).ok()
    }

    /// Returns the score of a system.
    ///
    /// If a share is 0 or 1 for all items, resamples do not vary; then the interval is Wilson's, as for all other
    /// shares that evenhand reports.
    fn score(
        &self,
        resampled: &SystemBootstrap,
        metric: usize,
        system: usize,
    ) -> EstimateWithIssue {
        let n = match self.family.kind {
            Kind::Fields => resampled.totals[system][SUMS_PER_FIELD as usize * metric + 2] as u64,
            _ => resampled.items,
        };
        let found = resampled.score(metric, system, n);
        match found.0.value {
            Some(value) if found.0.low.is_none() && self.is_share(metric) && is_certain(value) => {
                let interval = wilson(value.round() * n as f64, n as f64, CONFIDENCE).ok();
                (Estimate::of(Some(value), interval, n), None)
            }
            _ => found,
        }
    }

    /// Returns the difference of two systems; of two shares that are 0 or 1, the interval is Newcombe's.
    fn difference(
        &self,
        resampled: &SystemBootstrap,
        metric: usize,
        [a, b]: [usize; 2],
    ) -> EstimateWithIssue {
        let found = resampled.difference(metric, [a, b]);
        match (resampled.value(metric, a), resampled.value(metric, b)) {
            (Some(a), Some(b))
                if found.0.low.is_none()
                    && self.is_share(metric)
                    && is_certain(a)
                    && is_certain(b) =>
            {
                let count = |one: bool, other: bool| {
                    if (a > 0.5, b > 0.5) == (one, other) { resampled.items } else { 0 }
                };
                let counts = [(true, true), (true, false), (false, true), (false, false)];
                let [both, first, second, neither] = counts.map(|(one, other)| count(one, other));
                let newcombe = newcombe_paired(both, first, second, neither, CONFIDENCE);
                let interval: Option<Interval> = newcombe.ok().map(|found| found.interval);
                (Estimate::of(found.0.value, interval, resampled.items), None)
            }
            _ => found,
        }
    }

    /// Returns whether a metric is a share or a mean of scores from 0 to 1.
    fn is_share(&self, metric: usize) -> bool {
        match self.family.kind {
            Kind::Ratio => {
                let at = self.family.metrics[metric];
                match self.metrics[at].scale() {
                    Scale::Unit => true,
                    Scale::Hundred | Scale::Similarity => false,
                    // The answers of a program may be yes and no.
                    Scale::Unbounded => {
                        matches!(self.metrics[at], Metric::Command { .. })
                            && !self.outside_unit.contains(&at)
                    }
                }
            }
            Kind::Fields => true,
            Kind::Bleu(_) | Kind::Chrf(_) | Kind::Ter | Kind::Classes => false,
        }
    }
}

/// Returns whether a share is 0 or 1.
fn is_certain(share: f64) -> bool {
    share <= 0.0 || share >= 1.0
}
