//! Draws by random keys, of everything alike or of two kinds with a probability each.

use crate::error::{Error, Result};

/// The standard deviation of labels around the judge's score, of kept verdicts relative to that of others:
/// about 0.3, with one verdict in ten wrong, to 0.5.
const SPREAD: [f64; 2] = [3.0, 5.0];
/// Fewest of either kind that a draw by outcome takes; one alone has no spread.
const FEWEST: usize = 2;

/// What can be drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drawable {
    /// A random key, which depends on nothing but the seed and the names of what is drawn.
    pub(crate) key: [u8; 32],
    /// Its place in the table.
    pub(crate) at: u32,
    /// Whether its verdict was kept.
    pub(crate) is_kept: bool,
}

/// A drawn row: the key by which it is listed, its place in the table, its probability.
pub(crate) type Drawn = ([u8; 32], u32, f64);

/// Draws `n` of some rows, or all if there are fewer: those with the smallest keys, of kept and others apart if
/// `is_split`. `what` is what they are, in the plural.
///
/// Without a split, the draw of a larger `n` contains that of a smaller one.
///
/// # Errors
///
/// `n` is too small to draw both kept and others.
pub(crate) fn draw_by_key(
    rows: impl Iterator<Item = Drawable>,
    n: usize,
    is_split: bool,
    what: &str,
) -> Result<Vec<Drawn>> {
    // Kept and not kept; all are in the first where they are not told apart.
    let mut strata: [Vec<([u8; 32], u32)>; 2] = Default::default();
    for Drawable { key, at, is_kept } in rows {
        strata[usize::from(is_split && !is_kept)].push((key, at));
    }
    let sizes = strata.each_ref().map(Vec::len);
    let fewest: usize = sizes.iter().map(|size| (*size).min(FEWEST)).sum();
    if is_split && n < fewest {
        return Err(Error::usage(format!(
            "a sample of {n} cannot hold both kept and other {what}"
        ))
        .hint(format!("draw at least {fewest}, or draw all with the same probability")));
    }
    let weights = [sizes[0] as f64 * SPREAD[0], sizes[1] as f64 * SPREAD[1]];
    let mut drawn = Vec::new();
    for (stratum, take) in strata.iter_mut().zip(allocate(n, &sizes, &weights)) {
        stratum.sort_unstable();
        let probability = take as f64 / stratum.len().max(1) as f64;
        drawn.extend(stratum.iter().take(take).map(|(key, at)| (*key, *at, probability)));
    }
    Ok(drawn)
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
