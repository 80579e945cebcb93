//! The distributions used by the other files: those of statrs, with checked arguments.
//!
//! Two-sided quantiles take the confidence (0.95 gives 1.96), the others a probability.

use statrs::distribution::{
    Beta, Binomial, ContinuousCDF, DiscreteCDF, FisherSnedecor, Normal, StudentsT,
};

use super::StatError;

/// Returns a number if it lies between 0 and 1, both excluded.
pub(super) fn probability(value: f64) -> Result<f64, StatError> {
    if value > 0.0 && value < 1.0 { Ok(value) } else { Err(StatError::OutOfRange) }
}

/// Returns the standard normal quantile for a two-sided interval at `confidence`.
pub(super) fn normal_quantile(confidence: f64) -> Result<f64, StatError> {
    normal_inverse(f64::midpoint(1.0, probability(confidence)?))
}

/// Returns the standard normal quantile of a probability in `(0, 1)`.
pub(super) fn normal_inverse(at: f64) -> Result<f64, StatError> {
    Normal::standard().try_inverse_cdf(probability(at)?).map_err(|_| StatError::OutOfRange)
}

/// Returns the standard normal distribution function.
pub(super) fn normal_cdf(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

/// Returns Student's t quantile for a two-sided interval at `confidence` with `freedom` degrees.
///
/// Above 10,000 degrees it is the normal quantile: the two differ by less than 3e-4 there, and the inverse
/// of statrs becomes inaccurate.
pub(super) fn student_quantile(confidence: f64, freedom: f64) -> Result<f64, StatError> {
    if freedom > 1e4 {
        return normal_quantile(confidence);
    }
    let at = f64::midpoint(1.0, probability(confidence)?);
    student(freedom)?.try_inverse_cdf(at).map_err(|_| StatError::OutOfRange)
}

/// Returns the distribution function of Student's t with `freedom` degrees.
pub(super) fn student_cdf(t: f64, freedom: f64) -> Result<f64, StatError> {
    Ok(student(freedom)?.cdf(t))
}

fn student(freedom: f64) -> Result<StudentsT, StatError> {
    StudentsT::new(0.0, 1.0, freedom).map_err(|_| StatError::OutOfRange)
}

/// Returns the quantile of the beta distribution with shapes `a` and `b`.
pub(super) fn beta_inverse(at: f64, a: f64, b: f64) -> Result<f64, StatError> {
    let beta = Beta::new(a, b).map_err(|_| StatError::OutOfRange)?;
    beta.try_inverse_cdf(probability(at)?).map_err(|_| StatError::OutOfRange)
}

/// Returns the quantile of Fisher's F distribution; `numerator` and `denominator` are its degrees of
/// freedom and need not be whole.
pub(super) fn fisher_inverse(at: f64, numerator: f64, denominator: f64) -> Result<f64, StatError> {
    let fisher = FisherSnedecor::new(numerator, denominator).map_err(|_| StatError::OutOfRange)?;
    fisher.try_inverse_cdf(probability(at)?).map_err(|_| StatError::OutOfRange)
}

/// Returns `P(X ≤ k)` for `n` trials that each succeed with probability `share`.
pub(super) fn binomial_cdf(k: u64, n: u64, share: f64) -> Result<f64, StatError> {
    Ok(Binomial::new(share, n).map_err(|_| StatError::OutOfRange)?.cdf(k))
}
