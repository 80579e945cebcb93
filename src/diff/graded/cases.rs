//! The single responses of two runs of grades, those whose grade changed first.

use std::sync::Arc;

use super::changes::GradeChange;
use super::matched::MatchedGrades;
use super::results::GradeDiff;
use crate::cases::{GradeCase, GradeCaseLabels};
use crate::error::Result;
use crate::overview::Redaction;
use crate::store::{GradeRecord, GradeRun, JudgeChoice, StoredJudge};

/// Two runs of grades that were compared: the numbers, and the single responses.
#[derive(Debug)]
pub struct ComparedGrades {
    /// The numbers.
    pub diff: GradeDiff,
    cases: GradeDiffCases,
}

/// A response with the replies of both runs.
#[derive(Debug)]
#[non_exhaustive]
pub struct ChangedGrade {
    /// How its grade changed.
    pub change: GradeChange,
    /// As the first run has it.
    pub before: GradeCase,
    /// As the second run has it, with the same number and labels.
    pub after: GradeCase,
    /// Whether each grade was kept and is that of most people; `None` without a majority of labels.
    pub right: Option<[bool; 2]>,
}

/// The responses of two runs that are the same, by how they changed and then in the order of the first run.
#[derive(Debug)]
pub(super) struct GradeDiffCases {
    runs: [GradeRun; 2],
    choices: [JudgeChoice; 2],
    places: Vec<Place>,
    labels: Option<GradeCaseLabels>,
    /// The names of the annotators.
    annotators: Vec<String>,
    redaction: Option<Redaction>,
}

/// Where a response is in both runs.
#[derive(Debug)]
struct Place {
    change: GradeChange,
    rows: [i64; 2],
    id: Arc<str>,
    system: Arc<str>,
}

impl GradeDiffCases {
    pub(super) fn new(
        runs: [GradeRun; 2],
        matched: &MatchedGrades,
        labels: Option<GradeCaseLabels>,
        annotators: Vec<String>,
    ) -> Self {
        let responses = matched.responses.iter().enumerate();
        let mut places: Vec<Place> = responses
            .map(|(at, response)| Place {
                change: matched.change(at),
                rows: response.rows,
                id: Arc::clone(&response.id),
                system: Arc::clone(&response.system),
            })
            .collect();
        // Sorting is stable, so the order of the run stays.
        places.sort_by_key(|place| place.change);
        Self { runs, choices: matched.choices, places, labels, annotators, redaction: None }
    }

    fn case(&self, run: usize, number: u64, place: &Place) -> Result<GradeCase> {
        let labels = self.labels.as_ref().map(|labels| labels.of(&place.id, &place.system));
        let mut labels = labels.unwrap_or_default();
        if let Some(redaction) = &self.redaction {
            for label in &mut labels {
                label.annotator = redaction.annotator(&label.annotator).into();
                label.note = None;
            }
        }
        let (record, item) =
            self.runs[run].response_with_item(place.rows[run], &place.id, &place.system)?;
        let verdict = self.choices[run].grade(&record);
        Ok(GradeCase { number, item, record, verdict, labels })
    }
}

impl ComparedGrades {
    pub(super) fn new(diff: GradeDiff, cases: GradeDiffCases) -> Self {
        Self { diff, cases }
    }

    /// Leaves out every text, folders and addresses, and numbers the annotators, in the numbers and in the cases.
    pub fn redact(&mut self) {
        self.diff.redact();
        self.cases.redaction = Some(Redaction::of(self.cases.annotators.iter().cloned()));
    }

    /// Returns the runs; they read only the responses that both have.
    pub fn runs(&self) -> &[GradeRun; 2] {
        &self.cases.runs
    }

    /// Returns whether labels of people were given.
    pub fn has_labels(&self) -> bool {
        self.cases.labels.is_some()
    }

    /// Returns how many responses changed, which are the first ones of [`ComparedGrades::for_each_case`].
    pub fn changed_cases(&self) -> u64 {
        self.diff.changes.outcomes_changed
    }

    /// Returns the judges that are compared in one of the runs, with what they said in a case of it: the first run is 0,
    /// the second 1.
    pub fn judged<'a>(
        &'a self,
        run: usize,
        case: &'a GradeCase,
    ) -> impl Iterator<Item = (&'a StoredJudge, &'a GradeRecord)> {
        let choice = self.cases.choices[run];
        let judges = self.cases.runs[run].file().judges().iter();
        let judges = judges.zip(&case.record.judged).enumerate();
        let chosen = judges.filter(move |(at, _)| match choice {
            JudgeChoice::One(chosen) => chosen == *at,
            JudgeChoice::Jury => true,
        });
        chosen.map(|(_, judged)| judged)
    }

    /// Calls `each` with the first `limit` responses: those with another kept grade, those that lost or gained one, those
    /// that changed otherwise or are pending, and then the unchanged ones; each kind in the order of the first run.
    ///
    /// # Errors
    ///
    /// A run cannot be read, and whatever `each` returns.
    pub fn for_each_case(
        &self,
        limit: u64,
        mut each: impl FnMut(ChangedGrade) -> Result<()>,
    ) -> Result<()> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        for (number, place) in (1..).zip(self.cases.places.iter().take(limit)) {
            let before = self.cases.case(0, number, place)?;
            let after = self.cases.case(1, number, place)?;
            let right = before
                .people_grade()
                .map(|label| [&before, &after].map(|case| case.verdict.grade == Some(label)));
            each(ChangedGrade { change: place.change, before, after, right })?;
        }
        Ok(())
    }
}
