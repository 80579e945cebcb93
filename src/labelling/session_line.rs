//! One line of a label file, of comparisons or of grades, as a session sees it.
//!
//! A session hands out forms, stores answers, withdraws them and counts them in the same way whatever is labelled. So it
//! has one type of line for both, and everything that only comparisons have (sides, equal pairs) asks for
//! [`SessionLine::comparison`]. A single response has the key of a comparison whose second system has an empty
//! name, as in a run file; no system can have that name. What is asked is one [`LabelTask`] too: a grade is the first
//! question, its repeat, or a decision between others.

use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::input::{
    ComparisonKey, GradeAnswer, GradeDetails, GradeLine, GradeTask, LabelAnswer, LabelDetails,
    LabelLine, LabelTask, Scale, StandingLine, TaskKey,
};

/// One line of a label file.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionLine {
    /// Of a file of labels of comparisons.
    Comparison(LabelLine),
    /// Of a file of labels of grades.
    Grade(GradeLine),
}

impl SessionLine {
    /// Returns the id of the item.
    pub fn id(&self) -> &Arc<str> {
        match self {
            Self::Comparison(line) => &line.id,
            Self::Grade(line) => &line.id,
        }
    }

    /// Returns the names of the two systems in byte order, or that of the only one and an empty one.
    pub(crate) fn systems(&self) -> [&str; 2] {
        match self {
            Self::Comparison(line) => line.between.each_ref().map(|system| &**system),
            Self::Grade(line) => [&line.system, ""],
        }
    }

    /// Returns the key of what is labelled. `item` is the number of its item among the known ones.
    pub(super) fn key(&self, item: u32) -> ComparisonKey {
        match self {
            Self::Comparison(line) => ComparisonKey { item, between: line.between.clone() },
            Self::Grade(line) => ComparisonKey::of_response(item, &line.system),
        }
    }

    /// Returns what the annotator is asked.
    pub(crate) fn asked(&self) -> LabelTask {
        match self {
            Self::Comparison(line) => line.task.clone(),
            Self::Grade(line) => match line.task {
                GradeTask::Grade => LabelTask::Compare,
                GradeTask::Repeat => LabelTask::Repeat,
                GradeTask::Adjudicate(why) => LabelTask::Adjudicate(why),
            },
        }
    }

    /// Returns the probability with which what is labelled was drawn.
    pub(crate) fn probability(&self) -> Option<f64> {
        match self {
            Self::Comparison(line) => line.probability,
            Self::Grade(line) => line.probability,
        }
    }

    /// Returns how long the annotator looked, in seconds.
    pub(crate) fn seconds(&self) -> Option<f64> {
        match self {
            Self::Comparison(line) => line.details.seconds,
            Self::Grade(line) => line.details.seconds,
        }
    }

    /// Returns the system whose response was on the left, if it is said.
    pub(super) fn left(&self) -> Option<&Arc<str>> {
        self.comparison()?.details.left.as_ref()
    }

    /// Returns when the answer was given.
    pub(crate) fn at(&self) -> Option<&str> {
        match self {
            Self::Comparison(line) => line.details.at.as_deref(),
            Self::Grade(line) => line.details.at.as_deref(),
        }
    }

    /// Returns the line about a comparison; `None` for one about a grade.
    pub(super) fn comparison(&self) -> Option<&LabelLine> {
        match self {
            Self::Comparison(line) => Some(line),
            Self::Grade(_) => None,
        }
    }

    /// Returns the same line of another annotator.
    pub(super) fn given_by(self, annotator: Arc<str>) -> Self {
        match self {
            Self::Comparison(line) => Self::Comparison(LabelLine { annotator, ..line }),
            Self::Grade(line) => Self::Grade(GradeLine { annotator, ..line }),
        }
    }

    /// Returns the same line with another probability of the draw.
    pub(super) fn drawn_with(self, probability: Option<f64>) -> Self {
        match self {
            Self::Comparison(line) => Self::Comparison(LabelLine { probability, ..line }),
            Self::Grade(line) => Self::Grade(GradeLine { probability, ..line }),
        }
    }

    /// Returns the line that withdraws the answer to a blank one.
    pub(super) fn undone(self) -> Self {
        match self {
            Self::Comparison(blank) => {
                let (answer, details) = (LabelAnswer::Undone, LabelDetails::default());
                Self::Comparison(LabelLine { answer, details, ..blank })
            }
            Self::Grade(blank) => {
                let (answer, details) = (GradeAnswer::Undone, GradeDetails::default());
                Self::Grade(GradeLine { answer, details, ..blank })
            }
        }
    }

    /// Returns the line as JSON. `scale` is that of the grades.
    ///
    /// # Errors
    ///
    /// It is a grade, and there is no scale.
    pub fn to_json(&self, scale: Option<&Scale>) -> Result<Value> {
        match (self, scale) {
            (Self::Comparison(line), _) => Ok(line.to_json()),
            (Self::Grade(line), Some(scale)) => Ok(line.to_json(scale)),
            (Self::Grade(_), None) => Err(without_scale()),
        }
    }
}

/// Returns the error about a grade where there is no scale.
pub(super) fn without_scale() -> Error {
    Error::internal("a grade has no scale")
}

impl From<LabelLine> for SessionLine {
    fn from(line: LabelLine) -> Self {
        Self::Comparison(line)
    }
}

impl From<GradeLine> for SessionLine {
    fn from(line: GradeLine) -> Self {
        Self::Grade(line)
    }
}

impl StandingLine for SessionLine {
    type Task = TaskKey;

    fn task(&self, item: u32) -> TaskKey {
        TaskKey {
            comparison: self.key(item),
            annotator: Arc::clone(self.annotator()),
            task: self.asked(),
        }
    }

    fn of_anybody(task: &TaskKey) -> TaskKey {
        LabelLine::of_anybody(task)
    }

    fn annotator(&self) -> &Arc<str> {
        match self {
            Self::Comparison(line) => &line.annotator,
            Self::Grade(line) => &line.annotator,
        }
    }

    fn unit(&self) -> &'static str {
        match self {
            Self::Comparison(line) => line.unit(),
            Self::Grade(line) => line.unit(),
        }
    }

    fn labelled(&self) -> String {
        match self {
            Self::Comparison(line) => line.labelled(),
            Self::Grade(line) => line.labelled(),
        }
    }

    fn is_blank(&self) -> bool {
        match self {
            Self::Comparison(line) => line.is_blank(),
            Self::Grade(line) => line.is_blank(),
        }
    }

    fn is_undone(&self) -> bool {
        match self {
            Self::Comparison(line) => line.is_undone(),
            Self::Grade(line) => line.is_undone(),
        }
    }

    fn is_skipped(&self) -> bool {
        match self {
            Self::Comparison(line) => line.is_skipped(),
            Self::Grade(line) => line.is_skipped(),
        }
    }

    fn answers_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Comparison(one), Self::Comparison(other)) => one.answers_like(other),
            (Self::Grade(one), Self::Grade(other)) => one.answers_like(other),
            _ => false,
        }
    }
}
