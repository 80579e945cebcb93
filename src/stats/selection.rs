//! The effect of dropped pairs: several win rates side by side, and bounds without assumptions.
//!
//! A pair is dropped because its verdict changed with the order, or because it has none. Dropped pairs are
//! the hard ones, not a random sample, so the win rate of the others is biased. Nothing here corrects for a
//! judge that is wrong: that takes labels by people.

use super::distribution::normal_cdf;
use super::{Interval, StatError, normal_quantile};

/// The verdicts on a set of pairs, from the perspective of one of the two candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct VerdictCounts {
    /// Pairs that the candidate won in both orders.
    pub wins: u64,
    /// Pairs that it lost in both orders.
    pub losses: u64,
    /// Pairs that were a tie in both orders.
    pub ties: u64,
    /// All other pairs.
    pub dropped: u64,
}

impl VerdictCounts {
    /// Returns the number of pairs.
    pub fn total(&self) -> u64 {
        self.wins + self.losses + self.ties + self.dropped
    }

    /// Returns the mean of the pairs' scores, where wins count 1, ties a half, and dropped pairs `dropped`.
    fn mean(&self, dropped: f64) -> Result<f64, StatError> {
        match self.total() {
            0 => Err(StatError::Empty),
            n => Ok((self.wins as f64 + 0.5 * self.ties as f64 + dropped * self.dropped as f64)
                / n as f64),
        }
    }

    /// Returns the standard error of that mean.
    fn standard_error(&self, dropped: f64) -> Result<f64, StatError> {
        let mean = self.mean(dropped)?;
        let n = self.total() as f64;
        if n < 2.0 {
            return Err(StatError::TooFew);
        }
        let scores =
            [(self.wins, 1.0), (self.losses, 0.0), (self.ties, 0.5), (self.dropped, dropped)];
        let squares: f64 =
            scores.iter().map(|(count, score)| *count as f64 * (score - mean).powi(2)).sum();
        Ok((squares / (n - 1.0) / n).sqrt())
    }
}

/// Three win rates of the same pairs, each in `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct WinRates {
    /// `W/(W + L)`: of the pairs that one of the two won in both orders.
    pub decided: Option<f64>,
    /// `(W + T/2)/(W + L + T)`: of the pairs with the same verdict in both orders.
    pub consistent: Option<f64>,
    /// `(W + T/2 + D/2)/n`: of all pairs. The only one of the three without selection.
    pub half_all: f64,
    /// The standard error of `half_all`, undefined for one pair.
    pub half_all_standard_error: Option<f64>,
}

/// Returns three win rates side by side.
///
/// The first two exclude pairs and are `None` if that excludes all of them. The third counts a dropped pair
/// as half a win, which is the mean over both orders for one that changed with the order; its standard
/// error is `s/√n` of the scores 1, ½ and 0.
///
/// # Errors
///
/// [`StatError::Empty`] without pairs.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{VerdictCounts, win_rates};
///
/// let rates = win_rates(&VerdictCounts { wins: 40, losses: 20, ties: 15, dropped: 25 })?;
/// assert_eq!(rates.decided, Some(2.0 / 3.0));
/// assert_eq!(rates.half_all, 0.6);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Rubin, D. B. (1976). Inference and missing data. *Biometrika* 63, 581–592: why leaving pairs out is
/// not harmless unless they are missing at random.
pub fn win_rates(counts: &VerdictCounts) -> Result<WinRates, StatError> {
    let kept = VerdictCounts { dropped: 0, ..*counts };
    Ok(WinRates {
        decided: VerdictCounts { ties: 0, ..kept }.mean(0.0).ok(),
        consistent: kept.mean(0.0).ok(),
        half_all: counts.mean(0.5)?,
        half_all_standard_error: counts.standard_error(0.5).ok(),
    })
}

/// Returns the lowest and the highest win rate that the dropped pairs could lead to, in `[0, 1]`.
///
/// `[(W + T/2)/n, (W + T/2 + D)/n]`. These are bounds, not a confidence interval: they cover the
/// uncertainty from dropped pairs, not that from sampling; for both see [`imbens_manski`].
///
/// # Errors
///
/// [`StatError::Empty`] without pairs.
///
/// # References
///
/// Manski, C. F. (1989). Anatomy of the selection problem. *Journal of Human Resources* 24, 343–360.
pub fn manski(counts: &VerdictCounts) -> Result<Interval, StatError> {
    Ok(Interval { low: counts.mean(0.0)?, high: counts.mean(1.0)? })
}

/// The standard errors of two bounds.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct BoundErrors {
    /// The standard error of the lower bound.
    pub low: f64,
    /// The standard error of the upper bound.
    pub high: f64,
}

