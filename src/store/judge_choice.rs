//! Which of a run's judges is looked at.

use super::ballots::BallotRecord;
use super::grade_run::GradedResponse;
use super::records::ComparisonRecord;
use super::run_file::RunFile;
use crate::error::Result;
use crate::verdict::{GradeVerdict, Verdict};

/// Which of a run's judges is looked at: one of them, or all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgeChoice {
    /// The judge at this place of [`RunFile::judges`].
    One(usize),
    /// All of them.
    Jury,
}

impl RunFile {
    /// Returns the judge of a name; without a name the only one, or the jury where there are several.
    ///
    /// # Errors
    ///
    /// The run has no such judge.
    pub fn choose_judge(&self, name: Option<&str>) -> Result<JudgeChoice> {
        let several = self.judges().len() > 1;
        match name {
            None | Some("jury") if several => Ok(JudgeChoice::Jury),
            None => Ok(JudgeChoice::One(0)),
            Some(name) => self.judge_named(name).map(JudgeChoice::One),
        }
    }

    /// Returns the name under which the verdicts of a choice are reported.
    ///
    /// # Panics
    ///
    /// The run has no such judge.
    pub fn name_of(&self, choice: JudgeChoice) -> &str {
        match choice {
            JudgeChoice::One(at) => &self.judges()[at].record.name,
            JudgeChoice::Jury => "jury",
        }
    }
}

impl JudgeChoice {
    /// Returns the verdict on a comparison.
    ///
    /// # Panics
    ///
    /// The run has no such judge.
    pub fn verdict_of_ballots(self, ballots: &BallotRecord) -> Verdict {
        match self {
            Self::One(at) => ballots.verdict(at),
            Self::Jury => ballots.jury(),
        }
    }

    /// Returns the verdict on a comparison.
    ///
    /// # Panics
    ///
    /// The run has no such judge.
    pub fn verdict(self, record: &ComparisonRecord) -> Verdict {
        match self {
            Self::One(at) => record.judged[at].verdict,
            Self::Jury => record.jury().verdict,
        }
    }

    /// Returns the grade of a response.
    ///
    /// # Panics
    ///
    /// The run has no such judge.
    pub fn grade(self, record: &GradedResponse) -> GradeVerdict {
        match self {
            Self::One(at) => record.judged[at].verdict,
            Self::Jury => record.jury().verdict,
        }
    }
}
