//! Position bias: does the judge choose by the position of a text instead of by the text?
//!
//! Everything here counts by slot, not by text: each pair was judged twice, the second time with its
//! texts swapped, so a judge that names the same slot twice has named two different texts. Without
//! repeats of the same order, an inconsistent pair may be noise: only [`noise_adjusted`] distinguishes
//! position bias from noise.

use super::distribution::binomial_cdf;
use super::{Estimate, Interval, StatError, mean_interval};

/// The number of pairs by the slots that their two replies named.
///
/// The texts were swapped between the two calls. Pairs with an unreadable reply are not
/// counted here; report their number beside these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct SlotCounts {
    /// The first slot both times, so two different texts.
    pub both_first: u64,
    /// The second slot both times, so two different texts.
    pub both_second: u64,
    /// The first slot in one call and a tie in the other.
    pub first_and_tie: u64,
    /// The second slot in one call and a tie in the other.
    pub second_and_tie: u64,
    /// The first slot, then the second: the same text both times.
    pub first_then_second: u64,
    /// The second slot, then the first: the same text both times.
    pub second_then_first: u64,
    /// A tie both times.
    pub both_tie: u64,
}

/// The effect of the slots on the verdicts.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct PositionBias {
    /// How many pairs there were.
    pub n: u64,
    /// The share of pairs with the same verdict in both orders.
    pub consistency: Estimate,
    /// Pairs with more replies for the first slot.
    pub primacy: u64,
    /// Pairs with more replies for the second slot.
    pub recency: u64,
    /// The preference fairness of Shi et al., in `[-1, 1]`: above 0 for recency, below 0 for primacy.
    pub fairness: f64,
    /// `(primacy − recency)/n`, in `[-1, 1]`: above 0 for the first slot.
    pub net_first: f64,
    /// By how much the first slot wins more often than half, over both calls with a tie as half; in
    /// `[-0.5, 0.5]`.
    pub slot_effect: f64,
    /// The share of primacy among the inconsistent pairs, undefined without any.
    pub first_share: Estimate,
    /// The exact two-sided p-value of primacy and recency being equally likely; 1 without inconsistent
    /// pairs.
    pub p_value: f64,
}

/// Returns the effect of the slots on the verdicts.
///
/// Primacy `P` counts pairs with the first slot twice, or once beside a tie; recency `R` is the same
/// for the second slot; `n` is all pairs. Consistency is `(n − P − R)/n` with Wilson's interval.
/// Fairness is `(R·R/(P+R) − P·P/(P+R))/n`, which is `(R − P)/n`, so the net bias `(P − R)/n` with its
/// sign turned. The p-value is that of `P` out of `P + R` tosses of a fair coin: `McNemar`'s exact test
/// on the slot.
///
/// # Errors
///
/// [`StatError::Empty`] without pairs.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{SlotCounts, position_bias};
///
/// let counts =
///     SlotCounts { both_first: 6, both_second: 2, first_then_second: 12, ..SlotCounts::default() };
/// let bias = position_bias(&counts)?;
/// assert_eq!(bias.consistency.value, Some(0.6));
/// assert!((bias.net_first - 0.2).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Shi, L., Ma, C., Liang, W., Diao, X., Ma, W. and Vosoughi, S. (2024). Judging the judges: a
/// systematic study of position bias in LLM-as-a-judge. arXiv 2406.07791. Their code divides fairness
/// by all pairs, those with unreadable replies included.
pub fn position_bias(counts: &SlotCounts) -> Result<PositionBias, StatError> {
    let primacy = counts.both_first + counts.first_and_tie;
    let recency = counts.both_second + counts.second_and_tie;
    let consistent = counts.first_then_second + counts.second_then_first + counts.both_tie;
    let inconsistent = primacy + recency;
    let n = inconsistent + consistent;
    if n == 0 {
        return Err(StatError::Empty);
    }
    let (first, second, pairs) = (primacy as f64, recency as f64, n as f64);
    let whole = counts.both_first as f64 - counts.both_second as f64;
    let half = counts.first_and_tie as f64 - counts.second_and_tie as f64;
    let p_value = if inconsistent == 0 {
        1.0
    } else {
        (2.0 * binomial_cdf(primacy.min(recency), inconsistent, 0.5)?).min(1.0)
    };
    Ok(PositionBias {
        n,
        consistency: Estimate::proportion(consistent, n),
        primacy,
        recency,
        fairness: (second - first) / pairs,
        net_first: (first - second) / pairs,
        slot_effect: (0.5 * whole + 0.25 * half) / pairs,
        first_share: Estimate::proportion(primacy, inconsistent),
        p_value,
    })
}

