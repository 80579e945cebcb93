//! What a form consists of.

use std::sync::Arc;

use super::session_line::SessionLine;
pub(super) use crate::input::ComparisonKey;
use crate::input::{GradeLine, GradeTask, LabelLine, LabelTask, TaskKey};

/// One thing that an annotator is asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FormEntry {
    pub(super) key: ComparisonKey,
    pub(super) task: LabelTask,
    /// The probability with which it was drawn.
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

    /// Returns the entry that a line is about. `item` is the number of its item among the known ones.
    pub(super) fn of_line(line: &SessionLine, item: u32) -> Self {
        Self { key: line.key(item), task: line.asked(), probability: line.probability() }
    }

    /// Returns the line of the label file for the entry in an annotator's form.
    pub(super) fn form_line(&self, id: &Arc<str>, annotator: &Arc<str>) -> SessionLine {
        if !self.key.is_response() {
            return SessionLine::Comparison(LabelLine::blank(
                Arc::clone(id),
                Arc::clone(annotator),
                self.key.between.clone(),
                self.probability,
                self.task.clone(),
            ));
        }
        let task = match self.task {
            LabelTask::Repeat => GradeTask::Repeat,
            LabelTask::Adjudicate(why) => GradeTask::Adjudicate(why),
            LabelTask::Compare | LabelTask::Equal(_) => GradeTask::Grade,
        };
        SessionLine::Grade(GradeLine::blank(
            Arc::clone(id),
            Arc::clone(annotator),
            Arc::clone(&self.key.between[0]),
            self.probability,
            task,
        ))
    }
}

/// Returns the entries of a form that ask the first time.
pub(super) fn comparisons_of(form: &[FormEntry]) -> impl Iterator<Item = &FormEntry> {
    form.iter().filter(|entry| entry.task == LabelTask::Compare)
}
