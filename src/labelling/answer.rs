//! Answers as a page gives them, by side of the screen or by the name of a grade, and as the label file keeps them, by
//! system or by grade.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::question::{Question, unknown_criterion};
use super::session_line::{SessionLine, without_scale};
use super::sides::Sides;
use crate::error::{Error, Result};
use crate::input::{
    Grade, GradeAnswer, GradeDetails, GradeLine, LabelAnswer, LabelDetails, LabelLine, LabelSide,
    LabelTask, Scale, SkipReason,
};

/// The longest note, in characters.
const LONGEST_NOTE: usize = 10_000;
/// The most seconds that are kept for an answer, a day: more is a page that was left open.
const MOST_SECONDS: f64 = 86_400.0;

/// One answer of a page: by side, since the page does not know the systems; or a grade.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageAnswer {
    /// The better response, or neither. Exactly one of `choice` and `skipped` is there, or of `grade` and `skipped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<LabelSide>,
    /// The name of the grade of a single response, or [`Grade::CANNOT_ASSESS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// Why the annotator did not choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<SkipReason>,
    /// How long the annotator looked, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// When the answer was given, as RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Whether the annotator finds both responses acceptable, whichever is better; `None` if that was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub both_acceptable: Option<bool>,
    /// The side that is better by each criterion, by the criterion's name; some or all may be absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub criteria: BTreeMap<String, LabelSide>,
    /// The name of the grade of a single response on each criterion, by the criterion's name; some or all may be absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grades: BTreeMap<String, String>,
    /// A remark of the annotator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl PageAnswer {
    /// Returns whether two answers say the same, whenever they were given and however long it took.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let said = |answer: &Self| Self { seconds: None, at: None, ..answer.clone() };
        said(self) == said(other)
    }

    /// Returns the answer in the form in which it is kept: at most a day, and no empty note.
    ///
    /// # Errors
    ///
    /// A field has a value that no page gives.
    pub(super) fn checked(mut self, question: &Question) -> Result<Self> {
        self.check_kind(question)?;
        let (field, is_chosen) = match &question.scale {
            None => ("choice", self.choice.is_some()),
            Some(_) => ("grade", self.grade.is_some()),
        };
        match (is_chosen, self.skipped) {
            (true, Some(_)) => {
                return Err(Error::input(format!(
                    "the answer has both a {field} and a reason for none"
                ))
                .hint(format!("give one of `{field}` and `skipped`")));
            }
            (false, None) => {
                return Err(Error::input(format!(
                    "the answer has neither a {field} nor a reason for none"
                ))
                .hint(format!("give one of `{field}` and `skipped`")));
            }
            _ => {}
        }
        let criteria = &question.criteria;
        let is_known = |name: &str| criteria.iter().any(|criterion| criterion.name == name);
        let mut named = self.criteria.keys().chain(self.grades.keys());
        if let Some(unknown) = named.find(|name| !is_known(name)) {
            return Err(unknown_criterion(question, unknown));
        }
        if let Some(seconds) = self.seconds {
            if !(seconds.is_finite() && seconds >= 0.0) {
                return Err(Error::input(format!(
                    "seconds: expected a number of at least 0, found {seconds}"
                )));
            }
            self.seconds = Some(seconds.min(MOST_SECONDS));
        }
        if let Some(at) = &self.at
            && humantime::parse_rfc3339(at).is_err()
        {
            return Err(Error::input(format!("at: expected a time in UTC, found {at:?}"))
                .hint("write it as 2026-03-01T09:30:00Z"));
        }
        self.note = self.note.filter(|note| !note.trim().is_empty());
        let length = self.note.as_ref().map_or(0, |note| note.chars().count());
        if length > LONGEST_NOTE {
            return Err(Error::input(format!(
                "note: expected at most {LONGEST_NOTE} characters, found {length}"
            ))
            .hint("shorten the note"));
        }
        Ok(self)
    }

    /// Checks that the answer is one to this kind of question.
    fn check_kind(&self, question: &Question) -> Result<()> {
        let Some(scale) = &question.scale else {
            return if self.grade.is_some() || !self.grades.is_empty() {
                Err(Error::input(
                    "the answer has a grade, and the question is which response is better",
                )
                .hint("give `choice`"))
            } else {
                Ok(())
            };
        };
        if self.choice.is_some() || self.both_acceptable.is_some() || !self.criteria.is_empty() {
            return Err(Error::input(
                "the answer compares two responses, and the question is a grade",
            )
            .hint("give `grade`"));
        }
        if let Some(reason) = self.skipped
            && !SkipReason::OF_RESPONSE.contains(&reason)
        {
            return Err(Error::input(format!(
                "skipped: `{}` is no reason to skip a single response",
                reason.as_str()
            )));
        }
        let unknown = |name: &&String| scale.grade_in_label(name).is_none();
        match self.grade.iter().chain(self.grades.values()).find(unknown) {
            None => Ok(()),
            Some(unknown) => {
                let names: Vec<&str> = scale.steps.iter().map(|step| step.name.as_str()).collect();
                Err(Error::input(format!("the question has no grade `{unknown}`")).hint(format!(
                    "its grades are: {}, {}",
                    names.join(", "),
                    Grade::CANNOT_ASSESS
                )))
            }
        }
    }

    /// Returns the line of a label file that answers a blank one. `scale` is that of the grades.
    ///
    /// # Errors
    ///
    /// It is a grade, and there is no scale.
    pub(super) fn line(
        self,
        blank: SessionLine,
        sides: &Sides,
        scale: Option<&Scale>,
    ) -> Result<SessionLine> {
        match (blank, scale) {
            (SessionLine::Comparison(blank), _) => {
                Ok(SessionLine::Comparison(self.comparison_line(blank, sides)))
            }
            (SessionLine::Grade(blank), Some(scale)) => {
                Ok(SessionLine::Grade(self.grade_line(blank, scale)))
            }
            (SessionLine::Grade(_), None) => Err(without_scale()),
        }
    }

    /// Returns what a page shows of the line of an answer. `scale` is that of the grades.
    ///
    /// # Errors
    ///
    /// It is a grade, and there is no scale.
    pub(super) fn of_line(
        line: &SessionLine,
        sides: &Sides,
        scale: Option<&Scale>,
    ) -> Result<Self> {
        match (line, scale) {
            (SessionLine::Comparison(line), _) => Ok(Self::of_comparison_line(line, sides)),
            (SessionLine::Grade(line), Some(scale)) => Ok(Self::of_grade_line(line, scale)),
            (SessionLine::Grade(_), None) => Err(without_scale()),
        }
    }

    /// Returns the line of a file of labels of grades that answers a blank one. Grades that the scale does not have are
    /// left out.
    fn grade_line(self, blank: GradeLine, scale: &Scale) -> GradeLine {
        let grade = |name: &str| scale.grade_in_label(name);
        let answer = match (self.grade.as_deref().and_then(grade), self.skipped) {
            (Some(grade), _) => GradeAnswer::Grade(grade),
            (None, Some(reason)) => GradeAnswer::Skipped(reason),
            (None, None) => GradeAnswer::Blank,
        };
        let criteria = self.grades.iter();
        let criteria = criteria.filter_map(|(name, given)| Some((name.clone(), grade(given)?)));
        let details = GradeDetails {
            seconds: self.seconds,
            at: self.at,
            criteria: criteria.collect(),
            note: self.note,
        };
        GradeLine { answer, details, ..blank }
    }

    /// Returns what a page shows of the line of a grade.
    fn of_grade_line(line: &GradeLine, scale: &Scale) -> Self {
        let name = |grade| scale.name_of(grade).to_owned();
        let (grade, skipped) = match line.answer {
            GradeAnswer::Grade(grade) => (Some(name(grade)), None),
            GradeAnswer::Skipped(reason) => (None, Some(reason)),
            GradeAnswer::Blank | GradeAnswer::Undone => (None, None),
        };
        let details = &line.details;
        Self {
            grade,
            skipped,
            seconds: details.seconds,
            at: details.at.clone(),
            grades: details
                .criteria
                .iter()
                .map(|(one, grade)| (one.clone(), name(*grade)))
                .collect(),
            note: details.note.clone(),
            ..Self::default()
        }
    }

    /// Returns the line of the label file that answers a blank one. Criteria are not kept of two copies of one response,
    /// of which no system is better.
    fn comparison_line(self, blank: LabelLine, sides: &Sides) -> LabelLine {
        let is_equal = matches!(blank.task, LabelTask::Equal(_));
        let answer = match (self.choice, self.skipped) {
            (Some(side), _) if is_equal => LabelAnswer::Side(side),
            (Some(side), _) => LabelAnswer::Winner(sides.system(side)),
            (None, Some(reason)) => LabelAnswer::Skipped(reason),
            (None, None) => LabelAnswer::Blank,
        };
        let criteria = self.criteria.into_iter().filter(|_| !is_equal);
        let details = LabelDetails {
            left: Some(Arc::clone(&sides.left)),
            seconds: self.seconds,
            at: self.at,
            both_acceptable: self.both_acceptable,
            criteria: criteria.map(|(name, side)| (name, sides.system(side))).collect(),
            note: self.note,
        };
        LabelLine { answer, details, ..blank }
    }

    /// Returns what a page shows of the line of a comparison.
    fn of_comparison_line(line: &LabelLine, sides: &Sides) -> Self {
        let (choice, skipped) = match &line.answer {
            LabelAnswer::Winner(winner) => (Some(sides.side(winner.as_deref())), None),
            LabelAnswer::Side(side) => (Some(*side), None),
            LabelAnswer::Skipped(reason) => (None, Some(*reason)),
            LabelAnswer::Blank | LabelAnswer::Undone => (None, None),
        };
        let details = &line.details;
        let criteria = details.criteria.iter();
        Self {
            choice,
            skipped,
            seconds: details.seconds,
            at: details.at.clone(),
            both_acceptable: details.both_acceptable,
            criteria: criteria
                .map(|(name, winner)| (name.clone(), sides.side(winner.as_deref())))
                .collect(),
            note: details.note.clone(),
            ..Self::default()
        }
    }
}
