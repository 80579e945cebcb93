//! The numbers by tag of the items.

use std::cmp::Reverse;

use serde::Serialize;

use super::texts::ResponseTexts;
use crate::grading::{GradeTable, SystemGrades, system_grades_of};
use crate::stats::Estimate;
use crate::summary::{ItemScores, OutcomeCounts};
use crate::verdict::{Ballot, Outcome};

/// Fewest responses of a tag value that is listed.
const FEWEST: usize = 5;
/// Most tag values that are listed.
const MOST: usize = 50;

/// The numbers of the responses whose item has a tag with a value.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeTagReport {
    /// The tag.
    pub tag: String,
    /// Its value.
    pub value: String,
    /// Responses planned.
    pub planned: u64,
    /// How their grading ended; the counts add up to `planned`.
    pub outcomes: OutcomeCounts,
    /// Kept of planned.
    pub coverage: Estimate,
    /// How often both directions of the scale agree, of those with a grade in both; of a jury, over all its judges.
    pub consistency: Estimate,
    /// The systems that have a response to such an item, in the order of their names.
    pub systems: Vec<SystemGrades>,
}

/// Computes the numbers of the tag values with the most responses, these first; also returns how many others there are.
pub(super) fn tags(
    table: &GradeTable,
    texts: &ResponseTexts,
    is_jury: bool,
) -> (Vec<GradeTagReport>, u64) {
    let mut values: Vec<(&(String, String), &Vec<u32>)> = texts.tags.iter().collect();
    let all = values.len();
    values.retain(|(_, rows)| rows.len() >= FEWEST);
    values.sort_by_key(|(name, rows)| (Reverse(rows.len()), *name));
    values.truncate(MOST);
    let left_out = (all - values.len()) as u64;
    let report = |(name, rows): (&(String, String), &Vec<u32>)| report(table, name, rows, is_jury);
    (values.into_iter().map(report).collect(), left_out)
}

fn report(
    table: &GradeTable,
    (tag, value): &(String, String),
    rows: &[u32],
    is_jury: bool,
) -> GradeTagReport {
    let mut outcomes = if is_jury { OutcomeCounts::of_jury() } else { OutcomeCounts::of_grades() };
    let (mut kept, mut consistent) = (ItemScores::default(), ItemScores::default());
    for at in rows.iter().map(|row| *row as usize) {
        let row = &table.rows[at];
        outcomes.add(row.outcome);
        kept.push(f64::from(row.outcome == Outcome::Kept), row.item);
        for both in table.directions(at) {
            if let [Ballot::Cast(one), Ballot::Cast(other)] = both {
                consistent.push(f64::from(one == other), row.item);
            }
        }
    }
    let mut systems = system_grades_of(table, rows.iter().map(|row| *row as usize));
    systems.retain(|system| system.planned > 0);
    GradeTagReport {
        tag: tag.clone(),
        value: value.clone(),
        planned: rows.len() as u64,
        outcomes,
        coverage: kept.estimate(),
        consistency: consistent.estimate(),
        systems,
    }
}
