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
use super::shown::{ShownResponses, ShownTask, form_digest};
use super::sides::Sides;
use super::state::State;
use crate::error::{Error, Result};
use crate::input::{DataFile, LabelColumns, LabelTask, StandingLine as _};

/// An answer with the texts that it is about: of a comparison by the sides on which the responses were shown.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AnsweredTask {
    /// What was shown; its answer is the one that was given.
    pub shown: ShownTask,
    /// The systems on the left and on the right: the same one twice where both sides showed one response. Where the line
    /// does not say which was on the left, they are in byte order. Of a grade the only system.
    pub systems: Vec<Arc<str>>,
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
    /// The material does not have what the line is about, or the run cannot be read.
    pub fn of(material: &Material, line: &SessionLine) -> Result<Self> {
        let missing = || Error::input(format!("item {} is missing", line.id()));
        let item = material.known_items().number(line.id()).ok_or_else(missing)?;
        let (entry, left) = (FormEntry::of_line(line, item), line.left());
        let [a, b] = &entry.key.between;
        let sides = match &entry.task {
            LabelTask::Equal(system) => {
                Sides { left: Arc::clone(system), right: Arc::clone(system) }
            }
            _ if left == Some(b) => Sides { left: Arc::clone(b), right: Arc::clone(a) },
            _ => Sides { left: Arc::clone(a), right: Arc::clone(b) },
        };
        let mut shown = ShownTask::on_sides(material, &entry, &sides)?;
        shown.answer = Some(PageAnswer::of_line(line, &sides, material.scale())?);
        let systems = match &shown.responses {
            ShownResponses::Pair { .. } => vec![sides.left, sides.right],
            ShownResponses::One(_) => vec![Arc::clone(a)],
        };
        Ok(Self { shown, systems })
    }
}

/// Returns what anybody may label: the comparisons or responses of a label file that nobody has labelled yet, in the order
/// of the file.
///
/// # Errors
///
/// The file cannot be read, it is no label file for the material, or the run cannot be read.
pub fn tasks_for_anybody(material: &Material, labels: &Path) -> Result<Vec<FormTask>> {
    let mut state = State::default();
    let file = DataFile::labels(labels, LabelColumns::default());
    material.read_lines(&file, |place, line| state.apply(material, &place, line))?;
    let form = form_of_anybody(&state);
    let digest = form_digest(material, "", &form)?;
    let labels = state.answers().filter(|(task, line)| {
        // Only labels and skips are answers to this task.
        task.task == LabelTask::Compare && !line.is_skipped()
    });
    let answered: HashSet<&ComparisonKey> = labels.map(|(task, _)| &task.comparison).collect();
    let open = form.iter().enumerate().filter(|(_, entry)| !answered.contains(&entry.key));
    let tasks = open.map(|(place, entry)| {
        let reference = TaskReference::new(&digest, "", place);
        Ok(FormTask { reference, shown: ShownTask::of(material, "", entry, None)? })
    });
    tasks.collect()
}