fn repeats(votes: &[u64]) -> f64 {
    votes.iter().sum::<u64>() as f64
}

/// Returns how often two repeats of one call agree, in `[0, 1]`.
///
/// `Σ_c n_c·(n_c − 1) / (R·(R − 1))`, where `votes` holds how many of the `R` repeats gave each vote.
/// It is unbiased for the probability that two calls agree, whatever `R` is.
///
/// # Errors
///
/// [`StatError::Empty`] without repeats, [`StatError::TooFew`] with one.
///
/// # Examples
///
/// ```
/// // Two repeats said A, one said B.
/// assert_eq!(evenhand::stats::repeat_agreement(&[2, 1])?, 1.0 / 3.0);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. *Psychological Bulletin*
/// 76, 378–382: the agreement of one item.
pub fn repeat_agreement(votes: &[u64]) -> Result<f64, StatError> {
    let n = repeats(votes);
    if n < 2.0 {
        return Err(if n < 1.0 { StatError::Empty } else { StatError::TooFew });
    }
    let pairs: f64 = votes.iter().map(|count| *count as f64).map(|c| c * (c - 1.0)).sum();
    Ok(pairs.max(0.0) / (n * (n - 1.0)))
}

/// Returns the share of the most frequent vote among the repeats of one call, in `(0, 1]`.
///
/// `max_c n_c / R`, where `votes` holds how many of the `R` repeats gave each vote. With few repeats it
/// is too high: it cannot be below `1/R`, and is 1 for a single repeat. [`repeat_agreement`] is not.
///
/// # Errors
///
/// [`StatError::Empty`] without repeats.
///
/// # References
///
/// Shi, L., Ma, C., Liang, W., Diao, X., Ma, W. and Vosoughi, S. (2024). Judging the judges: a
/// systematic study of position bias in LLM-as-a-judge. arXiv 2406.07791: repetition stability.
pub fn majority_share(votes: &[u64]) -> Result<f64, StatError> {
    match votes.iter().max() {
        Some(largest) if *largest > 0 => Ok(*largest as f64 / repeats(votes)),
        _ => Err(StatError::Empty),
    }
}

/// How often the replies to one item disagree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemFlips {
    /// The share of pairs of replies, one from each order, that disagree about the text; in `[0, 1]`.
    pub across_orders: f64,
    /// The share of pairs of replies to the same order that disagree; in `[0, 1]`.
    pub same_order: f64,
}

/// Returns the effect of position net of noise, in `[-1, 1]`, with its interval.
///
/// The mean over the items of `across_orders − same_order`: how much more often a verdict changes when the
/// texts are swapped than when the same prompt is repeated. 0 means that all inconsistency is
/// noise. The interval is that of [`mean_interval`] for `(difference + 1)/2`, scaled back: Student's t
/// with clusters, and Wilson's where the differences do not vary. The order of the items does not
/// matter.
///
/// # Errors
///
/// [`StatError::Empty`] without items, [`StatError::OutOfRange`] if a share or `confidence` is out of
/// range or the slices differ in length.
///
/// # References
///
/// The measure is defined here: a paired difference, with the interval of [`mean_interval`].
pub fn noise_adjusted<C: Ord>(
    items: &[ItemFlips],
    clusters: &[C],
    confidence: f64,
) -> Result<(f64, Interval), StatError> {
    let share = 0.0..=1.0;
    if items.iter().any(|i| !share.contains(&i.across_orders) || !share.contains(&i.same_order)) {
        return Err(StatError::OutOfRange);
    }
    let scores: Vec<f64> =
        items.iter().map(|item| f64::midpoint(item.across_orders - item.same_order, 1.0)).collect();
    let (mean, interval) = mean_interval(&scores, clusters, confidence)?;
    let back = |score: f64| 2.0 * score - 1.0;
    Ok((back(mean), Interval { low: back(interval.low), high: back(interval.high) }))
}
