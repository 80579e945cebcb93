//! What every statistic returns, and why one may have no value.

use super::wilson;
use crate::error::{Warning, listed};

/// An interval `low ≤ high`, at the confidence that the function was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Returns the part of the interval that lies in `[low, high]`.
    #[must_use]
    pub fn within(self, low: f64, high: f64) -> Self {
        Self { low: self.low.clamp(low, high), high: self.high.clamp(low, high) }
    }

    /// Returns whether a value lies in the interval, its ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
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

    /// Returns what is known of a value and its interval, each of which may be undefined.
    ///
    /// An interval without a value says nothing and is left out.
    pub fn of(value: Option<f64>, interval: Option<Interval>, n: u64) -> Self {
        match (value, interval) {
            (Some(value), Some(interval)) => Self::new(value, interval, n),
            (value, _) => Self { value, low: None, high: None, n },
        }
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
    /// There are observations, but fewer than the statistic needs.
    #[error("there are too few observations")]
    TooFew,
    /// There is one cluster only, so nothing is known about the spread between clusters.
    #[error("one cluster says nothing about the spread between clusters")]
    OneCluster,
    /// Everything observed is the same, so that the statistic is 0/0.
    #[error("everything observed is the same")]
    NoVariation,
    /// Resamples of the data differ, but so many lie on one side of the value that they give no interval.
    #[error("the resamples lie on one side of the value")]
    OneSided,
    /// What is to be corrected carries no information: a judge at or below chance.
    #[error("the judge is no better than chance, so nothing can be corrected by it")]
    Uninformative,
    /// An argument is outside the range in which the statistic is defined.
    #[error("an argument is outside the defined range")]
    OutOfRange,
}

/// Returns the names of estimates without a value, and of those that have a value and no interval.
pub(crate) fn incomplete(named: &[(String, Estimate)]) -> [Vec<String>; 2] {
    let those = |which: fn(&Estimate) -> bool| {
        let found = named.iter().filter(|(_, estimate)| which(estimate));
        found.map(|(name, _)| name.clone()).collect()
    };
    [
        those(|estimate| estimate.value.is_none()),
        those(|estimate| estimate.value.is_some() && estimate.low.is_none()),
    ]
}

/// Returns the warnings about estimates that have no value, and about those that have no interval, by their
/// names; `advice` is what can be done about it.
pub(crate) fn incomplete_warnings(
    [without_value, without_interval]: &[Vec<String>; 2],
    advice: &str,
) -> Vec<Warning> {
    let undefined = (!without_value.is_empty()).then(|| undefined_warning(without_value, advice));
    let no_interval =
        (!without_interval.is_empty()).then(|| no_interval_warning(without_interval, advice));
    undefined.into_iter().chain(no_interval).collect()
}

/// Returns the warning about estimates that have no value, by their names.
pub(crate) fn undefined_warning(names: &[String], advice: &str) -> Warning {
    let names = listed(names);
    Warning::new(
        "undefined",
        format!(
            "no value for {names}: there is nothing to compute it from, or all of it is the same, which is \
             0/0; {advice}"
        ),
    )
}

/// Returns the warning about estimates that have a value and no interval, by their names.
pub(crate) fn no_interval_warning(names: &[String], advice: &str) -> Warning {
    let names = listed(names);
    Warning::new(
        "no-interval",
        format!(
            "no interval for {names}: nothing varies from which one could be estimated, which is no proof \
             of certainty; {advice}"
        ),
    )
}