/// Returns the standard errors of the bounds of [`manski`].
///
/// Each is `s/√n` of the scores 1, ½ and 0, with dropped pairs as 0 for the lower bound and as 1 for
/// the upper one.
///
/// # Errors
///
/// [`StatError::Empty`] without pairs, [`StatError::TooFew`] with one.
///
/// # References
///
/// Imbens, G. W. and Manski, C. F. (2004). Confidence intervals for partially identified parameters.
/// *Econometrica* 72, 1845–1857.
pub fn manski_errors(counts: &VerdictCounts) -> Result<BoundErrors, StatError> {
    Ok(BoundErrors { low: counts.standard_error(0.0)?, high: counts.standard_error(1.0)? })
}

/// Returns an interval for a value that lies between two estimated bounds.
///
/// `[L − C·s_L, U + C·s_U]`, where `C` solves `Φ(C + (U − L)/max(s_L, s_U)) − Φ(−C) = confidence`. It
/// covers the value itself, not the whole range between the bounds, and so lies between the one-sided
/// and the two-sided normal interval. The result is not cut to `[0, 1]`.
///
/// # Errors
///
/// [`StatError::NoVariation`] if both standard errors are 0; [`StatError::OutOfRange`] if the bounds
/// are not in order, a standard error is negative, anything is not finite, or `confidence` is not in
/// `[0.5, 1)`.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{BoundErrors, Interval, imbens_manski};
///
/// let bounds = Interval { low: 0.475, high: 0.725 };
/// let errors = BoundErrors { low: 0.046, high: 0.040 };
/// let interval = imbens_manski(bounds, errors, 0.95)?;
/// assert!(interval.low < 0.4 && interval.high > 0.79);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Imbens, G. W. and Manski, C. F. (2004). Confidence intervals for partially identified parameters.
/// *Econometrica* 72, 1845–1857.
pub fn imbens_manski(
    bounds: Interval,
    errors: BoundErrors,
    confidence: f64,
) -> Result<Interval, StatError> {
    let finite = [bounds.low, bounds.high, errors.low, errors.high].iter().all(|x| x.is_finite());
    if !finite || bounds.low > bounds.high || errors.low < 0.0 || errors.high < 0.0 {
        return Err(StatError::OutOfRange);
    }
    if confidence < 0.5 {
        return Err(StatError::OutOfRange);
    }
    let two_sided = normal_quantile(confidence)?;
    let largest = errors.low.max(errors.high);
    if largest <= 0.0 {
        return Err(StatError::NoVariation);
    }
    let width = (bounds.high - bounds.low) / largest;
    // The left side increases with C, and C is at most the two-sided quantile, its value at width 0.
    let (mut below, mut above) = (0.0, two_sided);
    // After sixty halvings the interval is below the precision of a number of this size.
    for _ in 0..60 {
        let middle = f64::midpoint(below, above);
        if normal_cdf(middle + width) - normal_cdf(-middle) < confidence {
            below = middle;
        } else {
            above = middle;
        }
    }
    let times = f64::midpoint(below, above);
    Ok(Interval { low: bounds.low - times * errors.low, high: bounds.high + times * errors.high })
}

/// Returns the share of the dropped pairs that the candidate would have to win for a win rate of a half.
///
/// `(n/2 − W − T/2)/D`, in `[0, 1]`. Where it leads among the kept pairs, the other candidate would
/// have to win at least 1 minus this share to reverse the result. `None` if no verdicts on the dropped pairs
/// lead to a half, so that they cannot reverse the result.
///
/// # Errors
///
/// [`StatError::Empty`] without pairs.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{VerdictCounts, tipping_share};
///
/// let counts = VerdictCounts { wins: 40, losses: 20, ties: 15, dropped: 25 };
/// assert_eq!(tipping_share(&counts)?, Some(0.1)); // the other candidate would have to win 90 % of them
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Yan, X., Lee, S. and Li, N. (2009). Missing data handling methods in medical device clinical trials.
/// *Journal of Biopharmaceutical Statistics* 19, 1085–1098: tipping-point analysis.
pub fn tipping_share(counts: &VerdictCounts) -> Result<Option<f64>, StatError> {
    let n = counts.total() as f64;
    if counts.total() == 0 {
        return Err(StatError::Empty);
    }
    if counts.dropped == 0 {
        return Ok(None);
    }
    let needed = 0.5 * n - counts.wins as f64 - 0.5 * counts.ties as f64;
    let share = needed / counts.dropped as f64;
    Ok((0.0..=1.0).contains(&share).then_some(share))
}
