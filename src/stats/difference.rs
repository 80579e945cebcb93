//! The difference of two shares: is one judge right more often than the other?
//!
//! Two judges that judged the same items are paired: use [`newcombe_paired`], since items
//! that both get wrong do not show which is better. Two shares from different items are independent. Neither
//! interval accounts for clusters; with several comparisons of one item use a bootstrap.

use super::{Interval, StatError, wilson};

/// A difference of two shares, the first minus the second, with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The first share minus the second.
    pub value: f64,
    /// The interval, inside `[−1, 1]`.
    pub interval: Interval,
}

/// A share and how far the ends of its interval are below and above it.
pub(super) struct Arms {
    share: f64,
    below: f64,
    above: f64,
}

pub(super) fn arms(successes: f64, n: f64, confidence: f64) -> Result<Arms, StatError> {
    let Interval { low, high } = wilson(successes, n, confidence)?;
    let share = successes / n;
    Ok(Arms { share, below: share - low, above: high - share })
}

/// Combines the arms of two shares whose correlation is `phi`.
pub(super) fn combine(first: &Arms, second: &Arms, phi: f64) -> Difference {
    // Negative only by rounding, since |φ| ≤ 1.
    let length = |a: f64, b: f64| (a * a - 2.0 * phi * a * b + b * b).max(0.0).sqrt();
    let value = first.share - second.share;
    let interval = Interval {
        low: value - length(first.below, second.above),
        high: value + length(first.above, second.below),
    };
    Difference { value, interval: interval.within(-1.0, 1.0) }
}

/// Returns the difference of two independent shares with Newcombe's hybrid score interval.
///
/// With Wilson's interval `[lᵢ, uᵢ]` of each share `pᵢ` it is `p₁ − p₂` from
/// `− √((p₁ − l₁)² + (u₂ − p₂)²)` to `+ √((u₁ − p₁)² + (p₂ − l₂)²)`: Newcombe's method 10, without
/// continuity correction.
///
/// # Errors
///
/// [`StatError::Empty`] if one of `n` is 0; [`StatError::OutOfRange`] if there are more successes than
/// observations or `confidence` is not in `(0, 1)`.
///
/// # Examples
///
/// ```
/// let difference = evenhand::stats::newcombe_independent([56, 48], [70, 80], 0.95)?;
/// assert!((difference.interval.low - 0.0524).abs() < 1e-4);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions:
/// comparison of eleven methods. *Statistics in Medicine* 17, 873–890.
pub fn newcombe_independent(
    successes: [u64; 2],
    n: [u64; 2],
    confidence: f64,
) -> Result<Difference, StatError> {
    let first = arms(successes[0] as f64, n[0] as f64, confidence)?;
    let second = arms(successes[1] as f64, n[1] as f64, confidence)?;
    Ok(combine(&first, &second, 0.0))
}

/// Returns the difference of two shares of the same observations with Newcombe's paired score interval.
///
/// The arguments count the observations on which both succeeded, only the first, only the second, neither.
/// The interval is that of [`newcombe_independent`], shortened for the correlation of the two: under each
/// root stands `− 2φ` times the product of the two arms, with
/// `φ = (both·neither − only_first·only_second) / √(product of the four margins)`, and φ = 0 where a margin
/// is 0. It is Newcombe's method 10 without his continuity correction of φ.
///
/// Without any difference between the two it still has width: agreeing on a finite set is not being equal.
///
/// # Errors
///
/// [`StatError::Empty`] without observations; [`StatError::OutOfRange`] if `confidence` is not in `(0, 1)`.
///
/// # Examples
///
/// ```
/// let difference = evenhand::stats::newcombe_paired(50, 9, 2, 39, 0.95)?;
/// assert!((difference.value - 0.07).abs() < 1e-12);
/// assert!((difference.interval.low - 0.006_746_499).abs() < 1e-9);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Newcombe, R. G. (1998). Improved confidence intervals for the difference between binomial proportions
/// based on paired data. *Statistics in Medicine* 17, 2635–2650.
pub fn newcombe_paired(
    both: u64,
    only_first: u64,
    only_second: u64,
    neither: u64,
    confidence: f64,
) -> Result<Difference, StatError> {
    let (both, neither) = (both as f64, neither as f64);
    let (only_first, only_second) = (only_first as f64, only_second as f64);
    let n = both + only_first + only_second + neither;
    let (first, second) = (both + only_first, both + only_second);
    let margins = first * second * (only_second + neither) * (only_first + neither);
    let phi = if margins > 0.0 {
        (both * neither - only_first * only_second) / margins.sqrt()
    } else {
        0.0
    };
    Ok(combine(&arms(first, n, confidence)?, &arms(second, n, confidence)?, phi))
}
