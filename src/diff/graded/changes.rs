//! How the grade of each response changed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::matched::MatchedGrades;
use crate::calibration::Confusion;
use crate::diff::agreement::PairedEstimates;
use crate::diff::criteria::paired;
use crate::diff::outcomes::Transition;
use crate::input::{Grade, Scale};
use crate::summary::ItemScores;
use crate::verdict::{GradeVerdict, Outcome};

/// How the grade of a response changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GradeChange {
    /// Kept in both runs, another grade.
    Regraded,
    /// Kept before, and no longer.
    Lost,
    /// Not kept before, and kept now.
    Gained,
    /// Another outcome, kept in neither run.
    Other,
    /// Still to be asked in one of the runs, so that nothing is known of it.
    Pending,
    /// The same outcome and the same grade.
    None,
}

impl GradeChange {
    /// Returns how a grade changed.
    pub fn of(before: GradeVerdict, after: GradeVerdict) -> Self {
        match (before.outcome, after.outcome) {
            (Outcome::Pending, _) | (_, Outcome::Pending) => Self::Pending,
            _ if before == after => Self::None,
            (Outcome::Kept, Outcome::Kept) => Self::Regraded,
            (Outcome::Kept, _) => Self::Lost,
            (_, Outcome::Kept) => Self::Gained,
            _ => Self::Other,
        }
    }

    /// Returns the word for it in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Regraded => "regraded",
            Self::Lost => "lost",
            Self::Gained => "gained",
            Self::Other => "other",
            Self::Pending => "pending",
            Self::None => "none",
        }
    }

    /// Returns whether the outcome or the grade changed.
    pub fn is_change(self) -> bool {
        !matches!(self, Self::Pending | Self::None)
    }
}

/// How many grades changed. `outcomes_changed`, `unchanged` and `pending` add up to the responses; what changed is the sum
/// of the regraded, lost, gained and other ones.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeChanges {
    /// Responses with another outcome or grade.
    pub outcomes_changed: u64,
    /// Responses with the same outcome and grade.
    pub unchanged: u64,
    /// Responses that are still to be asked about in one of the runs.
    pub pending: u64,
    /// Grades kept in both runs that differ.
    pub grades_changed: u64,
    /// Of those, higher in the second run.
    pub raised: u64,
    /// Of those, lower in the second run; the others could not be assessed in one of the runs.
    pub lowered: u64,
    /// Grades that became kept.
    pub kept_gained: u64,
    /// Grades that are no longer kept.
    pub kept_lost: u64,
    /// Other changes between outcomes that are not kept.
    pub other_changed: u64,
    /// Every pair of outcomes that occurs, the most frequent first; its `comparisons` are responses.
    #[serde(skip)]
    pub transitions: Vec<Transition>,
    /// Grades kept in both runs: those of the first run in rows, of the second in columns.
    pub grades: Confusion,
}

impl MatchedGrades {
    /// Returns what both runs say of a response.
    pub(super) fn verdicts(&self, at: usize) -> [GradeVerdict; 2] {
        self.tables.each_ref().map(|table| {
            let row = &table.rows[at];
            GradeVerdict { outcome: row.outcome, grade: row.grade }
        })
    }

    /// Returns how the grade of a response changed.
    pub(super) fn change(&self, at: usize) -> GradeChange {
        let [before, after] = self.verdicts(at);
        GradeChange::of(before, after)
    }

    /// Returns the share of kept grades in both runs, over the responses that both have answered.
    pub(super) fn coverage(&self) -> PairedEstimates {
        let mut scores = [ItemScores::default(), ItemScores::default()];
        for at in (0..self.responses.len()).filter(|at| self.change(*at) != GradeChange::Pending) {
            for (verdict, scores) in self.verdicts(at).into_iter().zip(&mut scores) {
                scores.push(f64::from(verdict.grade.is_some()), self.item(at));
            }
        }
        paired(&scores)
    }

    /// Counts how the grades changed.
    pub(super) fn changes(&self) -> GradeChanges {
        let scale = &self.tables[0].scale;
        let names = names_of(scale, self);
        let mut counts = vec![vec![0; names.len()]; names.len()];
        let number = |grade: Grade| grade.step().map_or(scale.len(), usize::from);
        let mut transitions: BTreeMap<(Outcome, Outcome), u64> = BTreeMap::new();
        let [mut lost, mut gained, mut other, mut pending, mut unchanged] = [0; 5];
        let [mut regraded, mut raised, mut lowered] = [0; 3];
        for at in 0..self.responses.len() {
            let [before, after] = self.verdicts(at);
            *transitions.entry((before.outcome, after.outcome)).or_default() += 1;
            match GradeChange::of(before, after) {
                GradeChange::Regraded => regraded += 1,
                GradeChange::Lost => lost += 1,
                GradeChange::Gained => gained += 1,
                GradeChange::Other => other += 1,
                GradeChange::Pending => pending += 1,
                GradeChange::None => unchanged += 1,
            }
            let (Some(one), Some(two)) = (before.grade, after.grade) else { continue };
            counts[number(one)][number(two)] += 1;
            if let (Some(one), Some(two)) = (one.step(), two.step()) {
                raised += u64::from(two > one);
                lowered += u64::from(two < one);
            }
        }
        let mut transitions: Vec<Transition> = transitions
            .into_iter()
            .map(|((before, after), comparisons)| Transition { before, after, comparisons })
            .collect();
        transitions.sort_by_key(|one| std::cmp::Reverse(one.comparisons));
        GradeChanges {
            outcomes_changed: regraded + lost + gained + other,
            unchanged,
            pending,
            grades_changed: regraded,
            raised,
            lowered,
            kept_gained: gained,
            kept_lost: lost,
            other_changed: other,
            transitions,
            grades: Confusion { labels: names, counts },
        }
    }
}

/// Returns the names of the grades that can be kept in a run.
fn names_of(scale: &Scale, matched: &MatchedGrades) -> Vec<String> {
    let beside = matched.tables.iter().any(|table| table.scale.cannot_assess);
    let steps = scale.steps.iter().map(|step| step.name.clone());
    steps.chain(beside.then(|| Grade::CANNOT_ASSESS.to_owned())).collect()
}
