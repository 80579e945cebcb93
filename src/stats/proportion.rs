//! Intervals for a share.

use super::{Interval, StatError, normal_quantile};

/// Wilson's score interval for a share.
///
/// `(p̂ + z²/2n ± z·√(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n)` with `p̂ = successes/n`. It is never of zero
/// width, and it stays inside `[0, 1]`. `successes` may be fractional, for a mean of scores in
/// `[0, 1]`: since such a mean has at most the variance of a share, the interval is then conservative.
///
/// # Errors
///
/// [`StatError::Empty`] if `n` is 0; [`StatError::OutOfRange`] if `successes` is not in `[0, n]` or
/// `confidence` not in `(0, 1)`.
///
/// # Examples
///
/// ```
/// let interval = evenhand::stats::wilson(37.0, 50.0, 0.95)?;
/// assert!((interval.low - 0.604_468_427_351_511_6).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
/// *Journal of the American Statistical Association* 22, 209–212.
pub fn wilson(successes: f64, n: f64, confidence: f64) -> Result<Interval, StatError> {
    if n == 0.0 {
        return Err(StatError::Empty);
    }
    if !(successes >= 0.0 && successes <= n) {
        return Err(StatError::OutOfRange);
    }
    let z = normal_quantile(confidence)?;
    let share = successes / n;
    let shrink = 1.0 + z * z / n;
    let centre = (share + z * z / (2.0 * n)) / shrink;
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt() / shrink;
    // At the ends the formula gives 0 and 1 exactly but for rounding.
    let low = if successes <= 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if successes >= n { 1.0 } else { (centre + half).min(1.0) };
    Ok(Interval { low, high })
}
