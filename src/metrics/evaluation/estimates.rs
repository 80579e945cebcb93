//! From sums to scores with intervals, and to paired differences with p-values.
//!
//! Intervals are bootstrap (`BCa`) over whole items; p-values are those of exchanging the two systems' responses
//! to an item, which needs no assumption about how scores are distributed and cannot be smaller than the number
//! of items allows. Differences of two systems are taken over the items that both have answered.

use super::family::{Family, Kind, OF_CLASS, OF_FIELD};
use super::groups::Groups;
use super::report::{PairDifference, SystemScore};
use crate::metrics::metric::{Metric, Scale};
use crate::stats::{Bootstrap, Clusters, Estimate, bootstrap, holm, sign_flip, wilson};

/// Resamples behind every interval.
const RESAMPLES: usize = 2000;
/// Exchanges behind every p-value, where not all can be tried.
const FLIPS: usize = 10_000;
/// The seed of both: the same items give the same numbers.
const SEED: u64 = 0;
const CONFIDENCE: f64 = 0.95;

/// A family with all that is needed to read its groups.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) family: &'a Family,
    pub(super) metrics: &'a [Metric],
    /// Numbers and names, in byte order of the names.
    pub(super) systems: &'a [(u32, &'a str)],
    /// The classes of the references, by number.
    pub(super) classes: &'a [u32],
    /// How many fields there are.
    pub(super) fields: usize,
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
        let class = self.classes.binary_search(&(sum / OF_CLASS)).ok()? as u32;
        Some(class * OF_CLASS + sum % OF_CLASS)
    }

    fn scores(&self, sums: &[f64]) -> Vec<Option<f64>> {
        self.family.scores(self.metrics, sums)
    }

    fn clusters(&self, groups: &Groups, systems: &[u32]) -> Clusters {
        groups.clusters(systems, self.width(), |sum| self.place(sum))
    }

    /// Returns the scores of each system: by metric of the family, or by field.
    pub(super) fn systems(&self, groups: &Groups) -> Vec<Vec<SystemScore>> {
        let mut by_metric: Vec<Vec<SystemScore>> = Vec::new();
        for (number, name) in self.systems {
            let items = groups.items(&[*number]);
            let clusters = self.clusters(groups, &[*number]);
            let totals = clusters.totals();
            let sampled = sampled(&clusters, |sums| self.scores(sums));
            for (at, statistic) in (0..self.statistics()).enumerate() {
                if by_metric.len() <= at {
                    by_metric.push(Vec::new());
                }
                let n = match self.family.kind {
                    Kind::Fields => totals[OF_FIELD as usize * at + 1] as u64,
                    _ => items,
                };
                let score = if n == 0 {
                    Estimate::undefined(0)
                } else {
                    self.with_share(estimate(&sampled, statistic, n), at)
                };
                by_metric[at].push(SystemScore { system: (*name).to_owned(), score });
            }
        }
        by_metric
    }

    /// Returns everything by metric of the family.
    pub(super) fn estimates(&self, groups: &Groups) -> Vec<Estimates> {
        let mut found: Vec<Estimates> = self
            .systems(groups)
            .into_iter()
            .map(|systems| Estimates { systems, pairs: Vec::new() })
            .collect();
        for (at, a) in self.systems.iter().enumerate() {
            for b in &self.systems[at + 1..] {
                let differences = self.differences(groups, *a, *b);
                for (found, difference) in found.iter_mut().zip(differences) {
                    found.pairs.push(difference);
                }
            }
        }
        for found in &mut found {
            adjust(found.pairs.iter_mut());
        }
        found
    }

    fn differences(
        &self,
        groups: &Groups,
        (a, a_name): (u32, &str),
        (b, b_name): (u32, &str),
    ) -> Vec<PairDifference> {
        let n = groups.items(&[a, b]);
        let width = self.width();
        let clusters = self.clusters(groups, &[a, b]);
        let sampled = sampled(&clusters, |sums| {
            let (a, b) = sums.split_at(width);
            let both = self.scores(a).into_iter().zip(self.scores(b));
            both.map(|(a, b)| Some(a? - b?)).collect()
        });
        let [first, second] = groups.rows([a, b], width, |sum| self.place(sum));
        let p_values =
            sign_flip(&first, &second, width, FLIPS, SEED, |sums| self.scores(sums)).ok();
        let of_statistic = |at: usize| PairDifference {
            between: [a_name.to_owned(), b_name.to_owned()],
            difference: if n == 0 { Estimate::undefined(0) } else { estimate(&sampled, at, n) },
            p_value: p_values.as_ref().and_then(|values| values[at]),
            p_adjusted: None,
        };
        (0..self.statistics()).map(of_statistic).collect()
    }

    fn statistics(&self) -> usize {
        match self.family.kind {
            Kind::Fields => self.fields,
            _ => self.family.metrics.len(),
        }
    }

    /// Where all items have the same share, 0 or 1, no resample differs from another; then Wilson's interval
    /// for as many observations stands in, as for every other share of this program.
    fn with_share(&self, found: Estimate, at: usize) -> Estimate {
        let share = match self.family.kind {
            Kind::Ratio => self.metrics[self.family.metrics[at]].scale() == Scale::Unit,
            Kind::Fields => true,
            _ => false,
        };
        match found.value {
            Some(value) if share && found.low.is_none() && (value <= 0.0 || value >= 1.0) => {
                let n = found.n as f64;
                Estimate::of(Some(value), wilson(value * n, n, CONFIDENCE).ok(), found.n)
            }
            _ => found,
        }
    }
}

fn sampled(clusters: &Clusters, scores: impl Fn(&[f64]) -> Vec<Option<f64>> + Sync) -> Bootstrap {
    bootstrap(clusters, RESAMPLES, SEED, scores)
}

fn estimate(sampled: &Bootstrap, at: usize, n: u64) -> Estimate {
    Estimate::of(sampled.value(at), sampled.bca(at, CONFIDENCE).ok(), n)
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
