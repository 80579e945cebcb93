//! Intervals and p-values from the replicates of a statistic. They do not depend on how these were drawn.

use super::distribution::{normal_cdf, normal_inverse, normal_quantile};
use super::{Interval, StatError, is_rounding, quantile};

/// Returns the interval between two percentiles of the replicates, `(1 ∓ confidence)/2`, type 7.
///
/// # Errors
///
/// [`StatError::Empty`] without replicates, [`StatError::OutOfRange`] if `confidence` is not in `(0, 1)`.
///
/// # References
///
/// Efron, B. and Tibshirani, R. J. (1993). *An Introduction to the Bootstrap*, chapter 13.
pub fn percentile_interval(replicates: &[f64], confidence: f64) -> Result<Interval, StatError> {
    normal_quantile(confidence)?;
    between(replicates, [(1.0 - confidence) / 2.0, f64::midpoint(1.0, confidence)])
}

fn between(replicates: &[f64], at: [f64; 2]) -> Result<Interval, StatError> {
    let mut sorted = replicates.to_vec();
    sorted.sort_by(f64::total_cmp);
    Ok(Interval { low: quantile(&sorted, at[0])?, high: quantile(&sorted, at[1])? })
}

/// A bias-corrected and accelerated interval with the two numbers that corrected it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bca {
    /// The interval.
    pub interval: Interval,
    /// The bias correction z₀: the normal quantile of the share of replicates below the value.
    pub bias: f64,
    /// The acceleration a, from the skewness of the jackknife values.
    pub acceleration: f64,
}

/// Returns the bias-corrected and accelerated (`BCa`) interval of a statistic.
///
/// The ends are the quantiles of the replicates at `Φ(z₀ + (z₀ ± z)/(1 − a(z₀ ± z)))`, with `z₀ = Φ⁻¹(share
/// of replicates below the value, ties half)` and `a = Σd³ / (6 (Σd²)^{3/2})`, where `d` is the mean of the
/// jackknife values minus each of them. `jackknife` holds pairs of such a value and the number of clusters
/// that have it. Where the jackknife values do not vary, `a` is 0. `scale` is the size of the numbers that
/// the statistic is computed from, which decides what is [rounding](is_rounding): 1 for shares, the larger of
/// two scores for their difference.
///
/// # Errors
///
/// [`StatError::Empty`] without replicates or jackknife values; [`StatError::NoVariation`] if all replicates
/// equal the value, because an interval of no width is not informative; [`StatError::OneSided`] if the others
/// all lie on one side of the value, so that z₀ is not finite, or so many that the interval has no width;
/// [`StatError::OutOfRange`] if `confidence` is not in `(0, 1)` or numbers are too large to compute with.
///
/// # References
///
/// Efron, B. (1987). Better bootstrap confidence intervals. *Journal of the American Statistical
/// Association* 82, 171–185.
pub fn bca(
    value: f64,
    scale: f64,
    replicates: &[f64],
    jackknife: &[(f64, f64)],
    confidence: f64,
) -> Result<Bca, StatError> {
    if replicates.is_empty() {
        return Err(StatError::Empty);
    }
    let equals = |replicate: f64| is_rounding(replicate - value, scale);
    let equal = replicates.iter().filter(|replicate| equals(**replicate)).count();
    if equal == replicates.len() {
        return Err(StatError::NoVariation);
    }
    if jackknife.is_empty() {
        return Err(StatError::Empty);
    }
    let is_below = |replicate: f64| replicate < value && !equals(replicate);
    let below = replicates.iter().filter(|replicate| is_below(**replicate)).count();
    let share = (below as f64 + equal as f64 / 2.0) / replicates.len() as f64;
    let bias = normal_inverse(share).map_err(|_| StatError::OneSided)?;
    let acceleration = acceleration(jackknife, scale);
    let z = normal_quantile(confidence)?;
    let at = |z: f64| {
        let shifted = bias + z;
        normal_cdf(bias + shifted / (1.0 - acceleration * shifted))
    };
    let interval = between(replicates, [at(-z), at(z)])?;
    if is_rounding(interval.high - interval.low, scale) {
        return Err(StatError::OneSided);
    }
    Ok(Bca { interval, bias, acceleration })
}

/// Returns the acceleration. Dividing by `scale` does not change it, and keeps the powers from overflowing or
/// vanishing.
fn acceleration(jackknife: &[(f64, f64)], scale: f64) -> f64 {
    let n: f64 = jackknife.iter().map(|(_, count)| count).sum();
    let mean = jackknife.iter().map(|(value, count)| value / scale * count).sum::<f64>() / n;
    let moment = |power: i32| -> f64 {
        jackknife.iter().map(|(value, count)| (mean - value / scale).powi(power) * count).sum()
    };
    let squares = moment(2);
    if squares <= f64::EPSILON * f64::EPSILON * n {
        0.0
    } else {
        moment(3) / (6.0 * squares.powf(1.5))
    }
}

/// Returns the two-sided p-value of a difference from its bootstrap replicates.
///
/// `2·min((1 + #{d ≤ 0})/(B + 1), (1 + #{d ≥ 0})/(B + 1))`, at most 1. Both sides of the difference must
/// have been computed on the same resamples.
///
/// # Errors
///
/// [`StatError::Empty`] without replicates.
///
/// # References
///
/// Davison, A. C. and Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, section 4.4.
pub fn bootstrap_p_value(differences: &[f64]) -> Result<f64, StatError> {
    if differences.is_empty() {
        return Err(StatError::Empty);
    }
    let share = |count: usize| (1 + count) as f64 / (differences.len() + 1) as f64;
    let not_above = share(differences.iter().filter(|difference| **difference <= 0.0).count());
    let not_below = share(differences.iter().filter(|difference| **difference >= 0.0).count());
    Ok((2.0 * not_above.min(not_below)).min(1.0))
}
