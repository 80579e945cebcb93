//! Statistics: numbers in, estimates out.
//!
//! Plain functions on plain numbers; nothing here knows what a judge is. A value that is not defined is
//! an error that says why, never NaN. Distributions are statrs', everything on top of them is ours and
//! checked against other people's programs (`tests/golden`).

mod clustered;
mod proportion;

pub use clustered::{clustered_standard_error, mean_interval};
pub use proportion::wilson;

/// An interval `low ≤ high`, at the confidence that the function was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A value with its 95 % interval and the number of observations behind it.
///
/// The first three are `None` where they are undefined.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// The point estimate.
    pub value: Option<f64>,
    /// The lower end of the interval.
    pub low: Option<f64>,
    /// The upper end of the interval.
    pub high: Option<f64>,
    /// How many observations there were.
    pub n: u64,
}

impl Estimate {
    /// Returns an estimate of which nothing but the number of observations is known.
    pub fn undefined(n: u64) -> Self {
        Self { value: None, low: None, high: None, n }
    }

    /// Returns a value with its interval.
    pub fn new(value: f64, interval: Interval, n: u64) -> Self {
        Self { value: Some(value), low: Some(interval.low), high: Some(interval.high), n }
    }

    /// Returns the estimate of a share, with Wilson's interval; undefined without observations.
    pub fn proportion(successes: u64, n: u64) -> Self {
        match wilson(successes as f64, n as f64, 0.95) {
            Ok(interval) => Self::new(successes as f64 / n as f64, interval, n),
            Err(_) => Self::undefined(n),
        }
    }
}

/// Why a statistic has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatError {
    /// There are no observations.
    #[error("there are no observations")]
    Empty,
    /// There is one cluster only, so nothing is known about the spread between clusters.
    #[error("one cluster says nothing about the spread between clusters")]
    OneCluster,
    /// An argument is outside the range in which the statistic is defined.
    #[error("an argument is outside the defined range")]
    OutOfRange,
}

/// Returns the standard normal quantile for a two-sided interval at `confidence`.
fn normal_quantile(confidence: f64) -> Result<f64, StatError> {
    use statrs::distribution::{ContinuousCDF, Normal};
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(StatError::OutOfRange);
    }
    Normal::standard()
        .try_inverse_cdf(f64::midpoint(1.0, confidence))
        .map_err(|_| StatError::OutOfRange)
}

/// Returns Student's t quantile for a two-sided interval at `confidence` with `freedom` degrees.
///
/// Above 10,000 degrees the normal quantile takes over: the two differ by less than 3e-4 there, and
/// statrs' inverse loses its accuracy beyond.
fn student_quantile(confidence: f64, freedom: f64) -> Result<f64, StatError> {
    use statrs::distribution::{ContinuousCDF, StudentsT};
    if freedom > 1e4 {
        return normal_quantile(confidence);
    }
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(StatError::OutOfRange);
    }
    StudentsT::new(0.0, 1.0, freedom)
        .map_err(|_| StatError::OutOfRange)?
        .try_inverse_cdf(f64::midpoint(1.0, confidence))
        .map_err(|_| StatError::OutOfRange)
}
