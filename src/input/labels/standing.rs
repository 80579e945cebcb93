//! Which answers of a label file stand: those that were neither withdrawn nor replaced.
//!
//! One rule for whoever reads the file at once and whoever follows it line by line, and for every kind of label.

use std::collections::HashMap;
use std::hash::Hash;
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

/// A line of a label file that answers something or withdraws an answer.
pub(crate) trait StandingLine {
    /// Identifies what an annotator answers once.
    type Task: Clone + Eq + Hash;

    /// Returns what the line is about. `item` is the number of its item among the known ones.
    fn task(&self, item: u32) -> Self::Task;

    /// Returns the same task as one that anybody may do.
    fn of_anybody(task: &Self::Task) -> Self::Task;

    /// Returns the annotator; empty in a form that anybody may fill in.
    fn annotator(&self) -> &Arc<str>;

    /// Returns what is labelled, for messages: "a comparison".
    fn unit(&self) -> &'static str;

    /// Returns what is labelled by its names, for messages.
    fn labelled(&self) -> String;

    /// Returns whether the line is a form that is not filled in.
    fn is_blank(&self) -> bool;

    /// Returns whether the line withdraws the last answer to its task.
    fn is_undone(&self) -> bool;

    /// Returns whether the annotator did not want to answer.
    fn is_skipped(&self) -> bool;

    /// Returns whether another line has the same answer, however it was given.
    fn answers_like(&self, other: &Self) -> bool;
}

impl StandingLine for LabelLine {
    type Task = TaskKey;

    fn task(&self, item: u32) -> TaskKey {
        TaskKey {
            comparison: ComparisonKey { item, between: self.between.clone() },
            annotator: Arc::clone(&self.annotator),
            task: self.task.clone(),
        }
    }

    fn of_anybody(task: &TaskKey) -> TaskKey {
        TaskKey { annotator: Arc::default(), ..task.clone() }
    }

    fn annotator(&self) -> &Arc<str> {
        &self.annotator
    }

    fn unit(&self) -> &'static str {
        "a comparison"
    }

    fn labelled(&self) -> String {
        format!("`{}`", self.id)
    }

    fn is_blank(&self) -> bool {
        self.answer == LabelAnswer::Blank
    }

    fn is_undone(&self) -> bool {
        self.answer == LabelAnswer::Undone
    }

    fn is_skipped(&self) -> bool {
        matches!(self.answer, LabelAnswer::Skipped(_))
    }

    fn answers_like(&self, other: &Self) -> bool {
        self.answer == other.answer
    }
}

/// The answers that stand after the lines so far.
#[derive(Debug, Clone)]
pub(crate) struct StandingAnswers<L: StandingLine = LabelLine> {
    /// In file order; `None` for one that was withdrawn or replaced.
    answers: Vec<Option<L>>,
    /// The place of the answer to each task among them, and the number of its line.
    by_task: HashMap<L::Task, (u32, u32)>,
}

impl<L: StandingLine> Default for StandingAnswers<L> {
    fn default() -> Self {
        Self { answers: Vec::new(), by_task: HashMap::new() }
    }
}

impl<L: StandingLine> StandingAnswers<L> {
    /// Adds the next line of the file, which is an answer or withdraws one.
    ///
    /// # Errors
    ///
    /// The annotator has answered the task already, other than by skipping it, or there is no answer to withdraw.
    pub(crate) fn add(&mut self, place: &LabelPlace, line: L) -> Result<()> {
        let key = line.task(place.item);
        let earlier = self.by_task.get(&key).copied();
        if line.is_undone() {
            let Some((at, _)) = earlier else {
                return Err(Error::input(format!(
                    "{}: `{}` withdraws an answer for {} that is not there",
                    place.shown,
                    line.annotator(),
                    line.labelled()
                ))
                .hint("remove the line"));
            };
            self.by_task.remove(&key);
            self.answers[at as usize] = None;
            return Ok(());
        }
        if let Some((at, number)) = earlier {
            let earlier = self.answers[at as usize].as_ref();
            let is_same = earlier.is_some_and(|earlier| earlier.answers_like(&line));
            if is_same || !earlier.is_some_and(L::is_skipped) {
                let what = if is_same { "the same" } else { "a different" };
                return Err(Error::input(format!(
                    "{}: `{}` already gave {what} label for {} on line {number}",
                    place.shown,
                    line.annotator(),
                    line.labelled()
                ))
                .hint(format!("keep one label of each annotator for {}", line.unit())));
            }
            self.answers[at as usize] = None;
        }
        self.by_task.insert(key, (self.answers.len() as u32, place.line as u32));
        self.answers.push(Some(line));
        Ok(())
    }

    /// Returns the answer to a task.
    pub(crate) fn get(&self, task: &L::Task) -> Option<&L> {
        let (at, _) = self.by_task.get(task)?;
        self.answers[*at as usize].as_ref()
    }

    /// Returns the tasks that are answered, in no order.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = &L::Task> {
        self.by_task.keys()
    }

    /// Returns the answers with their tasks, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&L::Task, &L)> {
        self.by_task.iter().filter_map(|(task, (at, _))| {
            self.answers[*at as usize].as_ref().map(|line| (task, line))
        })
    }

    /// Returns the answers in the order of the file.
    pub(crate) fn into_lines(self) -> impl Iterator<Item = L> {
        self.answers.into_iter().flatten()
    }

    /// Returns for each answer, in the order of the file, the number of its line there.
    pub(crate) fn line_numbers(&self) -> Vec<u32> {
        let mut found: Vec<(u32, u32)> = self.by_task.values().copied().collect();
        found.sort_unstable();
        found.into_iter().map(|(_, number)| number).collect()
    }
}
