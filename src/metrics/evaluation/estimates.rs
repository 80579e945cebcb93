//! From sums to scores with intervals, and to paired differences with p-values.
//!
//! Intervals are bootstrap (`BCa`) over whole items; p-values are those of exchanging the two systems' responses
//! to an item, which needs no assumption about how scores are distributed and cannot be smaller than the number
//! of items allows. Differences of two systems are taken over the items that both have answered.

use std::collections::{BTreeSet, HashMap};

use super::family::{Family, Kind, OF_CLASS, OF_FIELD};
use super::groups::Groups;
use super::report::{PairDifference, SystemScore};
use super::sampled::{CONFIDENCE, Flawed, Sampled};
use crate::metrics::metric::{Metric, Scale};
use crate::stats::{Estimate, Interval, bootstrap, holm, newcombe_paired, sign_flip, wilson};

/// Resamples behind every interval.
const RESAMPLES: usize = 2000;
/// Fewest exchanges behind every p-value, where not all can be tried.
const FLIPS: usize = 10_000;
/// Most of them.
const MOST_FLIPS: usize = 50_000;
/// Exchanges for each p-value that is adjusted together with others, so that one of them can still be small.
const FLIPS_FOR_EACH: usize = 40;
/// The seed of both: the same items give the same numbers.
const SEED: u64 = 0;

/// Returns how many exchanges are tried where `tests` p-values are adjusted together.
pub(super) fn flips(tests: usize) -> usize {
    (FLIPS_FOR_EACH * tests).clamp(FLIPS, MOST_FLIPS)
}

/// A family with all that is needed to read its groups.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) family: &'a Family,
    pub(super) metrics: &'a [Metric],
    /// Numbers and names, in byte order of the names.
    pub(super) systems: &'a [(u32, &'a str)],
    /// By number of a class of the references: its place among them.
    pub(super) classes: &'a HashMap<u32, u32>,
    /// How many fields there are.
    pub(super) fields: usize,
    /// Metrics that have a score outside of [0, 1] for some response.
    pub(super) open: &'a BTreeSet<usize>,
    /// How many p-values of a metric are adjusted together.
    pub(super) tests: usize,
}

/// What there is to say of one metric on some items.
#[derive(Debug, Clone, Default)]
pub(super) struct Estimates {
    pub(super) systems: Vec<SystemScore>,
    pub(super) pairs: Vec<PairDifference>,
}

