//! The grades of both directions of a scale, reconciled into one; and those of several judges into a jury's.

use super::{Ballot, Outcome, majority};
use crate::vote::{Grade, choice_of_most};

/// How the grading of a response ended: its outcome, and the grade if it was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GradeVerdict {
    /// How it ended.
    pub outcome: Outcome,
    /// The grade that both directions, or most judges, give; `None` unless kept. That a response cannot be assessed is
    /// kept like any step.
    pub grade: Option<Grade>,
}

impl GradeVerdict {
    fn without_grade(outcome: Outcome) -> Self {
        Self { outcome, grade: None }
    }
}

/// Reconciles the ballots of the two directions of the scale, each of them the [`majority`] of its repeats.
///
/// Precedence: pending, failed, unparsed, then kept or changed.
pub fn reconcile_grades(written: Ballot<Grade>, reversed: Ballot<Grade>) -> GradeVerdict {
    let both = [written, reversed];
    for (ballot, outcome) in [
        (Ballot::Pending, Outcome::Pending),
        (Ballot::Failed, Outcome::Failed),
        (Ballot::Unreadable, Outcome::Unparsed),
    ] {
        if both.contains(&ballot) {
            return GradeVerdict::without_grade(outcome);
        }
    }
    match (written, reversed) {
        (Ballot::Cast(one), Ballot::Cast(other)) if one == other => {
            GradeVerdict { outcome: Outcome::Kept, grade: Some(one) }
        }
        _ => GradeVerdict::without_grade(Outcome::Changed),
    }
}

/// Reconciles the ballots of both directions with their repeats.
pub fn grade_of_repeats(written: &[Ballot<Grade>], reversed: &[Ballot<Grade>]) -> GradeVerdict {
    reconcile_grades(majority(written), majority(reversed))
}

/// Returns a jury's grade from those of all its judges: kept when more than half of all judges kept the same grade,
/// which no judge still to come can overturn; else pending while one of them is; else hung.
pub fn jury_grade(verdicts: &[GradeVerdict]) -> GradeVerdict {
    let grades: Vec<Option<Grade>> = verdicts.iter().map(|verdict| verdict.grade).collect();
    if let Some(grade @ Some(_)) = choice_of_most(&grades) {
        return GradeVerdict { outcome: Outcome::Kept, grade };
    }
    let is_pending = verdicts.iter().any(|verdict| verdict.outcome == Outcome::Pending);
    GradeVerdict::without_grade(if is_pending { Outcome::Pending } else { Outcome::Hung })
}
