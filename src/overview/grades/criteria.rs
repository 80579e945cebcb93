//! How often each criterion got which step, which criterion changes with the direction, and which goes with the grade.

use serde::Serialize;

use super::directions::place;
use crate::grading::scaled;
use crate::input::{Grade, Scale};
use crate::stats::Estimate;
use crate::store::{GradeRun, GradedResponse, JudgeChoice, OrderRecord, TrialRecord};
use crate::summary::ItemScores;
use crate::verdict::{Ballot, majority};
use crate::vote::GradeReading;

/// The grades on one criterion.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeCriterionReport {
    /// The criterion.
    pub name: String,
    /// Replies with a readable grade on it.
    pub grades: u64,
    /// Of those, how often each step was given, worst first.
    pub steps: Vec<u64>,
    /// Of those, how often it could not be assessed.
    pub cannot_assess: u64,
    /// The mean step, from 1: of each response averaged over both directions; responses without a step in one of them are
    /// left out.
    pub mean_step: Estimate,
    /// Responses on which its two directions give different grades.
    pub changed: u64,
    /// How often both directions give the same grade on it.
    pub consistency: Estimate,
    /// How often it has the grade of the whole reply.
    pub with_grade: Estimate,
    /// The same over replies whose criteria do not all have the same grade: only these show which criterion decides.
    pub when_divided: Estimate,
}

/// Counts the grades on the criteria of a rubric, response by response.
pub(super) struct CriteriaGrades {
    choice: JudgeChoice,
    scale: Scale,
    criteria: Vec<CriterionGrades>,
}

#[derive(Default)]
struct CriterionGrades {
    name: String,
    grades: u64,
    /// By place; that it cannot be assessed comes last.
    places: Vec<u64>,
    changed: u64,
    consistent: ItemScores,
    /// As shares of the way from the worst step to the best.
    steps: ItemScores,
    with_grade: ItemScores,
    when_divided: ItemScores,
}

impl CriteriaGrades {
    pub(super) fn new(run: &GradeRun, choice: JudgeChoice) -> Self {
        let scale = run.scale().clone();
        let criteria = run.file().rubric().criteria.iter().map(|criterion| CriterionGrades {
            name: criterion.name.clone(),
            places: vec![0; scale.len() + 1],
            ..CriterionGrades::default()
        });
        Self { choice, criteria: criteria.collect(), scale }
    }

    /// Adds the replies about a response.
    pub(super) fn add(&mut self, record: &GradedResponse) {
        let judged = match self.choice {
            JudgeChoice::One(at) => &record.judged[at..=at],
            JudgeChoice::Jury => &record.judged,
        };
        // The row of an item tells items apart, and no more is needed of it.
        let item = record.item as u32;
        for orders in judged.iter().map(|judged| &judged.orders) {
            for criterion in &mut self.criteria {
                criterion.add(orders, item, &self.scale);
            }
        }
    }

    /// Returns the numbers of each criterion, in the order of the rubric; none if no reply has a grade on any.
    pub(super) fn reports(self) -> Vec<GradeCriterionReport> {
        if self.criteria.iter().all(|criterion| criterion.grades == 0) {
            return Vec::new();
        }
        let best = self.scale.len() as f64 - 1.0;
        self.criteria.into_iter().map(|criterion| criterion.report(best)).collect()
    }
}

impl CriterionGrades {
    /// Adds both directions of one judge.
    fn add(&mut self, orders: &[OrderRecord<GradeReading>], item: u32, scale: &Scale) {
        for trial in orders.iter().flat_map(|order| &order.trials) {
            if let Some(reading) = &trial.reading {
                self.add_reading(reading, item, scale);
            }
        }
        let [written, reversed] = orders else { return };
        let both = [written, reversed].map(|order| {
            majority(&order.trials.iter().map(|trial| self.ballot(trial)).collect::<Vec<_>>())
        });
        let [Ballot::Cast(one), Ballot::Cast(other)] = both else { return };
        self.changed += u64::from(one != other);
        self.consistent.push(f64::from(one == other), item);
        if let (Some(one), Some(other)) = (one.step(), other.step()) {
            let best = scale.len() as f64 - 1.0;
            self.steps.push(f64::midpoint(f64::from(one), f64::from(other)) / best, item);
        }
    }

    fn add_reading(&mut self, reading: &GradeReading, item: u32, scale: &Scale) {
        let Some(grade) = reading.criteria.get(&self.name) else { return };
        self.grades += 1;
        self.places[place(scale, *grade)] += 1;
        let with_grade = f64::from(*grade == reading.grade);
        self.with_grade.push(with_grade, item);
        let mut grades = reading.criteria.values();
        let first = grades.next();
        if grades.any(|other| Some(other) != first) {
            self.when_divided.push(with_grade, item);
        }
    }

    /// Returns the grade on the criterion as a ballot: a reply without it is unreadable.
    fn ballot(&self, trial: &TrialRecord<GradeReading>) -> Ballot<Grade> {
        match (trial.ballot, &trial.reading) {
            (Ballot::Cast(_), Some(reading)) => {
                reading.criteria.get(&self.name).copied().map_or(Ballot::Unreadable, Ballot::Cast)
            }
            (ballot, _) => ballot,
        }
    }

    fn report(mut self, best: f64) -> GradeCriterionReport {
        let cannot_assess = self.places.pop().unwrap_or_default();
        GradeCriterionReport {
            name: self.name,
            grades: self.grades,
            steps: self.places,
            cannot_assess,
            mean_step: scaled(self.steps.estimate(), best, 1.0),
            changed: self.changed,
            consistency: self.consistent.estimate(),
            with_grade: self.with_grade.estimate(),
            when_divided: self.when_divided.estimate(),
        }
    }
}
