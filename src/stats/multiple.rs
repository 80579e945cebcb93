//! Multiple testing: p-values adjusted for the number of tests.
//!
//! Every function returns adjusted p-values, in the order of its input: a test is rejected at level `α`
//! where its adjusted value is at most `α`. Holm and Bonferroni bound the chance of even one false
//! claim and are for claims; Benjamini and Hochberg bound the expected share of false ones among those
//! made and are for screening. Pass every test that was looked at, not only the interesting ones.

use super::StatError;

fn checked(p_values: &[f64]) -> Result<f64, StatError> {
    if p_values.is_empty() {
        return Err(StatError::Empty);
    }
    if p_values.iter().all(|p| (0.0..=1.0).contains(p)) {
        Ok(p_values.len() as f64)
    } else {
        Err(StatError::OutOfRange)
    }
}

/// Returns the positions of the values in ascending order of value.
fn ascending(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    order
}

/// Returns p-values adjusted by Bonferroni's rule, in the order of the input.
///
/// `min(1, m·p)` for `m` tests. [`holm`] gives the same guarantee and never rejects fewer tests.
///
/// # Errors
///
/// [`StatError::Empty`] without p-values, [`StatError::OutOfRange`] if one is not in `[0, 1]`.
///
/// # References
///
/// Dunn, O. J. (1961). Multiple comparisons among means. *Journal of the American Statistical
/// Association* 56, 52–64.
pub fn bonferroni(p_values: &[f64]) -> Result<Vec<f64>, StatError> {
    let tests = checked(p_values)?;
    Ok(p_values.iter().map(|p| (p * tests).min(1.0)).collect())
}

/// Returns p-values adjusted by Holm's rule, in the order of the input.
///
/// With `p₍₁₎ ≤ … ≤ p₍ₘ₎` the `i`-th becomes `max_{j≤i} min(1, (m − j + 1)·p₍ⱼ₎)`. Rejecting those at
/// most `α` makes a false rejection with probability at most `α`, however the tests depend on each
/// other.
///
/// # Errors
///
/// [`StatError::Empty`] without p-values, [`StatError::OutOfRange`] if one is not in `[0, 1]`.
///
/// # Examples
///
/// ```
/// let adjusted = evenhand::stats::holm(&[0.04, 0.01, 0.03])?;
/// assert!(adjusted.iter().zip([0.06, 0.03, 0.06]).all(|(a, b)| (a - b).abs() < 1e-12));
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Holm, S. (1979). A simple sequentially rejective multiple test procedure. *Scandinavian Journal of
/// Statistics* 6, 65–70.
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, StatError> {
    let tests = checked(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, at) in ascending(p_values).into_iter().enumerate() {
        largest = largest.max((p_values[at] * (tests - rank as f64)).min(1.0));
        adjusted[at] = largest;
    }
    Ok(adjusted)
}

/// Returns p-values adjusted by the rule of Benjamini and Hochberg, in the order of the input.
///
/// With `p₍₁₎ ≤ … ≤ p₍ₘ₎` the `i`-th becomes `min_{j≥i} min(1, m·p₍ⱼ₎/j)`. Of the tests rejected at
/// `α`, an expected share of at most `α` is false, if the tests are independent or positively
/// dependent.
///
/// # Errors
///
/// [`StatError::Empty`] without p-values, [`StatError::OutOfRange`] if one is not in `[0, 1]`.
///
/// # References
///
/// Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate: a practical and powerful
/// approach to multiple testing. *Journal of the Royal Statistical Society B* 57, 289–300.
pub fn benjamini_hochberg(p_values: &[f64]) -> Result<Vec<f64>, StatError> {
    step_up(p_values, 1.0)
}

/// Returns p-values adjusted by the rule of Benjamini and Yekutieli, in the order of the input.
///
/// As [`benjamini_hochberg`], times `Σ_{j=1}^{m} 1/j`: the price of a promise that holds however the
/// tests depend on each other.
///
/// # Errors
///
/// [`StatError::Empty`] without p-values, [`StatError::OutOfRange`] if one is not in `[0, 1]`.
///
/// # References
///
/// Benjamini, Y. and Yekutieli, D. (2001). The control of the false discovery rate in multiple testing
/// under dependency. *Annals of Statistics* 29, 1165–1188.
pub fn benjamini_yekutieli(p_values: &[f64]) -> Result<Vec<f64>, StatError> {
    step_up(p_values, (1..=p_values.len()).map(|rank| 1.0 / rank as f64).sum())
}

fn step_up(p_values: &[f64], factor: f64) -> Result<Vec<f64>, StatError> {
    let tests = checked(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut smallest: f64 = 1.0;
    for (rank, at) in ascending(p_values).into_iter().enumerate().rev() {
        smallest = smallest.min(p_values[at] * tests * factor / (rank + 1) as f64);
        adjusted[at] = smallest;
    }
    Ok(adjusted)
}
