//! Which comparisons people should label, and with which probability each was drawn.
//!
//! Labels correct a judge's win rate only if it is known how the labelled comparisons were chosen. So they are
//! drawn at random, and the probability of each is written into the label file. The outcome is not: annotators
//! must not know what the judge said. In a draw by outcome or by uncertainty the probability depends on what the judge
//! said, so it should be hidden from annotators.

use super::comparisons::ComparisonTable;
use super::doubt::draw_by_doubt;
use super::draw::{Drawable, Drawn, draw_by_key};
use crate::error::Result;
use crate::keyed_hash::KeyedHash;
use crate::store::RunFile;

/// How comparisons are drawn for labelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SampleDesign {
    /// All comparisons are equally likely.
    #[default]
    Random,
    /// More of those without a kept verdict: each kind gets as many as Neyman's allocation gives it, with the same
    /// probability for all of a kind.
    ByOutcome,
    /// In proportion to how far the judge's score may be from what people would say: see [`doubt`](super::doubt())
    /// and [`draw_by_doubt`].
    ByUncertainty,
}

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
/// The design decides how likely each is; it follows from the judge's answers alone, and never from a label. Labels of
/// any of them correct the win rate. In a draw at random, one with the same seed and a larger `n` contains the smaller
/// one. `judge` is as for calibration.
///
/// # Errors
///
/// The run cannot be read or has no such judge, or `n` is too small to draw both kept and other comparisons by outcome.
pub fn sample(
    run: &RunFile,
    judge: Option<&str>,
    n: usize,
    seed: u64,
    design: SampleDesign,
) -> Result<Sample> {
    let comparisons = ComparisonTable::read(run, judge, None)?;
    let answered = |at: &u32| comparisons.order_averaged(*at).is_some();
    let rows: Vec<u32> = (0..comparisons.rows.len() as u32).filter(answered).collect();
    let mut drawn = match design {
        SampleDesign::Random => by_outcome(&comparisons, &rows, n, seed, false)?,
        SampleDesign::ByOutcome => by_outcome(&comparisons, &rows, n, seed, true)?,
        SampleDesign::ByUncertainty => by_uncertainty(&comparisons, &rows, n, seed)?,
    };
    drawn.sort_unstable_by_key(|(key, ..)| *key);
    let of_row = |(_, at, probability): Drawn| {
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

/// Draws those with the smallest keys, of kept and other comparisons apart if `is_split`.
fn by_outcome(
    comparisons: &ComparisonTable,
    rows: &[u32],
    n: usize,
    seed: u64,
    is_split: bool,
) -> Result<Vec<Drawn>> {
    let drawable = rows.iter().map(|&at| Drawable {
        key: key(comparisons, DRAWN, seed, at),
        at,
        is_kept: comparisons.rows[at as usize].winner.is_some(),
    });
    draw_by_key(drawable, n, is_split, "comparisons")
}

/// Draws in proportion to the doubt about each comparison.
fn by_uncertainty(
    comparisons: &ComparisonTable,
    rows: &[u32],
    n: usize,
    seed: u64,
) -> Result<Vec<Drawn>> {
    let mut ordered: Vec<([u8; 32], u32)> =
        rows.iter().map(|at| (key(comparisons, DRAWN, seed, *at), *at)).collect();
    ordered.sort_unstable();
    // One is the largest doubt; every row has been answered.
    let doubt = |(_, at): &([u8; 32], u32)| comparisons.doubt(*at).unwrap_or(1.0);
    let doubts: Vec<f64> = ordered.iter().map(doubt).collect();
    // 53 bits of a hash: every number in [0, 1) of that precision is equally likely.
    let start = KeyedHash::new(START).seed(seed).number() >> 11;
    let drawn = draw_by_doubt(&doubts, n, start as f64 / (1_u64 << 53) as f64)?;
    // Listed by a key of its own: that of the draw has been used to choose among equals.
    let listed = |(place, probability): (usize, f64)| {
        let at = ordered[place].1;
        (key(comparisons, LISTED, seed, at), at, probability)
    };
    Ok(drawn.into_iter().map(listed).collect())
}

/// The context of the keys by which comparisons are drawn. It must not change, so that drawn samples stay the same.
const DRAWN: &str = "evenhand: comparisons drawn for labelling";
/// The context of the keys by which those drawn by uncertainty are listed.
const LISTED: &str = "evenhand: order of comparisons drawn by uncertainty";
/// The context of the start of a draw by uncertainty.
const START: &str = "evenhand: start of a draw by uncertainty";

/// Returns the key of a comparison in an order that depends on nothing but the seed and its name.
fn key(comparisons: &ComparisonTable, context: &str, seed: u64, at: u32) -> [u8; 32] {
    let row = &comparisons.rows[at as usize];
    let [a, b] = &comparisons.pairs[row.pair as usize].between;
    KeyedHash::new(context).seed(seed).texts([&**comparisons.items.id(row.item), a, b]).digest()
}
