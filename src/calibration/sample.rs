//! Which comparisons people should label, and with which probability each was drawn.
//!
//! Labels correct a judge's win rate only if it is known how the labelled comparisons were chosen. So they are
//! drawn at random, and the probability of each is written into the label file. The outcome is not: annotators
//! must not know what the judge said. In a draw by outcome the probability differs between kept and other
//! comparisons, so it should be hidden from annotators.

use super::comparisons::ComparisonTable;
use crate::error::{Error, Result};
use crate::keyed_hash::KeyedHash;
use crate::store::RunFile;

/// The standard deviation of labels around the judge's score, of kept comparisons relative to that of others:
/// about 0.3, with one verdict in ten wrong, to 0.5.
const SPREAD: [f64; 2] = [3.0, 5.0];
/// Fewest comparisons of either kind that a draw by outcome takes; one alone has no spread.
const FEWEST: usize = 2;

/// Comparisons drawn for labelling.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Sample {
    /// In the order in which they should be labelled, which is independent of their outcomes.
    pub comparisons: Vec<SampledComparison>,
    /// How many comparisons the sample was drawn from: all that were answered in both orders.
    pub population: usize,
    /// Comparisons that are pending or have failed; they are never drawn.
    pub unanswered: usize,
}

/// One comparison drawn for labelling.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledComparison {
    /// The item's id.
    pub id: String,
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The probability with which it was drawn.
    pub probability: f64,
}

/// Draws `n` comparisons of a run without replacement, or all if there are fewer.
///
/// All are equally likely, unless `by_outcome` gives comparisons that were not kept a higher probability
/// (Neyman's allocation), since labels correct the win rate most there. All kept ones have the same probability,
/// whatever their winner. Without `by_outcome`, a draw with the same seed and a larger `n` contains the smaller
/// one. `judge` is as for calibration.
///
/// # Errors
///
/// The run cannot be read or has no such judge, or `n` is too small to draw both kept and other comparisons.
pub fn sample(
    run: &RunFile,
    judge: Option<&str>,
    n: usize,
    seed: u64,
    by_outcome: bool,
) -> Result<Sample> {
    let comparisons = ComparisonTable::read(run, judge, None)?;
    let answered = |at: &u32| comparisons.order_averaged(*at).is_some();
    let rows: Vec<u32> = (0..comparisons.rows.len() as u32).filter(answered).collect();
    // Kept and not kept; without `by_outcome` all are in the first.
    let mut strata: [Vec<([u8; 32], u32)>; 2] = Default::default();
    for &at in &rows {
        let dropped = by_outcome && comparisons.rows[at as usize].winner.is_none();
        strata[usize::from(dropped)].push((key(&comparisons, seed, at), at));
    }
    let sizes = strata.each_ref().map(Vec::len);
    let fewest: usize = sizes.iter().map(|size| (*size).min(FEWEST)).sum();
    if by_outcome && n < fewest {
        return Err(Error::usage(format!(
            "a sample of {n} cannot hold both kept and other comparisons"
        ))
        .hint(format!("draw at least {fewest}, or draw all with the same probability")));
    }
    let weights = [sizes[0] as f64 * SPREAD[0], sizes[1] as f64 * SPREAD[1]];
    let mut drawn: Vec<([u8; 32], u32, f64)> = Vec::new();
    for (stratum, take) in strata.iter_mut().zip(allocate(n, &sizes, &weights)) {
        stratum.sort_unstable();
        let probability = take as f64 / stratum.len().max(1) as f64;
        drawn.extend(stratum.iter().take(take).map(|(key, at)| (*key, *at, probability)));
    }
    drawn.sort_unstable_by_key(|(key, ..)| *key);
    let of_row = |(_, at, probability): ([u8; 32], u32, f64)| {
        let row = &comparisons.rows[at as usize];
        let between = comparisons.pairs[row.pair as usize].between.clone();
        SampledComparison { id: comparisons.items.id(row.item).to_string(), between, probability }
    };
    Ok(Sample {
        comparisons: drawn.into_iter().map(of_row).collect(),
        population: rows.len(),
        unanswered: comparisons.rows.len() - rows.len(),
    })
}

/// Returns the key by which comparisons are ordered: the draw takes those with the smallest.
fn key(comparisons: &ComparisonTable, seed: u64, at: u32) -> [u8; 32] {
    let row = &comparisons.rows[at as usize];
    let [a, b] = &comparisons.pairs[row.pair as usize].between;
    KeyedHash::new("evenhand: comparisons drawn for labelling")
        .seed(seed)
        .texts([&**comparisons.items.id(row.item), a, b])
        .digest()
}

/// Allocates `n` to two strata in proportion to their weights: to neither more than its size, and to each at
/// least [`FEWEST`] or its size.
fn allocate(n: usize, sizes: &[usize; 2], weights: &[f64; 2]) -> [usize; 2] {
    let n = n.min(sizes.iter().sum());
    let [first, second] = sizes.map(|size| size.min(FEWEST));
    let share = n as f64 * weights[0] / (weights[0] + weights[1]).max(f64::MIN_POSITIVE);
    // The second gets the rest, so the first must leave it its minimum and not more than its size.
    let most = sizes[0].min(n.saturating_sub(second));
    let least = first.min(most).max(n.saturating_sub(sizes[1]));
    let take = (share.round() as usize).clamp(least, most.max(least));
    [take, n - take]
}
