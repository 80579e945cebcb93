//! The types that statistics return, and the reasons why one is undefined.

use crate::error::{Warning, listed};

/// An interval `low ≤ high`, at the confidence passed to the function.
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
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
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
    /// Returns an estimate without a value, from `n` observations.
    pub fn undefined(n: u64) -> Self {
        Self { value: None, low: None, high: None, n }
    }

    /// Returns a value with its interval.
    pub fn new(value: f64, interval: Interval, n: u64) -> Self {
        Self { value: Some(value), low: Some(interval.low), high: Some(interval.high), n }
    }

    /// Returns an estimate of a value and its interval, each of which may be undefined.
    ///
    /// An interval without a value is discarded.
    pub fn of(value: Option<f64>, interval: Option<Interval>, n: u64) -> Self {
        match (value, interval) {
            (Some(value), Some(interval)) => Self::new(value, interval, n),
            (value, _) => Self { value, low: None, high: None, n },
        }
    }

    /// Returns the estimate of one minus the estimated share, such as the win rate of the other system.
    #[must_use]
    pub fn complement(&self) -> Self {
        let opposite = |share: Option<f64>| share.map(|share| 1.0 - share);
        Self {
            value: opposite(self.value),
            low: opposite(self.high),
            high: opposite(self.low),
            n: self.n,
        }
    }
}

/// Why a statistic has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatError {
    /// There are no observations.
    #[error("there are no observations")]
    Empty,
    /// There are observations, but fewer than the statistic needs.
    #[error("there are too few observations")]
    TooFew,
    /// There is only one cluster, so the spread between clusters is unknown.
    #[error("there is only one cluster, so the spread between clusters is unknown")]
    OneCluster,
    /// All observations are the same, so that the statistic is 0/0.
    #[error("all observations are the same")]
    NoVariation,
    /// Resamples of the data differ, but so many lie on one side of the value that they give no interval.
    #[error("too many resamples lie on one side of the value")]
    OneSided,
    /// The judge is at or below chance, so that its share carries no information to correct.
    #[error("the judge is no better than chance, so its share cannot be corrected")]
    Uninformative,
    /// Contests do not connect all systems, so that some cannot be compared with others.
    #[error("the comparisons do not connect all systems")]
    Disconnected,
    /// A group of systems won, or lost, everything against the others, so that the difference is infinite.
    #[error("some systems win or lose everything against the others")]
    Separated,
    /// A covariate has no effect of its own: it is constant, or determined by the systems.
    #[error("the effect cannot be told apart from that of the systems")]
    Confounded,
    /// A covariate, with the systems, decides results without an exception, so that its coefficient is infinite.
    #[error("the effect decides results without an exception, so that it is infinite")]
    InfiniteCoefficient,
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

/// Returns warnings that name the estimates without a value and those without an interval; `advice` says what
/// the user can do.
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
            "no value for {names}: there are no observations, or all are the same (0/0); {advice}"
        ),
    )
}

/// Returns the warning about estimates that have a value and no interval, by their names.
pub(crate) fn no_interval_warning(names: &[String], advice: &str) -> Warning {
    let names = listed(names);
    Warning::new(
        "no-interval",
        format!(
            "no interval for {names}: the observations do not vary, so the uncertainty is unknown, not 0; \
             {advice}"
        ),
    )
}
