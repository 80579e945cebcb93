//! What people label, and have labelled, in the layouts of Label Studio, Argilla and tables.
//!
//! Tasks are blind, as the page is: a task has texts and a reference to its place in a form, and names neither items nor
//! systems. Labels name both, with everything that the label file says of an answer.

mod labels;
mod tasks;
mod texts;

use std::io::Write;

use serde::Serialize;

use crate::error::Result;
use crate::input::StandingLines;
use crate::labelling::{FormTask, Material, PlaceState, Question, Session, TaskReference};

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

/// How much was written, and what was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct LabelTaskCounts {
    /// Tasks or labels that were written.
    pub written: usize,
    /// Tasks that were left out, since they have an answer already.
    pub answered: usize,
}

/// Writes the tasks of annotators of a session that are still open, blind.
///
/// # Errors
///
/// There is no such annotator, the run cannot be read, or the output cannot be written.
pub fn export_label_tasks(
    session: &Session,
    annotators: &[usize],
    layout: LabelLayout,
    output: &mut (dyn Write + Send),
) -> Result<LabelTaskCounts> {
    let mut counts = LabelTaskCounts::default();
    let mut all = Vec::new();
    for annotator in annotators {
        let digest = session.form_digest(*annotator)?;
        let name = session.annotators().get(*annotator).map_or("", |name| &**name);
        for (place, state) in session.progress(*annotator).places.iter().enumerate() {
            if *state != PlaceState::Open {
                counts.answered += 1;
                continue;
            }
            let reference = TaskReference::new(&digest, name, place);
            all.push(FormTask::new(reference, session.shown(*annotator, place)?));
        }
    }
    counts.written = all.len();
    write_tasks(session.question(), &all, layout, output)?;
    Ok(counts)
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
) -> Result<LabelTaskCounts> {
    write_tasks(material.question(), tasks, layout, output)?;
    Ok(LabelTaskCounts { written: tasks.len(), answered: 0 })
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
) -> Result<LabelTaskCounts> {
    match layout {
        LabelLayout::LabelStudio => labels::label_studio(material, &lines.lines, output)?,
        LabelLayout::Argilla => labels::argilla(material, &lines.lines, output)?,
        LabelLayout::Csv => labels::csv(&lines.lines, output)?,
    }
    Ok(LabelTaskCounts { written: lines.lines.len(), answered: 0 })
}
