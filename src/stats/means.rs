//! Shares and means of clustered scores, and the comparison of two means.

use super::clustered::{all_different, spread};
use super::distribution::{student_cdf, student_quantile};
use super::{Estimate, Interval, StatError, mean_interval, wilson};

/// Returns the mean of scores in `[0, 1]` as an estimate, whatever their clusters.
///
/// Where every cluster counts once and every score is 0 or 1 it is a share with Wilson's interval, else a
/// mean with the interval of [`mean_interval`]. Undefined without scores, or if the slices differ in
/// length.
pub fn clustered_share<C: Ord>(scores: &[f64], clusters: &[C]) -> Estimate {
    let n = scores.len() as u64;
    if scores.iter().all(|score| [0.0, 1.0].contains(score)) && all_different(clusters) {
        return Estimate::proportion(scores.iter().filter(|score| **score > 0.5).count() as u64, n);
    }
    match mean_interval(scores, clusters, 0.95) {
        Ok((mean, interval)) => Estimate::new(mean, interval, n),
        Err(_) => Estimate::undefined(n),
    }
}

/// Returns the mean of any values with its interval, clustered.
///
/// `x̄ ± t(G − 1)·CR1`, see [`clustered_standard_error`](super::clustered_standard_error). The interval is
/// `None` where the clusters do not vary or there is only one: the spread is then unknown.
///
/// # Errors
///
/// [`StatError::Empty`] without values, [`StatError::OutOfRange`] if the slices differ in length, a value is
/// not finite, or `confidence` is not in `(0, 1)`.
pub fn clustered_mean<C: Ord>(
    values: &[f64],
    clusters: &[C],
    confidence: f64,
) -> Result<(f64, Option<Interval>), StatError> {
    if !values.iter().all(|value| value.is_finite()) {
        return Err(StatError::OutOfRange);
    }
    let spread = match spread(values, clusters) {
        Err(StatError::OneCluster) => {
            return Ok((values.iter().sum::<f64>() / values.len() as f64, None));
        }
        found => found?,
    };
    let half = student_quantile(confidence, spread.clusters - 1.0)? * spread.error;
    // A smaller number is rounding error.
    let interval = (spread.error > 1e-12)
        .then_some(Interval { low: spread.mean - half, high: spread.mean + half });
    Ok((spread.mean, interval))
}

/// Returns the weighted mean of any values with its interval, for clusters drawn with unequal probabilities.
///
/// The mean is `x̄ = Σwx/Σw` (Hájek), the interval `x̄ ± t(G − 1)·√(G/(G − 1)·Σ_g(Σ_{i∈g} w(x − x̄))²)/Σw`. With
/// equal weights it is that of [`clustered_mean`]; it is `None` as there.
///
/// # Errors
///
/// As for [`clustered_mean`], and [`StatError::OutOfRange`] if a weight is not above 0.
///
/// # References
///
/// Särndal, C.-E., Swensson, B. and Wretman, J. (1992). *Model Assisted Survey Sampling*, section 5.7.
/// Springer.
pub fn weighted_mean<C: Ord>(
    values: &[f64],
    weights: &[f64],
    clusters: &[C],
    confidence: f64,
) -> Result<(f64, Option<Interval>), StatError> {
    let total: f64 = weights.iter().sum();
    let valid = weights.iter().all(|weight| *weight > 0.0) && total.is_finite();
    if values.len() != weights.len() || !valid {
        return Err(StatError::OutOfRange);
    }
    let products = values.iter().zip(weights).map(|(value, weight)| value * weight);
    let mean = products.sum::<f64>() / total;
    // Residuals have mean 0, so the interval of their mean is the linearised interval of the ratio around 0.
    let residual =
        |(value, weight): (&f64, &f64)| weight * (value - mean) * values.len() as f64 / total;
    let residuals: Vec<f64> = values.iter().zip(weights).map(residual).collect();
    let (_, interval) = clustered_mean(&residuals, clusters, confidence)?;
    let half = interval.map(|interval| (interval.high - interval.low) / 2.0);
    Ok((mean, half.map(|half| Interval { low: mean - half, high: mean + half })))
}

/// Returns the weighted mean of scores in `[0, 1]` as an estimate, see [`weighted_mean`].
///
/// The interval is cut to `[0, 1]`; where nothing varies it is Wilson's for Kish's effective number of values,
/// `(Σw)²/Σw²`. Undefined where that of [`weighted_mean`] is an error, or if a score is outside `[0, 1]`.
pub fn weighted_share<C: Ord>(scores: &[f64], weights: &[f64], clusters: &[C]) -> Estimate {
    let n = scores.len() as u64;
    let shares = scores.iter().all(|score| (0.0..=1.0).contains(score));
    let found = if shares { weighted_mean(scores, weights, clusters, 0.95).ok() } else { None };
    let Some((mean, interval)) = found else { return Estimate::undefined(n) };
    let wilsons = || {
        let total: f64 = weights.iter().sum();
        let effective = total * total / weights.iter().map(|weight| weight * weight).sum::<f64>();
        wilson((mean * effective).clamp(0.0, effective), effective, 0.95).ok()
    };
    let interval = interval.map(|interval| interval.within(0.0, 1.0)).or_else(wilsons);
    Estimate::of(Some(mean), interval, n)
}

/// The difference of two means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComparedMeans {
    /// The first mean minus the second.
    pub difference: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The degrees of freedom of its t distribution.
    pub freedom: f64,
    /// Two-sided p-value of no difference.
    pub p_value: f64,
}

/// Compares the means of two independent sets of clustered values.
///
/// `t = (x̄ − ȳ)/√(s_x² + s_y²)` with the cluster-robust errors of both means, on Welch's degrees of freedom,
/// `(s_x² + s_y²)²/(s_x⁴/(G_x − 1) + s_y⁴/(G_y − 1))`. With one value in each cluster it is Welch's test.
/// Each set is a slice of values and one of their clusters.
///
/// # Errors
///
/// As for [`clustered_standard_error`](super::clustered_standard_error), and [`StatError::NoVariation`] if
/// neither set varies.
///
/// # References
///
/// Welch, B. L. (1947). The generalization of "Student's" problem when several different population
/// variances are involved. *Biometrika* 34, 28–35.
pub fn compare_means<C: Ord>(
    (first, first_clusters): (&[f64], &[C]),
    (second, second_clusters): (&[f64], &[C]),
) -> Result<ComparedMeans, StatError> {
    let (x, y) = (spread(first, first_clusters)?, spread(second, second_clusters)?);
    let (x_variance, y_variance) = (x.error * x.error, y.error * y.error);
    let variance = x_variance + y_variance;
    // A smaller number is rounding error.
    if variance < 1e-24 {
        return Err(StatError::NoVariation);
    }
    let freedom = variance * variance
        / (x_variance * x_variance / (x.clusters - 1.0)
            + y_variance * y_variance / (y.clusters - 1.0));
    let difference = x.mean - y.mean;
    let standard_error = variance.sqrt();
    let tail = student_cdf(-(difference / standard_error).abs(), freedom)?;
    Ok(ComparedMeans { difference, standard_error, freedom, p_value: (2.0 * tail).min(1.0) })
}
