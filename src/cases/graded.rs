//! Graded responses of a run with everything that is known of them.

use std::collections::HashMap;
use std::sync::Arc;

use super::measures::VerdictAndPeople;
use super::selection::{CaseFilter, Names};
use crate::error::{Error, Result};
use crate::input::{
    DataFile, Disagreement, Grade, GradeLabels, Item, KnownItems, read_grade_labels,
};
use crate::store::{GradeRecord, GradeRun, GradedResponse, JudgeChoice, RowSet, StoredJudge};
use crate::summary::OutcomeCounts;
use crate::verdict::GradeVerdict;
use crate::vote::settled_choice;

/// One graded response with everything that is known of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct GradeCase {
    /// Its number among the selected responses, counted from 1.
    pub number: u64,
    /// The item, with its prompt, reference and tags.
    pub item: Item,
    /// The replies and the grade of every judge.
    pub record: GradedResponse,
    /// The grade of the chosen judge, or of the jury.
    pub verdict: GradeVerdict,
    /// The grades of people, in the order of the label file; what was decided where they disagreed is after that.
    pub labels: Vec<GradeCaseLabel>,
}

/// The grade of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GradeCaseLabel {
    /// Who gave the grade.
    pub annotator: Arc<str>,
    /// The grade.
    pub grade: Grade,
    /// Who disagreed before, where the grade is a decision about that.
    pub adjudicated: Option<Disagreement>,
    /// A remark of the annotator.
    pub note: Option<Arc<str>>,
}

impl GradeCase {
    /// Returns the grade of more than half of the people, if there is one; where they disagreed and somebody decided, that.
    pub fn people_grade(&self) -> Option<Grade> {
        let given = |why: Option<Disagreement>| -> Vec<Grade> {
            let labels = self.labels.iter().filter(|label| label.adjudicated == why);
            labels.map(|label| label.grade).collect()
        };
        settled_choice(&given(None), &given(Some(Disagreement::People)))
    }

    /// Returns whether anybody graded it, other than to decide between others.
    pub fn is_labelled(&self) -> bool {
        self.labels.iter().any(|label| label.adjudicated.is_none())
    }

    /// Returns how the grade stands to the grades of people.
    pub fn verdict_and_people(&self) -> VerdictAndPeople {
        VerdictAndPeople::of(self.is_labelled(), self.people_grade(), self.verdict.grade)
    }
}

/// The grades of people in a file, by the id of the item and the system.
#[derive(Debug)]
pub(crate) struct GradeCaseLabels(HashMap<(Arc<str>, Arc<str>), Vec<GradeCaseLabel>>);

impl GradeCaseLabels {
    /// Reads the labels of the responses of a run.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is invalid, or none of its labels is about a response of the run.
    fn read(file: &DataFile, run: &GradeRun) -> Result<Self> {
        let mut items = KnownItems::default();
        run.file().rows_where(|response| {
            items.add(&response.id, [response.between[0].as_str()]);
            true
        })?;
        items.add_possible_systems(run.file().systems()?);
        let read = read_grade_labels(file, &items, run.scale())?;
        if read.labels.is_empty() && !items.is_empty() {
            let error = Error::input(format!(
                "{}: no label is about a response that was selected",
                file.shown()
            ));
            return Err(match (read.blank, read.unmatched_ids.len()) {
                (0, unmatched) => error.detail(format!("{unmatched} have other ids")),
                (blank, _) => error
                    .detail(format!("{blank} are not filled in: their `grade` is null"))
                    .hint("write the name of a step into `grade`, and a name into `annotator`"),
            });
        }
        Ok(Self::new(&read, &items))
    }

    /// Returns labels that were read of known items.
    pub(crate) fn new(read: &GradeLabels, items: &KnownItems) -> Self {
        let mut labels: HashMap<_, Vec<GradeCaseLabel>> = HashMap::new();
        let given = read.labels.iter().map(|label| (label, None));
        let decided = read.adjudicated.iter().map(|(label, why)| (label, Some(*why)));
        for (label, adjudicated) in given.chain(decided) {
            let key = (Arc::clone(items.id(label.item)), Arc::clone(&label.system));
            labels.entry(key).or_default().push(GradeCaseLabel {
                annotator: Arc::clone(&label.annotator),
                grade: label.grade,
                adjudicated,
                note: label.note.as_deref().map(Arc::from),
            });
        }
        Self(labels)
    }

    /// Returns the labels of a response.
    pub(crate) fn of(&self, id: &str, system: &str) -> Vec<GradeCaseLabel> {
        self.0.get(&(Arc::from(id), Arc::from(system))).cloned().unwrap_or_default()
    }
}

