//! What a form consists of.

use std::sync::Arc;

pub(super) use crate::input::ComparisonKey;
use crate::input::{LabelLine, LabelTask, TaskKey};

/// One thing that an annotator is asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FormEntry {
    pub(super) key: ComparisonKey,
    pub(super) task: LabelTask,
    /// The probability with which the comparison was drawn.
    pub(super) probability: Option<f64>,
}

impl FormEntry {
    /// Returns what an annotator answers by answering the entry.
    pub(super) fn task_of(&self, annotator: &Arc<str>) -> TaskKey {
        TaskKey {
            comparison: self.key.clone(),
            annotator: Arc::clone(annotator),
            task: self.task.clone(),
        }
    }

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
