//! Intervals by resampling whole clusters, for any statistic that is a function of sums.
//!
//! What is resampled is the cluster (all comparisons of one item), never the single reply: replies to one
//! item are not independent. Every statistic of this program that needs a bootstrap depends on its data
//! through sums alone (cells of tables, coincidences, scores), so a cluster is a short list of amounts, each
//! with the sum it is added to. Clusters with equal lists are drawn together: a replicate of a million items with
//! twenty different contents takes twenty binomial draws, not a million uniform ones, and has the same
//! distribution.
//!
//! Each replicate has its own stream of random numbers, so the result depends on the seed alone: neither on
//! the number of threads nor on the order in which equal clusters were added.

use std::collections::HashMap;

use rand::RngExt as _;
use rand_distr::{Binomial, Distribution as _, Gamma};
use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::{Interval, StatError, bca, percentile_interval};

/// The contributions of the clusters of a data set to a number of sums.
#[derive(Debug, Clone, Default)]
pub struct Clusters {
    width: usize,
    /// The distinct contents, one after another, as pairs of sum and amount.
    entries: Vec<(u32, f64)>,
    /// Where each distinct content ends in `entries`.
    ends: Vec<usize>,
    /// How many clusters have each distinct content.
    counts: Vec<u64>,
    known: HashMap<Vec<(u32, u64)>, usize>,
    /// A buffer for keys of `known`.
    key: Vec<(u32, u64)>,
}

impl Clusters {
    /// Returns an empty data set of `width` sums.
    pub fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Adds a cluster. `adds` holds pairs of a sum and the amount added to it; two amounts for one sum are
    /// added up, and amounts of 0 may be omitted.
    ///
    /// # Panics
    ///
    /// A sum is not below the width.
    pub fn push(&mut self, adds: &mut Vec<(u32, f64)>) {
        assert!(adds.iter().all(|(at, _)| (*at as usize) < self.width), "no such sum");
        adds.sort_by_key(|(at, _)| *at);
        adds.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1 += later.1;
            }
            same
        });
        adds.retain(|(_, amount)| *amount != 0.0);
        self.key.clear();
        self.key.extend(adds.iter().map(|(at, amount)| (*at, amount.to_bits())));
        if let Some(&at) = self.known.get(&self.key) {
            self.counts[at] += 1;
            return;
        }
        self.known.insert(self.key.clone(), self.counts.len());
        self.entries.extend_from_slice(adds);
        self.ends.push(self.entries.len());
        self.counts.push(1);
    }

    /// Returns the number of clusters.
    pub fn len(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns whether there is no cluster.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Returns the sums over all clusters.
    pub fn totals(&self) -> Vec<f64> {
        self.weighted(self.counts.iter().map(|count| *count as f64), &[])
    }

    /// Draws `replicates` resamples of the clusters and returns what `map` makes of the sums of each. Work is spread
    /// over all processors.
    pub fn resample<T: Send>(
        &self,
        replicates: usize,
        seed: u64,
        map: impl Fn(&[f64]) -> T + Sync,
    ) -> Vec<T> {
        let (n, owners, rows) = (self.len(), self.owners(), self.rows());
        let of_replicate = |replicate: usize| {
            let mut random = Pcg64::new(u128::from(seed), replicate as u128);
            let drawn = self.draw(n, &mut random, &owners);
            map(&self.weighted(drawn.into_iter().map(|count| count as f64), &rows))
        };
        (0..replicates).into_par_iter().map(of_replicate).collect()
    }

    /// Draws `replicates` times a weight for each cluster, exponentially distributed with mean 1, and returns what `map`
    /// makes of the weighted sums. No weight is 0, so that what is connected in the data stays so. Work is spread over all
    /// processors.
    ///
    /// # References
    ///
    /// Rubin, D. B. (1981). The Bayesian bootstrap. *Annals of Statistics* 9, 130–134.
    pub fn reweight<T: Send>(
        &self,
        replicates: usize,
        seed: u64,
        map: impl Fn(&[f64]) -> T + Sync,
    ) -> Vec<T> {
        let rows = self.rows();
        // The sum of weights of equal clusters. The shape is at least 1, so that the distribution exists.
        let sums = self.counts.iter().filter_map(|count| Gamma::new(*count as f64, 1.0).ok());
        let sums: Vec<Gamma<f64>> = sums.collect();
        let of_replicate = |replicate: usize| {
            let mut random = Pcg64::new(u128::from(seed), replicate as u128);
            let weights = sums.iter().map(|sum| sum.sample(&mut random).max(f64::MIN_POSITIVE));
            map(&self.weighted(weights, &rows))
        };
        (0..replicates).into_par_iter().map(of_replicate).collect()
    }

    fn content(&self, at: usize) -> &[(u32, f64)] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.entries[start..self.ends[at]]
    }

    /// Returns the sums over the contents, each with a weight. `rows` is [`Clusters::rows`] or empty.
    fn weighted(&self, weights: impl Iterator<Item = f64>, rows: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.width];
        if !rows.is_empty() {
            for (row, weight) in rows.chunks_exact(self.width).zip(weights) {
                for (sum, amount) in sums.iter_mut().zip(row) {
                    *sum += amount * weight;
                }
            }
            return sums;
        }
        for (at, weight) in weights.enumerate() {
            if weight > 0.0 {
                for (sum, amount) in self.content(at) {
                    sums[*sum as usize] += amount * weight;
                }
            }
        }
        sums
    }

    /// Returns the distinct contents as dense rows, or nothing where most amounts are 0. Dense rows add up
    /// twice as fast, to the same numbers.
    fn rows(&self) -> Vec<f64> {
        let length = self.width * self.counts.len();
        if length == 0 || length > 2 * self.entries.len() {
            return Vec::new();
        }
        let mut rows = vec![0.0; length];
        for (at, row) in rows.chunks_exact_mut(self.width).enumerate() {
            for (sum, amount) in self.content(at) {
                row[*sum as usize] = *amount;
            }
        }
        rows
    }

    /// Draws as many clusters as there are, with replacement; returns how often each content was drawn.
    fn draw(&self, n: u64, random: &mut Pcg64, owners: &[u32]) -> Vec<u64> {
        let mut drawn = vec![0; self.counts.len()];
        if !owners.is_empty() {
            for _ in 0..n {
                drawn[owners[random.random_range(0..owners.len())] as usize] += 1;
            }
            return drawn;
        }
        // A multinomial draw, one conditional binomial after another.
        let (mut remaining, mut clusters) = (n, n);
        for (drawn, &count) in drawn.iter_mut().zip(&self.counts) {
            if remaining == 0 {
                break;
            }
            *drawn = if count == clusters {
                remaining
            } else {
                // The share is inside (0, 1), so the distribution exists.
                let share = count as f64 / clusters as f64;
                Binomial::new(remaining, share).map_or(0, |binomial| binomial.sample(random))
            };
            remaining -= *drawn;
            clusters -= count;
        }
        drawn
    }

    /// Returns the content of each cluster where drawing clusters one by one is cheaper than drawing counts,
    /// else nothing.
    fn owners(&self) -> Vec<u32> {
        if (self.counts.len() as u64) * 4 < self.len() {
            return Vec::new();
        }
        let owned = |(at, &count): (usize, &u64)| std::iter::repeat_n(at as u32, count as usize);
        self.counts.iter().enumerate().flat_map(owned).collect()
    }
}

