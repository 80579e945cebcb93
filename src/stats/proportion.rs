//! Intervals for a share, and whether it differs from one half.

use super::distribution::{beta_inverse, binomial_cdf};
use super::{Estimate, Interval, StatError, normal_quantile};

impl Estimate {
    /// Returns the estimate of a share, with Wilson's interval; undefined without observations.
    pub fn proportion(successes: u64, n: u64) -> Self {
        match wilson(successes as f64, n as f64, 0.95) {
            Ok(interval) => Self::new(successes as f64 / n as f64, interval, n),
            Err(_) => Self::undefined(n),
        }
    }
}

/// Returns Wilson's score interval for a share.
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
    // At the ends the formula gives 0 and 1 up to rounding.
    let low = if successes <= 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if successes >= n { 1.0 } else { (centre + half).min(1.0) };
    Ok(Interval { low, high })
}

/// Returns the interval of Clopper and Pearson for a share: its coverage is at least `confidence` for every `n`.
///
/// Its ends are quantiles of beta distributions: `B(α/2; x, n − x + 1)` and `B(1 − α/2; x + 1, n − x)` for
/// `x` successes and `α = 1 − confidence`; 0 and 1 where all or none succeeded. Its coverage is
/// guaranteed instead of met on average, so it is wider than [`wilson`]: for guarantees, not for display.
///
/// # Errors
///
/// [`StatError::Empty`] if `n` is 0; [`StatError::OutOfRange`] if `successes > n` or `confidence` is not in
/// `(0, 1)`.
///
/// # Examples
///
/// ```
/// let interval = evenhand::stats::clopper_pearson(0, 10, 0.95)?;
/// assert!((interval.high - 0.308_497_107_8).abs() < 1e-9);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Clopper, C. J. and Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the
/// case of the binomial. *Biometrika* 26, 404–413.
pub fn clopper_pearson(successes: u64, n: u64, confidence: f64) -> Result<Interval, StatError> {
    if n == 0 {
        return Err(StatError::Empty);
    }
    if successes > n || !(confidence > 0.0 && confidence < 1.0) {
        return Err(StatError::OutOfRange);
    }
    let (won, lost) = (successes as f64, (n - successes) as f64);
    let outside = f64::midpoint(1.0, -confidence);
    let low = if successes == 0 { 0.0 } else { beta_inverse(outside, won, lost + 1.0)? };
    let high = if successes == n { 1.0 } else { beta_inverse(1.0 - outside, won + 1.0, lost)? };
    Ok(Interval { low, high })
}

/// Returns the exact two-sided p-value of a share against one half.
///
/// The probability, when success and failure are equally likely, of a count at least as far from `n/2` as
/// `successes`: `2·P(X ≤ min(x, n − x))`, at most 1. Success and failure may be exchanged.
///
/// # Errors
///
/// [`StatError::Empty`] if `n` is 0; [`StatError::OutOfRange`] if `successes > n`.
///
/// # Examples
///
/// ```
/// let p = evenhand::stats::binomial_test_half(9, 10)?;
/// assert!((p - 22.0 / 1024.0).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Conover, W. J. (1999). *Practical Nonparametric Statistics*, third edition, section 3.1. Wiley.
pub fn binomial_test_half(successes: u64, n: u64) -> Result<f64, StatError> {
    if n == 0 {
        return Err(StatError::Empty);
    }
    if successes > n {
        return Err(StatError::OutOfRange);
    }
    Ok((2.0 * binomial_cdf(successes.min(n - successes), n, 0.5)?).min(1.0))
}
