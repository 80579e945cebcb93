//! Which answers of a label file stand: those that were neither withdrawn nor replaced.
//!
//! One rule for whoever reads the file at once and whoever follows it line by line.

use std::collections::HashMap;
use std::sync::Arc;

use super::line::{ComparisonKey, LabelAnswer, LabelLine, LabelTask};
use super::read::LabelPlace;
use crate::error::{Error, Result};

/// Identifies what an annotator answers once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TaskKey {
    pub(crate) comparison: ComparisonKey,
    pub(crate) annotator: Arc<str>,
    pub(crate) task: LabelTask,
}

impl TaskKey {
    /// Returns what a line is about.
    pub(crate) fn of(place: &LabelPlace, line: &LabelLine) -> Self {
        Self {
            comparison: ComparisonKey { item: place.item, between: line.between.clone() },
            annotator: Arc::clone(&line.annotator),
            task: line.task.clone(),
        }
    }
}

/// The answers that stand after the lines so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct StandingAnswers {
    /// In file order; `None` for one that was withdrawn or replaced.
    answers: Vec<Option<LabelLine>>,
    /// The place of the answer to each task among them, and the number of its line.
    by_task: HashMap<TaskKey, (u32, u32)>,
}

impl StandingAnswers {
    /// Adds the next line of the file, which is an answer or withdraws one.
    ///
    /// # Errors
    ///
    /// The annotator has answered the task already, other than by skipping it, or there is no answer to withdraw.
    pub(crate) fn add(&mut self, place: &LabelPlace, line: LabelLine) -> Result<()> {
        let key = TaskKey::of(place, &line);
        let earlier = self.by_task.get(&key).copied();
        if line.answer == LabelAnswer::Undone {
            let Some((at, _)) = earlier else {
                return Err(Error::input(format!(
                    "{}: `{}` withdraws an answer for `{}` that is not there",
                    place.shown, line.annotator, line.id
                ))
                .hint("remove the line"));
            };
            self.by_task.remove(&key);
            self.answers[at as usize] = None;
            return Ok(());
        }
        if let Some((at, number)) = earlier {
            let answer = self.answers[at as usize].as_ref().map(|earlier| &earlier.answer);
            let is_same = answer == Some(&line.answer);
            if is_same || !matches!(answer, Some(LabelAnswer::Skipped(_))) {
                let what = if is_same { "the same" } else { "a different" };
                return Err(Error::input(format!(
                    "{}: `{}` already gave {what} label for `{}` on line {number}",
                    place.shown, line.annotator, line.id
                ))
                .hint("keep one label of each annotator for a comparison"));
            }
            self.answers[at as usize] = None;
        }
        self.by_task.insert(key, (self.answers.len() as u32, place.line as u32));
        self.answers.push(Some(line));
        Ok(())
    }

    /// Returns the answer to a task.
    pub(crate) fn get(&self, task: &TaskKey) -> Option<&LabelLine> {
        let (at, _) = self.by_task.get(task)?;
        self.answers[*at as usize].as_ref()
    }

    /// Returns the tasks that are answered, in no order.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = &TaskKey> {
        self.by_task.keys()
    }

    /// Returns the answers with their tasks, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&TaskKey, &LabelLine)> {
        self.by_task.iter().filter_map(|(task, (at, _))| {
            self.answers[*at as usize].as_ref().map(|line| (task, line))
        })
    }

    /// Returns the answers in the order of the file.
    pub(crate) fn into_lines(self) -> impl Iterator<Item = LabelLine> {
        self.answers.into_iter().flatten()
    }
}
