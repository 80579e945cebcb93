//! One line of a file of labels of grades: a form that is not filled in, an answer, or the withdrawal of one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::input::labels::{Disagreement, SkipReason, StandingLine};
use crate::input::rubric::{Grade, Scale};

/// Identifies a response: the number of its item among the known ones, and its system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ResponseKey {
    pub(crate) item: u32,
    pub(crate) system: Arc<str>,
}

/// Identifies what an annotator answers once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct GradeTaskKey {
    pub(crate) response: ResponseKey,
    pub(crate) annotator: Arc<str>,
    pub(crate) task: GradeTask,
}

/// One line of a file of labels of grades.
#[derive(Debug, Clone, PartialEq)]
pub struct GradeLine {
    /// The id of the item.
    pub id: Arc<str>,
    /// The annotator; empty in a form that anybody may fill in.
    pub annotator: Arc<str>,
    /// The system that gave the response.
    pub system: Arc<str>,
    /// The probability with which the response was drawn for labelling, in `(0, 1]`; `None` if unknown.
    pub probability: Option<f64>,
    /// What the annotator is asked.
    pub task: GradeTask,
    /// What the annotator answered.
    pub answer: GradeAnswer,
    /// How the answer was given.
    pub details: GradeDetails,
}

/// What an annotator is asked about a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GradeTask {
    /// Its grade.
    Grade,
    /// The same question again, which shows how often the annotator gives the same answer. The answer is not a label.
    Repeat,
    /// To decide the grade of a response on which others disagree.
    Adjudicate(Disagreement),
}

/// What an annotator answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GradeAnswer {
    /// Nothing yet: the form is not filled in.
    Blank,
    /// This grade.
    Grade(Grade),
    /// The annotator did not want to grade the response.
    Skipped(SkipReason),
    /// The last answer to the same task is withdrawn.
    Undone,
}

/// How an answer was given: everything but the grade.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GradeDetails {
    /// How long the annotator looked at the response, in seconds: at least 0.
    pub seconds: Option<f64>,
    /// When the answer was given, as RFC 3339 in UTC.
    pub at: Option<String>,
    /// The grade on each criterion of the rubric that the annotator graded.
    pub criteria: BTreeMap<String, Grade>,
    /// A remark of the annotator.
    pub note: Option<String>,
}

impl GradeLine {
    /// Returns a form that is not filled in.
    pub fn blank(
        id: Arc<str>,
        annotator: Arc<str>,
        system: Arc<str>,
        probability: Option<f64>,
        task: GradeTask,
    ) -> Self {
        let (answer, details) = (GradeAnswer::Blank, GradeDetails::default());
        Self { id, annotator, system, probability, task, answer, details }
    }

    /// Returns the line as JSON, in which fields without a value are left out; `grade` is always there. Grades are written
    /// by the names of their steps.
    ///
    /// # Panics
    ///
    /// The scale does not have a grade of the line.
    pub fn to_json(&self, scale: &Scale) -> Value {
        let mut line = Map::new();
        let mut add = |field: &str, value: Value| {
            line.insert(field.to_owned(), value);
        };
        add("id", json!(*self.id));
        add("annotator", json!(*self.annotator));
        add("system", json!(*self.system));
        let grade = match self.answer {
            GradeAnswer::Grade(grade) => json!(scale.name_of(grade)),
            _ => Value::Null,
        };
        add("grade", grade);
        if let Some(probability) = self.probability {
            add("probability", json!(probability));
        }
        match self.task {
            GradeTask::Grade => {}
            GradeTask::Repeat => add("repeat", json!(true)),
            GradeTask::Adjudicate(why) => add("adjudicated", json!(why.as_str())),
        }
        match self.answer {
            GradeAnswer::Skipped(reason) => add("skipped", json!(reason.as_str())),
            GradeAnswer::Undone => add("undone", json!(true)),
            GradeAnswer::Blank | GradeAnswer::Grade(_) => {}
        }
        let GradeDetails { seconds, at, criteria, note } = &self.details;
        if let Some(seconds) = seconds {
            add("seconds", json!(seconds));
        }
        if let Some(at) = at {
            add("at", json!(at));
        }
        if !criteria.is_empty() {
            let criteria = criteria
                .iter()
                .map(|(criterion, grade)| (criterion.clone(), json!(scale.name_of(*grade))));
            add("criteria", Value::Object(criteria.collect()));
        }
        if let Some(note) = note {
            add("note", json!(note));
        }
        Value::Object(line)
    }
}

impl StandingLine for GradeLine {
    type Task = GradeTaskKey;

    fn task(&self, item: u32) -> GradeTaskKey {
        GradeTaskKey {
            response: ResponseKey { item, system: Arc::clone(&self.system) },
            annotator: Arc::clone(&self.annotator),
            task: self.task,
        }
    }

    fn of_anybody(task: &GradeTaskKey) -> GradeTaskKey {
        GradeTaskKey { annotator: Arc::default(), ..task.clone() }
    }

    fn annotator(&self) -> &Arc<str> {
        &self.annotator
    }

    fn unit(&self) -> &'static str {
        "a response"
    }

    fn labelled(&self) -> String {
        format!("`{}` of `{}`", self.id, self.system)
    }

    fn is_blank(&self) -> bool {
        self.answer == GradeAnswer::Blank
    }

    fn is_undone(&self) -> bool {
        self.answer == GradeAnswer::Undone
    }

    fn is_skipped(&self) -> bool {
        matches!(self.answer, GradeAnswer::Skipped(_))
    }

    fn answers_like(&self, other: &Self) -> bool {
        self.answer == other.answer
    }
}
