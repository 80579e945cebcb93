//! Answers of a label file with what they are about, and tasks that anybody may do, to be written in other layouts.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::answer::PageAnswer;
use super::entry::{ComparisonKey, FormEntry};
use super::forms::form_of_anybody;
use super::material::Material;
use super::other_programs::TaskReference;
use super::session_line::SessionLine;
use super::shown::{ShownTask, form_digest};
use super::sides::Sides;
use super::state::State;
use crate::error::{Error, Result};
use crate::input::{DataFile, LabelAnswer, LabelColumns, LabelLine, LabelTask, read_label_lines};

/// An answer by the sides on which the responses were shown.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AnsweredTask {
    /// What was shown; its answer is the one that was given.
    pub shown: ShownTask,
    /// The systems on the left and on the right: the same one twice where both sides showed one response. Where the line
    /// does not say which was on the left, they are in byte order.
    pub systems: [Arc<str>; 2],
}

/// A task of a form, with the reference by which an answer to it is found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FormTask {
    /// The place in the form.
    pub reference: TaskReference,
    /// What is shown.
    pub shown: ShownTask,
}

impl FormTask {
    /// Returns a task.
    pub fn new(reference: TaskReference, shown: ShownTask) -> Self {
        Self { reference, shown }
    }
}

impl AnsweredTask {
    /// Returns what the answer of a line is about.
    ///
    /// # Errors
    ///
    /// The material does not have the comparison, or the run cannot be read.
    pub fn of(material: &Material, line: &LabelLine) -> Result<Self> {
        let [a, b] = &line.between;
        let missing = || Error::input(format!("item {} is missing", line.id));
        let item = material.known_items().number(&line.id).ok_or_else(missing)?;
        let key = ComparisonKey { item, between: line.between.clone() };
        let (task, probability) = (line.task.clone(), line.probability);
        let sides = match (&line.task, &line.details.left) {
            (LabelTask::Equal(system), _) => {
                Sides { left: Arc::clone(system), right: Arc::clone(system) }
            }
            (_, Some(left)) if left == b => Sides { left: Arc::clone(b), right: Arc::clone(a) },
            _ => Sides { left: Arc::clone(a), right: Arc::clone(b) },
        };
        let entry = FormEntry { key, task, probability };
        let mut shown = ShownTask::on_sides(material, &entry, &sides)?;
        shown.answer = Some(PageAnswer::of_line(line, &sides));
        Ok(Self { shown, systems: [sides.left, sides.right] })
    }
}

/// Returns what anybody may label: the comparisons of a label file that nobody has labelled yet, in the order of the file.
///
/// # Errors
///
/// The file cannot be read, it is no label file for the material, or the run cannot be read.
pub fn tasks_for_anybody(material: &Material, labels: &Path) -> Result<Vec<FormTask>> {
    let mut state = State::default();
    let file = DataFile::labels(labels, LabelColumns::default());
    read_label_lines(&file, material.known_items(), |place, line| {
        state.apply(&place, SessionLine::from(line))
    })?;
    let form = form_of_anybody(&state);
    let digest = form_digest(material, "", &form)?;
    let is_label = |line: &LabelLine| {
        line.task == LabelTask::Compare && matches!(line.answer, LabelAnswer::Winner(_))
    };
    let labels = state.answers().filter(|(_, line)| is_label(line));
    let answered: HashSet<&ComparisonKey> = labels.map(|(key, _)| key).collect();
    let open = form.iter().enumerate().filter(|(_, entry)| !answered.contains(&entry.key));
    let tasks = open.map(|(place, entry)| {
        let reference = TaskReference::new(&digest, "", place);
        Ok(FormTask { reference, shown: ShownTask::of(material, "", entry, None)? })
    });
    tasks.collect()
}
