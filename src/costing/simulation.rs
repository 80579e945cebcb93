//! How many comparisons it takes until a question is decided, by simulation.

use rand::{RngExt as _, SeedableRng as _};
use rand_distr::{Distribution as _, Exp1};
use rand_pcg::Pcg64;
use serde::Serialize;

use super::question::CostQuestion;
use super::ways::Amount;
use crate::stats::{Estimate, SequentialMeans, StatError, clustered_share, quantile};

/// Simulated runs, unless that takes too long.
const RUNS: u64 = 2000;
/// The fewest.
const LEAST_RUNS: u64 = 200;
/// Observations of all simulated runs together.
const OBSERVATIONS: u64 = 20_000_000;
/// Comparisons of a pair that are in flight when it is decided: eight, or an eighth of those that have counted.
const IN_FLIGHT: f64 = 8.0;

/// What the scores of comparisons are drawn from.
#[derive(Debug, Clone)]
pub enum SimulatedScores {
    /// Items of a pilot: for each pair of systems the two numbers between which the score lies, if the item has a
    /// comparison of the pair. One item that is won and one that is lost are added.
    Pilot(Vec<Vec<Option<[f64; 2]>>>),
    /// Every comparison is won with this probability, else lost.
    WinRate(f64),
}

/// How many comparisons it takes until a question is decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DecidedAfter {
    /// Comparisons that are asked, of all pairs: the mean, and the 10 % and 90 % quantiles.
    pub comparisons: Amount,
    /// Their median.
    pub median: f64,
    /// The probability that not every pair is decided when all items are used up, with the interval of the simulation.
    pub undecided: Estimate,
    /// Comparisons of each simulated run, ascending.
    #[serde(skip)]
    asked: Vec<f64>,
}

impl DecidedAfter {
    /// Returns how many comparisons are left after so many are done.
    ///
    /// # Errors
    ///
    /// None, since there are always simulated runs.
    pub(super) fn after(&self, done: f64) -> Result<Amount, StatError> {
        let left: Vec<f64> = self.asked.iter().map(|asked| (asked - done).max(0.0)).collect();
        range(&left)
    }
}

/// Returns the mean of ascending numbers with their 10 % and 90 % quantiles.
fn range(sorted: &[f64]) -> Result<Amount, StatError> {
    let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
    let (low, high) = (quantile(sorted, 0.1)?, quantile(sorted, 0.9)?);
    Ok(Amount { expected: Some(mean), low, high: Some(high) })
}

/// Returns how many comparisons it takes until it is decided, for each of `pairs` pairs of systems, on which side of one
/// half the win rate of the system lies, or that it is nearer to one half than the margin; with at most so many items.
///
/// Each simulated run has win rates of its own, drawn from what the pilot says of them. What is in flight when a pair is
/// decided counts. A question that is not decided takes all comparisons.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if a number of the question or a score is not in its range; [`StatError::Empty`] without pairs,
/// items or scores.
pub fn simulate_until_decided(
    scores: &SimulatedScores,
    question: &CostQuestion,
    pairs: usize,
    items: u64,
    seed: u64,
) -> Result<DecidedAfter, StatError> {
    let is_empty = matches!(scores, SimulatedScores::Pilot(items) if items.is_empty());
    if items == 0 || is_empty {
        return Err(StatError::Empty);
    }
    let runs = (OBSERVATIONS / items.saturating_mul(pairs as u64).max(1)).clamp(LEAST_RUNS, RUNS);
    let (mut asked, mut undecided) = (Vec::new(), Vec::new());
    // One stream for all runs: streams of one seed are correlated.
    let mut random = Pcg64::seed_from_u64(seed);
    for _ in 0..runs {
        let (comparisons, is_undecided) = one_run(scores, question, pairs, items, &mut random)?;
        asked.push(comparisons);
        undecided.push(f64::from(u8::from(is_undecided)));
    }
    asked.sort_by(f64::total_cmp);
    Ok(DecidedAfter {
        comparisons: range(&asked)?,
        median: quantile(&asked, 0.5)?,
        undecided: clustered_share(&undecided, &(0..runs).collect::<Vec<_>>()),
        asked,
    })
}

fn one_run(
    scores: &SimulatedScores,
    question: &CostQuestion,
    pairs: usize,
    items: u64,
    random: &mut Pcg64,
) -> Result<(f64, bool), StatError> {
    let mut means = SequentialMeans::new(pairs, 0.5, Some(question.margin), question.error)?;
    let population = Population::draw(scores, random);
    // How many items have a comparison of each pair.
    let mut seen = vec![0_u64; pairs];
    let mut drawn = 0_u64;
    while drawn < items && means.undecided() > 0 {
        population.item(pairs, random, |pair, bounds| {
            seen[pair] += 1;
            means.observe(pair, bounds)
        })?;
        means.decide();
        drawn += 1;
    }
    let asked = (0..pairs).map(|pair| {
        let n = means.n(pair) as f64;
        let most = items as f64 * seen[pair] as f64 / drawn as f64;
        match means.decided(pair) {
            Some(_) => (n + (n / IN_FLIGHT).floor().max(IN_FLIGHT) - 1.0).min(most),
            None => n,
        }
    });
    Ok((asked.sum(), means.undecided() > 0))
}

/// What one simulated run draws its items from.
enum Population<'a> {
    WinRate(f64),
    /// The items, and for each item the sum of the weights up to it. The two items after the last one are won and lost.
    Items(&'a [Vec<Option<[f64; 2]>>], Vec<f64>),
}

impl<'a> Population<'a> {
    fn draw(scores: &'a SimulatedScores, random: &mut Pcg64) -> Self {
        match scores {
            SimulatedScores::WinRate(rate) => Self::WinRate(*rate),
            SimulatedScores::Pilot(items) => {
                let mut sum = 0.0;
                let weights = (0..items.len() + 2).map(|_| {
                    let weight: f64 = Exp1.sample(random);
                    sum += weight;
                    sum
                });
                Self::Items(items, weights.collect())
            }
        }
    }

    /// Draws an item, and calls `each` with each of its pairs and the score's bounds.
    fn item(
        &self,
        pairs: usize,
        random: &mut Pcg64,
        mut each: impl FnMut(usize, [f64; 2]) -> Result<(), StatError>,
    ) -> Result<(), StatError> {
        let (items, sums) = match self {
            Self::WinRate(rate) => {
                return (0..pairs).try_for_each(|pair| {
                    let score = f64::from(u8::from(random.random_bool(*rate)));
                    each(pair, [score; 2])
                });
            }
            Self::Items(items, sums) => (items, sums),
        };
        let at = random.random::<f64>() * sums.last().copied().unwrap_or(0.0);
        let drawn = sums.partition_point(|sum| *sum < at);
        let Some(item) = items.get(drawn) else {
            let score = if drawn == items.len() { 1.0 } else { 0.0 };
            return (0..pairs).try_for_each(|pair| each(pair, [score; 2]));
        };
        let bounds = item.iter().enumerate();
        let mut known = bounds.filter_map(|(pair, bounds)| Some((pair, (*bounds)?)));
        known.try_for_each(|(pair, bounds)| each(pair, bounds))
    }
}