/// Statistics of a data set with their bootstrap replicates.
///
/// All statistics were computed on the same resamples, so that a difference of two is paired.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    original: Vec<Option<f64>>,
    /// By statistic: its value on each resample.
    replicates: Vec<Vec<Option<f64>>>,
    /// By statistic: its value without one cluster, for each content.
    jackknife: Vec<Vec<Option<f64>>>,
    /// How many clusters have each content.
    counts: Vec<u64>,
}

/// A statistic, or the difference of two, with its replicates and jackknife values.
struct Sampled {
    value: f64,
    scale: f64,
    /// The defined replicates.
    replicates: Vec<f64>,
    /// The value without one cluster, and how many clusters give that value.
    jackknife: Vec<(f64, f64)>,
}

impl Sampled {
    fn bca(&self, confidence: f64) -> Result<Interval, StatError> {
        let Self { value, scale, replicates, jackknife } = self;
        bca(*value, *scale, replicates, jackknife, confidence).map(|found| found.interval)
    }
}

/// Draws `replicates` resamples of the clusters and computes `statistics` on the sums of each.
///
/// `statistics` gets the sums and returns the same number of values each time; one that is not defined on
/// a resample is `None`, left out and counted ([`Bootstrap::undefined`]). Work is spread over all
/// processors.
pub fn bootstrap<S>(clusters: &Clusters, replicates: usize, seed: u64, statistics: S) -> Bootstrap
where
    S: Fn(&[f64]) -> Vec<Option<f64>> + Sync,
{
    let totals = clusters.totals();
    let original = statistics(&totals);
    let drawn = clusters.resample(replicates, seed, &statistics);
    let without: Vec<Vec<Option<f64>>> = (0..clusters.counts.len())
        .into_par_iter()
        .map_init(
            || totals.clone(),
            |sums, at| {
                for (sum, amount) in clusters.content(at) {
                    sums[*sum as usize] -= amount;
                }
                let left = statistics(sums);
                for (sum, _) in clusters.content(at) {
                    sums[*sum as usize] = totals[*sum as usize];
                }
                left
            },
        )
        .collect();
    let by_statistic = |rows: &[Vec<Option<f64>>]| -> Vec<Vec<Option<f64>>> {
        let column = |at: usize| rows.iter().map(|values| values[at]).collect();
        (0..original.len()).map(column).collect()
    };
    Bootstrap {
        replicates: by_statistic(&drawn),
        jackknife: by_statistic(&without),
        counts: clusters.counts.clone(),
        original,
    }
}

