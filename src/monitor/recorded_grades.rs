//! What an entry takes of a run of grades.

use super::entry::EntryUnit;
use super::recorded_items::{RecordedUnits, digest_of_response, share_of_changes};
use crate::error::Result;
use crate::grading::{GradeTable, labels_of_majorities};
use crate::input::{DataFile, Grade};
use crate::store::{GradeRun, JudgeChoice};
use crate::verdict::{Ballot, GradeVerdict, jury_grade, reconcile_grades};

/// Reads the graded responses of a run.
///
/// # Errors
///
/// The run or the labels cannot be read, or no label matches.
pub(super) fn grades(
    run: &GradeRun,
    choice: JudgeChoice,
    labels: Option<&DataFile>,
) -> Result<RecordedUnits> {
    let mut table = GradeTable::new(run, choice)?;
    let mut recorded = RecordedUnits::default();
    run.for_each_with_item(|record, item| {
        let row = table.rows.len();
        table.add(&record);
        let response = item.responses.get(&record.system);
        let text = response.map_or(0, |response| response.to_text().chars().count());
        let place = recorded.place_of(&item);
        recorded.units.push(EntryUnit {
            item: place,
            systems: vec![record.system],
            responses: vec![digest_of_response(response)],
            length: text as u64,
            outcome: table.rows[row].outcome.as_str().to_owned(),
            verdict: table.rows[row].grade.map(|grade| table.scale.name_of(grade).to_owned()),
            orders: orders(&table, choice, row),
            score: score(&table, row),
            noise: noise(&table, choice, row),
            label: None,
        });
        Ok(())
    })?;
    if let Some(file) = labels {
        let majorities = labels_of_majorities(file, &table)?;
        recorded.labelled = majorities.len() as u64;
        for (row, grade) in majorities {
            recorded.units[row as usize].label = Some(table.scale.name_of(grade).to_owned());
        }
    }
    Ok(recorded)
}

/// Returns the grade in each direction of the scale, that of the rubric first; none for a jury.
fn orders(table: &GradeTable, choice: JudgeChoice, row: usize) -> Vec<Option<String>> {
    if choice == JudgeChoice::Jury {
        return Vec::new();
    }
    let named = |ballot: Ballot<Grade>| match ballot {
        Ballot::Cast(grade) => Some(table.scale.name_of(grade).to_owned()),
        _ => None,
    };
    table.directions(row).flatten().map(named).collect()
}

/// Returns the share of passes, averaged over both directions; without a step that passes, the place on the scale.
fn score(table: &GradeTable, row: usize) -> Option<f64> {
    match table.scale.pass_from {
        Some(_) => table.averaged_pass(row),
        None => table.averaged_step(row).map(|step| step / table.best_step()),
    }
}

/// Returns the share of pairs of repeats that give different grades; `None` without repeats, or while one is missing.
fn noise(table: &GradeTable, choice: JudgeChoice, row: usize) -> Option<f64> {
    // By judge: the repeats of both directions.
    let directions: Vec<&[Ballot<Grade>]> = table.repeats(row).collect();
    let grade = |repeat: usize| -> Option<GradeVerdict> {
        let of_judge = |both: &[&[Ballot<Grade>]]| {
            let both = [0, 1].map(|direction: usize| both[direction][repeat]);
            let is_absent =
                |ballot: &Ballot<Grade>| matches!(ballot, Ballot::Pending | Ballot::Failed);
            (!both.iter().any(is_absent)).then(|| reconcile_grades(both[0], both[1]))
        };
        let grades: Vec<GradeVerdict> =
            directions.chunks_exact(2).map(of_judge).collect::<Option<_>>()?;
        Some(match choice {
            JudgeChoice::One(_) => *grades.first()?,
            JudgeChoice::Jury => jury_grade(&grades),
        })
    };
    share_of_changes((0..table.repeat).map(grade))
}
