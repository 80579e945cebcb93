//! What a form consists of.

use std::sync::Arc;

use crate::input::{LabelLine, LabelTask};

/// Identifies a comparison: the number of its item and the two systems, in byte order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ComparisonKey {
    pub(super) item: u32,
    pub(super) between: [Arc<str>; 2],
}

/// One thing that an annotator is asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FormEntry {
    pub(super) key: ComparisonKey,
    pub(super) task: LabelTask,
    /// The probability with which the comparison was drawn.
    pub(super) probability: Option<f64>,
}

impl FormEntry {
    /// Returns the line of the label file for the entry in an annotator's form.
    pub(super) fn blank(&self, id: &Arc<str>, annotator: &Arc<str>) -> LabelLine {
        LabelLine::blank(
            Arc::clone(id),
            Arc::clone(annotator),
            self.key.between.clone(),
            self.probability,
            self.task.clone(),
        )
    }
}

/// Returns the entries of a form that ask for a comparison the first time.
pub(super) fn comparisons_of(form: &[FormEntry]) -> impl Iterator<Item = &FormEntry> {
    form.iter().filter(|entry| entry.task == LabelTask::Compare)
}