/// The graded responses of a run that a filter selects.
#[derive(Debug)]
pub struct GradeCases {
    run: GradeRun,
    judge: JudgeChoice,
    filter: CaseFilter,
    outcomes: OutcomeCounts,
    matching: u64,
    shown: u64,
    labels: Option<GradeCaseLabels>,
}

impl GradeCases {
    /// Selects responses among those that a run reads, and reads the labels of people in a file. Of several systems in
    /// the filter, the responses of any are selected.
    ///
    /// # Errors
    ///
    /// The run has no such judge, item or system, the run or the labels cannot be read, or no label is about one of the
    /// responses.
    pub fn select(
        mut run: GradeRun,
        filter: CaseFilter,
        labels: Option<&DataFile>,
    ) -> Result<Self> {
        let judge = run.file().choose_judge(filter.judge.as_deref())?;
        // The system may be left out of a label where the item has one response: in the run, not among those of the filter.
        let labels = labels.map(|file| GradeCaseLabels::read(file, &run)).transpose()?;
        let rows = named_rows(&run, &filter)?;
        run.file_mut().select(rows);
        let mut outcomes = match judge {
            JudgeChoice::One(_) => OutcomeCounts::of_grades(),
            JudgeChoice::Jury => OutcomeCounts::of_jury(),
        };
        let mut rows = RowSet::default();
        run.for_each(|record| {
            let outcome = judge.grade(&record).outcome;
            outcomes.add(outcome);
            if filter.outcome.is_none_or(|wanted| wanted == outcome) {
                rows.insert(record.row);
            }
            Ok(())
        })?;
        let matching = rows.len();
        let rows = filter.limit.map_or_else(|| rows.clone(), |limit| rows.first(limit));
        let shown = rows.len();
        run.file_mut().select(rows);
        Ok(Self { run, judge, filter, outcomes, matching, shown, labels })
    }

    /// Returns the run; it reads only the selected responses.
    pub fn run(&self) -> &GradeRun {
        &self.run
    }

    /// Returns the run, which still reads only the selected responses.
    pub fn into_run(self) -> GradeRun {
        self.run
    }

    /// Returns the judge whose grades are meant.
    pub fn judge(&self) -> JudgeChoice {
        self.judge
    }

    /// Returns the filter.
    pub fn filter(&self) -> &CaseFilter {
        &self.filter
    }

    /// Returns how the grading of the responses ended that match the filter apart from its outcome.
    pub fn outcomes(&self) -> &OutcomeCounts {
        &self.outcomes
    }

    /// Returns how many responses match the filter.
    pub fn matching(&self) -> u64 {
        self.matching
    }

    /// Returns how many of them are read: all, or as many as the limit allows.
    pub fn shown(&self) -> u64 {
        self.shown
    }

    /// Returns whether labels of people were given.
    pub fn has_labels(&self) -> bool {
        self.labels.is_some()
    }

    /// Returns the chosen judge with what it said about a response, or every judge of the jury.
    pub fn judged<'a>(
        &'a self,
        case: &'a GradeCase,
    ) -> impl Iterator<Item = (&'a StoredJudge, &'a GradeRecord)> {
        let judges = self.run.file().judges().iter().zip(&case.record.judged).enumerate();
        let chosen = judges.filter(|(at, _)| match self.judge {
            JudgeChoice::One(chosen) => chosen == *at,
            JudgeChoice::Jury => true,
        });
        chosen.map(|(_, judged)| judged)
    }

    /// Calls `each` with one response after another, in the order of the plan, in constant memory.
    ///
    /// # Errors
    ///
    /// The run cannot be read, and whatever `each` returns.
    pub fn for_each(&self, mut each: impl FnMut(GradeCase) -> Result<()>) -> Result<()> {
        let mut number = 0;
        self.run.for_each_with_item(|record, item| {
            number += 1;
            let verdict = self.judge.grade(&record);
            let labels = self.labels.as_ref().map(|labels| labels.of(&record.id, &record.system));
            each(GradeCase { number, item, record, verdict, labels: labels.unwrap_or_default() })
        })
    }
}

/// Returns the responses of the named items and systems.
///
/// # Errors
///
/// There is no such item or system; the message names those that there are.
fn named_rows(run: &GradeRun, filter: &CaseFilter) -> Result<RowSet> {
    let (mut ids, mut systems) = (Names::default(), Names::default());
    let rows = run.file().rows_where(|response| {
        let system = &response.between[0];
        ids.add(&filter.ids, &response.id);
        systems.add(&filter.systems, system);
        (filter.ids.is_empty() || filter.ids.contains(&response.id))
            && (filter.systems.is_empty() || filter.systems.contains(system))
    })?;
    ids.check(&filter.ids, run.file(), "item")?;
    systems.check(&filter.systems, run.file(), "system")?;
    Ok(rows)
}
