//! Comparisons that somebody was asked to label and that have no label, because they were skipped.

use std::collections::BTreeSet;

use serde::Serialize;

use super::labelled::LabelledComparisons;
use super::labelling::SkippedCounts;
use super::part::Part;
use crate::input::Labels;

/// Comparisons without a label that somebody skipped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct SkippedComparisons {
    /// How many.
    pub comparisons: u64,
    /// How often they were skipped, by reason.
    pub reasons: SkippedCounts,
    /// Who skipped them, in the order of their names.
    pub annotators: Vec<String>,
}

/// Returns the comparisons of a table that were skipped and have no label of anybody.
pub(super) fn skipped_comparisons(
    read: &Labels,
    labelled: LabelledComparisons<'_>,
    part: Option<Part>,
) -> SkippedComparisons {
    let mut skipped: BTreeSet<u32> = BTreeSet::new();
    let (mut annotators, mut reasons) = (BTreeSet::new(), SkippedCounts::default());
    for one in &read.skipped {
        let row = labelled.comparisons.labelled_row((&one.id, &one.between), part);
        let Some(row) = row.filter(|row| labelled.labels.panel(*row).is_none()) else { continue };
        skipped.insert(row);
        annotators.insert(one.annotator.to_string());
        reasons.add(one.reason);
    }
    SkippedComparisons {
        comparisons: skipped.len() as u64,
        reasons,
        annotators: annotators.into_iter().collect(),
    }
}
