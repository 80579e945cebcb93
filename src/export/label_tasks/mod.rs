//! What people label, and have labelled, in the layouts of Label Studio, Argilla and tables.
//!
//! Tasks are blind, as the page is: a task has texts and a reference to its place in a form, and names neither items nor
//! systems. Labels name both, with everything that the label file says of an answer.

mod cell;
mod labels;
mod table;
mod tasks;
mod texts;

use std::io::Write;

use crate::error::Result;
use crate::labelling::{
    FormTask, Material, PlaceState, Question, Session, StandingLines, TaskReference,
};

/// The layout of tasks and labels for other programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelLayout {
    /// A JSON list of tasks of Label Studio.
    LabelStudio,
    /// A JSON list of records of Argilla, version 2.
    Argilla,
    /// Comma-separated values, escaped for spreadsheets.
    Csv,
}

/// Writes the tasks of an annotator's form that are still open, blind; returns how many.
///
/// # Errors
///
/// There is no such annotator, the run cannot be read, or the output cannot be written.
pub fn export_label_tasks(
    session: &Session,
    annotator: usize,
    layout: LabelLayout,
    output: &mut (dyn Write + Send),
) -> Result<usize> {
    let digest = session.form_digest(annotator)?;
    let name = session.annotators().get(annotator).map_or("", |name| &**name);
    let places = session.progress(annotator).places.into_iter().enumerate();
    let open = places.filter(|(_, state)| *state == PlaceState::Open).map(|(place, _)| {
        let reference = TaskReference::new(&digest, name, place);
        Ok(FormTask::new(reference, session.shown(annotator, place)?))
    });
    let tasks: Vec<FormTask> = open.collect::<Result<_>>()?;
    write_tasks(session.question(), &tasks, layout, output)?;
    Ok(tasks.len())
}

/// Writes tasks that anybody may do, blind.
///
/// # Errors
///
/// The output cannot be written.
pub fn export_tasks_for_anybody(
    material: &Material,
    tasks: &[FormTask],
    layout: LabelLayout,
    output: &mut (dyn Write + Send),
) -> Result<()> {
    write_tasks(material.question(), tasks, layout, output)
}

fn write_tasks(
    question: &Question,
    all: &[FormTask],
    layout: LabelLayout,
    output: &mut (dyn Write + Send),
) -> Result<()> {
    match layout {
        LabelLayout::LabelStudio => tasks::label_studio(question, all, output),
        LabelLayout::Argilla => tasks::argilla(question, all, output),
        LabelLayout::Csv => tasks::csv(question, all, output),
    }
}

/// Writes the answers of a label file that stand, each with everything that it says.
///
/// # Errors
///
/// The run cannot be read, or the output cannot be written.
pub fn export_labels(
    material: &Material,
    lines: &StandingLines,
    layout: LabelLayout,
    output: &mut (dyn Write + Send),
) -> Result<()> {
    match layout {
        LabelLayout::LabelStudio => labels::label_studio(material, &lines.lines, output),
        LabelLayout::Argilla => labels::argilla(material, &lines.lines, output),
        LabelLayout::Csv => table::csv(&lines.lines, material.scale(), output),
    }
}
