//! The significance of differences: the number of permutations, adjusted p-values, and thresholds.

use super::results::PairDifference;
use crate::stats::holm;

/// The fewest items of a slice on which a p-value below 0.05 is possible: the smallest is 2 / 2ⁿ.
pub const MIN_ITEMS_TO_TEST: u64 = 6;
/// The largest adjusted p-value of a significant difference.
pub(super) const SIGNIFICANCE_LEVEL: f64 = 0.05;

/// The fewest permutations behind a p-value, unless all of them can be tried.
const MIN_PERMUTATIONS: usize = 10_000;
/// The most permutations behind a p-value.
const MAX_PERMUTATIONS: usize = 50_000;
/// Permutations for each p-value that is adjusted together with others, so that one of them can still be small.
const PERMUTATIONS_PER_TEST: usize = 40;

/// Returns the number of permutations if `tests` p-values are adjusted together.
pub(super) fn permutations(tests: usize) -> usize {
    (PERMUTATIONS_PER_TEST * tests).clamp(MIN_PERMUTATIONS, MAX_PERMUTATIONS)
}

/// Sets the adjusted p-values of differences by Holm's method.
pub(super) fn adjust_p_values<'a>(pairs: impl Iterator<Item = &'a mut PairDifference>) {
    let pairs: Vec<&mut PairDifference> = pairs.filter(|pair| pair.p_value.is_some()).collect();
    let p_values: Vec<f64> = pairs.iter().filter_map(|pair| pair.p_value).collect();
    if let Ok(adjusted) = holm(&p_values) {
        for (pair, p) in pairs.into_iter().zip(adjusted) {
            pair.p_adjusted = Some(p);
        }
    }
}
