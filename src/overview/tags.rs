//! The numbers by tag of the items, labelled or not.

use serde::Serialize;

use crate::stats::Estimate;
use crate::summary::{OutcomeCounts, WinRate};

/// The numbers of the comparisons whose item has a tag with a value.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TagReport {
    /// The tag.
    pub tag: String,
    /// Its value.
    pub value: String,
    /// Comparisons planned.
    pub planned: u64,
    /// How they ended; the counts add up to `planned`.
    pub outcomes: OutcomeCounts,
    /// Kept of planned.
    pub coverage: Estimate,
    /// Kept of kept, flipped and split; of a jury, over the comparisons of all its judges.
    pub consistency: Estimate,
    /// One for each pair of systems.
    pub win_rates: Vec<WinRate>,
    /// Agreement of every reply with the labels; `None` without labels.
    pub agreement: Option<Estimate>,
}
