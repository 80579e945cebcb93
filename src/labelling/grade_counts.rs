//! Which grades people gave by their labels alone, whatever a judge says.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Result;
use crate::input::{DataFile, Grade, KnownItems, Scale, read_grade_labels};

/// The labels of the responses of one system.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GradeCounts {
    /// The system.
    pub system: String,
    /// How many labels have each step of the scale, worst first.
    pub steps: Vec<u64>,
    /// How many labels say that the response cannot be assessed.
    pub cannot_assess: u64,
}

/// Returns the labels in a file by system, in byte order of their names. A response that several people have graded counts
/// for each of them.
///
/// # Errors
///
/// As for [`read_grade_labels`].
pub fn grade_counts(
    file: &DataFile,
    items: &KnownItems,
    scale: &Scale,
) -> Result<Vec<GradeCounts>> {
    let mut systems: BTreeMap<Arc<str>, GradeCounts> = BTreeMap::new();
    for label in read_grade_labels(file, items, scale)?.labels {
        let counts = systems.entry(Arc::clone(&label.system)).or_insert_with(|| GradeCounts {
            system: label.system.to_string(),
            steps: vec![0; scale.len()],
            cannot_assess: 0,
        });
        match label.grade {
            Grade::Step(step) => counts.steps[usize::from(step)] += 1,
            Grade::CannotAssess => counts.cannot_assess += 1,
        }
    }
    Ok(systems.into_values().collect())
}
