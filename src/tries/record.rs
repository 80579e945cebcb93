//! One try, as a line of the history.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::inputs::TryInputs;
use super::numbers::{GradeNumbers, TryNumbers, VerdictNumbers};
use crate::calibration::{Calibration, Part};
use crate::grading::{GradeCalibration, JudgeGrades};
use crate::summary::JudgeSummary;
use crate::trial::Unit;

/// One try of a rubric.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Try {
    /// What was tried, with what, and at what cost.
    #[serde(flatten)]
    pub facts: TryFacts,
    /// What came of it.
    #[serde(flatten)]
    pub numbers: TryNumbers,
}

/// What is recorded of every try, whatever its rubric asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TryFacts {
    /// Its number among the tries of this rubric, from 1.
    #[serde(rename = "try")]
    pub number: u64,
    /// The rubric's name.
    pub rubric: String,
    /// The rubric's version.
    pub version: String,
    /// The judge, or `jury`.
    pub judge: String,
    /// The half of the items.
    pub part: Part,
    /// The run file; in the file of the history, relative to it.
    pub run: String,
    /// The label file, likewise.
    pub labels: String,
    /// When it ended, in seconds since 1970.
    pub at: u64,
    /// Digests of what it was made of.
    pub inputs: TryInputs,
    /// Replies stored, copied ones included.
    pub replies: u64,
    /// Of those, copied from other runs.
    pub reused: u64,
    /// What it cost, in USD; `None` where a price is not known.
    pub cost_usd: Option<f64>,
    /// How often the test part had been looked at with this rubric, this time included; `None` for the dev part.
    pub looks: Option<u64>,
}

/// A try that begins, as a line of the history. Whether a line has `begun` or `try` says which of the two it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunTry {
    /// Its number among the tries of this rubric, from 1.
    pub begun: u64,
    /// The rubric's name.
    pub rubric: String,
    /// The half of the items.
    pub part: Part,
    /// The run file.
    pub run: String,
    /// Digests of what it is made of.
    pub inputs: TryInputs,
    /// When it began, in seconds since 1970.
    pub at: u64,
}

impl Try {
    /// Returns a try with the numbers of its run of comparisons, which are those of the judge or of the jury.
    pub fn of_verdicts(
        begun: &BegunTry,
        version: &str,
        results: &Calibration,
        judges: &[JudgeSummary],
    ) -> Self {
        let mut facts = TryFacts::of(begun, version, &results.judge, results.looks);
        for judge in judges.iter().filter(|judge| !judge.is_jury()) {
            facts.add_replies(judge.replies, judge.reused, judge.cost_usd);
        }
        Self { facts, numbers: TryNumbers::Verdicts(VerdictNumbers::of(results).into()) }
    }

    /// Returns a try with the numbers of its run of grades, which are those of the judge or of the jury.
    pub fn of_grades(
        begun: &BegunTry,
        version: &str,
        results: &GradeCalibration,
        judges: &[JudgeGrades],
    ) -> Self {
        let mut facts = TryFacts::of(begun, version, &results.judge, results.looks);
        for judge in judges.iter().filter(|judge| !judge.is_jury()) {
            facts.add_replies(judge.replies, judge.reused, judge.cost_usd);
        }
        Self { facts, numbers: TryNumbers::Grades(GradeNumbers::of(results).into()) }
    }

    /// Returns what was asked about.
    pub fn unit(&self) -> Unit {
        match self.numbers {
            TryNumbers::Verdicts(_) => Unit::Comparison,
            TryNumbers::Grades(_) => Unit::Response,
        }
    }

    /// Reads the object of a line, or says what is wrong with which of its fields.
    pub(super) fn read(line: &Value) -> Result<Self, String> {
        let facts = fields(line)?;
        let numbers = match line.get(GradeNumbers::KEY) {
            None => TryNumbers::Verdicts(fields(line)?),
            Some(_) => TryNumbers::Grades(fields(line)?),
        };
        Ok(Self { facts, numbers })
    }

    /// Returns the try with another path of each file.
    pub(super) fn with_files(mut self, path: impl Fn(&str) -> String) -> Self {
        self.facts.run = path(&self.facts.run);
        self.facts.labels = path(&self.facts.labels);
        let against = match &mut self.numbers {
            TryNumbers::Verdicts(numbers) => numbers.changes.as_mut().map(|one| &mut one.against),
            TryNumbers::Grades(numbers) => numbers.changes.as_mut().map(|one| &mut one.against),
        };
        if let Some(against) = against {
            *against = path(against);
        }
        self
    }
}

impl TryFacts {
    /// Returns what is known of a try without the replies of its judges.
    fn of(begun: &BegunTry, version: &str, judge: &str, looks: Option<u64>) -> Self {
        Self {
            number: begun.begun,
            rubric: begun.rubric.clone(),
            version: version.to_owned(),
            judge: judge.to_owned(),
            part: begun.part,
            run: begun.run.clone(),
            labels: String::new(),
            at: begun.at,
            inputs: begun.inputs.clone(),
            replies: 0,
            reused: 0,
            cost_usd: Some(0.0),
            looks,
        }
    }

    /// Adds the replies of one judge.
    fn add_replies(&mut self, replies: u64, reused: u64, cost_usd: Option<f64>) {
        self.replies += replies;
        self.reused += reused;
        self.cost_usd = self.cost_usd.zip(cost_usd).map(|(all, one)| all + one);
    }
}

impl BegunTry {
    /// Reads the object of a line, or says what is wrong with which of its fields.
    pub(super) fn read(line: &Value) -> Result<Self, String> {
        fields(line)
    }

    /// Returns the try with another path of its run.
    pub(super) fn with_files(mut self, path: impl Fn(&str) -> String) -> Self {
        self.run = path(&self.run);
        self
    }
}

fn fields<T: DeserializeOwned>(line: &Value) -> Result<T, String> {
    serde_path_to_error::deserialize(line).map_err(|error| match error.path().to_string() {
        whole if whole == "." => error.into_inner().to_string(),
        field => format!("{field}: {}", error.into_inner()),
    })
}
