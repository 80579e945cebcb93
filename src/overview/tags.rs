//! The numbers by tag of the items, labelled or not.

use std::cmp::Reverse;

use serde::Serialize;

use super::judged::Judged;
use super::subset::Subset;
use super::texts::ItemTexts;
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

/// Fewest comparisons of a tag value that is listed.
const FEWEST: usize = 5;
/// Most tag values that are listed.
const MOST: usize = 50;

/// Computes the numbers of the tag values with the most comparisons, these first; also returns how many others
/// there are.
pub(super) fn tags(judged: &Judged<'_>, texts: &ItemTexts) -> (Vec<TagReport>, u64) {
    let mut values: Vec<(&(String, String), &Vec<u32>)> = texts.tags.iter().collect();
    let all = values.len();
    values.retain(|(_, rows)| rows.len() >= FEWEST);
    values.sort_by_key(|(name, rows)| (Reverse(rows.len()), *name));
    values.truncate(MOST);
    let left_out = (all - values.len()) as u64;
    (values.into_iter().map(|(name, rows)| report(judged, name, rows)).collect(), left_out)
}

fn report(judged: &Judged<'_>, (tag, value): &(String, String), rows: &[u32]) -> TagReport {
    let subset = Subset::of(judged, rows.iter().copied());
    TagReport {
        tag: tag.clone(),
        value: value.clone(),
        planned: subset.comparisons(),
        outcomes: subset.outcomes(),
        coverage: subset.coverage(),
        consistency: subset.consistency(),
        win_rates: subset.win_rates(),
        agreement: subset.agreement(),
    }
}
