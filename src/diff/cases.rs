//! The single comparisons of two runs, those that changed first.

use std::sync::Arc;

use super::agreement::is_right;
use super::matched::Matched;
use super::outcomes::Change;
use super::results::RunDiff;
use crate::calibration::PairedLabels;
use crate::cases::{Case, CaseLabels};
use crate::error::Result;
use crate::overview::Redaction;
use crate::store::{JudgeChoice, RunFile, StoredJudge, VerdictRecord};
use crate::vote::Preference;

/// Two runs that were compared: the numbers, and the single comparisons.
#[derive(Debug)]
pub struct ComparedRuns {
    /// The numbers.
    pub diff: RunDiff,
    cases: DiffCases,
}

/// A comparison with the replies of both runs.
#[derive(Debug)]
#[non_exhaustive]
pub struct ChangedCase {
    /// How its verdict changed.
    pub change: Change,
    /// As the first run has it.
    pub before: Case,
    /// As the second run has it, with the same number and labels.
    pub after: Case,
    /// Whether each verdict was kept and is that of most people; `None` without a majority of labels.
    pub right: Option<[bool; 2]>,
}

/// The comparisons of two runs that are the same, by how they changed and then in the order of the first run.
#[derive(Debug)]
pub(super) struct DiffCases {
    runs: [RunFile; 2],
    choices: [JudgeChoice; 2],
    places: Vec<Place>,
    labels: Option<CaseLabels>,
    /// The names of the annotators.
    annotators: Vec<String>,
    redaction: Option<Redaction>,
}

/// Where a comparison is in both runs.
#[derive(Debug)]
struct Place {
    change: Change,
    rows: [i64; 2],
    id: Arc<str>,
    between: [Arc<str>; 2],
}

impl DiffCases {
    pub(super) fn new(
        runs: [RunFile; 2],
        matched: &Matched,
        labels: Option<&PairedLabels>,
    ) -> Self {
        let mut places: Vec<Place> = matched
            .pairs
            .iter()
            .map(|pair| {
                let (before, after) =
                    (&matched.before.rows[pair.before], &matched.after.rows[pair.after]);
                Place {
                    change: Change::of(before.verdict, after.verdict),
                    rows: [before.stored, after.stored],
                    id: Arc::clone(&before.id),
                    between: before.between.clone(),
                }
            })
            .collect();
        // Sorting is stable, so the order of the run stays.
        places.sort_by_key(|place| place.change);
        let choices = [matched.before.choice, matched.after.choice];
        let annotators = labels.map(PairedLabels::annotator_names).unwrap_or_default();
        let labels = labels.map(|labels| CaseLabels::new(&labels.read));
        Self { runs, choices, places, labels, annotators, redaction: None }
    }
}

impl ComparedRuns {
    pub(super) fn new(diff: RunDiff, cases: DiffCases) -> Self {
        Self { diff, cases }
    }

    /// Leaves out every text, folders and addresses, and numbers the annotators, in the numbers and in the cases.
    pub fn redact(&mut self) {
        self.diff.redact();
        self.cases.redaction = Some(Redaction::of(self.cases.annotators.iter().cloned()));
    }

    /// Returns the runs; they read only the comparisons that both have.
    pub fn runs(&self) -> &[RunFile; 2] {
        &self.cases.runs
    }

    /// Returns whether labels of people were given.
    pub fn has_labels(&self) -> bool {
        self.cases.labels.is_some()
    }

    /// Returns how many comparisons changed, which are the first ones of [`ComparedRuns::for_each_case`].
    pub fn changed_cases(&self) -> u64 {
        self.diff.outcomes.outcomes_changed
    }

    /// Returns the judges that are compared in one of the runs, with their verdicts on a case of it, of a cascade the judge
    /// that decides it: the first run is 0, the second 1.
    pub fn judged<'a>(
        &'a self,
        run: usize,
        case: &'a Case,
    ) -> impl Iterator<Item = (&'a StoredJudge, &'a VerdictRecord)> {
        self.cases.runs[run].deciding(self.cases.choices[run], &case.record).into_iter()
    }

    /// Calls `each` with the first `limit` comparisons: those that were reversed, lost, gained, changed otherwise, are
    /// pending, and then the unchanged ones; each kind in the order of the first run.
    ///
    /// # Errors
    ///
    /// A run cannot be read, and whatever `each` returns.
    pub fn for_each_case(
        &self,
        limit: u64,
        mut each: impl FnMut(ChangedCase) -> Result<()>,
    ) -> Result<()> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        for (number, place) in (1..).zip(self.cases.places.iter().take(limit)) {
            let before = self.cases.case(0, number, place)?;
            let after = self.cases.case(1, number, place)?;
            let label: Option<Preference> = before.people_prefer();
            let right =
                label.map(|label| [&before, &after].map(|case| is_right(case.verdict, label)));
            each(ChangedCase { change: place.change, before, after, right })?;
        }
        Ok(())
    }
}

impl DiffCases {
    fn case(&self, run: usize, number: u64, place: &Place) -> Result<Case> {
        let between = place.between.each_ref().map(ToString::to_string);
        let mut labels =
            self.labels.as_ref().map(|labels| labels.of(&place.id, &between)).unwrap_or_default();
        if let Some(redaction) = &self.redaction {
            for label in &mut labels {
                label.annotator = redaction.annotator(&label.annotator).into();
                label.note = None;
            }
        }
        let (record, item) =
            self.runs[run].comparison_with_item(place.rows[run], &place.id, between)?;
        let verdict = self.choices[run].verdict(&record);
        Ok(Case { number, item, record, verdict, labels })
    }
}
