//! Correlations of several variables with each other, from sums, so that whole clusters can be resampled.
//!
//! Observations of one cluster are not independent, so [`pearson`](super::pearson), whose interval assumes that they are,
//! is no help there. All correlations of `k` variables are functions of `1 + k + k(k + 1)/2` sums; the interval is that of
//! [`bootstrap`](super::bootstrap()) over the clusters that contribute to these.

use super::{StatError, is_rounding, planned_design_effect};

/// The sums of weights, values and products of several variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairwiseCorrelations {
    variables: usize,
}

impl PairwiseCorrelations {
    /// Returns the sums of so many variables.
    pub fn of(variables: usize) -> Self {
        Self { variables }
    }

    /// Returns how many sums there are.
    pub fn width(self) -> usize {
        1 + self.variables + self.variables * (self.variables + 1) / 2
    }

    /// Returns the pairs of variables, in the order of [`PairwiseCorrelations::correlations`]: `[0, 1]`, `[0, 2]` and so
    /// on.
    pub fn pairs(self) -> impl Iterator<Item = [usize; 2]> {
        let variables = self.variables;
        (0..variables).flat_map(move |i| (i + 1..variables).map(move |j| [i, j]))
    }

    /// Adds an observation with a weight above 0 to what a cluster contributes to the sums.
    ///
    /// # Panics
    ///
    /// There are more or fewer values than variables.
    pub fn add(self, values: &[f64], weight: f64, adds: &mut Vec<(u32, f64)>) {
        assert_eq!(values.len(), self.variables, "a value for each variable");
        adds.push((0, weight));
        for (i, value) in values.iter().enumerate() {
            adds.push(((1 + i) as u32, weight * value));
            for (j, other) in values.iter().enumerate().skip(i) {
                adds.push((self.product(i, j) as u32, weight * value * other));
            }
        }
    }

    /// Returns Pearson's correlation of each pair of variables, by [`PairwiseCorrelations::pairs`].
    ///
    /// `r = (Σw·Σwxy − Σwx·Σwy)/√((Σw·Σwx² − (Σwx)²)(Σw·Σwy² − (Σwy)²))`: with equal weights the value of
    /// [`pearson`](super::pearson). The sums are taken one after the other, so values must be of the size of 1, such as
    /// shares.
    ///
    /// The error of a pair is [`StatError::Empty`] without observations, and [`StatError::NoVariation`] if one of its
    /// variables is constant.
    ///
    /// # Panics
    ///
    /// There are fewer sums than [`PairwiseCorrelations::width`].
    pub fn correlations(self, sums: &[f64]) -> Vec<Result<f64, StatError>> {
        let total = sums[0];
        let covariance = |i: usize, j: usize| {
            sums[self.product(i, j)] / total - sums[1 + i] / total * (sums[1 + j] / total)
        };
        let variances: Vec<f64> = (0..self.variables).map(|i| covariance(i, i)).collect();
        let correlation = |[i, j]: [usize; 2]| {
            if total <= 0.0 {
                return Err(StatError::Empty);
            }
            if [i, j].iter().any(|at| is_rounding(variances[*at], 1.0)) {
                return Err(StatError::NoVariation);
            }
            Ok((covariance(i, j) / (variances[i] * variances[j]).sqrt()).clamp(-1.0, 1.0))
        };
        self.pairs().map(correlation).collect()
    }

    /// Returns where the sum of the products of two variables is, the first of which comes first.
    fn product(self, i: usize, j: usize) -> usize {
        let before = i * self.variables - i * i.saturating_sub(1) / 2;
        1 + self.variables + before + (j - i)
    }
}

/// Returns the mean of the correlations of all pairs of variables.
///
/// # Errors
///
/// [`StatError::Empty`] without pairs; the error of the first pair without a correlation: a mean over the others would be
/// about other variables.
pub fn mean_correlation(correlations: &[Result<f64, StatError>]) -> Result<f64, StatError> {
    if correlations.is_empty() {
        return Err(StatError::Empty);
    }
    let sum: f64 = correlations.iter().copied().sum::<Result<f64, StatError>>()?;
    Ok(sum / correlations.len() as f64)
}

/// Returns how many independent variables have a mean that varies as much as that of `k` correlated ones.
///
/// `k/(1 + (k − 1)·ρ̄)` for the mean `ρ̄` of their pairwise correlations: `k` over Kish's
/// [design effect](planned_design_effect), where the variables of one observation take the place of the observations of
/// one cluster. It holds for variables of equal variance. It is between 1, where `ρ̄` is 1, and `k`, where `ρ̄` is 0; a
/// negative `ρ̄` counts as 0.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if `k` is 0 or the correlation is not in `[−1, 1]`.
///
/// # Examples
///
/// ```
/// let judges = evenhand::stats::effective_number(3, 0.5)?;
/// assert!((judges - 1.5).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Kish, L. (1965). *Survey Sampling*, section 5.4. Wiley.
pub fn effective_number(k: usize, mean_correlation: f64) -> Result<f64, StatError> {
    if !(-1.0..=1.0).contains(&mean_correlation) {
        return Err(StatError::OutOfRange);
    }
    Ok(k as f64 / planned_design_effect(k as f64, mean_correlation.max(0.0))?)
}