impl Bootstrap {
    /// Returns the value of a statistic on the data themselves, `None` if it is undefined there.
    ///
    /// # Panics
    ///
    /// There is no such statistic; so for the other methods.
    pub fn value(&self, statistic: usize) -> Option<f64> {
        self.original[statistic]
    }

    /// Returns the first of two statistics minus the second on the data themselves, `None` if either is
    /// undefined there or the difference is too large for a number.
    pub fn difference(&self, [first, second]: [usize; 2]) -> Option<f64> {
        difference(self.original[first], self.original[second])
    }

    /// Returns the share of resamples on which a statistic was undefined.
    pub fn undefined(&self, statistic: usize) -> f64 {
        undefined(&self.replicates[statistic])
    }

    /// Returns the share of resamples on which the difference of two statistics was undefined.
    pub fn undefined_difference(&self, of: [usize; 2]) -> f64 {
        undefined(&paired(&self.replicates, of))
    }

    /// Returns the percentile interval of a statistic.
    ///
    /// # Errors
    ///
    /// As for [`percentile_interval`].
    pub fn percentile(&self, statistic: usize, confidence: f64) -> Result<Interval, StatError> {
        let replicates: Vec<f64> = self.replicates[statistic].iter().copied().flatten().collect();
        percentile_interval(&replicates, confidence)
    }

    /// Returns the `BCa` interval of a statistic that is made of shares, such as κ: its scale is 1, or its own
    /// size if that is more.
    ///
    /// # Errors
    ///
    /// As for [`bca`]; [`StatError::NoVariation`] also if the statistic is undefined on the data.
    pub fn bca(&self, statistic: usize, confidence: f64) -> Result<Interval, StatError> {
        let scale = self.original[statistic].map_or(1.0, |value| value.abs().max(1.0));
        self.sampled(statistic, scale)?.bca(confidence)
    }

    /// Returns the `BCa` interval of a score, which may be of any size.
    ///
    /// # Errors
    ///
    /// As for [`Bootstrap::bca`].
    pub fn bca_of_score(&self, statistic: usize, confidence: f64) -> Result<Interval, StatError> {
        self.sampled(statistic, self.size(statistic))?.bca(confidence)
    }

    /// Returns the `BCa` interval of the first score minus the second, on the same resamples.
    ///
    /// # Errors
    ///
    /// As for [`Bootstrap::bca`].
    pub fn bca_of_difference(
        &self,
        of: [usize; 2],
        confidence: f64,
    ) -> Result<Interval, StatError> {
        let value = self.difference(of).ok_or(StatError::NoVariation)?;
        let replicates = paired(&self.replicates, of).into_iter().flatten().collect();
        let jackknife = self.weighted(&paired(&self.jackknife, of));
        let scale = self.size(of[0]).max(self.size(of[1]));
        Sampled { value, scale, replicates, jackknife }.bca(confidence)
    }

    fn sampled(&self, statistic: usize, scale: f64) -> Result<Sampled, StatError> {
        let value = self.original[statistic].ok_or(StatError::NoVariation)?;
        let replicates = self.replicates[statistic].iter().copied().flatten().collect();
        let jackknife = self.weighted(&self.jackknife[statistic]);
        Ok(Sampled { value, scale, replicates, jackknife })
    }

    fn weighted(&self, jackknife: &[Option<f64>]) -> Vec<(f64, f64)> {
        let weighted = jackknife.iter().zip(&self.counts);
        weighted.filter_map(|(value, &count)| Some(((*value)?, count as f64))).collect()
    }

    /// Returns the largest value of a statistic on the data or a resample, without its sign.
    fn size(&self, statistic: usize) -> f64 {
        let values = self.replicates[statistic].iter().chain([&self.original[statistic]]);
        values.flatten().fold(0.0, |size, value| size.max(value.abs()))
    }
}

fn undefined(column: &[Option<f64>]) -> f64 {
    let defined = column.iter().flatten().count();
    1.0 - defined as f64 / column.len().max(1) as f64
}

/// Returns the first of two columns minus the second, row by row.
fn paired(columns: &[Vec<Option<f64>>], [first, second]: [usize; 2]) -> Vec<Option<f64>> {
    let rows = columns[first].iter().zip(&columns[second]);
    rows.map(|(first, second)| difference(*first, *second)).collect()
}

/// Returns the difference of two values, undefined unless both are defined and it is finite.
fn difference(first: Option<f64>, second: Option<f64>) -> Option<f64> {
    Some(first? - second?).filter(|difference| difference.is_finite())
}
