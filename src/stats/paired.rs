//! The difference of two means over the same clusters: does a judge agree with people more often than before?
//!
//! Both means are of the same items, so an item that is hard for both says nothing about the difference. Pairing is by
//! cluster, so that the two may have different numbers of values for an item.

use super::distribution::{normal_cdf, student_cdf};
use super::{Interval, StatError, clustered_mean, clustered_standard_error, wilson};

/// A smaller standard error is rounding error.
const SMALLEST_ERROR: f64 = 1e-12;

/// Values with the weight and the cluster of each.
#[derive(Debug, Clone, Copy)]
pub struct Weighted<'a, C> {
    /// The values.
    pub values: &'a [f64],
    /// Their weights, above 0.
    pub weights: &'a [f64],
    /// Their clusters.
    pub clusters: &'a [C],
}

impl<C> Weighted<'_, C> {
    /// Returns the sum of the weights.
    fn total(&self) -> Result<f64, StatError> {
        let total: f64 = self.weights.iter().sum();
        let valid = self.weights.iter().all(|weight| *weight > 0.0) && total.is_finite();
        let equal =
            self.values.len() == self.weights.len() && self.values.len() == self.clusters.len();
        match (valid && equal, self.values.is_empty()) {
            (false, _) => Err(StatError::OutOfRange),
            (true, true) => Err(StatError::Empty),
            (true, false) => Ok(total),
        }
    }

    fn mean(&self, total: f64) -> f64 {
        self.values.iter().zip(self.weights).map(|(value, weight)| value * weight).sum::<f64>()
            / total
    }
}

/// Returns the second of two weighted means of scores in `[0, 1]` minus the first, with its interval.
///
/// `d = ȳ₂ − ȳ₁` with `ȳ = Σwy/Σw`. The interval is `d ± t(G − 1)·√(G/(G − 1)·Σ_g e_g²)`, cut to `[−1, 1]`, where
/// `e_g = Σ_{i∈g} w(y − ȳ₂)/Σw − Σ_{i∈g} w(y − ȳ₁)/Σw` is what cluster `g` contributes to the difference, by
/// linearisation. With equal weights and as many values of each cluster in both it is the interval of the mean
/// difference of a cluster.
///
/// Where no cluster differs from `d` in this, the interval would have no width, which no finite sample justifies: of
/// `G` clusters that are all alike, at most the share `u` is different with 95 % confidence (Wilson's upper bound of 0
/// of `G`), and those may be anywhere in `[−1, 1]`. It is then `[d − u(1 + d), d + u(1 − d)]`.
///
/// # Errors
///
/// [`StatError::Empty`] if one of the two is empty; [`StatError::OutOfRange`] if slices differ in length, a value is
/// outside `[0, 1]`, a weight is not above 0, or `confidence` is not in `(0, 1)`.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{Weighted, paired_difference};
///
/// let (weights, clusters) = ([1.0; 4], [0, 1, 2, 3]);
/// let before = Weighted { values: &[1.0, 0.0, 1.0, 0.0], weights: &weights, clusters: &clusters };
/// let after = Weighted { values: &[1.0, 1.0, 1.0, 0.0], weights: &weights, clusters: &clusters };
/// let (difference, interval) = paired_difference(&before, &after, 0.95)?;
/// assert!((difference - 0.25).abs() < 1e-12 && interval.contains(0.0));
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Särndal, C.-E., Swensson, B. and Wretman, J. (1992). *Model Assisted Survey Sampling*, section 5.7. Springer, for
/// the linearised ratio. Cameron, A. C. and Miller, D. L. (2015), as for
/// [`clustered_standard_error`](super::clustered_standard_error).
pub fn paired_difference<C: Ord + Clone>(
    before: &Weighted<'_, C>,
    after: &Weighted<'_, C>,
    confidence: f64,
) -> Result<(f64, Interval), StatError> {
    let Contrast { difference, residuals, clusters } = Contrast::of(before, after)?;
    let (_, spread) = clustered_mean(&residuals, &clusters, confidence)?;
    let interval = if let Some(spread) = spread {
        let half = (spread.high - spread.low) / 2.0;
        Interval { low: difference - half, high: difference + half }
    } else {
        let unlike = wilson(0.0, different(clusters), confidence)?.high;
        Interval {
            low: difference - unlike * (1.0 + difference),
            high: difference + unlike * (1.0 - difference),
        }
    };
    Ok((difference, interval.within(-1.0, 1.0)))
}

/// Returns the two-sided p-value of no difference between two weighted means of scores in `[0, 1]`.
///
/// It is 1 minus the confidence at which the interval of [`paired_difference`] begins or ends at 0: `2·T(−|d|/s)` with
/// Student's distribution function `T` on `G − 1` degrees of freedom and the standard error `s` of that interval. Where
/// no cluster differs from `d`, it is `2·Φ(−√(G·|d|))`.
///
/// # Errors
///
/// As for [`paired_difference`].
///
/// # Examples
///
/// ```
/// use evenhand::stats::{Weighted, paired_difference_p_value};
///
/// let (weights, clusters) = ([1.0; 4], [0, 1, 2, 3]);
/// let before = Weighted { values: &[1.0, 0.0, 1.0, 0.0], weights: &weights, clusters: &clusters };
/// let after = Weighted { values: &[1.0, 1.0, 1.0, 0.0], weights: &weights, clusters: &clusters };
/// assert!((paired_difference_p_value(&before, &after)? - 0.391_002_218_956).abs() < 1e-9);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
pub fn paired_difference_p_value<C: Ord + Clone>(
    before: &Weighted<'_, C>,
    after: &Weighted<'_, C>,
) -> Result<f64, StatError> {
    let Contrast { difference, residuals, clusters } = Contrast::of(before, after)?;
    let error = match clustered_standard_error(&residuals, &clusters) {
        Err(StatError::OneCluster) => 0.0,
        found => found?,
    };
    let tail = if error > SMALLEST_ERROR {
        student_cdf(-(difference / error).abs(), different(clusters) - 1.0)?
    } else {
        // The interval ends at 0 where Wilson's bound z²/(G + z²) is |d|/(1 + |d|).
        normal_cdf(-(different(clusters) * difference.abs()).sqrt())
    };
    Ok((2.0 * tail).min(1.0))
}

/// A difference, and what each observation contributes to its spread.
struct Contrast<C> {
    difference: f64,
    /// Their mean is 0, and that of those of a cluster what it contributes.
    residuals: Vec<f64>,
    clusters: Vec<C>,
}

impl<C: Ord + Clone> Contrast<C> {
    fn of(before: &Weighted<'_, C>, after: &Weighted<'_, C>) -> Result<Self, StatError> {
        let n = (before.values.len() + after.values.len()) as f64;
        let mut contrast = Self { difference: 0.0, residuals: Vec::new(), clusters: Vec::new() };
        for (side, sign) in [(before, -1.0), (after, 1.0)] {
            let total = side.total()?;
            if side.values.iter().any(|value| !(0.0..=1.0).contains(value)) {
                return Err(StatError::OutOfRange);
            }
            let mean = side.mean(total);
            contrast.difference += sign * mean;
            let of = side.values.iter().zip(side.weights);
            let residual =
                |(value, weight): (&f64, &f64)| sign * weight * (value - mean) / total * n;
            contrast.residuals.extend(of.map(residual));
            contrast.clusters.extend_from_slice(side.clusters);
        }
        Ok(contrast)
    }
}

/// Returns how many different clusters there are.
fn different<C: Ord>(mut clusters: Vec<C>) -> f64 {
    clusters.sort_unstable();
    clusters.dedup();
    clusters.len() as f64
}
