//! What people say of the comparisons of a run that have one system, as scores of that system.

use super::comparisons::ComparisonTable;
use super::labelled::{LabelledComparisons, categories};
use super::panels::LabelPanels;
use crate::error::Result;
use crate::input::{DataFile, read_labels};
use crate::store::RunFile;
use crate::trial::Side;

/// What people say of one comparison.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PeopleScore {
    /// The item's id.
    pub(crate) id: String,
    /// The other system.
    pub(crate) other: String,
    /// What the comparison is worth to the system by people, from 0 to 1.
    pub(crate) score: f64,
    /// How many comparisons of the run it represents, up to a common factor.
    pub(crate) weight: f64,
}

/// Returns what people say of the labelled comparisons of a run that have a system, whether or not a judge has answered
/// them.
///
/// # Errors
///
/// The run or the labels cannot be read.
pub(crate) fn people_scores(
    run: &RunFile,
    label_file: &DataFile,
    system: &str,
) -> Result<Vec<PeopleScore>> {
    let comparisons = ComparisonTable::read(run, None, None)?;
    let read = read_labels(label_file, &comparisons.items)?;
    let labels = LabelPanels::join(&read, &comparisons, None);
    let categories = categories(&comparisons, &labels);
    let labelled = LabelledComparisons::new(&comparisons, &labels, &categories);
    let scores = labels.panels.iter().filter_map(|panel| {
        let row = &comparisons.rows[panel.row as usize];
        let [a, b] = &comparisons.pairs[row.pair as usize].between;
        let (side, other) = match (a == system, b == system) {
            (true, _) => (Side::A, b),
            (_, true) => (Side::B, a),
            _ => return None,
        };
        Some(PeopleScore {
            id: comparisons.items.id(row.item).to_string(),
            other: other.clone(),
            score: labels.worth(panel, side),
            weight: labelled.weight(panel),
        })
    });
    Ok(scores.collect())
}
