//! Bland and Altman's limits of agreement: by how much do two raters differ, in the unit of their scores?
//!
//! A correlation ignores that one rater gives more than the other; the mean difference shows it, and the limits say how
//! far single scores are apart. They are about differences that are roughly normal and spread alike over the whole
//! scale: near the ends of a short scale neither holds, so the limits may lie outside what is possible.

use super::{Interval, StatError, student_quantile};

/// How many standard deviations the limits are from the mean: 95 % of a normal distribution lie between them.
const DEVIATIONS: f64 = 1.96;

/// The mean of differences, and the limits between which 95 % of them lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitsOfAgreement {
    /// The mean difference.
    pub mean: f64,
    /// Its interval; `None` where the differences do not vary, so that the uncertainty is unknown.
    pub mean_interval: Option<Interval>,
    /// The standard deviation of the differences, with `n − 1`.
    pub deviation: f64,
    /// The lower limit, `mean − 1.96·deviation`.
    pub low: f64,
    /// Its interval; `None` as for the mean.
    pub low_interval: Option<Interval>,
    /// The upper limit, `mean + 1.96·deviation`.
    pub high: f64,
    /// Its interval; `None` as for the mean.
    pub high_interval: Option<Interval>,
    /// How many differences there are.
    pub n: u64,
}

/// Returns the limits of agreement of differences, such as the judge's scores minus those of people.
///
/// The mean `d̄` with the interval `d̄ ± t(n − 1)·s/√n`, and the limits `d̄ ± 1.96·s`, for the standard deviation `s`. The
/// interval of a limit is Bland and Altman's approximation of 1999, `± t(n − 1)·s·√(1/n + 1.96²/(2(n − 1)))`: it is
/// symmetric, where the exact interval reaches further outwards, and too short below about 30 differences. The
/// differences must be independent; their order does not matter.
///
/// # Errors
///
/// [`StatError::Empty`] without differences, [`StatError::TooFew`] with one; [`StatError::OutOfRange`] if one is not
/// finite, or `confidence` is not in `(0, 1)`.
///
/// # Examples
///
/// ```
/// let limits = evenhand::stats::limits_of_agreement(&[0.0, 1.0, 0.0, -1.0, 1.0], 0.95)?;
/// assert!((limits.mean - 0.2).abs() < 1e-12);
/// assert!((limits.high - (0.2 + 1.96 * 0.7_f64.sqrt())).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Bland, J. M. and Altman, D. G. (1999). Measuring agreement in method comparison studies. *Statistical Methods in
/// Medical Research* 8, 135–160.
pub fn limits_of_agreement(
    differences: &[f64],
    confidence: f64,
) -> Result<LimitsOfAgreement, StatError> {
    if !differences.iter().all(|difference| difference.is_finite()) {
        return Err(StatError::OutOfRange);
    }
    match differences.len() {
        0 => return Err(StatError::Empty),
        1 => return Err(StatError::TooFew),
        _ => (),
    }
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
    // A smaller sum is rounding error.
    let squares = if squares <= 1e-24 * n * (1.0 + mean * mean) { 0.0 } else { squares };
    let deviation = (squares / (n - 1.0)).sqrt();
    if !deviation.is_finite() {
        return Err(StatError::OutOfRange);
    }
    let t = student_quantile(confidence, n - 1.0)?;
    let around = |centre: f64, half: f64| {
        (deviation > 0.0).then_some(Interval { low: centre - half, high: centre + half })
    };
    let of_limit = t * deviation * (1.0 / n + DEVIATIONS.powi(2) / (2.0 * (n - 1.0))).sqrt();
    let (low, high) = (mean - DEVIATIONS * deviation, mean + DEVIATIONS * deviation);
    Ok(LimitsOfAgreement {
        mean,
        mean_interval: around(mean, t * deviation / n.sqrt()),
        deviation,
        low,
        low_interval: around(low, of_limit),
        high,
        high_interval: around(high, of_limit),
        n: differences.len() as u64,
    })
}
