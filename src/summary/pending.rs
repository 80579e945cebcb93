//! Why the trials of a judge have no answer yet.

use serde::{Serialize, Serializer};

use crate::store::{PendingReason, TrialRecord};
use crate::vote::Answer;

/// How many trials have no answer yet, by reason. Serializes as an object with every reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PendingCounts([u64; PendingReason::ALL.len()]);

impl PendingCounts {
    /// Returns each reason with its number of trials, in the order of reports.
    pub fn iter(&self) -> impl Iterator<Item = (PendingReason, u64)> {
        PendingReason::ALL.into_iter().zip(self.0)
    }

    /// Counts a trial if it is pending.
    pub(super) fn add_trial<A: Answer>(&mut self, trial: &TrialRecord<A>) {
        if let Some(reason) = trial.pending_reason() {
            self.0[reason as usize] += 1;
        }
    }
}

impl Serialize for PendingCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
