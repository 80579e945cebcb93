//! What the two directions of the scale gave, response by response.

use std::cmp::Reverse;

use serde::Serialize;

use crate::grading::GradeTable;
use crate::input::{Grade, Scale};
use crate::store::GradeRun;
use crate::verdict::Ballot;

/// The most responses that are listed.
const MOST: usize = 100;

/// How often the scale as written gave which grade, and the reversed one which.
///
/// The diagonal is kept: both directions give the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DirectionTable {
    /// The names of the grades that the rubric allows, worst first; that a response cannot be assessed comes last.
    pub grades: Vec<String>,
    /// `counts[i][j]`: the scale as written gave `grades[i]`, the reversed one `grades[j]`.
    pub counts: Vec<Vec<u64>>,
    /// Responses of which a direction has no readable grade, or no answer.
    pub left_out: u64,
}

/// A response whose grade changed with the direction of the scale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChangedGrade {
    /// The item's id.
    pub id: String,
    /// The system that gave the response.
    pub system: String,
    /// The judge.
    pub judge: String,
    /// The grade with the scale as written.
    pub written: String,
    /// The grade with the scale reversed.
    pub reversed: String,
}

/// Counts what both directions gave.
pub(super) fn directions(table: &GradeTable) -> DirectionTable {
    let grades: Vec<String> = table.scale.names().map(ToOwned::to_owned).collect();
    let mut counts = vec![vec![0; grades.len()]; grades.len()];
    let mut left_out = 0;
    for [written, reversed] in (0..table.rows.len()).flat_map(|row| table.directions(row)) {
        match (written, reversed) {
            (Ballot::Cast(one), Ballot::Cast(other)) => {
                counts[place(&table.scale, one)][place(&table.scale, other)] += 1;
            }
            _ => left_out += 1,
        }
    }
    DirectionTable { grades, counts, left_out }
}

/// Returns the place of a grade among the names of a scale.
pub(super) fn place(scale: &Scale, grade: Grade) -> usize {
    grade.step().map_or(scale.len(), usize::from)
}

/// Returns the responses whose grade changed, those with the largest change first and those that could be assessed in one
/// direction only last; also returns how many more there are.
pub(super) fn changed(run: &GradeRun, table: &GradeTable) -> (Vec<ChangedGrade>, u64) {
    let judges: Vec<&str> = match run.file().judge_named(&table.judge) {
        Ok(_) => vec![&table.judge],
        Err(_) => run.file().judges().iter().map(|judge| judge.record.name.as_str()).collect(),
    };
    let mut changed: Vec<(Reverse<Option<u8>>, ChangedGrade)> = Vec::new();
    for (at, row) in table.rows.iter().enumerate() {
        for (judge, both) in judges.iter().zip(table.directions(at)) {
            let [Ballot::Cast(written), Ballot::Cast(reversed)] = both else { continue };
            if written == reversed {
                continue;
            }
            let by = written.step().zip(reversed.step()).map(|(one, other)| one.abs_diff(other));
            let name = |grade| table.scale.name_of(grade).to_owned();
            let one = ChangedGrade {
                id: table.items.id(row.item).to_string(),
                system: table.systems[row.system as usize].clone(),
                judge: (*judge).to_owned(),
                written: name(written),
                reversed: name(reversed),
            };
            changed.push((Reverse(by), one));
        }
    }
    changed.sort_by_key(|(by, _)| *by);
    let left_out = changed.len().saturating_sub(MOST) as u64;
    (changed.into_iter().take(MOST).map(|(_, one)| one).collect(), left_out)
}