impl Reader<'_> {
    fn width(&self) -> usize {
        self.family.width().unwrap_or(match self.family.kind {
            Kind::Classes => OF_CLASS as usize * self.classes.len(),
            _ => OF_FIELD as usize * self.fields,
        })
    }

    /// Where a sum stands: of classes only those of the references have a place.
    fn place(&self, sum: u32) -> Option<u32> {
        if self.family.kind != Kind::Classes {
            return Some(sum);
        }
        let class = self.classes.get(&(sum / OF_CLASS))?;
        Some(class * OF_CLASS + sum % OF_CLASS)
    }

    fn scores(&self, sums: &[f64]) -> Vec<Option<f64>> {
        self.family.scores(self.metrics, sums)
    }

    fn statistics(&self) -> usize {
        match self.family.kind {
            Kind::Fields => self.fields,
            _ => self.family.metrics.len(),
        }
    }

    /// Draws items again that have all of these systems.
    fn sampled(&self, groups: &Groups, systems: &[u32]) -> Sampled {
        let width = self.width();
        let clusters = groups.clusters(systems, width, |sum| self.place(sum));
        let of_system = |at: usize| at * width..(at + 1) * width;
        let sampled = bootstrap(&clusters, RESAMPLES, SEED, |sums| {
            (0..systems.len()).flat_map(|at| self.scores(&sums[of_system(at)])).collect()
        });
        let totals = clusters.totals();
        Sampled {
            bootstrap: sampled,
            statistics: self.statistics(),
            items: groups.items(systems),
            totals: (0..systems.len()).map(|at| totals[of_system(at)].to_vec()).collect(),
        }
    }

    /// Returns the scores of each system, without differences: by metric of the family, or by field.
    pub(super) fn systems(&self, groups: &Groups) -> Vec<Vec<SystemScore>> {
        self.scores_of(groups, None)
    }

    fn scores_of(&self, groups: &Groups, together: Option<&Sampled>) -> Vec<Vec<SystemScore>> {
        let mut by_metric: Vec<Vec<SystemScore>> = vec![Vec::new(); self.statistics()];
        for (at, (number, name)) in self.systems.iter().enumerate() {
            let alone = together.is_none().then(|| self.sampled(groups, &[*number]));
            let (sampled, at) = match (together, &alone) {
                (Some(sampled), _) => (sampled, at),
                (None, Some(sampled)) => (sampled, 0),
                (None, None) => continue,
            };
            for (metric, systems) in by_metric.iter_mut().enumerate() {
                let (score, flaw) = self.score(sampled, metric, at);
                systems.push(SystemScore { system: (*name).to_owned(), score, flaw });
            }
        }
        by_metric
    }

    /// Returns everything by metric of the family.
    pub(super) fn estimates(&self, groups: &Groups) -> Vec<Estimates> {
        let together = self.together(groups);
        let systems = self.scores_of(groups, together.as_ref()).into_iter();
        let mut found: Vec<Estimates> =
            systems.map(|systems| Estimates { systems, pairs: Vec::new() }).collect();
        for (first, a) in self.systems.iter().enumerate() {
            for (second, b) in self.systems.iter().enumerate().skip(first + 1) {
                let p_values = self.p_values(groups, [a.0, b.0]);
                let alone = together.is_none().then(|| self.sampled(groups, &[a.0, b.0]));
                let (sampled, places) = match (&together, &alone) {
                    (Some(sampled), _) => (sampled, [first, second]),
                    (None, Some(sampled)) => (sampled, [0, 1]),
                    (None, None) => continue,
                };
                for (metric, found) in found.iter_mut().enumerate() {
                    let (difference, flaw) = self.difference(sampled, metric, places);
                    found.pairs.push(PairDifference {
                        between: [a.1.to_owned(), b.1.to_owned()],
                        difference,
                        flaw,
                        p_value: p_values.as_ref().and_then(|values| values[metric]),
                        p_adjusted: None,
                    });
                }
            }
        }
        found
    }

    /// Draws all systems at once, where every item has all of them: they share the resamples, which costs less.
    fn together(&self, groups: &Groups) -> Option<Sampled> {
        let systems: Vec<u32> = self.systems.iter().map(|(number, _)| *number).collect();
        groups.are_all_of(systems.len()).then(|| self.sampled(groups, &systems))
    }

    fn p_values(&self, groups: &Groups, systems: [u32; 2]) -> Option<Vec<Option<f64>>> {
        let width = self.width();
        let [first, second] = groups.rows(systems, width, |sum| self.place(sum));
        let scores = |sums: &[f64]| self.scores(sums);
        sign_flip(&first, &second, width, flips(self.tests), SEED, scores).ok()
    }

    /// Where all items have the same share, 0 or 1, no resample differs from another; then Wilson's interval
    /// for as many items stands in, as for every other share of this program.
    fn score(&self, sampled: &Sampled, metric: usize, system: usize) -> Flawed {
        let n = match self.family.kind {
            Kind::Fields => sampled.totals[system][OF_FIELD as usize * metric + 2] as u64,
            _ => sampled.items,
        };
        let found = sampled.score(metric, system, n);
        match found.0.value {
            Some(value) if found.0.low.is_none() && self.is_share(metric) && is_certain(value) => {
                let interval = wilson(value.round() * n as f64, n as f64, CONFIDENCE).ok();
                (Estimate::of(Some(value), interval, n), None)
            }
            _ => found,
        }
    }

    /// Likewise for the difference of two such shares, by Newcombe's interval.
    fn difference(&self, sampled: &Sampled, metric: usize, [a, b]: [usize; 2]) -> Flawed {
        let found = sampled.difference(metric, [a, b]);
        match (sampled.value(metric, a), sampled.value(metric, b)) {
            (Some(a), Some(b))
                if found.0.low.is_none()
                    && self.is_share(metric)
                    && is_certain(a)
                    && is_certain(b) =>
            {
                let count = |one: bool, other: bool| {
                    if (a > 0.5, b > 0.5) == (one, other) { sampled.items } else { 0 }
                };
                let counts = [(true, true), (true, false), (false, true), (false, false)];
                let [both, first, second, neither] = counts.map(|(one, other)| count(one, other));
                let newcombe = newcombe_paired(both, first, second, neither, CONFIDENCE);
                let interval: Option<Interval> = newcombe.ok().map(|found| found.interval);
                (Estimate::of(found.0.value, interval, sampled.items), None)
            }
            _ => found,
        }
    }

    /// Returns whether a metric is a mean of scores from 0 to 1, or a share of something.
    fn is_share(&self, metric: usize) -> bool {
        match self.family.kind {
            Kind::Ratio => {
                let at = self.family.metrics[metric];
                match self.metrics[at].scale() {
                    Scale::Unit => true,
                    Scale::Hundred => false,
                    // What a program says may be yes and no.
                    Scale::Open => {
                        matches!(self.metrics[at], Metric::Command { .. })
                            && !self.open.contains(&at)
                    }
                }
            }
            Kind::Fields => true,
            Kind::Bleu(_) | Kind::Chrf(_) | Kind::Ter | Kind::Classes => false,
        }
    }
}

fn is_certain(share: f64) -> bool {
    share <= 0.0 || share >= 1.0
}

/// Adjusts the p-values of differences by Holm's rule.
pub(super) fn adjust<'a>(pairs: impl Iterator<Item = &'a mut PairDifference>) {
    let pairs: Vec<&mut PairDifference> = pairs.filter(|pair| pair.p_value.is_some()).collect();
    let p_values: Vec<f64> = pairs.iter().filter_map(|pair| pair.p_value).collect();
    if let Ok(adjusted) = holm(&p_values) {
        for (pair, p) in pairs.into_iter().zip(adjusted) {
            pair.p_adjusted = Some(p);
        }
    }
}
