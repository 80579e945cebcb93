//! The mean of clustered observations: several comparisons of one item are not independent.

use super::{Interval, StatError, student_quantile, wilson};

/// Returns the cluster-robust standard error of a mean (CR1).
///
/// `√(G/(G−1) · Σ_g (Σ_{i∈g} (xᵢ − x̄))²) / N`, for `N` values in `G` clusters; with one value in each
/// cluster it is the ordinary standard error `s/√N`. The order of the values does not matter.
///
/// # Errors
///
/// [`StatError::Empty`] without values, [`StatError::OneCluster`] if all are in one cluster,
/// [`StatError::OutOfRange`] if the two slices differ in length or a value is not finite.
///
/// # References
///
/// Cameron, A. C. and Miller, D. L. (2015). A practitioner's guide to cluster-robust inference.
/// *Journal of Human Resources* 50, 317–372. For a mean, K = 1 and the factor is G/(G−1).
pub fn clustered_standard_error<C: Ord>(values: &[f64], clusters: &[C]) -> Result<f64, StatError> {
    spread(values, clusters).map(|spread| spread.error)
}

/// Returns the design effect of a mean: by how much clusters inflate its variance.
///
/// `Σ_g (Σ_{i∈g} (xᵢ − x̄))² / Σᵢ (xᵢ − x̄)²`: the variance that allows for clusters, without a
/// correction for their number (CR0), over the variance for independent values. It is 1 where each value is
/// a cluster of its own, and can be below 1 where values of one cluster are negatively correlated. `N`
/// divided by it is the effective number of independent values. The order of the values does not matter.
///
/// # Errors
///
/// As for [`clustered_standard_error`], and [`StatError::NoVariation`] if all values are equal.
///
/// # Examples
///
/// ```
/// let effect = evenhand::stats::design_effect(&[1.0, 1.0, 0.0, 0.0], &["x", "x", "y", "y"])?;
/// assert!((effect - 2.0).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Kish, L. (1965). *Survey Sampling*. Wiley. Miller, E. (2024). Adding error bars to evals. arXiv
/// 2411.00640, for the variance in the numerator.
pub fn design_effect<C: Ord>(values: &[f64], clusters: &[C]) -> Result<f64, StatError> {
    let Spread { mean, squares, .. } = spread(values, clusters)?;
    let independent: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    // A smaller number is rounding error.
    if independent > 1e-24 { Ok(squares / independent) } else { Err(StatError::NoVariation) }
}

pub(super) struct Spread {
    pub(super) mean: f64,
    pub(super) error: f64,
    pub(super) clusters: f64,
    /// `Σ_g (Σ_{i∈g} (xᵢ − x̄))²`.
    squares: f64,
}

pub(super) fn spread<C: Ord>(values: &[f64], clusters: &[C]) -> Result<Spread, StatError> {
    if values.is_empty() {
        return Err(StatError::Empty);
    }
    if values.len() != clusters.len() || values.iter().any(|value| !value.is_finite()) {
        return Err(StatError::OutOfRange);
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let (mut groups, mut squares, mut sum) = (0_u64, 0.0, 0.0);
    let mut last: Option<&C> = None;
    for at in by_cluster(clusters) {
        if last.is_some_and(|last| *last != clusters[at]) {
            groups += 1;
            squares += sum * sum;
            sum = 0.0;
        }
        last = Some(&clusters[at]);
        sum += values[at] - mean;
    }
    groups += 1;
    squares += sum * sum;
    if groups == 1 {
        return Err(StatError::OneCluster);
    }
    let groups = groups as f64;
    let error = (groups / (groups - 1.0) * squares).sqrt() / n;
    Ok(Spread { mean, error, clusters: groups, squares })
}

/// Returns the positions of values, those of one cluster next to each other; sorts only where needed.
fn by_cluster<C: Ord>(clusters: &[C]) -> impl Iterator<Item = usize> {
    let mut sorted = Vec::new();
    if !clusters.is_sorted() {
        sorted.extend(0..clusters.len());
        sorted.sort_by_key(|at| &clusters[*at]);
    }
    (0..clusters.len()).map(move |at| sorted.get(at).copied().unwrap_or(at))
}

/// Returns whether no two values are in the same cluster.
pub(super) fn all_different<C: Ord>(clusters: &[C]) -> bool {
    let mut positions = by_cluster(clusters);
    let Some(mut last) = positions.next() else { return true };
    positions.all(|at| clusters[std::mem::replace(&mut last, at)] != clusters[at])
}

/// Returns the mean of scores in `[0, 1]` with its interval, clustered.
///
/// The interval is `x̄ ± t(G−1)·CR1`, cut to `[0, 1]`. Where the clusters do not vary at all that would
/// have no width, which no finite sample justifies; it is then Wilson's interval for `G` observations,
/// which is conservative for scores in `[0, 1]`.
///
/// # Errors
///
/// As for [`clustered_standard_error`], but one cluster has an interval: Wilson's, for `n = 1`.
pub fn mean_interval<C: Ord>(
    values: &[f64],
    clusters: &[C],
    confidence: f64,
) -> Result<(f64, Interval), StatError> {
    if values.iter().any(|value| !(0.0..=1.0).contains(value)) {
        return Err(StatError::OutOfRange);
    }
    match spread(values, clusters) {
        // A smaller number is rounding error.
        Ok(Spread { mean, error, clusters, .. }) if error > 1e-12 => {
            let half = student_quantile(confidence, clusters - 1.0)? * error;
            Ok((mean, Interval { low: (mean - half).max(0.0), high: (mean + half).min(1.0) }))
        }
        Ok(Spread { mean, clusters, .. }) => {
            Ok((mean, wilson((mean * clusters).min(clusters), clusters, confidence)?))
        }
        Err(StatError::OneCluster) => {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            Ok((mean, wilson(mean.min(1.0), 1.0, confidence)?))
        }
        Err(error) => Err(error),
    }
}
