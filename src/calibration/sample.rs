//! Which comparisons people should label, and with which probability each was drawn.
//!
//! Labels correct a judge's win rate only if it is known how the labelled comparisons were chosen. So they are
//! drawn, not picked, and each one's probability goes into the label file. What a comparison ended as is not
//! written there: whoever labels must not know what the judge said. A draw by outcome gives those that were not
//! kept another probability, so that should be hidden from them.

use super::digest::Digest;
use crate::error::{Error, Result};
use crate::keyed_hash::KeyedHash;
use crate::store::RunFile;

/// How much the labels of kept comparisons vary around the judge's score, against those of others: about
/// 0.3, with one verdict in ten wrong, against 0.5.
const SPREAD: [f64; 2] = [3.0, 5.0];
/// Fewest comparisons drawn by outcome of either kind; one alone says nothing about spread.
const FEWEST: usize = 2;

/// Comparisons drawn for labelling.
#[derive(Debug, Clone)]
pub struct Sample {
    /// In the order in which they should be labelled, which says nothing about how they ended.
    pub drawn: Vec<Drawn>,
    /// How many there were to draw from: every comparison that was answered in both orders.
    pub from: usize,
    /// Comparisons that are pending or have failed; they are not drawn.
    pub left_out: usize,
}

/// One comparison drawn for labelling.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// The item.
    pub id: String,
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// With which probability it was drawn.
    pub probability: f64,
}

/// Draws `n` comparisons of a run without replacement, or all if there are fewer.
///
/// At random, or `by_outcome` so that comparisons that were not kept get more than their share (Neyman's
/// allocation): there the labels can correct most. The kept ones share one probability, whatever they were
/// kept as. A draw with the same seed and a larger `n` contains the smaller one if it is at random. `judge` is
/// as for calibration.
///
/// # Errors
///
/// The run cannot be read, or has no such judge; or `n` is too small to draw from every kind of outcome, of
/// which the labels would then say nothing.
pub fn sample(
    run: &RunFile,
    judge: Option<&str>,
    n: usize,
    seed: u64,
    by_outcome: bool,
) -> Result<Sample> {
    let digest = Digest::read(run, judge, None)?;
    let answered = |at: &u32| digest.averaged(*at).is_some();
    let rows: Vec<u32> = (0..digest.rows.len() as u32).filter(answered).collect();
    // Kept and not kept; all are one kind where the outcome does not matter.
    let mut strata: [Vec<([u8; 32], u32)>; 2] = Default::default();
    for &at in &rows {
        let dropped = by_outcome && digest.rows[at as usize].winner.is_none();
        strata[usize::from(dropped)].push((key(&digest, seed, at), at));
    }
    let sizes = strata.each_ref().map(Vec::len);
    let fewest: usize = sizes.iter().map(|size| (*size).min(FEWEST)).sum();
    if by_outcome && n < fewest {
        return Err(Error::usage(format!("--n {n}: too few to draw from every outcome"))
            .hint(format!("at least {fewest} are needed here, or leave --by out")));
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
        let row = &digest.rows[at as usize];
        let between = digest.pairs[row.pair as usize].between.clone();
        Drawn { id: digest.roster.id(row.item).to_string(), between, probability }
    };
    Ok(Sample {
        drawn: drawn.into_iter().map(of_row).collect(),
        from: rows.len(),
        left_out: digest.rows.len() - rows.len(),
    })
}

fn key(digest: &Digest, seed: u64, at: u32) -> [u8; 32] {
    let row = &digest.rows[at as usize];
    let [a, b] = &digest.pairs[row.pair as usize].between;
    KeyedHash::new("evenhand: comparisons drawn for labelling")
        .seed(seed)
        .texts([&**digest.roster.id(row.item), a, b])
        .digest()
}

/// Shares `n` among strata in proportion to their weights, none above its size and each with the fewest that
/// it has.
fn allocate(n: usize, sizes: &[usize; 2], weights: &[f64; 2]) -> [usize; 2] {
    let n = n.min(sizes.iter().sum());
    let [first, second] = sizes.map(|size| size.min(FEWEST));
    let share = n as f64 * weights[0] / (weights[0] + weights[1]).max(f64::MIN_POSITIVE);
    // Whatever the one leaves is the other's, and neither has more than there are.
    let most = sizes[0].min(n.saturating_sub(second));
    let least = first.min(most).max(n.saturating_sub(sizes[1]));
    let take = (share.round() as usize).clamp(least, most.max(least));
    [take, n - take]
}
