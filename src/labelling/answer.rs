//! Answers as a page gives them, by side of the screen, and as the label file keeps them, by system.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::question::{Question, unknown_criterion};
use super::sides::Sides;
use crate::error::{Error, Result};
use crate::input::{LabelAnswer, LabelDetails, LabelLine, LabelSide, LabelTask, SkipReason};

/// The longest note, in characters.
const LONGEST_NOTE: usize = 10_000;
/// The most seconds that are kept for an answer, a day: more is a page that was left open.
const MOST_SECONDS: f64 = 86_400.0;

/// One answer of a page: by side, since the page does not know the systems.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageAnswer {
    /// The better response, or neither. Exactly one of `choice` and `skipped` is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<LabelSide>,
    /// Why the annotator did not choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<SkipReason>,
    /// How long the annotator looked at the comparison, in seconds.
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
        match (self.choice, self.skipped) {
            (Some(_), Some(_)) => {
                return Err(Error::input("the answer has both a choice and a reason for none")
                    .hint("give one of `choice` and `skipped`"));
            }
            (None, None) => {
                return Err(Error::input("the answer has neither a choice nor a reason for none")
                    .hint("give one of `choice` and `skipped`"));
            }
            _ => {}
        }
        let criteria = &question.criteria;
        let is_known = |name: &str| criteria.iter().any(|criterion| criterion.name == name);
        if let Some(unknown) = self.criteria.keys().find(|name| !is_known(name)) {
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

    /// Returns the line of the label file that answers a blank one. Criteria are not kept of two copies of one response,
    /// of which no system is better.
    pub(super) fn line(self, blank: LabelLine, sides: &Sides) -> LabelLine {
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

    /// Returns what a page shows of the line of an answer.
    pub(super) fn of_line(line: &LabelLine, sides: &Sides) -> Self {
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
        }
    }
}
