//! The labels of grades that stand after all lines of a file.

use super::line::{GradeAnswer, GradeDetails, GradeLine, GradeTask};
use super::read::read_grade_lines;
use super::{GradeLabel, GradeLabels, SkippedGrade};
use crate::error::Result;
use crate::input::data_file::DataFile;
use crate::input::known_items::KnownItems;
use crate::input::labels::AnsweredForms;
use crate::input::rubric::Scale;
use crate::input::similar_names::alike;

/// Reads all lines and keeps the answers that stand.
pub(super) fn collect(file: &DataFile, items: &KnownItems, scale: &Scale) -> Result<GradeLabels> {
    let mut standing = AnsweredForms::default();
    let other = read_grade_lines(file, items, scale, |place, line| standing.add(&place, line))?;
    let mut read = GradeLabels {
        blank: standing.open(),
        alike_annotators: standing.alike_annotators(),
        alike_ids: alike(other.unmatched_ids.iter().map(String::as_str), items.ids()),
        unmatched_ids: other.unmatched_ids,
        warnings: other.warnings,
        ..GradeLabels::default()
    };
    for line in standing.into_lines() {
        let GradeLine { id, annotator, system, probability, task, answer, details } = line;
        // Only lines of known items are read.
        let Some(item) = items.number(&id) else { continue };
        let grade = match answer {
            GradeAnswer::Grade(grade) => grade,
            GradeAnswer::Skipped(reason) => {
                if task == GradeTask::Grade {
                    read.skipped.push(SkippedGrade { item, system, annotator, reason });
                }
                continue;
            }
            GradeAnswer::Blank | GradeAnswer::Undone => continue,
        };
        let GradeDetails { seconds, criteria, note, .. } = details;
        let label =
            GradeLabel { item, system, annotator, grade, probability, criteria, note, seconds };
        match task {
            GradeTask::Grade => read.labels.push(label),
            GradeTask::Repeat => read.repeats.push(label),
            GradeTask::Adjudicate(why) => read.adjudicated.push((label, why)),
        }
    }
    Ok(read)
}
