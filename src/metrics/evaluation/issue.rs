//! Why an estimate of an evaluation has no value, no interval, or an unreliable one.

use crate::stats::StatError;

/// What is missing from or unreliable about a score or a difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum EstimateIssue {
    /// No interval: all items have the same score.
    NoVariation,
    /// No interval: the resamples differ, but lie on one side of the value.
    OneSided,
    /// No value or no interval: the scores are too large for the computation.
    Overflow,
    /// An unreliable interval: the estimate is undefined on this share of the resamples.
    Unstable(f64),
}

impl EstimateIssue {
    /// Returns the reason why an interval cannot be computed; `None` if there are no data for it.
    pub(super) fn from_error(error: StatError) -> Option<Self> {
        match error {
            StatError::NoVariation => Some(Self::NoVariation),
            StatError::OneSided => Some(Self::OneSided),
            StatError::OutOfRange => Some(Self::Overflow),
            _ => None,
        }
    }
}
