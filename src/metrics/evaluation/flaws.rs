//! What a number lacks, and why.

use crate::stats::StatError;

/// Why a score or a difference has no interval of resamples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Flaw {
    /// Every item has the same, so that nothing varies from which an interval could come.
    AllTheSame,
    /// Resamples differ, but lie on one side of the value.
    OneSided,
    /// Scores are too large to compute with.
    TooLarge,
}

impl Flaw {
    /// Returns what an interval lacks; `None` where there is nothing to compute from.
    pub(super) fn of(error: StatError) -> Option<Self> {
        match error {
            StatError::NoVariation => Some(Self::AllTheSame),
            StatError::OneSided => Some(Self::OneSided),
            StatError::OutOfRange => Some(Self::TooLarge),
            _ => None,
        }
    }
}
