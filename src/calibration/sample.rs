//! Which comparisons people should label, and with which probability each was drawn.
//!
//! Labels correct a judge's win rate only if it is known how the labelled comparisons were chosen. So they are
//! drawn, not picked, and each one's probability goes into the label file. What a comparison ended as is not
//! written there: whoever labels must not know what the judge said.

use super::digest::{Digest, Row};
use crate::error::Result;
use crate::run::RunFile;
use crate::trial::Side;
use crate::vote::Preference;

/// How much the labels of kept comparisons vary around the judge's score, against those of others: about
/// 0.3, with one verdict in ten wrong, against 0.5.
const SPREAD: [f64; 2] = [3.0, 5.0];

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
/// allocation): there the labels can correct most. A draw with the same seed and a larger `n` contains the
/// smaller one if it is at random. `judge` is as for calibration.
///
/// # Errors
///
/// The run cannot be read, or has no such judge.
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
    let mut strata: Vec<Vec<([u8; 32], u32)>> = vec![Vec::new(); if by_outcome { 4 } else { 1 }];
    for &at in &rows {
        let stratum = if by_outcome { stratum(&digest.rows[at as usize]) } else { 0 };
        strata[stratum].push((key(&digest, seed, at), at));
    }
    let sizes: Vec<usize> = strata.iter().map(Vec::len).collect();
    let spread = |at: usize| if at == NOT_KEPT { SPREAD[1] } else { SPREAD[0] };
    let weights: Vec<f64> =
        sizes.iter().enumerate().map(|(at, size)| *size as f64 * spread(at)).collect();
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

/// The stratum of comparisons without a kept verdict.
pub(super) const NOT_KEPT: usize = 3;

/// Returns the stratum of a comparison: kept for A, for B, kept tie, not kept.
pub(super) fn stratum(row: &Row) -> usize {
    match row.winner {
        Some(Preference::For(Side::A)) => 0,
        Some(Preference::For(Side::B)) => 1,
        Some(Preference::Tie) => 2,
        None => NOT_KEPT,
    }
}

fn key(digest: &Digest, seed: u64, at: u32) -> [u8; 32] {
    let row = &digest.rows[at as usize];
    let [a, b] = &digest.pairs[row.pair as usize].between;
    let mut hasher = blake3::Hasher::new_derive_key("evenhand: comparisons drawn for labelling");
    hasher.update(&seed.to_le_bytes());
    for part in [&**digest.roster.id(row.item), a, b] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// Shares `n` among strata in proportion to their weights, none above its size; at least two go to every
/// stratum that has them, since one label says nothing about spread.
fn allocate(n: usize, sizes: &[usize], weights: &[f64]) -> Vec<usize> {
    let n = n.min(sizes.iter().sum());
    let fewest = |size: &usize| (*size).min(2);
    let mut takes: Vec<usize> = if sizes.iter().map(fewest).sum::<usize>() <= n {
        sizes.iter().map(fewest).collect()
    } else {
        vec![0; sizes.len()]
    };
    // One at a time to whoever is furthest below its share: exact, and never above a stratum's size.
    while takes.iter().sum::<usize>() < n {
        let open = (0..sizes.len()).filter(|at| takes[*at] < sizes[*at]);
        let behind = |at: &usize| (takes[*at] + 1) as f64 / weights[*at];
        let Some(next) = open.min_by(|one, other| behind(one).total_cmp(&behind(other))) else {
            break;
        };
        takes[next] += 1;
    }
    takes
}
